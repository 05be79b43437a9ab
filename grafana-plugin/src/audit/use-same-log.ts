/** Holds a proof's checkpoint against what this browser has seen of the log before. */
import type { AuditProof } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { sizeOf } from './growth';
import { readPin } from './pin';
import { holdAgainstSeen, type SameLog } from './same-log';

export type ComparedLog =
  | SameLog
  /** The record lies below what it has seen signed, and the daemon gives no proof of it. */
  | { readonly is: 'withheld' }
  | { readonly is: 'comparing' }
  | { readonly is: 'failed'; readonly error: Error };

export function useSameLog({ checkpoint, verifier_key: verifierKey, record }: AuditProof): ComparedLog {
  const compared = useQuery({
    queryKey: ['same-log', checkpoint, verifierKey],
    queryFn: () => holdAgainstSeen({ note: checkpoint ?? '', verifierKey }),
    enabled: checkpoint !== null,
    retry: false,
  });
  if (checkpoint === null) {
    const pin = readPin();
    return { is: pin !== null && record.log_index < sizeOf(pin) ? 'withheld' : 'first' };
  }
  if (compared.isError) return { is: 'failed', error: compared.error };
  return compared.data ?? { is: 'comparing' };
}
