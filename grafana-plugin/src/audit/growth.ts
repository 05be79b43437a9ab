/**
 * Whether the log is still the one that was seen before, whatever the daemon says: the newest signed checkpoint is kept with its
 * key, and each one after it has to prove that the log has only grown. Pure.
 */
import type { KeySuccession, LogGrowth } from '@countersign/contract';
import { verifyConsistency } from '@countersign/contract/merkle';
import {
  fromBase64,
  hex,
  keyEndorsement,
  parseVerifierKey,
  verifyCheckpoint,
  verifyEd25519,
  type Checkpoint,
  type VerifierKey,
} from '@countersign/contract/note';

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
  /** The same, and signed by a key that the one before vouches for. */
  | { readonly is: 'succeeded'; readonly size: number }
  | { readonly is: 'rewritten' }
  /** It has only grown, and is signed by another key than what was kept, which that one does not vouch for. */
  | { readonly is: 'another_key'; readonly size: number }
  /** The daemon's answer is no checkpoint of its own key. */
  | { readonly is: 'damaged' };

/**
 * Whether a proof's checkpoint and the pin are of one log: of two trees, the larger has to begin with the smaller. `growth` is
 * from the smaller size to the larger.
 */
export function isOneLog(pin: Pin, seen: Pick<Pin, 'note' | 'verifierKey'>, growth: Pick<LogGrowth, 'proof'>): boolean {
  const heads = [headOf(pin), headOf(seen)];
  const [older, newer] = heads.flatMap((head) => head ?? []).toSorted((a, b) => a.size - b.size);
  return older !== undefined && newer !== undefined && isBeginningOf(older, newer, growth.proof);
}

type TreeHead = Pick<Checkpoint, 'size' | 'root'>;

function isBeginningOf(older: TreeHead, newer: TreeHead, proof: readonly string[]): boolean {
  const hashes = proof.map(fromBase64).filter((hash) => hash !== null);
  return (
    hashes.length === proof.length &&
    verifyConsistency({
      oldSize: older.size,
      newSize: newer.size,
      oldRoot: older.root,
      newRoot: newer.root,
      proof: hashes,
    })
  );
}

/** Size and root of a pin; null when it is damaged. */
function headOf({ note, verifierKey }: Pick<Pin, 'note' | 'verifierKey'>) {
  const key = parseVerifierKey(verifierKey);
  return key === null ? null : ownCheckpoint(note, key);
}

/** A checkpoint that the key has signed, of the log that has its name: one key may sign for others too. Null for any other. */
export function ownCheckpoint(note: string, key: VerifierKey): Checkpoint | null {
  const head = verifyCheckpoint(note, key);
  return head?.origin === key.name ? head : null;
}

/** Its note is signed by its key. */
export const isWhole = (pin: Pin): boolean => headOf(pin) !== null;

export const sizeOf = (pin: Pick<Pin, 'note' | 'verifierKey'>): number => headOf(pin)?.size ?? 0;

/** Whether the log whose newest head this is had that root, in hex, when it had `size` records. `growth` is from that size on. */
export function hasRoot(
  size: number,
  root: string,
  { checkpoint, proof, verifier_key }: Pick<LogGrowth, 'checkpoint' | 'proof' | 'verifier_key'>,
): boolean {
  const head = headOf({ note: checkpoint, verifierKey: verifier_key });
  const bytes = Uint8Array.from(root.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  return head !== null && hex(bytes) === root && isBeginningOf({ size, root: bytes }, head, proof);
}

export function checkGrowth(
  pin: Pin | null,
  { checkpoint, proof, verifier_key, successions }: Omit<LogGrowth, 'from' | 'to'>,
): GrowthCheck {
  const now = headOf({ note: checkpoint, verifierKey: verifier_key });
  if (now === null) return { is: 'damaged' };
  const before = pin === null ? null : headOf(pin);
  if (pin === null || before === null) return { is: 'first', size: now.size };
  // A key is changed now and then; that changes nothing of the records before.
  if (!isBeginningOf(before, now, proof)) return { is: 'rewritten' };
  if (pin.verifierKey === verifier_key) return { is: 'grown', size: now.size, from: before.size };
  const isVouchedFor = vouchesFor(pin.verifierKey, verifier_key, successions);
  return { is: isVouchedFor ? 'succeeded' : 'another_key', size: now.size };
}

/** Whether a key has signed that another follows it, or that one does which it has signed that it follows it, and so on. */
export function vouchesFor(older: string, newer: string, successions: readonly KeySuccession[]): boolean {
  if (older === newer) return true;
  const next = successions.findIndex((one) => one.previous === older && isEndorsed(one));
  const found = successions[next];
  return found !== undefined && vouchesFor(found.key, newer, successions.toSpliced(next, 1));
}

function isEndorsed({ previous, key, endorsement }: KeySuccession): boolean {
  const [signer, signature] = [parseVerifierKey(previous), endorsement === null ? null : fromBase64(endorsement)];
  if (signer === null || signature === null) return false;
  return verifyEd25519(signature, new TextEncoder().encode(keyEndorsement(previous, key)), signer.publicKey);
}
