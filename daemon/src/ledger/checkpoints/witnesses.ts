/**
 * Publishes checkpoints: at once, or, with witnesses, when a quorum of them has signed. A witness signs only what continues
 * the log that it saw before, so that with one beyond the database administrator's reach, history cannot be rewritten unseen.
 * Witnesses are asked in rounds, all about the same checkpoint, so that their signatures come together on it.
 */
import { formatVerifierKey } from '@countersign/contract/note';
import type { Pool } from '../../database/index.ts';
import * as store from './store.ts';
import { AskedWitness, WitnessError, type WitnessAddress, type WitnessResult } from './witness-client.ts';

export interface WitnessesOptions {
  readonly pool: Pool;
  readonly logId: string;
  readonly witnesses: readonly WitnessAddress[];
  /** How many of them have to sign; 0 to the number of witnesses. */
  readonly quorum: number;
  readonly onResult: (witness: string, result: WitnessResult) => void;
  readonly onError: (error: unknown) => void;
}

const retryMs = 5_000;

export class Witnesses {
  private readonly options: WitnessesOptions;
  private readonly asked: readonly AskedWitness[];
  private readonly busy = new Map<AskedWitness, Promise<void>>();
  /** The newest that is not published, or not signed by all. */
  private next: store.SignedCheckpoint | null = null;
  private working: Promise<void> | null = null;
  private readonly ending = new AbortController();
  /** Ends the pause, when there is one. */
  private wake: () => void = () => undefined;

  constructor(options: WitnessesOptions) {
    this.options = options;
    const { pool, logId } = options;
    this.asked = options.witnesses.map((witness) => new AskedWitness(pool, logId, witness, this.ending.signal));
  }

  /** A new checkpoint to be published; of several that wait, only the newest is. */
  show(checkpoint: store.SignedCheckpoint): void {
    this.next = checkpoint;
    this.wake();
    this.working ??= this.work().finally(() => (this.working = null));
  }

  private async work(): Promise<void> {
    while (this.next !== null && !this.ending.signal.aborted) {
      const checkpoint: store.SignedCheckpoint = this.next;
      try {
        const missing = await this.round(checkpoint);
        if (this.next === checkpoint && !missing) this.next = null;
        if (missing && this.next === checkpoint) await this.pause();
      } catch (error) {
        this.options.onError(error);
        await this.pause();
      }
    }
  }

  /** Asks every witness that is free, until enough have signed or all have answered. True when some have not signed. */
  private async round(checkpoint: store.SignedCheckpoint): Promise<boolean> {
    await this.publish(checkpoint);
    if (this.asked.length === 0) return false;
    const signed = new Set<AskedWitness>();
    const enough = new Promise<void>((resolve) => {
      const free = this.asked.filter((witness) => !this.busy.has(witness));
      const answers = free.map(async (witness) => {
        if (await this.ask(witness, checkpoint)) signed.add(witness);
        this.busy.delete(witness);
        if (signed.size >= this.options.quorum) resolve();
      });
      free.forEach((witness, i) => this.busy.set(witness, answers[i] ?? Promise.resolve()));
      void Promise.allSettled(answers).then(() => resolve());
    });
    await enough;
    await this.publish(checkpoint);
    // A slow one is asked again when it is free, and holds nobody up unless it is needed.
    const free = this.asked.length - this.busy.size;
    if (free < this.options.quorum && this.busy.size > 0) await Promise.race(this.busy.values());
    return signed.size < this.asked.length;
  }

  private async ask(witness: AskedWitness, checkpoint: store.SignedCheckpoint): Promise<boolean> {
    const { onResult, onError } = this.options;
    try {
      await witness.ask(checkpoint);
      onResult(witness.name, 'signed');
      return true;
    } catch (error) {
      if (this.ending.signal.aborted) return false;
      onResult(witness.name, error instanceof WitnessError ? error.result : 'unreachable');
      onError(error);
      return false;
    }
  }

  /** Shows the checkpoint to the world when enough of our witnesses have signed it. */
  private publish({ size }: store.SignedCheckpoint): Promise<void> {
    const { pool, logId, witnesses, quorum } = this.options;
    const ours = witnesses.map(({ key }) => formatVerifierKey(key));
    return store.publishCheckpoint(pool, logId, size, ours, quorum);
  }

  private pause(): Promise<void> {
    const { signal } = this.ending;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, retryMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
      signal.addEventListener('abort', this.wake, { once: true });
    });
  }

  /** Gives up what is under way: a witness that has not answered yet is asked again at the next start. */
  async stop(): Promise<void> {
    this.ending.abort();
    await Promise.allSettled([this.working, ...this.busy.values()]);
  }
}
