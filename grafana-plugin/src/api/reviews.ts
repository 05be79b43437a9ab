/** The review API, a hook a verb. */
import type { Claim, Decided, DecideRequest, Queue, ReviewCase } from '@countersign/contract';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { get, getBytes, post } from './client';

const keys = {
  queue: ['queue'] as const,
  case: (id: string) => ['case', id] as const,
};

export const useQueue = () =>
  useQuery({
    queryKey: keys.queue,
    queryFn: () => get<Queue>('v1/reviews/queue', { limit: 200 }),
    refetchInterval: 2_000,
  });

export const useCase = (id: string | undefined) =>
  useQuery({
    queryKey: keys.case(id ?? ''),
    queryFn: () => get<ReviewCase>(`v1/evidence/cases/${id}`),
    enabled: id !== undefined,
    refetchInterval: 5_000,
  });

/** The input of a case, byte for byte. It may arrive a moment after its decision. */
export const useSnapshot = (hash: string) =>
  useQuery({
    queryKey: ['snapshot', hash],
    queryFn: () => getBytes(`v1/evidence/snapshots/${hash}`),
    staleTime: Infinity,
    retry: 5,
    retryDelay: 1_000,
  });

export function useClaim() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => post<Claim>(`v1/reviews/cases/${id}/claim`, {}),
    onSettled: (_claim, _error, id) => refresh(client, id),
    meta: { failed: 'You could not claim this case' },
  });
}

/** Quietly: losing a renewal shows in the case itself. */
export const renewClaim = (id: string) => post<Claim>(`v1/reviews/cases/${id}/claim`, {});
export const releaseClaim = (id: string) => post<{ released: boolean }>(`v1/reviews/cases/${id}/release`, {});

export function useRelease() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: releaseClaim,
    onSettled: (_released, _error, id) => refresh(client, id),
    meta: { failed: 'You could not release this case' },
  });
}

export function useDecide(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: DecideRequest) => post<Decided>(`v1/reviews/cases/${id}/decide`, request),
    onSettled: () => refresh(client, id),
    meta: { done: 'Decision recorded', failed: 'Your decision was not recorded' },
  });
}

async function refresh(client: ReturnType<typeof useQueryClient>, id: string): Promise<void> {
  await Promise.all([
    client.invalidateQueries({ queryKey: keys.queue }),
    client.invalidateQueries({ queryKey: keys.case(id) }),
  ]);
}
