/** The response API, a hook a verb. */
import type { ResponseOverview, RollbackRequest, TripRequest } from '@countersign/contract';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { get, post } from './client';

const key = ['response'];

export const useResponse = () =>
  useQuery({ queryKey: key, queryFn: () => get<ResponseOverview>('v1/response'), refetchInterval: 2_000 });

function useAct<T>(path: string, done: string, failed: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (order: T) => post<{ message: string }>(path, order),
    onSettled: () => client.invalidateQueries({ queryKey: key }),
    meta: { done, failed },
  });
}

export const useTrip = () => useAct<TripRequest>('v1/breakers/trip', 'The AI is stopped', 'The AI was not stopped');
export const useRetry = () => useAct<TripRequest>('v1/approvals/retry', 'Recorded', 'Authority was not given back');
export const useRollback = () =>
  useAct<RollbackRequest>('v1/approvals/rollback', 'The version is rolled back', 'It was not rolled back');
