/** How fast the tree of a log is computed anew from its entries, and how fast a proof is checked. */
import { inclusionProof, leafHash as portableLeafHash, treeHead, verifyInclusion } from '@countersign/contract/merkle';
import { GrowingTree, leafHash } from '../../daemon/src/ledger/tree.ts';
import { atLeast, nanosecondsEach, perSecond, type Figure } from './figure.ts';

export function benchmarkLedger(): Promise<Figure[]> {
  const entries = Array.from({ length: 200_000 }, (_, i) =>
    Buffer.from(`{"entry":${i},"padding":"${'x'.repeat(600)}"}`),
  );
  const tree = new GrowingTree(0, Buffer.alloc(0));
  const started = performance.now();
  for (const entry of entries) tree.append(leafHash(entry));
  const rebuilt = entries.length / ((performance.now() - started) / 1_000);

  const leaves = entries.slice(0, 4_096).map((entry) => portableLeafHash(entry));
  const [index, size] = [1_234, leaves.length];
  const claim = { index, size, leafHash: leaves[index]!, proof: inclusionProof(leaves, index), root: treeHead(leaves) };
  const check = nanosecondsEach(2_000, () => verifyInclusion(claim));
  return Promise.resolve([
    atLeast('records of 640 B hashed into the tree', rebuilt, 300_000, perSecond),
    {
      what: 'inclusion proofs checked, portable code, 12 hashes each',
      measured: perSecond(1e9 / check),
      goal: '',
      met: null,
    },
  ]);
}
