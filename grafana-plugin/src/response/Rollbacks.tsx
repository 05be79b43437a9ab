/** Decisions that are taken back: what was asked, who has to agree, and how far the services have come. */
import type { ResponseOverview, RollbackView } from '@countersign/contract';
import { Badge, Button, useStyles2, type BadgeColor } from '@grafana/ui';
import { useState } from 'react';
import { useApproveRollback } from '../api/response';
import { nameOf, span } from '../parts/words';
import { may } from '../routes';
import { ActModal } from './ActModal';
import { getCardStyles } from './card';

const stateText: Record<RollbackView['state'], string> = {
  asked: 'Waits for approval',
  running: 'Being undone',
  failed: 'Not all could be undone',
  finished: 'Undone',
};
const stateColor: Record<RollbackView['state'], BadgeColor> = {
  asked: 'orange',
  running: 'blue',
  failed: 'red',
  finished: 'green',
};

interface RollbacksProps {
  readonly rollbacks: readonly RollbackView[];
  readonly people: ResponseOverview['people'];
  readonly now: number;
}

export function Rollbacks({ rollbacks, people, now }: RollbacksProps) {
  return rollbacks.map((rollback) => <RollbackCard key={rollback.rollback_id} {...{ rollback, people, now }} />);
}

function RollbackCard({
  rollback,
  people,
  now,
}: Omit<RollbacksProps, 'rollbacks'> & { readonly rollback: RollbackView }) {
  const styles = useStyles2(getCardStyles);
  const [isApproving, setApproving] = useState(false);
  const approve = useApproveRollback();
  const { rollback_id, workflow_id, scope, state, asked_by, reason, asked_at, counts, failed } = rollback;
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const undone = counts['compensated'] ?? 0;
  return (
    <div className={styles.card} data-testid="rollback" data-state={state}>
      <div className={styles.row}>
        <Badge text={stateText[state]} color={stateColor[state]} />
        <strong>
          {workflow_id}: {scopeText(scope)}
        </strong>
        <span className={styles.quiet}>{span(now - Date.parse(asked_at))} ago</span>
        <span className={styles.grow} />
        {may('approve') && (state === 'asked' || state === 'failed') && (
          <Button size="sm" variant="destructive" onClick={() => setApproving(true)}>
            {state === 'asked' ? 'Approve' : 'Try again what failed'}
          </Button>
        )}
      </div>
      <p>
        {nameOf(asked_by, people)}: {reason}
      </p>
      {state !== 'asked' && (
        <p>
          <progress max={total} value={undone} aria-label="Undone" /> {undone} of {total} steps are undone.
        </p>
      )}
      {failed.map(({ compensation_id, task_id, action, attempts, problem, owner }) => (
        <p key={compensation_id}>
          {action} of {task_id} failed {attempts} times: {problem}. It is with {owner} now.
        </p>
      ))}
      {isApproving && (
        <ActModal
          title="Take decisions back"
          explains={`Services undo ${state === 'asked' ? `${total} steps` : 'what has failed'}: ${scopeText(scope)} of ${workflow_id}.`}
          confirm="Approve"
          destructive
          pending={approve.isPending}
          onConfirm={(justification) =>
            approve.mutate({ rollback_id, justification }, { onSuccess: () => setApproving(false) })
          }
          onClose={() => setApproving(false)}
        />
      )}
    </div>
  );
}

const scopeText = ({ decision_id, model_name, version, from, to }: RollbackView['scope']) =>
  decision_id === undefined ? `${model_name} ${version}, from ${from} to ${to}` : `decision ${decision_id}`;
