/** The response API, a hook a verb. */
import type {
  AcknowledgeRequest,
  ApproveRollbackRequest,
  AskRollbackRequest,
  CloseRequest,
  EndSilenceRequest,
  PromoteRequest,
  ResponseOverview,
  RollbackRequest,
  SilenceRequest,
  ThawRequest,
  TripRequest,
} from '@countersign/contract';
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
export const useAcknowledge = () =>
  useAct<AcknowledgeRequest>('v1/incidents/acknowledge', 'The incident is yours', 'It was not acknowledged');
export const useClose = () => useAct<CloseRequest>('v1/incidents/close', 'The incident is closed', 'It was not closed');
export const useSilence = () => useAct<SilenceRequest>('v1/silences/begin', 'Silenced', 'It was not silenced');
export const useEndSilence = () =>
  useAct<EndSilenceRequest>('v1/silences/end', 'The silence is over', 'It was not ended');
export const usePromote = () => useAct<PromoteRequest>('v1/approvals/promote', 'Signed', 'It was not signed off');
export const useThaw = () => useAct<ThawRequest>('v1/approvals/thaw', 'Thawed', 'It stays frozen');
export const useAskRollback = () =>
  useAct<AskRollbackRequest>('v1/breakers/ask-rollback', 'Asked: another person has to approve it', 'It was not asked');
export const useApproveRollback = () =>
  useAct<ApproveRollbackRequest>('v1/approvals/approve-rollback', 'It is being undone', 'It was not approved');
