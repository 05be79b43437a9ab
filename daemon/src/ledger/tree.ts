/**
 * The Merkle tree as it grows: a compact range over all leaves so far, and proofs from hashes of stored subtrees.
 * Same tree as `@countersign/contract/merkle`; hashed natively, because the daemon does it for every record.
 */
import { hash } from 'node:crypto';
import { largestPowerOfTwoBelow } from '@countersign/contract/merkle';

// A result as one-byte characters costs a quarter of one that Node wraps in a buffer of its own.
const sha256 = (bytes: Uint8Array): Buffer => Buffer.from(hash('sha256', bytes, 'binary'), 'binary');

/** Longer entries get a buffer of their own. */
const leafScratch = Buffer.alloc(65_536);
/** SHA-256(00 || entry). */
export function leafHash(entry: Uint8Array): Buffer {
  const length = entry.length + 1;
  const bytes = length <= leafScratch.length ? leafScratch : Buffer.alloc(length);
  bytes.set(entry, 1);
  return sha256(bytes.subarray(0, length));
}

const nodeScratch = Buffer.alloc(65, 0x01);
/** SHA-256(01 || left || right). */
function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  nodeScratch.set(left, 1);
  nodeScratch.set(right, 33);
  return sha256(nodeScratch);
}

/** A stored subtree covers 256^level leaves. */
export const leavesPerTile = 256;

/** The head of the complete subtree over the leaves [index × 256^level, (index + 1) × 256^level). */
export interface Subtree {
  readonly level: number;
  readonly index: number;
  readonly hash: Buffer;
}

/**
 * A tree that can only grow. Invariant: `heads` are the heads of complete subtrees, one for each 1 bit of `size`, largest
 * first.
 */
export class GrowingTree {
  size: number;
  private readonly heads: Buffer[];

  constructor(size: number, frontier: Buffer) {
    const count = size.toString(2).replaceAll('0', '').length;
    if (frontier.length !== count * 32) {
      throw new Error(`frontier of a tree of ${size} has ${frontier.length} bytes, want ${count * 32}`);
    }
    this.size = size;
    this.heads = Array.from({ length: count }, (_, i) => frontier.subarray(i * 32, i * 32 + 32));
  }

  /** Adds a leaf; returns the subtrees to store that it completes, smallest first. */
  append(leaf: Buffer): Subtree[] {
    const completed: Subtree[] = [];
    let head = leaf;
    let width = 1;
    // A carry in binary: each complete left neighbour of the same width is merged.
    while (Math.floor(this.size / width) % 2 === 1) {
      head = nodeHash(this.heads.pop() ?? missing(), head);
      width *= 2;
      const level = Math.log2(width) / 8;
      if (Number.isInteger(level)) completed.push({ level, index: Math.floor(this.size / width), hash: head });
    }
    this.heads.push(head);
    this.size += 1;
    return completed;
  }

  get frontier(): Buffer {
    return Buffer.concat(this.heads);
  }

  /** The tree head; SHA-256 of nothing for an empty tree. */
  get root(): Buffer {
    if (this.heads.length === 0) return sha256(new Uint8Array());
    return this.heads.reduceRight((right, left) => nodeHash(left, right));
  }
}

/** Hashes of `count` subtrees of 256^level leaves from `start`, in order; level 0 is the leaves themselves. */
export type ReadHashes = (level: number, start: number, count: number) => Promise<Buffer[]>;

/** As `read`, with the tiles of 256 hashes that were read last kept: they never change, only the last of a level grows. */
export function cachedHashes(read: ReadHashes, tiles: number): ReadHashes {
  const cache = new Map<string, Buffer[]>();
  return async (level, start, count) => {
    const tile = Math.floor(start / leavesPerTile);
    const from = start - tile * leavesPerTile;
    if (from + count > leavesPerTile) return read(level, start, count);
    const name = `${level}/${tile}`;
    let hashes = cache.get(name) ?? [];
    if (hashes.length < from + count) hashes = await read(level, tile * leavesPerTile, leavesPerTile);
    cache.delete(name);
    cache.set(name, hashes);
    if (cache.size > tiles) cache.delete(cache.keys().next().value ?? name);
    return hashes.slice(from, from + count);
  };
}

/** The head of the tree of the first `size` leaves; `size` is at least 1. */
export const rootFrom = (read: ReadHashes, size: number): Promise<Buffer> => headOfRange(read, 0, size);

/** The audit path of `index` in the tree of the first `size` leaves (RFC 6962, 2.1.1). Wants 0 ≤ index < size. */
export async function inclusionProofFrom(read: ReadHashes, index: number, size: number): Promise<Buffer[]> {
  const proof: Buffer[] = [];
  let [start, length] = [0, size];
  while (length > 1) {
    const left = largestPowerOfTwoBelow(length);
    if (index - start < left) {
      proof.push(await headOfRange(read, start + left, length - left));
      length = left;
    } else {
      proof.push(await headOfRange(read, start, left));
      [start, length] = [start + left, length - left];
    }
  }
  return proof.toReversed();
}

/**
 * Proof that the tree of the first `newSize` leaves only adds to that of the first `oldSize` (RFC 6962, 2.1.2).
 * Wants 0 ≤ oldSize ≤ newSize; empty for 0 and for equal sizes.
 */
export async function consistencyProofFrom(read: ReadHashes, oldSize: number, newSize: number): Promise<Buffer[]> {
  if (oldSize === 0) return [];
  const proof: Buffer[] = [];
  let [old, start, length, whole] = [oldSize, 0, newSize, true];
  while (old !== length) {
    const left = largestPowerOfTwoBelow(length);
    if (old <= left) {
      proof.push(await headOfRange(read, start + left, length - left));
      length = left;
    } else {
      proof.push(await headOfRange(read, start, left));
      [old, start, length, whole] = [old - left, start + left, length - left, false];
    }
  }
  return [...(whole ? [] : [await headOfRange(read, start, length)]), ...proof.toReversed()];
}

/** The head over [start, start + length), where start is a multiple of the largest power of two in it. */
async function headOfRange(read: ReadHashes, start: number, length: number): Promise<Buffer> {
  // Whole tiles come from stored subtrees, what is left over from the leaves; both are sides of one RFC 6962 split.
  const level = Math.min(Math.floor(Math.log2(length) / 8), 6);
  const unit = leavesPerTile ** level;
  const whole = Math.floor(length / unit);
  const hashes = await read(level, start / unit, whole);
  if (hashes.length !== whole)
    throw new Error(`${hashes.length} hashes of level ${level} from ${start / unit}, want ${whole}`);
  const rest = length - whole * unit;
  return rest === 0 ? fold(hashes) : foldWithRest(hashes, await headOfRange(read, start + whole * unit, rest));
}

/** RFC 6962 over equal units: the split at the largest power of two. */
function fold(hashes: readonly Buffer[]): Buffer {
  if (hashes.length === 1) return hashes[0] ?? missing();
  const left = largestPowerOfTwoBelow(hashes.length);
  return nodeHash(fold(hashes.slice(0, left)), fold(hashes.slice(left)));
}

/** As `fold`, with one more head at the right that covers less than a unit. */
function foldWithRest(hashes: readonly Buffer[], rest: Buffer): Buffer {
  let power = 1;
  while (power * 2 <= hashes.length) power *= 2;
  const right = hashes.slice(power);
  return nodeHash(fold(hashes.slice(0, power)), right.length === 0 ? rest : foldWithRest(right, rest));
}

function missing(): never {
  throw new Error('the tree is missing a hash');
}
