/** The review API, a hook a verb. */
import type {
  Batch,
  BatchDecided,
  Claim,
  CommitRequest,
  Decided,
  DecidedAndNext,
  DecideBatchRequest,
  DecideRequest,
  HandOverRequest,
  OwnFigures,
  Person,
  Queue,
  ReviewCase,
} from '@countersign/contract';
import {
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
  type InfiniteData,
  type QueryClient,
} from '@tanstack/react-query';
import { t } from '../parts/i18n';
import { newId } from '../parts/new-id';
import { CallError, get, getBytes, post } from './client';
import { forgetWishes, postWish } from './wish';

const keys = {
  queue: ['queue'] as const,
  filtered: (filter: QueueFilter) => [...keys.queue, filter] as const,
  case: (id: string) => ['case', id] as const,
};

/** As the address has it. */
export const queueFilterNames = ['workflow', 'risk_tier', 'reason', 'confidence_below', 'assigned'] as const;
export type QueueFilter = Partial<Record<(typeof queueFilterNames)[number], string>>;

const pageSize = 200;

/** A page is asked for every so often: a queue that was scrolled far is asked for as much less often. */
const pollMs = 2_000;
const pagesOf = (data: unknown) => (data as InfiniteData<Queue> | undefined)?.pages.length ?? 1;
/** Longer ones are not worth reading whole for one case. */
const isShort = (data: unknown) => pagesOf(data) <= 2;

/** The queue as far as it was scrolled. */
export const useQueue = (filter: QueueFilter) =>
  useInfiniteQuery({
    queryKey: keys.filtered(filter),
    queryFn: ({ pageParam }) =>
      get<Queue>('v1/reviews/queue', {
        ...filter,
        limit: pageSize,
        ...(pageParam === null ? {} : { after: pageParam }),
      }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    refetchInterval: ({ state }) => pollMs * pagesOf(state.data),
    refetchOnWindowFocus: ({ state }) => isShort(state.data),
  });

export function useClaimNext(filter: QueueFilter): () => Promise<Claim> {
  const client = useQueryClient();
  return async () => {
    const claimed = await postWish<Claim>(`v1/reviews/claim-next?${new URLSearchParams(filter).toString()}`, {});
    // It may be known as it was when nobody held it.
    void client.invalidateQueries({ queryKey: keys.case(claimed.item.decision_id) });
    return claimed;
  };
}

export const useCase = (id: string | undefined) =>
  useQuery({
    queryKey: keys.case(id ?? ''),
    queryFn: () => get<ReviewCase>(`v1/evidence/cases/${id}`),
    enabled: id !== undefined,
    refetchInterval: 5_000,
    // What came along with a claim is not asked for again at once.
    staleTime: 2_000,
  });

/** The input of a case, byte for byte. It may arrive a moment after its decision. */
export const useSnapshot = (hash: string) =>
  useQuery({
    queryKey: ['snapshot', hash],
    queryFn: () => getBytes(`v1/evidence/snapshots/${hash}`),
    staleTime: Infinity,
    retry: 5,
    retryDelay: 1_000,
    // Nobody has to ask for what they need to decide.
    refetchInterval: ({ state: { status, error } }) => {
      if (status !== 'error') return false;
      return error instanceof CallError && error.status === 404 ? 60_000 : 5_000;
    },
  });

/** Colleagues that a case can be handed over to. */
export const useColleagues = (id: string) =>
  useQuery({ queryKey: ['colleagues', id], queryFn: () => get<Person[]>(`v1/reviews/cases/${id}/colleagues`) });

export const useOwnFigures = () =>
  useQuery({ queryKey: ['own figures'], queryFn: () => get<OwnFigures[]>('v1/reviews/me') });

function useOnCase<Variables, Answer>(
  send: (id: string, variables: Variables) => Promise<Answer>,
  meta: { readonly done?: string | ((answer: unknown) => string | null); readonly failed: string },
) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...variables }: Variables & { readonly id: string }) => send(id, variables as Variables),
    onSuccess: (_answer, { id }) => {
      forgetWishes();
      return refresh(client, id);
    },
    // Not waited for: who hears that it failed may try again at once.
    onError: (_error, { id }) => void refresh(client, id),
    meta,
  });
}

/** `onClaimed` before anything is read anew, which may take as long as it likes. */
export const useClaim = () =>
  useOnCase(
    async (id, { onClaimed }: { readonly onClaimed: () => void }) => {
      await renewClaim(id);
      onClaimed();
    },
    { failed: t('review.failed.claim', 'You could not claim this case') },
  );
export const useRelease = () =>
  useOnCase((id) => releaseClaim(id), { failed: t('review.failed.release', 'You could not release this case') });
export const useHandOver = () =>
  useOnCase((id, request: HandOverRequest) => postWish(`v1/reviews/cases/${id}/hand-over`, request), {
    done: t('review.said.hand-over', 'Handed over'),
    failed: t('review.failed.hand-over', 'It was not handed over'),
  });
