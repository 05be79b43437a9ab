/** One witness, asked to sign a checkpoint: C2SP tlog-witness, the log's side of it. */
import { verifyCosignature } from '@countersign/contract/cosignature';
import { formatVerifierKey, toBase64, type VerifierKey } from '@countersign/contract/note';
import type { Pool } from '../../database/index.ts';
import { readHashes } from '../store.ts';
import { consistencyProofFrom } from '../tree.ts';
import * as store from './store.ts';

export interface WitnessAddress {
  readonly key: VerifierKey;
  /** Before `/add-checkpoint`. */
  readonly url: string;
}

export type WitnessResult = 'signed' | 'unreachable' | 'refused' | 'ahead' | 'bad_signature';

export class WitnessError extends Error {
  override readonly name = 'WitnessError';
  readonly result: WitnessResult;

  constructor(result: WitnessResult, message: string) {
    super(message);
    this.result = result;
  }
}

const timeoutMs = 5_000;
/** One to learn where the witness stands, one to go on from there, one for a race. */
const tries = 3;
/** The answer is a few signature lines. */
const largestAnswer = 65_536;

export class AskedWitness {
  private readonly pool: Pool;
  private readonly logId: string;
  private readonly witness: WitnessAddress;
  private readonly ending: AbortSignal;
  /** What it has signed last, as far as we know. */
  private known = 0;

  constructor(pool: Pool, logId: string, witness: WitnessAddress, ending: AbortSignal) {
    this.pool = pool;
    this.logId = logId;
    this.witness = witness;
    this.ending = ending;
  }

  get name(): string {
    return this.witness.key.name;
  }

  /** Keeps its signature. Rejects with a WitnessError, or with what kept it from answering. */
  async ask(checkpoint: store.SignedCheckpoint): Promise<void> {
    const { key } = this.witness;
    for (let attempt = 1; attempt <= tries; attempt++) {
      if (this.known > checkpoint.size) throw this.isAhead(checkpoint.size);
      const { status, text } = await this.post(await this.request(checkpoint));
      if (status === 200) {
        const signed = verifyCosignature(checkpoint.note + text, key);
        if (signed === null) {
          throw new WitnessError('bad_signature', `the witness ${this.name} has answered with no good signature`);
        }
        await store.insertCosignature(this.pool, this.logId, checkpoint.size, formatVerifierKey(key), signed.line);
        this.known = checkpoint.size;
        return;
      }
      if (status !== 409)
        throw new WitnessError('refused', `the witness ${this.name} refuses (${status}): ${text.trim()}`);
      this.known = sizeIn(text) ?? 0;
    }
    if (this.known > checkpoint.size) throw this.isAhead(checkpoint.size);
    throw new WitnessError('refused', `the witness ${this.name} has changed its mind ${tries} times`);
  }

  private isAhead(size: number): WitnessError {
    const known = this.known;
    // It may be another day's story: what it says is asked anew next time.
    this.known = 0;
    const message = `the witness ${this.name} has signed for ${known} records, and this log has signed for ${size}`;
    return new WitnessError('ahead', message);
  }

  private async request({ size, note }: store.SignedCheckpoint): Promise<string> {
    const proof = await consistencyProofFrom(readHashes(this.pool, this.logId), this.known, size);
    return `old ${this.known}\n${proof.map((hash) => `${toBase64(hash)}\n`).join('')}\n${note}`;
  }

  private async post(body: string): Promise<{ status: number; text: string }> {
    const response = await fetch(`${this.witness.url.replace(/\/$/, '')}/add-checkpoint`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body,
      signal: AbortSignal.any([this.ending, AbortSignal.timeout(timeoutMs)]),
      redirect: 'error',
    });
    return { status: response.status, text: await readAtMost(response, largestAnswer) };
  }
}

/** Rejects when there is more, without reading it. */
async function readAtMost(response: Response, limit: number): Promise<string> {
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > limit) throw new Error(`the answer of the witness has more than ${limit} bytes`);
    text += utf8.decode(chunk, { stream: true });
  }
  return text + utf8.decode();
}

function sizeIn(text: string): number | null {
  const size = /^(0|[1-9]\d{0,15})\n$/.exec(text)?.[1];
  return size === undefined || !Number.isSafeInteger(Number(size)) ? null : Number(size);
}
