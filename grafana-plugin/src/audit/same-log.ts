/** Holds a head of the log against the newest that this browser has seen: they have to be of one log. */
import { readGrowth } from '../api/audit';
import { CallError } from '../api/client';
import { isOneLog, sizeOf, vouchesFor, type Pin } from './growth';
import { readPin } from './pin';

export type SameLog =
  /** It has seen nothing of this log. */
  | { readonly is: 'first' }
  | { readonly is: 'same'; readonly seenAt: string; readonly size: number }
  | { readonly is: 'another' }
  | { readonly is: 'another_key' };

/** Throws when the daemon does not say how the log has grown from the one to the other. */
export async function holdAgainstSeen(head: Pick<Pin, 'note' | 'verifierKey'>): Promise<SameLog> {
  const pin = readPin();
  if (pin === null) return { is: 'first' };
  const [from = 0, to] = [sizeOf(pin), sizeOf(head)].toSorted((a, b) => a - b);
  try {
    const growth = await readGrowth(from, to);
    const { successions } = growth;
    // The key of the smaller vouches for that of the larger: a pin may be newer than a proof that was asked for before.
    const [older, newer] = sizeOf(pin) <= sizeOf(head) ? [pin, head] : [head, pin];
    if (!vouchesFor(older.verifierKey, newer.verifierKey, successions)) return { is: 'another_key' };
    return isOneLog(pin, head, growth) ? { is: 'same', seenAt: pin.seenAt, size: sizeOf(pin) } : { is: 'another' };
  } catch (error) {
    if (error instanceof CallError && error.body?.error === 'not_found') return { is: 'another' };
    throw error;
  }
}
