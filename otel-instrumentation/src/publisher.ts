/**
 * Events on their way to JetStream: queued at once, sent in batches in the background, each until it is acknowledged.
 * Memory is bounded by a number of events; what comes when it is full is dropped and counted, never waited for.
 */
import { createHash } from 'node:crypto';
import { jetstream, type JetStreamClient } from '@nats-io/jetstream';
import { Objm, type ObjectStore } from '@nats-io/obj';
import type { NatsConnection } from '@nats-io/transport-node';
import { buckets, eventSubject, largestEventBytes, type EventKind, type ServiceEvent } from '@countersign/contract';

export interface Outgoing {
  readonly kind: EventKind;
  readonly event: ServiceEvent;
  /** Input to send along, under its hash. */
  readonly snapshot: { readonly hash: string; readonly content: Uint8Array } | null;
}

export type DropReason = 'queue_full' | 'too_large' | 'shutdown';

export interface PublisherOptions {
  /** Most events held at once. */
  readonly queueLimit: number;
  readonly onSent: (count: number) => void;
  readonly onDropped: (reason: DropReason, count: number) => void;
  readonly onTrouble: (error: unknown) => void;
}

const batchSize = 256;
const retryMs = 1_000;
const ackTimeoutMs = 5_000;

export class Publisher {
  private readonly options: PublisherOptions;
  private readonly connection: Promise<NatsConnection>;
  private readonly queue: Outgoing[] = [];
  private sending: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;
  private stopped = false;
  private channel: { readonly stream: JetStreamClient; store: ObjectStore | null } | null = null;

  constructor(connection: Promise<NatsConnection>, options: PublisherOptions) {
    this.connection = connection;
    this.options = options;
  }

  /** Takes an event, or drops and counts it. Never throws, never waits. */
  enqueue(outgoing: Outgoing): void {
    if (this.stopped) return this.options.onDropped('shutdown', 1);
    if (this.queue.length >= this.options.queueLimit) return this.options.onDropped('queue_full', 1);
    this.queue.push(outgoing);
    this.schedule(0);
  }

  /** Events that are not acknowledged yet. */
  get pending(): number {
    return this.queue.length;
  }

  private schedule(delayMs: number): void {
    if (this.sending !== null || this.timer !== null) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.sending = this.sendAll().finally(() => {
        this.sending = null;
      });
    }, delayMs);
    // Recording decisions must not keep a finished program alive.
    this.timer.unref();
  }

  private async sendAll(): Promise<void> {
    while (this.queue.length > 0) {
      const batch = this.queue.slice(0, batchSize);
      const settled = await this.sendBatch(batch);
      const left = batch.filter((_, i) => !settled[i]);
      this.queue.splice(0, batch.length, ...left);
      if (left.length > 0) {
        setTimeout(() => this.schedule(0), this.stopped ? 50 : retryMs).unref();
        return;
      }
    }
  }

  /** For each event whether it is done with: acknowledged, or dropped for good. */
  private async sendBatch(batch: readonly Outgoing[]): Promise<boolean[]> {
    try {
      const connection = await this.connection;
      this.channel ??= { stream: jetstream(connection, { timeout: ackTimeoutMs }), store: null };
      const { stream } = this.channel;
      return await Promise.all(batch.map((outgoing) => this.send(stream, outgoing)));
    } catch (error) {
      this.options.onTrouble(error);
      return batch.map(() => false);
    }
  }

  private async send(stream: JetStreamClient, { kind, event, snapshot }: Outgoing): Promise<boolean> {
    const body = Buffer.from(JSON.stringify(event), 'utf8');
    if (body.length > largestEventBytes) {
      this.options.onDropped('too_large', 1);
      return true;
    }
    try {
      // The input first, so that it is there when somebody looks at the decision.
      if (snapshot !== null) await this.put(snapshot.hash, snapshot.content);
      await stream.publish(eventSubject(event.data.workflow_id, kind), body, { msgID: event.id });
      this.options.onSent(1);
      return true;
    } catch (error) {
      this.options.onTrouble(error);
      return false;
    }
  }

  private async put(hash: string, content: Uint8Array): Promise<void> {
    if (this.channel === null) return;
    this.channel.store ??= await new Objm(this.channel.stream).open(buckets.snapshots);
    await this.channel.store.putBlob({ name: hash }, content);
  }

  /** Resolves when nothing is pending, or after `timeoutMs`; whether all was sent. */
  async flush(timeoutMs: number): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    while (this.queue.length > 0 && performance.now() < deadline) {
      this.schedule(0);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return this.queue.length === 0;
  }

  /** Takes nothing new and sends what it can in the time; the rest is dropped and counted. */
  async stop(timeoutMs: number): Promise<void> {
    this.stopped = true;
    if (!(await this.flush(timeoutMs))) this.options.onDropped('shutdown', this.queue.splice(0).length);
    if (this.timer !== null) clearTimeout(this.timer);
  }
}

export const sha256 = (content: Uint8Array): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;
