/**
 * Whether the log is still the one that was seen before, whatever the daemon says: the newest signed checkpoint is kept with its
 * key, and each one after it has to prove that the log has only grown. Pure.
 */
import type { LogGrowth } from '@countersign/contract';
import { verifyConsistency } from '@countersign/contract/merkle';
import { fromBase64, parseVerifierKey, verifyCheckpoint } from '@countersign/contract/note';

export interface Pin {
  /** C2SP signed note. */
  readonly note: string;
  readonly verifierKey: string;
  /** ISO 8601 */
  readonly seenAt: string;
}

export type GrowthCheck =
  /** Nothing was kept before. */
  | { readonly is: 'first'; readonly size: number }
  | { readonly is: 'grown'; readonly size: number; readonly from: number }
  | { readonly is: 'rewritten' }
  /** It has only grown, and is signed by another key than what was kept. */
  | { readonly is: 'another_key'; readonly size: number }
  /** The daemon's answer is no checkpoint of its own key. */
  | { readonly is: 'damaged' };

/** Size and root of a pin; null when it is damaged. */
function headOf({ note, verifierKey }: Pick<Pin, 'note' | 'verifierKey'>) {
  const key = parseVerifierKey(verifierKey);
  return key === null ? null : verifyCheckpoint(note, key);
}

export const sizeOf = (pin: Pin): number => headOf(pin)?.size ?? 0;

export function checkGrowth(pin: Pin | null, { checkpoint, proof, verifier_key }: LogGrowth): GrowthCheck {
  const now = headOf({ note: checkpoint, verifierKey: verifier_key });
  if (now === null) return { is: 'damaged' };
  const before = pin === null ? null : headOf(pin);
  if (pin === null || before === null) return { is: 'first', size: now.size };
  const hashes = proof.map(fromBase64).filter((hash) => hash !== null);
  const holds =
    hashes.length === proof.length &&
    verifyConsistency({
      oldSize: before.size,
      newSize: now.size,
      oldRoot: before.root,
      newRoot: now.root,
      proof: hashes,
    });
  // A key is changed now and then; that changes nothing of the records before.
  if (!holds) return { is: 'rewritten' };
  return pin.verifierKey === verifier_key
    ? { is: 'grown', size: now.size, from: before.size }
    : { is: 'another_key', size: now.size };
}
