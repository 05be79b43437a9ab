import {
  consistencyProof,
  inclusionProof,
  treeHead,
  verifyConsistency,
  verifyInclusion,
} from '@countersign/contract/merkle';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  consistencyProofFrom,
  GrowingTree,
  inclusionProofFrom,
  leafHash,
  type ReadHashes,
  type Subtree,
} from './tree.ts';

function grow(size: number) {
  const tree = new GrowingTree(0, Buffer.alloc(0));
  const leaves: Buffer[] = [];
  const subtrees: Subtree[] = [];
  for (let i = 0; i < size; i++) {
    const leaf = leafHash(Buffer.from(`entry ${i}`));
    leaves.push(leaf);
    subtrees.push(...tree.append(leaf));
  }
  const read: ReadHashes = (level, start, count) =>
    Promise.resolve(
      level === 0
        ? leaves.slice(start, start + count)
        : subtrees.filter((s) => s.level === level && s.index >= start && s.index < start + count).map((s) => s.hash),
    );
  return { tree, leaves, read };
}

it.each([0, 1, 2, 3, 7, 8, 255, 256, 257, 511, 513, 1000])('has the head of RFC 6962 at size %i', (size) => {
  const { tree, leaves } = grow(size);
  expect(tree.root.toString('hex')).toBe(Buffer.from(treeHead(leaves)).toString('hex'));
});

it('goes on from its stored frontier', () => {
  const { tree, leaves } = grow(300);
  const resumed = new GrowingTree(tree.size, tree.frontier);
  const leaf = leafHash(Buffer.from('one more'));
  resumed.append(leaf);
  expect(resumed.root).toEqual(Buffer.from(treeHead([...leaves, leaf])));
});

it('refuses a frontier that does not fit its size', () => {
  expect(() => new GrowingTree(3, Buffer.alloc(32))).toThrow('frontier of a tree of 3 has 32 bytes, want 64');
});

it.each([1, 2, 255, 256, 257, 700, 1025])('proves every leaf of a tree of %i from stored subtrees', async (size) => {
  const { tree, leaves, read } = grow(size);
  for (let index = 0; index < size; index += size > 300 ? 37 : 1) {
    const proof = await inclusionProofFrom(read, index, size);
    expect(proof.map((h) => h.toString('hex'))).toEqual(
      inclusionProof(leaves, index).map((h) => Buffer.from(h).toString('hex')),
    );
    expect(verifyInclusion({ index, size, leafHash: leaves[index]!, proof, root: tree.root })).toBe(true);
  }
});

it('proves against an older, smaller tree', async () => {
  const { leaves, read } = grow(700);
  const root = treeHead(leaves.slice(0, 300));
  const proof = await inclusionProofFrom(read, 299, 300);
  expect(verifyInclusion({ index: 299, size: 300, leafHash: leaves[299]!, proof, root })).toBe(true);
});

describe('every size to 300', () => {
  const { leaves, read } = grow(300);
  // By the portable code, which shares no line with what is tested but the split.
  const roots = Array.from({ length: 301 }, (_, size) => treeHead(leaves.slice(0, size)));
  const changed = (hash: Buffer, at: number) => Buffer.from(hash.map((byte, i) => (i === at % 32 ? byte ^ 1 : byte)));

  it('proves every index, and nothing else', async () => {
    let wrong = 0;
    for (let size = 1; size <= 300; size++) {
      for (let index = 0; index < size; index++) {
        const proof = await inclusionProofFrom(read, index, size);
        const claim = { index, size, leafHash: leaves[index]!, proof, root: roots[size]! };
        if (!verifyInclusion(claim)) wrong += 1;
        // One place of the proof, another each time.
        const place = (index * 7 + size) % Math.max(1, proof.length);
        const mutated = proof.map((hash, i) => (i === place ? changed(hash, index) : hash));
        if (proof.length > 0 && verifyInclusion({ ...claim, proof: mutated })) wrong += 1;
        if (size > 1 && verifyInclusion({ ...claim, index: (index + 1) % size })) wrong += 1;
      }
    }
    expect(wrong).toBe(0);
  }, 120_000);

  it('shows every pair of sizes to be one log, and nothing else', async () => {
    let wrong = 0;
    for (let newSize = 1; newSize <= 300; newSize++) {
      for (let oldSize = 1; oldSize <= newSize; oldSize++) {
        const proof = await consistencyProofFrom(read, oldSize, newSize);
        const claim = { oldSize, newSize, oldRoot: roots[oldSize]!, newRoot: roots[newSize]!, proof };
        if (!verifyConsistency(claim)) wrong += 1;
        const place = (oldSize * 7 + newSize) % Math.max(1, proof.length);
        const mutated = proof.map((hash, i) => (i === place ? changed(hash, oldSize) : hash));
        if (proof.length > 0 && verifyConsistency({ ...claim, proof: mutated })) wrong += 1;
        if (
          oldSize < newSize &&
          verifyConsistency({ ...claim, oldRoot: changed(Buffer.from(claim.oldRoot), newSize) })
        ) {
          wrong += 1;
        }
      }
    }
    expect(wrong).toBe(0);
  }, 120_000);
});

it('proves any two sizes of a larger tree as the portable code does', async () => {
  const { leaves, read } = grow(1_500);
  await fc.assert(
    fc.asyncProperty(
      fc
        .integer({ min: 1, max: 1_500 })
        .chain((size) => fc.tuple(fc.integer({ min: 1, max: size }), fc.constant(size))),
      async ([oldSize, newSize]) => {
        const wanted = consistencyProof(leaves.slice(0, newSize), oldSize);
        expect(await consistencyProofFrom(read, oldSize, newSize)).toEqual(wanted.map((hash) => Buffer.from(hash)));
      },
    ),
    { numRuns: 40 },
  );
});
