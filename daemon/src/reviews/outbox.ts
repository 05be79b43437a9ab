/**
 * Sends committed verdicts to NATS, in order, each until it is acknowledged. The verdict's id is the message id, so that a
 * crash between acknowledgement and clean-up sends nothing twice within the stream's duplicate window; handlers act once
 * by the same id beyond it.
 */
import type { JetStreamClient } from '@nats-io/jetstream';
import { verdictSubject } from '@countersign/contract';
import type { Pool } from '../database/index.ts';
import * as store from './store.ts';

const retryMs = 1_000;

export class VerdictOutbox {
  private readonly pool: Pool;
  private readonly stream: JetStreamClient;
  private readonly onError: (error: unknown) => void;
  private timer: NodeJS.Timeout | null = null;
  private sending: Promise<void> | null = null;
  private again = false;
  private stopped = false;

  constructor(pool: Pool, stream: JetStreamClient, onError: (error: unknown) => void) {
    this.pool = pool;
    this.stream = stream;
    this.onError = onError;
    this.poke();
  }

  /** Something was committed: send it now. */
  poke(): void {
    this.again = true;
    if (this.stopped || this.sending !== null) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.sending = this.sendAll()
      .catch(this.onError)
      .finally(() => {
        this.sending = null;
        if (this.again) return this.poke();
        if (!this.stopped) this.timer = setTimeout(() => this.poke(), retryMs);
      });
  }

  private async sendAll(): Promise<void> {
    this.again = false;
    const batch = await store.readOutbox(this.pool, 100);
    if (batch.length === 100) this.again = true;
    for (const { position, payload } of batch) {
      await this.stream.publish(verdictSubject(payload.workflow_id), JSON.stringify(payload), {
        msgID: payload.verdict_id,
        timeout: 5_000,
      });
      await store.takeFromOutbox(this.pool, position);
    }
  }

  pending(): Promise<number> {
    return store.countOutbox(this.pool);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.again = false;
    await this.sending;
    if (this.timer !== null) clearTimeout(this.timer);
  }
}
