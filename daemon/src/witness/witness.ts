/**
 * A witness (C2SP tlog-witness): signs each checkpoint of the logs that it knows, once it has seen that the log only added
 * to what it signed before. So a log that has shown a checkpoint to its witnesses cannot show another history to anyone.
 */
import { cosignedMessage, formatCosignature } from '@countersign/contract/cosignature';
import { treeHead, verifyConsistency, type Hash } from '@countersign/contract/merkle';
import {
  fromBase64,
  isBy,
  isSignedBy,
  parseCheckpoint,
  parseNote,
  type Checkpoint,
  type VerifierKey,
} from '@countersign/contract/note';
import type { SigningKey } from '../ledger/index.ts';
import type { WitnessState } from './state.ts';

/** A log may have several keys; its origin is most often the name of its key. */
export interface KnownLog {
  readonly origin: string;
  readonly key: VerifierKey;
}

export type Answer =
  | { readonly status: 200; readonly body: string }
  /** The body is the size that the witness has signed last. */
  | { readonly status: 409; readonly body: string }
  | { readonly status: 400 | 403 | 404 | 422; readonly body: string };

interface AddCheckpoint {
  readonly oldSize: number;
  readonly proof: readonly Hash[];
  readonly note: string;
  readonly checkpoint: Checkpoint;
}

const longestProof = 63;

export class Witness {
  private readonly key: SigningKey;
  private readonly logs: readonly KnownLog[];
  private readonly state: WitnessState;
  private readonly now: () => Date;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(key: SigningKey, logs: readonly KnownLog[], state: WitnessState, now: () => Date) {
    this.key = key;
    this.logs = logs;
    this.state = state;
    this.now = now;
  }

  /** The newest checkpoint of a log with its own and our signatures; null when there is none. */
  latest(originHash: string): string | null {
    return this.state.byOriginHash(originHash);
  }

  /** `POST /add-checkpoint`. One after another: check and persist must be one act, or the log could be rolled back. */
  addCheckpoint(body: string): Promise<Answer> {
    const answer = this.turn.then(() => this.answer(body));
    this.turn = answer.catch(() => undefined);
    return answer;
  }

  private async answer(body: string): Promise<Answer> {
    const request = parseRequest(body);
    if (request === null) return refuse(400, 'the request is not as C2SP tlog-witness has it');
    const { oldSize, proof, note, checkpoint } = request;
    const keys = this.logs.filter(({ origin }) => origin === checkpoint.origin).map(({ key }) => key);
    if (keys.length === 0) return refuse(404, `the log ${checkpoint.origin} is not known here`);
    if (!isSignedByAny(note, keys)) return refuse(403, 'the checkpoint is not signed by a key of its log');
    if (oldSize > checkpoint.size) return refuse(400, `the old size ${oldSize} is larger than the checkpoint`);
    const known = this.state.get(checkpoint.origin);
    if (oldSize !== known.size) return { status: 409, body: `${known.size}\n` };
    if (!continues(known, checkpoint, proof))
      return refuse(422, 'the checkpoint does not continue the one that was seen last');
    const cosignature = this.cosign(note);
    await this.state.set(checkpoint, ownLines(note, keys) + cosignature);
    return { status: 200, body: cosignature };
  }

  private cosign(note: string): string {
    const time = Math.floor(this.now().getTime() / 1_000);
    const message = cosignedMessage(parseNote(note)?.text ?? '', time);
    return formatCosignature(this.key.verifier, time, this.key.sign(message));
  }
}

function continues(known: { size: number; root: Hash }, next: Checkpoint, proof: readonly Hash[]): boolean {
  if (next.size === 0 && !Buffer.from(next.root).equals(treeHead([]))) return false;
  const claim = { oldSize: known.size, newSize: next.size, oldRoot: known.root, newRoot: next.root, proof };
  return verifyConsistency(claim);
}

/** Some key of the log has signed, and no signature in the name of one is bad. */
function isSignedByAny(note: string, keys: readonly VerifierKey[]): boolean {
  const parsed = parseNote(note);
  const signed = keys.filter((key) => parsed?.signatures.some((signature) => isBy(signature, key)));
  return parsed !== null && signed.length > 0 && signed.every((key) => isSignedBy(parsed, key));
}

/** The note without the signatures of strangers. */
function ownLines(note: string, keys: readonly VerifierKey[]): string {
  const parsed = parseNote(note);
  const lines = parsed?.signatures.filter((signature) => keys.some((key) => isBy(signature, key))) ?? [];
  return `${parsed?.text ?? ''}\n${lines.map(({ line }) => line).join('')}`;
}

/** `old N`, hashes, an empty line, the checkpoint; null for anything else. */
function parseRequest(body: string): AddCheckpoint | null {
  const end = body.indexOf('\n\n');
  if (end < 0) return null;
  const [first = '', ...hashes] = body.slice(0, end).split('\n');
  const old = /^old (0|[1-9]\d{0,15})$/.exec(first)?.[1];
  const proof = hashes.map(fromBase64);
  if (old === undefined || proof.length > longestProof || !proof.every((hash) => hash?.length === 32)) return null;
  const note = body.slice(end + 2);
  const checkpoint = parseCheckpoint(parseNote(note)?.text ?? '', 'allowed');
  if (checkpoint === null) return null;
  return { oldSize: Number(old), proof: proof as Hash[], note, checkpoint };
}

const refuse = (status: 400 | 403 | 404 | 422, message: string): Answer => ({ status, body: `${message}\n` });
