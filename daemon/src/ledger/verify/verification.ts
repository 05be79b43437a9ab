/**
 * A log verified from its bytes: the tree is computed anew from every record, and held against every stored leaf, every
 * checkpoint, and the signature of every human decision. Fed in order of the index; says at the end what it found.
 */
import { eventTypes, logWorkflow, type CountersignEvent, type RetentionStep } from '@countersign/contract';
import { toBase64, type Checkpoint } from '@countersign/contract/note';
import { tileWidth } from '@countersign/contract/tiles';
import { commitmentTo } from '../entry.ts';
import { GrowingTree, leafHash, type Subtree } from '../tree.ts';
import { CheckpointCheck, type CheckpointCheckOptions } from './checkpoint-check.ts';
import { verifyBeside, type LogKeys } from './keys.ts';
import { Problems, type Problem } from './problems.ts';

/** One index of the log, as it was found. */
export interface Found {
  readonly index: number;
  /** The stored leaf; null when there is none. */
  readonly leaf: { readonly eventId: string; readonly hash: Buffer } | null;
  /** Null when there is none: retention dropped it, or somebody else did. */
  readonly record: {
    readonly entry: Buffer;
    readonly body: Buffer | null;
    readonly signature: Buffer | null;
  } | null;
}

export interface Report {
  readonly ok: boolean;
  readonly records: number;
  /** Records that retention dropped; their leaves count. */
  readonly dropped: number;
  /** Base64. */
  readonly root: string;
  readonly checkpoints: number;
  readonly signatures: number;
  /** Whether it was all of the log, so that nothing can have been left out. */
  readonly complete: boolean;
  /** Records that the newest good checkpoint covers. */
  readonly covered: number;
  /** Records covered by a checkpoint that all the witnesses asked for have signed; null when none were asked for. */
  readonly witnessed: number | null;
  /** The newest good checkpoint; null when there is none. */
  readonly newest_checkpoint: string | null;
  readonly keys: readonly string[];
  /** False when the newest key was taken from the log itself: then it says no more than that the log agrees with itself. */
  readonly key_was_given: boolean;
  readonly problems: readonly Problem[];
  readonly problems_total: number;
}

/** Signature checks under way at once. */
const atOnce = 256;
const humanDecision = Buffer.from(`"${eventTypes.humanDecision}"`);
/** How records of the daemon's own begin: canonical JSON sorts its keys. */
const canonicalStart = '{"data":{';
const ownRecord = Buffer.from(`"workflow_id":"${logWorkflow}"`);
const idAt = '{"specversion":"1.0","id":"'.length;

export type VerificationOptions = Omit<CheckpointCheckOptions, 'problems'>;

export class Verification {
  readonly problems = new Problems();
  private readonly keys: LogKeys;
  private readonly checkpoints: CheckpointCheck;
  private readonly tree = new GrowingTree(0, Buffer.alloc(0));
  private readonly subtrees: Buffer[][] = [];
  private readonly retained: { readonly index: number; readonly step: RetentionStep }[] = [];
  /** Indexes whose record is not there, as [first, end). */
  private readonly gone: [number, number][] = [];
  /** What the bytes of changed records hash to, to tell a swap from a change. */
  private readonly changed: { readonly index: number; readonly hash: string; readonly wanted: string }[] = [];
  private readonly checking = new Set<Promise<void>>();
  private readonly wrongTiles: number[] = [];
  /** How many hashes of each level the log has stored. */
  private readonly stored = new Map<number, number>();
  /** Records that came with a proof each, and the checkpoint that it leads to. */
  private proven = 0;
  /** Their indexes, as they came. */
  private readonly newestFirst: number[] = [];
  private under: Checkpoint | null = null;
  private signatures = 0;
  private dropped = 0;
  /** The tree cannot be computed any more: a leaf is missing. */
  private broken = false;

  constructor({ keys, origin, checkpoints, witnesses }: VerificationOptions) {
    this.keys = keys;
    this.checkpoints = new CheckpointCheck({ keys, origin, checkpoints, witnesses, problems: this.problems });
  }

  /** Number of leaves so far. */
  get size(): number {
    return this.tree.size;
  }

  get root(): Buffer {
    return this.tree.root;
  }

  /** The next index. What lies between it and the last is missing. To be awaited when it returns a promise. */
  add({ index, leaf, record }: Found): Promise<void> | void {
    if (index > this.size && !this.broken) this.leavesAreMissing(this.size, index);
    const hash = record === null ? null : leafHash(record.entry);
    const keyLeaf = this.keys.leafAt(index);
    if (keyLeaf !== null && leaf !== null && !keyLeaf.equals(leaf.hash)) {
      this.problems.add('bad_key', index, `record ${index} is not the beginning of the key that the log says it is`);
    }
    if (leaf === null) {
      this.problems.add('slipped_in', index, `record ${index} has no leaf: the log never appended it`);
    } else if (record === null) this.isGone(index);
    else if (hash !== null && !hash.equals(leaf.hash)) {
      this.changed.push({ index, hash: hash.toString('hex'), wanted: leaf.hash.toString('hex') });
    } else this.read(index, leaf.eventId, record);
    if (!this.broken) this.grow(leaf?.hash ?? hash ?? Buffer.alloc(32));
    if (this.checking.size >= atOnce) return Promise.race(this.checking);
  }

