/** What came of cases that were decided at once: which were, which not and why, and for a while the way back. */
import type { DecideBatchRequest, Decided } from '@countersign/contract';
import { Alert, Button, LinkButton, Stack } from '@grafana/ui';
import { useState } from 'react';
import { Link } from 'react-router-dom';
import { inLocalTime } from '../api/client';
import { useUndoAll } from '../api/reviews';
import { t } from '../parts/i18n';
import { useKeys } from '../parts/use-keys';
import { useNow } from '../parts/use-now';
import { hrefOf, routes } from '../routes';
import { restoreDraft } from './draft';
import type { DecidedAtOnce } from './use-decided-at-once';
import { useQueueSearch } from './use-queue-search';

export function BatchResults({ done: { decided, request, until } }: { done: DecidedAtOnce }) {
  const { results } = decided;
  const queue = useQueueSearch();
  // What was decided is not any more.
  const [isUndone, setUndone] = useState(false);
  const failed = results.filter((result) => result.decided === null);
  const done = results.flatMap((result) => result.decided ?? []);
  return (
    <div data-testid="batch-results">
      {!isUndone && (
        <Alert
          severity={failed.length === 0 ? 'success' : 'warning'}
          title={t('review.batch.decided', '', {
            count: done.length,
            all: results.length,
            defaultValue_one: '{{count}} of {{all}} is decided',
            defaultValue_other: '{{count}} of {{all}} are decided',
          })}
        >
          {failed.length > 0 && (
            <ul>
              {failed.map(({ decision_id, title, problem }) => (
                <li key={decision_id}>
                  <Link to={`${routes.review(decision_id)}${queue}`}>{title}</Link>: {inLocalTime(problem ?? '')}
                </li>
              ))}
            </ul>
          )}
        </Alert>
      )}
      <Stack>
        <LinkButton href={hrefOf(`${routes.review()}${queue}`)}>
          {t('review.batch.to-queue', 'Back to the queue')}
        </LinkButton>
        <UndoAll done={done} request={request} until={until} onUndone={() => setUndone(true)} />
      </Stack>
    </div>
  );
}

interface UndoAllProps {
  readonly done: readonly Decided[];
  readonly request: DecideBatchRequest;
  /** The end of the time of the first that was decided, Unix ms. */
  readonly until: number;
  readonly onUndone: () => void;
}

function UndoAll({ done, request, until, onUndone }: UndoAllProps) {
  const now = useNow(1_000);
  const undo = useUndoAll();
  const seconds = Math.floor((until - now) / 1_000);
  const canUndo = done.length > 0 && seconds > 0 && undo.isIdle;
  const act = () => {
    if (!canUndo) return;
    undo.mutate(
      done.map(({ decision_id }) => decision_id),
      {
        // With what was typed, in each.
        onSuccess: (undone) => {
          done.forEach(({ decision_id }, i) => undone[i] && restoreDraft(decision_id, asOne(request)));
          if (undone.every(Boolean)) onUndone();
        },
      },
    );
  };
  useKeys({ z: act });
  if (undo.data !== undefined) {
    const count = undo.data.filter(Boolean).length;
    return (
      <span role="status" data-testid="undone">
        {t('review.batch.undone', '', {
          count,
          all: done.length,
          defaultValue_one: '{{count}} of {{all}} is undone, and yours to decide.',
          defaultValue_other: '{{count}} of {{all}} are undone, and yours to decide.',
        })}
      </span>
    );
  }
  if (!canUndo && !undo.isPending) return null;
  return (
    <Button variant="secondary" icon="history-alt" onClick={act} aria-busy={undo.isPending} data-testid="undo-all">
      {t('review.batch.undo', 'Undo all (Z), {{seconds}} s', { seconds: Math.max(0, seconds) })}
    </Button>
  );
}

const asOne = ({ action, justification, reason_code }: DecideBatchRequest) => ({
  action,
  justification,
  ...(reason_code === undefined ? {} : { reason_code }),
});
