import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  consistencyProof,
  inclusionProof,
  leafHash,
  nodeHash,
  treeHead,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts';
import { hex } from './note.ts';

const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

/** RFC 6962's own test leaves, and the heads of the trees over the first 0 to 8 of them. */
const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const heads = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const numbered = (count: number) => Array.from({ length: count }, (_, i) => leafHash(Buffer.from(`entry ${i}`)));

describe('treeHead', () => {
  it.each(heads.map((head, size) => [size, head] as const))('of %i leaves', (size, head) => {
    expect(hex(treeHead(leaves.slice(0, size).map((leaf) => leafHash(bytes(leaf)))))).toBe(head);
  });
});

describe('inclusion', () => {
  it('holds for every index of every size to 130', () => {
    for (let size = 1; size <= 130; size++) {
      const all = numbered(size);
      const root = treeHead(all);
      for (let index = 0; index < size; index++) {
        const proof = inclusionProof(all, index);
        expect(verifyInclusion({ index, size, leafHash: all[index]!, proof, root })).toBe(true);
      }
    }
  });

  it('is refused when anything is changed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }).chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1))),
        fc.nat(255),
        fc.nat(31),
        fc.nat(),
        ([size, index], flip, at, which) => {
          const all = numbered(size);
          const root = treeHead(all);
          const proof = inclusionProof(all, index);
          const leaf = all[index]!;
          const claim = { index, size, leafHash: leaf, proof, root };
          expect(verifyInclusion(claim)).toBe(true);
          const mutated = (hash: Uint8Array) => hash.map((byte, i) => (i === at ? byte ^ (flip || 1) : byte));
          expect(verifyInclusion({ ...claim, leafHash: mutated(leaf) })).toBe(false);
          expect(verifyInclusion({ ...claim, root: mutated(root) })).toBe(false);
          expect(verifyInclusion({ ...claim, proof: [...proof, leaf] })).toBe(false);
          expect(verifyInclusion({ ...claim, index: index + 1 })).toBe(false);
          if (proof.length > 0) {
            const place = which % proof.length;
            expect(verifyInclusion({ ...claim, proof: proof.with(place, mutated(proof[place]!)) })).toBe(false);
            expect(verifyInclusion({ ...claim, proof: proof.slice(1) })).toBe(false);
            expect(verifyInclusion({ ...claim, proof: proof.slice(0, -1) })).toBe(false);
          }
        },
      ),
    );
  });

  it('is false, not an exception, for nonsense', () => {
    const [a, b] = numbered(2) as [Uint8Array, Uint8Array];
    const claim = { index: 0, size: 2, leafHash: a, proof: [b], root: nodeHash(a, b) };
    expect(verifyInclusion(claim)).toBe(true);
    for (const wrong of [
      { index: -1 },
      { index: 2 },
      { index: 0.5 },
      { index: Number.NaN },
      { size: 0 },
      { size: Infinity },
      { root: new Uint8Array(31) },
      { proof: [new Uint8Array(33)] },
      { proof: [] },
    ]) {
      expect(verifyInclusion({ ...claim, ...wrong })).toBe(false);
    }
  });

  it('refuses to prove what is not there', () => {
    expect(() => inclusionProof(numbered(3), 3)).toThrow('index is 3, want an integer from 0 to 2');
  });
});

describe('consistency', () => {
  it('holds for every pair of sizes to 70', () => {
    const all = numbered(70);
    for (let newSize = 0; newSize <= 70; newSize++) {
      const now = all.slice(0, newSize);
      const newRoot = treeHead(now);
      for (let oldSize = 0; oldSize <= newSize; oldSize++) {
        const oldRoot = treeHead(all.slice(0, oldSize));
        expect(verifyConsistency({ oldSize, newSize, oldRoot, newRoot, proof: consistencyProof(now, oldSize) })).toBe(
          true,
        );
      }
    }
  });

  it('is refused when history was rewritten', () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 2, max: 300 })
          .chain((newSize) => fc.tuple(fc.constant(newSize), fc.integer({ min: 1, max: newSize - 1 }))),
        fc.nat(),
        ([newSize, oldSize], at) => {
          const old = numbered(newSize);
          const rewritten = old.with(at % oldSize, leafHash(Buffer.from('rewritten')));
          const claim = {
            oldSize,
            newSize,
            oldRoot: treeHead(old.slice(0, oldSize)),
            newRoot: treeHead(rewritten),
            proof: consistencyProof(rewritten, oldSize),
          };
          expect(verifyConsistency(claim)).toBe(false);
          expect(verifyConsistency({ ...claim, newRoot: treeHead(old), proof: consistencyProof(old, oldSize) })).toBe(
            true,
          );
          expect(verifyConsistency({ ...claim, newRoot: treeHead(old), proof: [] })).toBe(false);
        },
      ),
    );
  });

  it('knows the one empty tree', () => {
    const [empty, other] = [treeHead([]), new Uint8Array(32)];
    const claim = { oldSize: 0, newSize: 0, oldRoot: empty, newRoot: empty, proof: [] };
    expect(verifyConsistency(claim)).toBe(true);
    expect(verifyConsistency({ ...claim, oldRoot: other, newRoot: other })).toBe(false);
    expect(verifyConsistency({ ...claim, oldRoot: other, newSize: 1, newRoot: other })).toBe(false);
  });

  it('refuses a tree that shrank', () => {
    const all = numbered(5);
    expect(
      verifyConsistency({
        oldSize: 5,
        newSize: 4,
        oldRoot: treeHead(all),
        newRoot: treeHead(all.slice(0, 4)),
        proof: [],
      }),
    ).toBe(false);
  });
});