  private grow(hash: Buffer): void {
    for (const { level, hash: head } of this.tree.append(hash)) (this.subtrees[level] ??= []).push(head);
    if (this.checkpoints.wantsRoot(this.size)) this.checkpoints.root(this.size, this.tree.root);
  }

  private leavesAreMissing(from: number, to: number): void {
    const which = to - from === 1 ? `record ${from} is` : `records ${from} to ${to - 1} are`;
    this.problems.add(
      'missing',
      from,
      `${which} missing, with leaf and all; nothing after can be held against a checkpoint`,
    );
    this.broken = true;
  }

  private isGone(index: number): void {
    const last = this.gone.at(-1);
    if (last?.[1] === index) last[1] = index + 1;
    else this.gone.push([index, index + 1]);
  }

  /** What the bytes themselves say; they are those of the leaf. */
  private read(index: number, eventId: string, { entry, body, signature }: NonNullable<Found['record']>) {
    if (body !== null && !commitmentTo(body).equals(entry)) {
      this.problems.add('wrong_body', index, `the body of record ${index} is not the one that its entry commits to`);
      return;
    }
    const bytes = body ?? entry;
    // Where our package writes it; elsewhere is as good, and takes longer to find.
    if (bytes.toString('latin1', idAt, idAt + eventId.length) !== eventId && idOf(bytes) !== eventId) {
      this.problems.add('wrong_event', index, `the leaf of record ${index} names event ${eventId}, its bytes do not`);
    }
    if (bytes.toString('latin1', 0, canonicalStart.length) === canonicalStart) this.readOwn(index, bytes);
    if (signature === null && !bytes.includes(humanDecision)) return;
    if (signature === null) {
      if ((JSON.parse(bytes.toString('utf8')) as CountersignEvent).type !== eventTypes.humanDecision) return;
      this.problems.add('bad_signature', index, `the human decision of record ${index} has lost its signature`);
      return;
    }
    this.signatures += 1;
    this.check(index, entry, signature);
  }

  private readOwn(index: number, bytes: Buffer): void {
    if (!bytes.includes(ownRecord)) return;
    const event = JSON.parse(bytes.toString('utf8')) as CountersignEvent;
    if (event.type === eventTypes.key && this.keys.leafAt(index) === null) {
      this.problems.add('bad_key', index, `record ${index} begins a key that the log has lost: ${event.data.key}`);
    }
    if (event.type === eventTypes.retention) this.retained.push({ index, step: event.data });
  }

  private check(index: number, entry: Buffer, signature: Buffer): void {
    const bad = () =>
      this.problems.add('bad_signature', index, `the signature of the human decision of record ${index} is not good`);
    const key = this.keys.at(signature.subarray(0, 4), index);
    if (key === null) return bad();
    // The buffers are views that do not last.
    const [message, signed] = [Buffer.from(entry), Buffer.from(signature.subarray(4))];
    const holds = async () => {
      if (!(await verifyBeside(key, message, signed))) bad();
      this.checking.delete(check);
    };
    const check = holds();
    this.checking.add(check);
  }

  /** A hash that the log keeps of its subtrees, for proofs and tiles. */
  checkSubtree({ level, index, hash }: Subtree): void {
    this.stored.set(level, (this.stored.get(level) ?? 0) + 1);
    const wanted = this.subtrees[level]?.[index];
    if (this.broken || wanted?.equals(hash)) return;
    const width = 256 ** level;
    const [first, last] = [index * width, (index + 1) * width - 1];
    if (level === 1) this.wrongTiles.push(index);
    this.problems.add('wrong_hash', first, `the stored hash over records ${first} to ${last} is not what they hash to`);
  }

  /** Everything was added: `head` is what the log says of itself, `tip` the size that it has published. */
  async finish(head: { readonly size: number; readonly frontier: Buffer | null }, tip: number): Promise<Report> {
    if (head.size > this.size && !this.broken) this.leavesAreMissing(this.size, head.size);
    if (head.size < this.size) {
      this.problems.add(
        'slipped_in',
        head.size,
        `the log has ${head.size} records, and there are ${this.size - head.size} more`,
      );
    }
    this.tellChanges();
    this.tellGone();
    if (head.frontier !== null && !this.broken) this.tellMissingHashes();
    const report = await this.conclude(tip);
    const whole = head.size === this.size && !this.broken && this.problems.total === 0;
    if (whole && head.frontier !== null && !new GrowingTree(head.size, head.frontier).root.equals(this.root)) {
      this.problems.add('wrong_hash', null, 'the stored frontier is not that of the records');
      return { ...report, ok: false, problems: this.problems.first, problems_total: this.problems.total };
    }
    return report;
  }

