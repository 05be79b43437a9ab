/** The audit API, a hook a verb. */
import type { AuditPage, AuditProof } from '@countersign/contract';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { get } from './client';

export interface AuditFilter {
  readonly workflow?: string;
  readonly task?: string;
  readonly actor?: string;
  readonly action?: string;
}

export const useAuditRecords = (filter: AuditFilter) =>
  useInfiniteQuery({
    queryKey: ['audit', filter],
    queryFn: ({ pageParam }) => get<AuditPage>('v1/audit/records', { ...filter, before: pageParam, limit: 50 }),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

/** Asked again until a checkpoint covers the record, which takes a moment after it was written. */
export const useProof = (eventId: string) =>
  useQuery({
    queryKey: ['proof', eventId],
    queryFn: () => get<AuditProof>(`v1/audit/records/${eventId}`),
    refetchInterval: (query) => (query.state.data?.checkpoint === null ? 500 : false),
  });
