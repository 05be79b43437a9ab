/** Holds a proof's checkpoint against what this browser has seen of the log before. */
import type { AuditProof } from '@countersign/contract';
import { useState } from 'react';
import { useGrowth } from '../api/audit';
import { CallError } from '../api/client';
import { isOneLog, sizeOf, vouchesFor } from './growth';
import { readPin } from './pin';

export type SameLog =
  /** It has seen nothing of this log. */
  | { readonly is: 'first' }
  | { readonly is: 'same'; readonly seenAt: string; readonly size: number }
  | { readonly is: 'another' }
  /** The record lies below what it has seen signed, and the daemon gives no proof of it. */
  | { readonly is: 'withheld' }
  | { readonly is: 'another_key' }
  | { readonly is: 'comparing' }
  | { readonly is: 'failed'; readonly error: Error };

export function useSameLog({ checkpoint, verifier_key, record }: AuditProof): SameLog {
  const [pin] = useState(readPin);
  const seen = checkpoint === null ? null : { note: checkpoint, verifierKey: verifier_key };
  const [from, to] = [pin === null ? 0 : sizeOf(pin), seen === null ? 0 : sizeOf(seen)].toSorted((a, b) => a - b);
  const growth = useGrowth(from ?? 0, to, pin !== null && seen !== null);
  if (pin !== null && seen === null && record.log_index < sizeOf(pin)) return { is: 'withheld' };
  if (pin === null || seen === null) return { is: 'first' };
  if (growth.error instanceof CallError && growth.error.body?.error === 'not_found') return { is: 'another' };
  if (growth.isError) return { is: 'failed', error: growth.error };
  if (growth.data === undefined) return { is: 'comparing' };
  const { successions } = growth.data;
  // A pin may be of a newer key than a proof that was asked for before.
  const isSucceeded =
    vouchesFor(pin.verifierKey, verifier_key, successions) || vouchesFor(verifier_key, pin.verifierKey, successions);
  if (!isSucceeded) return { is: 'another_key' };
  return isOneLog(pin, seen, growth.data) ? { is: 'same', seenAt: pin.seenAt, size: sizeOf(pin) } : { is: 'another' };
}