export const useCommit = () =>
  useOnCase((id, request: CommitRequest) => post(`v1/reviews/cases/${id}/commit`, request), {
    failed: t('review.failed.commit', 'What you said was not kept'),
  });
/** Brings the next case along, claimed: who decides all day waits for it each time. The form says what went wrong. */
export function useDecide(filter: QueueFilter) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...request }: DecideRequest & { readonly id: string }) => {
      const query = new URLSearchParams({ ...filter, next: 'true' });
      return post<DecidedAndNext>(`v1/reviews/cases/${id}/decide?${query.toString()}`, request);
    },
    // The queue is read again soon anyway, and the next case comes first.
    onSuccess: async ({ next }, { id }) => {
      forgetWishes();
      // One that was asked for before would bring it back.
      await client.cancelQueries({ queryKey: keys.queue });
      dropFromQueue(client, id);
      if (next) client.setQueryData(keys.case(next.item.decision_id), next);
      void client.invalidateQueries({ queryKey: keys.case(id), refetchType: next ? 'none' : 'active' });
    },
    onError: (_error, { id }) => void refresh(client, id),
    meta: {
      // While it can be undone, the page says so itself.
      done: (answer) => ((answer as Decided).undo_until === null ? t('review.said.decide', 'Decision recorded') : null),
      failed: t('review.failed.decide', 'Your decision was not recorded'),
      isSaidInPlace: true,
    },
  });
}
/** `onUndone` before the case is read anew: the form that comes back finds what was written. */
export const useUndo = () =>
  useOnCase(
    async (id, { onUndone, until }: { readonly onUndone: () => void; readonly until: number }) => {
      // Of that decision: one that comes after it has another end.
      await postWish(`v1/reviews/cases/${id}/undo`, {}, String(until));
      onUndone();
    },
    { done: t('review.said.undo', 'Undone'), failed: t('review.failed.undo', 'It could not be undone') },
  );

/** Of each, whether it could be undone. One after another: each is a turn of the ledger's. */
export function useUndoAll() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (ids: readonly string[]) => {
      const undone: boolean[] = [];
      for (const id of ids) {
        const isUndone = postWish(`v1/reviews/cases/${id}/undo`, {}).then(
          () => true,
          () => false,
        );
        undone.push(await isUndone);
      }
      return undone;
    },
    onSettled: () => client.invalidateQueries({ queryKey: keys.queue }),
    meta: { failed: t('review.failed.undo', 'It could not be undone') },
  });
}

/** Quietly: losing a renewal shows in the case itself. */
export const renewClaim = (id: string) => post<Claim>(`v1/reviews/cases/${id}/claim`, {});
export const releaseClaim = (id: string) => post<{ released: boolean }>(`v1/reviews/cases/${id}/release`, {});

/** What this page is called: the same person may have the case on another. */
export const pageId = newId();
/** This page turns away: the claim ends, unless the person has the case in front on another page. */
export const turnAway = (id: string) => post<{ released: boolean }>(`v1/reviews/cases/${id}/release`, { page: pageId });
export const look = (id: string) => post<{ looking: Person[] }>(`v1/reviews/cases/${id}/look`, { page: pageId });

/** Of nothing while there is no case to begin with. */
export const usePlanBatch = (decisionId: string | undefined) =>
  useQuery({
    queryKey: ['batch', decisionId],
    queryFn: () => post<Batch>('v1/reviews/batches', { decision_id: decisionId }),
    enabled: decisionId !== undefined,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    gcTime: 0,
  });

export const useOpened = (batchId: string | undefined) =>
  useQuery({
    queryKey: ['opened', batchId],
    queryFn: () => get<{ opened: string[] }>(`v1/reviews/batches/${batchId}/opened`),
    enabled: batchId !== undefined,
  });

export function useDecideBatch(batchId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: DecideBatchRequest) => post<BatchDecided>(`v1/reviews/batches/${batchId}/decide`, request),
    onSettled: () => client.invalidateQueries({ queryKey: keys.queue }),
    meta: { failed: t('review.failed.batch', 'The batch was not decided') },
  });
}

/** A decided case goes from the queue at once. */
const dropFromQueue = (client: QueryClient, id: string) =>
  client.setQueriesData<InfiniteData<Queue>>({ queryKey: keys.queue }, (data) =>
    data === undefined
      ? data
      : {
          ...data,
          pages: data.pages.map((page) => ({
            ...page,
            items: page.items.filter(({ decision_id }) => decision_id !== id),
          })),
        },
  );

async function refresh(client: QueryClient, id: string): Promise<void> {
  await Promise.all([
    client.invalidateQueries({ queryKey: keys.queue }),
    // Also where it is not on screen: who goes back to it finds it as it is now, and not for a moment as it was.
    client.invalidateQueries({ queryKey: keys.case(id), refetchType: 'all' }),
  ]);
}
