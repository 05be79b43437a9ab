/** Checkpoints held against the tree that was computed anew: their form, their signatures, their roots, their witnesses. */
import { verify } from 'node:crypto';
import { verifyCosignature } from '@countersign/contract/cosignature';
import { parseCheckpoint, parseNote, type Note, type VerifierKey } from '@countersign/contract/note';
import { tileWidth } from '@countersign/contract/tiles';
import type { LogKeys } from './keys.ts';
import type { Problems } from './problems.ts';

export interface KnownCheckpoint {
  readonly size: number;
  readonly note: string;
  /** Where it comes from, for messages. */
  readonly from: string;
}

export interface CheckpointCheckOptions {
  readonly keys: LogKeys;
  /** Null takes the name of the first key. */
  readonly origin: string | null;
  /** In any order. */
  readonly checkpoints: readonly KnownCheckpoint[];
  /** Witnesses who have to have signed. */
  readonly witnesses: readonly VerifierKey[];
  readonly problems: Problems;
}

/** What is known of the tree. */
export interface ComputedTree {
  /** Number of records. */
  readonly size: number;
  /** Roots of other sizes than the known ones cannot be said: leaves are missing, or only single records are there. */
  readonly partial: boolean;
  /** Tiles of 256 records that do not hash to what the log has stored of them. */
  readonly wrongTiles: readonly number[];
}

export class CheckpointCheck {
  private readonly options: CheckpointCheckOptions;
  private readonly checkpoints: readonly KnownCheckpoint[];
  private readonly sizes: ReadonlySet<number>;
  private readonly roots = new Map<number, Uint8Array>();

  constructor(options: CheckpointCheckOptions) {
    this.options = options;
    this.checkpoints = options.checkpoints.toSorted((a, b) => a.size - b.size);
    this.sizes = new Set(options.checkpoints.map(({ size }) => size));
  }

  get count(): number {
    return this.checkpoints.length;
  }

  /** Whether some checkpoint is of this size, so that the root there has to be said. */
  wantsRoot(size: number): boolean {
    return this.sizes.has(size);
  }

  /** The root of the first `size` records, as they are. */
  root(size: number, root: Uint8Array): void {
    this.roots.set(size, root);
  }

  /** The newest that is signed by a known key and has the root of the records; null when there is none. */
  newestGood(): KnownCheckpoint | null {
    return this.checkpoints.findLast((checkpoint) => this.isGood(checkpoint)) ?? null;
  }

  private isGood({ note, size }: KnownCheckpoint): boolean {
    const parsed = parseNote(note);
    const body = parsed === null ? null : parseCheckpoint(parsed.text);
    return parsed !== null && body?.size === size && this.isSigned(parsed, size) && this.hasRoot(size, body.root);
  }

  private hasRoot(size: number, root: Uint8Array): boolean {
    const ours = this.roots.get(size);
    return ours !== undefined && Buffer.from(ours).equals(root);
  }

  /** Tells of every checkpoint that is not good. `tip` is the size that the log says it has signed for. */
  tellWrong(tree: ComputedTree, tip: number): void {
    const { problems } = this.options;
    let firstWrong: number | null = null;
    for (const checkpoint of this.checkpoints) {
      const { size, from } = checkpoint;
      const malformed = this.problemOf(checkpoint);
      if (malformed !== null) problems.add('bad_checkpoint', null, `${malformed} (${from})`);
      else if (size > tree.size) {
        const message = `a checkpoint was signed for ${size} records, and the log has ${tree.size} (${from})`;
        if (!tree.partial) problems.add('rolled_back', tree.size, message);
        // All that follow are wrong for the same reason.
      } else if (this.roots.has(size) && !this.isGood(checkpoint)) firstWrong ??= size;
    }
    if (firstWrong !== null) this.tellWrongRoot(firstWrong, tree.wrongTiles);
    const newest = this.checkpoints.at(-1)?.size ?? 0;
    if (tip > newest) {
      const message = `a checkpoint for ${tip} records was signed, and the newest one there is for ${newest}`;
      problems.add('rolled_back', null, message);
    }
  }

  /** What is wrong with a checkpoint whatever the records are; null for nothing. */
  private problemOf({ note, size }: KnownCheckpoint): string | null {
    const parsed = parseNote(note);
    const body = parsed === null ? null : parseCheckpoint(parsed.text);
    if (parsed === null || body === null) return `the checkpoint of size ${size} is none`;
    if (body.size !== size) return `the checkpoint of size ${size} is of size ${body.size}`;
    const { origin, keys } = this.options;
    if (body.origin !== (origin ?? keys.all[0]?.name)) return `a checkpoint is of the log ${body.origin}`;
    return this.isSigned(parsed, size) ? null : `the checkpoint of size ${size} is not signed by a key of the log`;
  }

  /** As near as the good checkpoints before it and the stored hashes of tiles allow. */
  private tellWrongRoot(size: number, wrongTiles: readonly number[]): void {
    const good = this.checkpoints.filter((one) => one.size < size && this.isGood(one)).at(-1)?.size ?? 0;
    const tile = wrongTiles.find((index) => (index + 1) * tileWidth > good && index * tileWidth < size);
    const first = tile === undefined ? good : Math.max(good, tile * tileWidth);
    const end = tile === undefined ? size : Math.min(size, (tile + 1) * tileWidth);
    const which =
      end - first === 1 ? `record ${first} is not the one` : `records ${first} to ${end - 1} are not all those`;
    const message = `${which} that the checkpoint of ${size} records was signed for`;
    this.options.problems.add('wrong_root', first, message);
  }

  /** The size of the newest good checkpoint that all witnesses have signed; null when none are asked for. */
  witnessed(): number | null {
    const { witnesses, problems } = this.options;
    if (witnesses.length === 0) return null;
    const newest = this.checkpoints.findLast(
      (checkpoint) =>
        this.isGood(checkpoint) && witnesses.every((witness) => verifyCosignature(checkpoint.note, witness) !== null),
    );
    if (newest === undefined) {
      const names = witnesses.map(({ name }) => name).join(' and ');
      problems.add('not_witnessed', null, `no checkpoint of this history is signed by ${names}`);
    }
    return newest?.size ?? 0;
  }

  /** By the key of that time, and by it not badly. */
  private isSigned({ text, signatures }: Note, size: number): boolean {
    const message = Buffer.from(text);
    const { keys } = this.options;
    const known = signatures.flatMap(({ id, name, signature }) => {
      const verifier = keys.all.find((one) => one.name === name && Buffer.from(one.id).equals(id));
      const key = verifier === undefined ? null : keys.at(verifier.id, size - 1);
      return key === null ? [] : [verify(null, message, key, signature)];
    });
    return known.length > 0 && known.every(Boolean);
  }
}
