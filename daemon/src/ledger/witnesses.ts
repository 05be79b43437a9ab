/**
 * Asks witnesses to sign what was published, and keeps their signatures. A witness signs only what continues the log that
 * it saw before, so that with one beyond the database administrator's reach, history cannot be rewritten unseen.
 */
import { verifyCosignature } from '@countersign/contract/cosignature';
import { toBase64, type VerifierKey } from '@countersign/contract/note';
import type { Pool } from '../database/index.ts';
import * as store from './store.ts';
import { consistencyProofFrom } from './tree.ts';

export interface WitnessAddress {
  readonly key: VerifierKey;
  /** Before `/add-checkpoint`. */
  readonly url: string;
}

export type WitnessResult = 'signed' | 'unreachable' | 'refused' | 'ahead' | 'bad_signature';

export interface WitnessesOptions {
  readonly pool: Pool;
  readonly logId: string;
  readonly witnesses: readonly WitnessAddress[];
  readonly onResult: (witness: string, result: WitnessResult) => void;
  readonly onError: (error: unknown) => void;
}

const timeoutMs = 5_000;
const retryMs = 5_000;
/** One to learn where the witness stands, one to go on from there, one for a race. */
const tries = 3;
/** The answer is a few signature lines. */
const largestAnswer = 65_536;

export class Witnesses {
  private readonly asked: readonly Asked[];

  constructor(options: WitnessesOptions) {
    this.asked = options.witnesses.map((witness) => new Asked(options, witness));
  }

  /** A new checkpoint to be signed; of several that wait, only the newest is. */
  show(checkpoint: store.SignedCheckpoint): void {
    for (const witness of this.asked) witness.show(checkpoint);
  }

  /** Ends when what is under way has. */
  async stop(): Promise<void> {
    await Promise.all(this.asked.map((witness) => witness.stop()));
  }
}

/** One witness, asked about one checkpoint at a time. */
class Asked {
  private readonly options: WitnessesOptions;
  private readonly witness: WitnessAddress;
  /** What it has signed last, as far as we know. */
  private known = 0;
  private next: store.SignedCheckpoint | null = null;
  private working: Promise<void> | null = null;
  private stopped = false;
  private wake: () => void = () => undefined;

  constructor(options: WitnessesOptions, witness: WitnessAddress) {
    this.options = options;
    this.witness = witness;
  }

  show(checkpoint: store.SignedCheckpoint): void {
    this.next = checkpoint;
    this.working ??= this.work().finally(() => (this.working = null));
  }

  private async work(): Promise<void> {
    const { onResult, onError } = this.options;
    const { name } = this.witness.key;
    while (this.next !== null && !this.stopped) {
      const checkpoint: store.SignedCheckpoint = this.next;
      try {
        onResult(name, await this.ask(checkpoint));
        if (this.next === checkpoint) this.next = null;
      } catch (error) {
        onResult(name, error instanceof WitnessError ? error.result : 'unreachable');
        onError(error);
        await new Promise<void>((resolve) => {
          this.wake = resolve;
          setTimeout(resolve, retryMs).unref();
        });
      }
    }
  }

  private async ask(checkpoint: store.SignedCheckpoint): Promise<'signed'> {
    const { pool, logId } = this.options;
    const { key } = this.witness;
    for (let attempt = 1; attempt <= tries; attempt++) {
      const old = this.known;
      const proof = await consistencyProofFrom(store.readHashes(pool, logId), old, checkpoint.size);
      const hashes = proof.map((hash) => `${toBase64(hash)}\n`).join('');
      const { status, text } = await this.post(`old ${old}\n${hashes}\n${checkpoint.note}`);
      if (status === 200) {
        const signed = verifyCosignature(checkpoint.note + text, key);
        if (signed === null)
          throw new WitnessError('bad_signature', `the witness ${key.name} has answered with no good signature`);
        await store.insertCosignature(pool, logId, checkpoint.size, key.name, signed.line);
        this.known = checkpoint.size;
        return 'signed';
      }
      if (status !== 409)
        throw new WitnessError('refused', `the witness ${key.name} refuses (${status}): ${text.trim()}`);
      this.known = sizeIn(text) ?? 0;
      if (this.known > checkpoint.size) {
        const message = `the witness ${key.name} has signed for ${this.known} records, and this log has published ${checkpoint.size}`;
        throw new WitnessError('ahead', message);
      }
    }
    throw new WitnessError('refused', `the witness ${key.name} has changed its mind ${tries} times`);
  }

  private async post(body: string): Promise<{ status: number; text: string }> {
    const response = await fetch(`${this.witness.url.replace(/\/$/, '')}/add-checkpoint`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body,
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'error',
    });
    const text = await response.text();
    return { status: response.status, text: text.slice(0, largestAnswer) };
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.working;
  }
}

class WitnessError extends Error {
  override readonly name = 'WitnessError';
  readonly result: WitnessResult;

  constructor(result: WitnessResult, message: string) {
    super(message);
    this.result = result;
  }
}

function sizeIn(text: string): number | null {
  const size = /^(0|[1-9]\d{0,15})\n$/.exec(text)?.[1];
  return size === undefined || !Number.isSafeInteger(Number(size)) ? null : Number(size);
}
