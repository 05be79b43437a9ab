/** Inputs on their way to NATS, each before its decision. One that NATS does not take is given up, so that its decision is not. */
import { jetstream } from '@nats-io/jetstream';
import { Objm, type ObjectStore } from '@nats-io/obj';
import { TimeoutError, type NatsConnection } from '@nats-io/transport-node';
import { buckets } from '@countersign/contract';
import type { Reach } from './connection.ts';
import type { StoredInput } from './spool-record.ts';

/** The first that is refused is tried so often, though NATS can be reached. */
const tries = 5;
/** Since one was given up, others are given up at once for so long: decisions wait behind each that is tried. */
const impatientMs = 300_000;
const pauseMs = 10_000;
const answerMs = 5_000;
const mostRemembered = 10_000;

export class InputStore {
  private readonly reach: Reach;
  private readonly onLost: (why: unknown) => void;
  private store: ObjectStore | null = null;
  private failures = 0;
  /** By the clock of `performance`, as the next. */
  private impatientUntil = 0;
  /** None is tried until then, because there is no answer. */
  private pausedUntil = 0;
  /** By hash: the decision of one may be sent again, and others with it. */
  private readonly givenUp = new Set<string>();

  /** `onLost` is told of each that was given up. */
  constructor(reach: Reach, onLost: (why: unknown) => void) {
    this.reach = reach;
    this.onLost = onLost;
  }

  /** Whether it is stored, or given up. Throws while it is worth waiting: then the decision waits with its input. */
  async put(connection: NatsConnection, { hash, content }: StoredInput): Promise<boolean> {
    if (this.givenUp.has(hash)) return false;
    if (performance.now() < this.pausedUntil) return this.giveUp(hash, new Error('none is taken now'));
    try {
      this.store ??= await new Objm(jetstream(connection, { timeout: answerMs })).open(buckets.snapshots);
      await this.store.putBlob({ name: hash }, content);
      this.failures = 0;
      return true;
    } catch (error) {
      this.failures += 1;
      const isPatient = performance.now() > this.impatientUntil;
      if (!this.reach.isUp || (isPatient && this.failures < tries)) throw error;
      // Nobody waits for every answer that does not come.
      if (error instanceof TimeoutError) this.pausedUntil = performance.now() + pauseMs;
      return this.giveUp(hash, error);
    }
  }

  private giveUp(hash: string, why: unknown): false {
    this.failures = 0;
    this.impatientUntil = performance.now() + impatientMs;
    if (this.givenUp.size >= mostRemembered) this.givenUp.clear();
    this.givenUp.add(hash);
    this.onLost(why);
    return false;
  }
}
