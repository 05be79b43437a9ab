/** The audit API, a hook a verb. */
import type { AuditPage, AuditProof } from '@countersign/contract';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { config } from '@grafana/runtime';
import { get, getBytes, proxyPath } from './client';

/** What the audit page filters by, as the daemon's route takes it; times in RFC 3339. */
export const filterNames = [
  'workflow',
  'task',
  'text',
  'actor',
  'actor_id',
  'action',
  'risk_tier',
  'model_version',
  'label',
  'type',
  'from',
  'to',
] as const;
export type AuditFilter = { readonly [name in (typeof filterNames)[number]]?: string };

/** Where a browser gets the records that fit, with their proofs, as a file. */
export const exportUrl = (filter: AuditFilter, format: 'jsonl' | 'csv'): string =>
  `${config.appSubUrl ?? ''}/${proxyPath}/v1/audit/export?${new URLSearchParams({ ...filter, format }).toString()}`;

export const useAuditRecords = (filter: AuditFilter) =>
  useInfiniteQuery({
    queryKey: ['audit', filter],
    queryFn: ({ pageParam }) => get<AuditPage>('v1/audit/records', { ...filter, before: pageParam, limit: 50 }),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

/** An input as it was sent, for auditors. */
export const useAuditedInput = (hash: string, enabled: boolean) =>
  useQuery({
    queryKey: ['audited-input', hash],
    queryFn: () => getBytes(`v1/audit/snapshots/${hash}`),
    enabled,
    staleTime: Infinity,
    retry: false,
  });

/** Asked again until a checkpoint covers the record, which takes a moment after it was written. */
export const useProof = (eventId: string) =>
  useQuery({
    queryKey: ['proof', eventId],
    queryFn: () => get<AuditProof>(`v1/audit/records/${eventId}`),
    refetchInterval: (query) => (query.state.data?.checkpoint === null ? 500 : false),
  });
