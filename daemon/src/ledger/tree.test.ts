import { inclusionProof, treeHead, verifyInclusion } from '@countersign/contract/merkle';
import { expect, it } from 'vitest';
import { GrowingTree, inclusionProofFrom, leafHash, type ReadHashes, type Subtree } from './tree.ts';

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
