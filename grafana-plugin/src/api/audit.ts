/** The audit API, a hook a verb. */
import type {
  AuditHistogram,
  AuditPage,
  AuditProof,
  DrawRequest,
  FindingRequest,
  Inspection,
  LogGrowth,
  OpenInspection,
} from '@countersign/contract';
import {
  infiniteQueryOptions,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
  type InfiniteData,
} from '@tanstack/react-query';
import { config } from '@grafana/runtime';
import { t } from '../parts/i18n';
import { get, getBytes, post, proxyPath } from './client';

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
  'event_id',
  'model_hash',
  'input',
  'leaf_hash',
  'signed',
  'from',
  'to',
] as const;
export type AuditFilter = { readonly [name in (typeof filterNames)[number]]?: string };

/** Where a browser gets the records that fit, with their proofs, as a file. */
export const exportUrl = (filter: AuditFilter, format: 'jsonl' | 'csv'): string =>
  `${config.appSubUrl ?? ''}/${proxyPath}/v1/audit/export?${new URLSearchParams({ ...filter, format }).toString()}`;

/** Of what is known of the log as a whole, and of what this browser has seen of it. */
export const logWatchKey = ['log-watch'] as const;

const recordsKey = (filter: AuditFilter) => ['audit', filter] as const;

/** The first page is there soon; who scrolls on gets more at once. */
const [firstPage, furtherPage] = [100, 500];

const auditRecords = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: recordsKey(filter),
    queryFn: ({ pageParam: before }) =>
      get<AuditPage>('v1/audit/records', {
        ...filter,
        before,
        limit: before === undefined ? firstPage : furtherPage,
      }),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    // Each page that was scrolled past would be read again, and newer records would push away what is being read.
    refetchOnWindowFocus: false,
  });

export const useAuditRecords = (filter: AuditFilter) => useInfiniteQuery(auditRecords(filter));

const peopleOf = ({ pages }: InfiniteData<AuditPage>): AuditPage['people'] =>
  Object.assign({}, ...pages.map(({ people }) => people)) as AuditPage['people'];

/** What the people in them are called, by id: the same object until there is another one among them. */
export const useAuditPeople = (filter: AuditFilter): AuditPage['people'] =>
  useInfiniteQuery({ ...auditRecords(filter), select: peopleOf }).data ?? nobody;
const nobody: AuditPage['people'] = {};

/** The newest records anew; those that were scrolled past are let go. */
export function useNewestRecords(filter: AuditFilter): () => void {
  const client = useQueryClient();
  return () => {
    client.setQueryData<InfiniteData<AuditPage>>(recordsKey(filter), (data) =>
      data === undefined ? data : { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) },
    );
    void client.refetchQueries({ queryKey: recordsKey(filter), exact: true });
    // They come from the log as it is now.
    void client.invalidateQueries({ queryKey: logWatchKey });
  };
}

/** How many records fit, over time. */
export const useHistogram = (filter: AuditFilter) =>
  useQuery({
    queryKey: ['histogram', filter],
    queryFn: () => get<AuditHistogram>('v1/audit/histogram', { ...filter, bins: 60 }),
    retry: false,
  });

/** The newest checkpoint, with the proof that the log has only grown since it had `from` records. */
export const readGrowth = (from: number, to?: number): Promise<LogGrowth> =>
  get<LogGrowth>('v1/audit/growth', { from, ...(to === undefined ? {} : { to }) });

export const useGrowth = (from: number, to?: number, enabled = true) =>
  useQuery({
    queryKey: ['growth', from, to],
    queryFn: () => readGrowth(from, to),
    enabled,
    retry: false,
  });

/** As much of a task's life is read at once, and so often: more than a person reads. */
const [lifePage, lifePages] = [200, 10];

/** What is on record of a task, the newest first. */
export const useLife = (workflow: string, task: string) =>
  useQuery({
    queryKey: ['life', workflow, task],
    queryFn: async () => {
      const records: AuditPage['records'] = [];
      const people: AuditPage['people'] = {};
      let before: number | undefined;
      for (let i = 0; i < lifePages; i++) {
        const page = await get<AuditPage>('v1/audit/records', { workflow, task, before, limit: lifePage });
        records.push(...page.records);
        Object.assign(people, page.people);
        if (page.next === null) break;
        before = page.next;
      }
      return { records, people };
    },
  });

const inspections = ['inspections'];
export const useInspections = () =>
  useQuery({ queryKey: inspections, queryFn: () => get<Inspection[]>('v1/inspections') });
export const useInspection = (id: string) =>
  useQuery({ queryKey: [...inspections, id], queryFn: () => get<OpenInspection>(`v1/inspections/${id}`) });

function useOnInspections<Variables, Answer>(
  send: (variables: Variables) => Promise<Answer>,
  meta: () => { readonly done?: string; readonly failed: string },
) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSuccess: () => client.invalidateQueries({ queryKey: inspections }),
    // Not waited for: who hears that it failed may try again at once.
    onError: () => void client.invalidateQueries({ queryKey: inspections }),
    meta: meta(),
  });
}
export const useDraw = () =>
  useOnInspections(
    // It may look at the whole log.
    (request: DrawRequest) => post<{ inspection_id: string }>('v1/inspections', request, { timeoutMs: 300_000 }),
    () => ({
      failed: t('api.not-drawn', 'No sample was drawn'),
    }),
  );
export const useFinding = (id: string) =>
  useOnInspections(
    (request: FindingRequest) => post(`v1/inspections/${id}/findings`, request),
    () => ({
      failed: t('api.not-kept', 'It was not kept'),
    }),
  );
export const useSignOff = (id: string) =>
  useOnInspections(
    (statement: string) => post(`v1/inspections/${id}/sign-off`, { statement }),
    () => ({
      done: t('api.signed-off', 'Signed off, and on record'),
      failed: t('api.not-signed-off', 'It was not signed off'),
    }),
  );

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
