/** Inputs on their way to NATS, each before its decision. One that NATS does not take is given up, so that its decision is not. */
import { jetstream } from '@nats-io/jetstream';
import { Objm, type ObjectStore } from '@nats-io/obj';
import { TimeoutError, type NatsConnection } from '@nats-io/transport-node';
import { buckets } from '@countersign/contract';
import type { Reach } from './connection.ts';
import type { SpooledEvent } from './spool-record.ts';

/** So often in a row, though NATS can be reached. */
const tries = 5;
const pauseMs = 10_000;
const answerMs = 5_000;

export class InputStore {
  private readonly reach: Reach;
  private readonly onLost: (why: unknown) => void;
  private store: ObjectStore | null = null;
  private failures = 0;
  /** None is tried until then, because there is no answer: by `performance`. */
  private pausedUntil = 0;

  /** `onLost` is told of each that was given up. */
  constructor(reach: Reach, onLost: (why: unknown) => void) {
    this.reach = reach;
    this.onLost = onLost;
  }

  /** Whether it is stored, or given up. Throws while it is worth waiting: then the decision waits with its input. */
  async put(connection: NatsConnection, { hash, content }: NonNullable<SpooledEvent['snapshot']>): Promise<boolean> {
    if (performance.now() < this.pausedUntil) return this.giveUp(new Error('none is taken now'));
    try {
      this.store ??= await new Objm(jetstream(connection, { timeout: answerMs })).open(buckets.snapshots);
      await this.store.putBlob({ name: hash }, content);
      this.failures = 0;
      return true;
    } catch (error) {
      this.failures += 1;
      if (!this.reach.isUp || this.failures < tries) throw error;
      // Each is tried for itself, once, until one is taken; but nobody waits for every answer that does not come.
      if (error instanceof TimeoutError) this.pausedUntil = performance.now() + pauseMs;
      return this.giveUp(error);
    }
  }

  private giveUp(why: unknown): false {
    this.onLost(why);
    return false;
  }
}
