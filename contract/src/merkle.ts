/**
 * Merkle tree hashing and proofs of RFC 6962 section 2.1 (the same tree as RFC 9162). Pure, synchronous, and fit for a
 * browser. Sizes and indexes are plain numbers and exact to 2^53 − 1, so no bit operator touches them.
 */
import { sha256 } from '@noble/hashes/sha2.js';

export { sha256 };
export type Hash = Uint8Array;

const leafPrefix = Uint8Array.of(0x00);
const nodePrefix = Uint8Array.of(0x01);

/** SHA-256(00 || entry). */
export const leafHash = (entry: Uint8Array): Hash => sha256.create().update(leafPrefix).update(entry).digest();

/** SHA-256(01 || left || right). */
export const nodeHash = (left: Hash, right: Hash): Hash =>
  sha256.create().update(nodePrefix).update(left).update(right).digest();

/** The head of the tree over these leaf hashes; SHA-256 of nothing for no leaves. */
export function treeHead(leafHashes: readonly Hash[]): Hash {
  return leafHashes.length === 0 ? sha256(new Uint8Array()) : headOf(leafHashes, 0, leafHashes.length);
}

/**
 * The audit path of leaf `index`, nearest sibling first (RFC 6962, 2.1.1).
 * Throws a RangeError unless 0 ≤ index < leafHashes.length.
 */
export function inclusionProof(leafHashes: readonly Hash[], index: number): Hash[] {
  if (!Number.isSafeInteger(index) || index < 0 || index >= leafHashes.length) {
    throw new RangeError(`index is ${index}, want an integer from 0 to ${leafHashes.length - 1}`);
  }
  return path(index, 0, leafHashes.length);

  function path(at: number, start: number, size: number): Hash[] {
    if (size === 1) return [];
    const left = largestPowerOfTwoBelow(size);
    return at < left
      ? [...path(at, start, left), headOf(leafHashes, start + left, size - left)]
      : [...path(at - left, start + left, size - left), headOf(leafHashes, start, left)];
  }
}

/**
 * Proof that the tree over the first `size` leaves is a prefix of the tree over all of them (RFC 6962, 2.1.2).
 * Empty for size 0 and for the whole tree. Throws a RangeError unless 0 ≤ size ≤ leafHashes.length.
 */
export function consistencyProof(leafHashes: readonly Hash[], size: number): Hash[] {
  if (!Number.isSafeInteger(size) || size < 0 || size > leafHashes.length) {
    throw new RangeError(`size is ${size}, want an integer from 0 to ${leafHashes.length}`);
  }
  return size === 0 ? [] : subproof(size, 0, leafHashes.length, true);

  function subproof(old: number, start: number, length: number, whole: boolean): Hash[] {
    if (old === length) return whole ? [] : [headOf(leafHashes, start, length)];
    const left = largestPowerOfTwoBelow(length);
    return old <= left
      ? [...subproof(old, start, left, whole), headOf(leafHashes, start + left, length - left)]
      : [...subproof(old - left, start + left, length - left, false), headOf(leafHashes, start, left)];
  }
}

/** Whether `proof` leads from leaf `index` to the `root` of a tree of `size` leaves (RFC 9162, 2.1.3.2). Never throws. */
export function verifyInclusion(claim: {
  index: number;
  size: number;
  leafHash: Hash;
  proof: readonly Hash[];
  root: Hash;
}): boolean {
  const { index, size, proof, root } = claim;
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  if (![claim.leafHash, root, ...proof].every(isHash)) return false;
  let node = index;
  let last = size - 1;
  let head = claim.leafHash;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      head = nodeHash(sibling, head);
      while (!isOdd(node) && node !== 0) [node, last] = [node / 2, half(last)];
    } else {
      head = nodeHash(head, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && equal(head, root);
}

/** Whether the tree of `newSize` leaves only adds to that of `oldSize` (RFC 9162, 2.1.4.2). Never throws. */
export function verifyConsistency(claim: {
  oldSize: number;
  newSize: number;
  oldRoot: Hash;
  newRoot: Hash;
  proof: readonly Hash[];
}): boolean {
  const { oldSize, newSize, oldRoot, newRoot, proof } = claim;
  if (!isCount(oldSize) || !isCount(newSize) || oldSize > newSize) return false;
  if (![oldRoot, newRoot, ...proof].every(isHash)) return false;
  if (oldSize === 0 && !equal(oldRoot, treeHead([]))) return false;
  if (oldSize === newSize) return proof.length === 0 && equal(oldRoot, newRoot);
  if (oldSize === 0) return proof.length === 0;

  let node = oldSize - 1;
  let last = newSize - 1;
  while (isOdd(node)) [node, last] = [half(node), half(last)];
  // A complete old tree is itself a node of the new one and is not repeated in the proof.
  const [first, ...rest] = node === 0 ? [oldRoot, ...proof] : proof;
  if (first === undefined) return false;
  let oldHead = first;
  let newHead = first;
  for (const sibling of rest) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      oldHead = nodeHash(sibling, oldHead);
      newHead = nodeHash(sibling, newHead);
      while (!isOdd(node) && node !== 0) [node, last] = [node / 2, half(last)];
    } else {
      newHead = nodeHash(newHead, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && equal(oldHead, oldRoot) && equal(newHead, newRoot);
}

/** The largest power of two smaller than `size`; where RFC 6962 splits a tree. `size` is at least 2. */
export function largestPowerOfTwoBelow(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/** Head of `size` ≥ 1 leaves from `start`. */
function headOf(leaves: readonly Hash[], start: number, size: number): Hash {
  if (size === 1) {
    const leaf = leaves[start];
    if (leaf === undefined) throw new RangeError(`leaf ${start} is missing`);
    return leaf;
  }
  const left = largestPowerOfTwoBelow(size);
  return nodeHash(headOf(leaves, start, left), headOf(leaves, start + left, size - left));
}

const isCount = (n: number) => Number.isSafeInteger(n) && n >= 0;
const isHash = (bytes: Hash) => bytes instanceof Uint8Array && bytes.length === 32;
const isOdd = (n: number) => n % 2 === 1;
const half = (n: number) => Math.floor(n / 2);
const equal = (a: Hash, b: Hash) => a.length === b.length && a.every((byte, i) => byte === b[i]);
