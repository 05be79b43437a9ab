/**
 * Signs a checkpoint soon after each commit: at most `delayMs` later, one for all commits in between. Before it signs, it
 * proves from the stored hashes that the log only adds to what this key signed last, as kept in a file beside the key: so a
 * database that was rolled back or rewritten gets no signature.
 */
import { verifyConsistency } from '@countersign/contract/merkle';
import { formatCheckpoint, formatNote } from '@countersign/contract/note';
import type { Pool } from '../../database/index.ts';
import type { SigningKey } from '../key.ts';
import type { LastSigned } from './last-signed.ts';
import type { Head } from '../append.ts';
import { RewrittenError } from '../ledger.ts';
import { readHashes } from '../store.ts';
import { consistencyProofFrom, GrowingTree } from '../tree.ts';
import * as store from './store.ts';

export interface CheckpointOptions {
  readonly pool: Pool;
  readonly logId: string;
  readonly key: SigningKey;
  /** Of the log that this daemon answers for: never what the database says of itself. */
  readonly head: () => Head;
  readonly lastSigned: LastSigned;
  readonly now: () => Date;
  readonly delayMs: number;
  readonly onError: (error: unknown) => void;
  /** There is a new one, which nobody has seen. */
  readonly onSigned: (checkpoint: store.SignedCheckpoint) => void;
}

export class Checkpoints {
  private readonly options: CheckpointOptions;
  private timer: NodeJS.Timeout | null = null;
  private stopped = false;
  private signing: Promise<unknown> = Promise.resolve();

  constructor(options: CheckpointOptions) {
    this.options = options;
  }

  /** There may be records that no checkpoint covers. */
  schedule(): void {
    if (this.stopped) return;
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.sign().catch((error: unknown) => {
        this.options.onError(error);
        this.schedule();
      });
    }, this.options.delayMs);
  }

  newest(): Promise<store.SignedCheckpoint | null> {
    return store.newestSigned(this.options.pool, this.options.logId);
  }

  /** Signs the present head, unless a checkpoint covers it. Throws RewrittenError rather than sign another history. */
  sign(): Promise<void> {
    // One after another: each builds on what was signed last.
    const turn = this.signing.then(() => this.signHead());
    this.signing = turn.catch(() => undefined);
    return turn;
  }

  private async signHead(): Promise<void> {
    const { pool, logId, key, lastSigned, now, onSigned } = this.options;
    const head = this.options.head();
    const newest = await store.newestSigned(pool, logId);
    await this.assertContinues();
    if (head.size <= (newest?.size ?? 0)) return;
    const root = new GrowingTree(head.size, head.frontier).root;
    const { name } = key.verifier;
    const text = formatCheckpoint({ origin: name, size: head.size, root });
    const note = formatNote(text, key.verifier, key.sign(Buffer.from(text)));
    // Before anyone can see it: after a crash here there is one more checkpoint that was never shown, and none forgotten.
    await lastSigned.write(note);
    const signed = { size: head.size, note, signedAt: now() };
    if (await store.insertCheckpoint(pool, logId, newest?.size ?? 0, signed)) onSigned(signed);
  }

  /** Throws RewrittenError when the log does not continue what this key has signed last. */
  async assertContinues(): Promise<void> {
    const { pool, logId, lastSigned } = this.options;
    const { size, frontier } = this.options.head();
    const last = lastSigned.checkpoint;
    if (last === null) return;
    const wrong = (what: string) =>
      new RewrittenError(
        `log ${logId} ${what}, so nothing more is signed. Restore the database that holds all records, ` +
          'or begin another log with a COUNTERSIGN_LOG_ID and a COUNTERSIGN_LOG_ORIGIN of its own.',
      );
    if (last.size > size) throw wrong(`has ${size} records, and this key has signed for ${last.size}`);
    const root = new GrowingTree(size, frontier).root;
    const proof = await consistencyProofFrom(readHashes(pool, logId), last.size, size);
    const claim = { oldSize: last.size, newSize: size, oldRoot: last.root, newRoot: root, proof };
    if (!verifyConsistency(claim))
      throw wrong(`was rewritten below record ${last.size}, for which this key has signed`);
  }

  /** Signs what is left. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.sign().catch(this.options.onError);
  }
}
