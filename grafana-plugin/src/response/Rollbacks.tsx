/** Decisions that are taken back: what was asked, who has to agree, and how far the services have come. */
import type { ResponseOverview, RollbackView } from '@countersign/contract';
import { Badge, Button, useStyles2, type BadgeColor } from '@grafana/ui';
import { useState } from 'react';
import { useApproveRollback } from '../api/response';
import { t } from '../parts/i18n';
import { ago, nameOf, words } from '../parts/words';
import { may } from '../routes';
import { ActModal } from './ActModal';
import { getCardStyles } from './card';

const stateText = words<RollbackView['state']>({
  asked: () => t('response.rollback.asked', 'Waits for approval'),
  running: () => t('response.rollback.running', 'Being undone'),
  failed: () => t('response.rollback.failed', 'Not all could be undone'),
  finished: () => t('response.rollback.finished', 'Undone'),
});
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
        <Badge text={stateText(state)} color={stateColor[state]} />
        <strong>
          {workflow_id}: {scopeText(scope)}
        </strong>
        <span className={styles.quiet}>{ago(asked_at, now)}</span>
        <span className={styles.grow} />
        {may('approve') && (state === 'asked' || state === 'failed') && (
          <Button size="sm" variant="destructive" onClick={() => setApproving(true)}>
            {state === 'asked'
              ? t('response.rollback.approve', 'Approve')
              : t('response.rollback.again', 'Try again what failed')}
          </Button>
        )}
      </div>
      <p>
        {nameOf(asked_by, people)}: {reason}
      </p>
      {state !== 'asked' && (
        <p>
          <progress max={total} value={undone} aria-label={stateText('finished')} />{' '}
          {t('response.rollback.steps', '{{undone}} of {{total}} steps are undone.', { undone, total })}
        </p>
      )}
      {failed.map(({ compensation_id, task_id, action, attempts, problem, owner }) => (
        <p key={compensation_id}>
          {t('response.rollback.step-failed', '', {
            action,
            task: task_id,
            count: attempts,
            problem,
            owner,
            defaultValue_one: '{{action}} of {{task}} failed {{count}} time: {{problem}}. It is with {{owner}} now.',
            defaultValue_other: '{{action}} of {{task}} failed {{count}} times: {{problem}}. It is with {{owner}} now.',
          })}
        </p>
      ))}
      {isApproving && (
        <ActModal
          about={rollback_id}
          title={t('response.rollback.approve-title', 'Take decisions back')}
          explains={
            state === 'asked'
              ? t('response.rollback.approve-explains', '', {
                  count: total,
                  scope: scopeText(scope),
                  workflow: workflow_id,
                  defaultValue_one: 'Services undo {{count}} step: {{scope}} of {{workflow}}.',
                  defaultValue_other: 'Services undo {{count}} steps: {{scope}} of {{workflow}}.',
                })
              : t('response.rollback.again-explains', 'Services undo what has failed: {{scope}} of {{workflow}}.', {
                  scope: scopeText(scope),
                  workflow: workflow_id,
                })
          }
          confirm={t('response.rollback.approve', 'Approve')}
          destructive
          pending={approve.isPending}
          onConfirm={(justification, done) => approve.mutate({ rollback_id, justification }, done)}
          onClose={() => setApproving(false)}
        />
      )}
    </div>
  );
}

const scopeText = ({ decision_id, model_name, version, from, to }: RollbackView['scope']): string =>
  decision_id === undefined
    ? t('response.rollback.of-model', '{{model}} {{version}}, from {{from}} to {{to}}', {
        model: model_name,
        version,
        from,
        to,
      })
    : t('response.rollback.of-decision', 'decision {{id}}', { id: decision_id });