  /** A record that is proven to be in the log by itself, not by the tree of all of them. */
  addProven({ index, leaf, record }: Found): Promise<void> | void {
    this.proven += 1;
    this.newestFirst.push(index);
    if (leaf !== null && record !== null) this.read(index, leaf.eventId, record);
    if (this.checking.size >= atOnce) return Promise.race(this.checking);
  }

  /**
   * Every proven record was added; `under` is what their proofs lead to. `all` when there is no filter that would have left
   * any out.
   */
  finishProven(under: Checkpoint, all: boolean): Promise<Report> {
    this.under = under;
    this.tellOrder(under.size, all);
    this.tellGone();
    this.checkpoints.root(under.size, under.root);
    return this.conclude(0);
  }

  /** Exports of a part have the newest first, each once. */
  private tellOrder(size: number, all: boolean): void {
    let before = size;
    for (const index of this.newestFirst) {
      if (index >= before) {
        this.problems.add(
          'slipped_in',
          index,
          `record ${index} comes after record ${before}: it is there twice, or out of order`,
        );
        return;
      }
      if (all && index < before - 1) this.gone.push([index + 1, before]);
      before = index;
    }
    if (all && before > 0) this.gone.push([0, before]);
  }

  private async conclude(tip: number): Promise<Report> {
    this.keys.tellUntrusted(this.problems);
    const newest = this.checkpoints.newestGood();
    const size = this.under?.size ?? this.size;
    const tree = { size, partial: this.broken || this.under !== null, wrongTiles: this.wrongTiles };
    this.checkpoints.tellWrong(tree, tip);
    if (newest === null && size > 0) {
      const message = 'no good checkpoint covers any record: nothing says that this is the log that was signed';
      this.problems.add('not_covered', null, message);
    }
    const witnessed = this.checkpoints.witnessed();
    await Promise.all(this.checking);
    return {
      ok: this.problems.total === 0,
      records: this.under === null ? this.size : this.proven,
      dropped: this.dropped,
      root: toBase64(this.under?.root ?? this.root),
      checkpoints: this.checkpoints.count,
      complete: this.under === null,
      covered: newest?.size ?? 0,
      signatures: this.signatures,
      witnessed,
      newest_checkpoint: newest?.note ?? null,
      keys: this.keys.toJSON(),
      key_was_given: this.keys.given,
      problems: this.problems.first.toSorted((x, y) => (x.index ?? -1) - (y.index ?? -1)),
      problems_total: this.problems.total,
    };
  }

  private tellMissingHashes(): void {
    for (const [level, hashes] of this.subtrees.entries()) {
      const stored = this.stored.get(level) ?? 0;
      if (hashes === undefined || stored === hashes.length) continue;
      const message = `the log has stored ${stored} hashes of level ${level} of its tree, and there are ${hashes.length}`;
      this.problems.add('wrong_hash', null, message);
    }
  }

  private tellChanges(): void {
    const owner = new Map(this.changed.map(({ index, wanted }) => [wanted, index]));
    for (const { index, hash } of this.changed) {
      const other = owner.get(hash);
      if (other === undefined) {
        this.problems.add('changed', index, `the bytes of record ${index} were changed: they do not hash to its leaf`);
      } else this.problems.add('swapped', index, `record ${index} holds the bytes of record ${other}`);
    }
  }

  /** The end of the range that a retention record says is dropped; null when none speaks of this index. */
  private droppedUntil(at: number): number | null {
    // Whole ranges, and only what was there before it was said.
    const found = this.retained.find(
      ({ index, step }) =>
        step.what === 'records_dropped' &&
        step.first <= at &&
        at < step.end &&
        step.end <= index &&
        step.end % tileWidth === 0,
    )?.step;
    return found?.what === 'records_dropped' ? found.end : null;
  }

  private tellGone(): void {
    for (const [first, end] of this.gone) {
      let at = first;
      // Ranges that retention dropped follow one another.
      for (;;) {
        const until = this.droppedUntil(at);
        if (until === null || at >= end) break;
        this.dropped += Math.min(until, end) - at;
        at = Math.min(until, end);
      }
      if (at >= end) continue;
      const which = end - at === 1 ? `record ${at} was` : `records ${at} to ${end - 1} were`;
      this.problems.add('missing', at, `${which} removed: the leaf is there, and no retention record speaks of it`);
    }
  }
}

/** As JSON has it; null for what is none. */
function idOf(bytes: Buffer): unknown {
  try {
    return (JSON.parse(bytes.toString('utf8')) as { id?: unknown }).id;
  } catch {
    return null;
  }
}
