/** The response API, a hook a verb. */
import type {
  AcknowledgeRequest,
  ApproveRollbackRequest,
  AskRollbackRequest,
  CloseRequest,
  EndSilenceRequest,
  PromoteRequest,
  ResponseOverview,
  RetryRequest,
  RollbackRequest,
  SilenceRequest,
  ThawRequest,
  TripRequest,
} from '@countersign/contract';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { t } from '../parts/i18n';
import { get } from './client';
import { postWish } from './wish';

const key = ['response'];

/** With the incident that a message led to, however old it is. */
export const useResponse = (incident: string | null) =>
  useQuery({
    queryKey: [...key, incident],
    queryFn: () => get<ResponseOverview>('v1/response', incident === null ? {} : { incident }),
    refetchInterval: 2_000,
    placeholderData: keepPreviousData,
  });

/** Sent again after its answer was lost, the same order does not happen twice; `seen` says how things stand for the person. */
function useAct<T>(path: string, done: string, failed: string, seen: string = '') {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (order: T) => postWish<{ message: string }>(path, order, seen),
    // Where it failed it is not waited for: who hears so may try again at once.
    onSettled: (_answer, error) => {
      const again = client.invalidateQueries({ queryKey: key });
      return error === null ? again : undefined;
    },
    meta: { done, failed },
  });
}

/** `epoch` of its breakers as they are seen: what was stopped, and acts again since, is stopped anew. */
export const useTrip = (epoch: number) =>
  useAct<TripRequest>(
    'v1/breakers/trip',
    t('response.said.trip', 'The AI is stopped'),
    t('response.failed.trip', 'The AI was not stopped'),
    String(epoch),
  );
export const useRetry = () =>
  useAct<RetryRequest>(
    'v1/approvals/retry',
    t('response.said.retry', 'Recorded'),
    t('response.failed.retry', 'Authority was not given back'),
  );
export const useRollback = () =>
  useAct<RollbackRequest>(
    'v1/approvals/rollback',
    t('response.said.rollback', 'The version is rolled back'),
    t('response.failed.rollback', 'It was not rolled back'),
  );
export const useAcknowledge = () =>
  useAct<AcknowledgeRequest>(
    'v1/incidents/acknowledge',
    t('response.said.acknowledge', 'The incident is yours'),
    t('response.failed.acknowledge', 'It was not acknowledged'),
  );
export const useClose = () =>
  useAct<CloseRequest>(
    'v1/incidents/close',
    t('response.said.close', 'The incident is closed'),
    t('response.failed.close', 'It was not closed'),
  );
export const useSilence = () =>
  useAct<SilenceRequest>(
    'v1/silences/begin',
    t('response.said.silence', 'Silenced'),
    t('response.failed.silence', 'It was not silenced'),
  );
export const useEndSilence = () =>
  useAct<EndSilenceRequest>(
    'v1/silences/end',
    t('response.said.end-silence', 'The silence is over'),
    t('response.failed.end-silence', 'It was not ended'),
  );
export const usePromote = () =>
  useAct<PromoteRequest>(
    'v1/approvals/promote',
    t('response.said.promote', 'Signed'),
    t('response.failed.promote', 'It was not signed off'),
  );
export const useThaw = () =>
  useAct<ThawRequest>(
    'v1/approvals/thaw',
    t('response.said.thaw', 'Thawed'),
    t('response.failed.thaw', 'It stays frozen'),
  );
export const useAskRollback = () =>
  useAct<AskRollbackRequest>(
    'v1/breakers/ask-rollback',
    t('response.said.ask', 'Asked: another person has to approve it'),
    t('response.failed.ask', 'It was not asked'),
  );
export const useApproveRollback = () =>
  useAct<ApproveRollbackRequest>(
    'v1/approvals/approve-rollback',
    t('response.said.approve', 'It is being undone'),
    t('response.failed.approve', 'It was not approved'),
  );
