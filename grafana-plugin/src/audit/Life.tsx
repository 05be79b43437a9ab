/** The whole life of a task, from the AI's decision to what turned out true, and what people changed of the output. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { AuditRecord } from '@countersign/contract';
import { Badge, Button, useStyles2, type BadgeColor } from '@grafana/ui';
import { useLife } from '../api/audit';
import { NotYet, Skeleton } from '../parts/states';
import { t } from '../parts/i18n';
import { actorText, recordText, span } from '../parts/words';
import { Diff } from './Diff';

interface LifeProps {
  readonly record: AuditRecord;
  readonly onOpen: (eventId: string) => void;
}

const colors: Record<AuditRecord['decision_actor']['type'], BadgeColor> = {
  ai: 'blue',
  human: 'purple',
  service: 'green',
  daemon: 'orange',
};

export function Life({ record, onOpen }: LifeProps) {
  const styles = useStyles2(getStyles);
  const life = useLife(record.workflow_id, record.task_id);
  if (life.isPending || life.isLoadingError) {
    return (
      <NotYet query={life} what={t('audit.life.failed', 'The life of the task could not be read')}>
        <Skeleton lines={4} />
      </NotYet>
    );
  }
  // The one that was opened is shown as it is proven, whatever the search says of it.
  const steps = stepsOf(life.data.records.map((one) => (one.event_id === record.event_id ? record : one)));
  return (
    <>
      <p className={styles.quiet}>
        {t('audit.life.unproven', 'As the daemon tells it: each of its other records has a proof of its own.')}
      </p>
      <ol className={styles.life} data-testid="life">
        {steps.map(({ one, before, laterMs }) => (
          <li key={one.event_id} aria-current={one.event_id === record.event_id ? 'true' : undefined}>
            <Badge text={actorText(one.decision_actor.type)} color={colors[one.decision_actor.type]} />{' '}
            <time dateTime={one.timestamp}>{new Date(one.timestamp).toLocaleString()}</time>
            {laterMs !== null && (
              <span className={styles.quiet}> {t('audit.life.later', '{{span}} later', { span: span(laterMs) })}</span>
            )}
            <div>{recordText(one, life.data.people)}</div>
            {one.decision_actor.type === 'human' && one.model_output !== null && before !== null && (
              <Diff before={before} after={one.model_output} />
            )}
            {one.event_id !== record.event_id && (
              <Button size="sm" fill="text" onClick={() => onOpen(one.event_id)}>
                {t('audit.life.open', 'Open record {{number}}', { number: one.log_index })}
              </Button>
            )}
          </li>
        ))}
      </ol>
    </>
  );
}

/** Oldest first, each with what had been said before it, and how long after the one before it came. */
function stepsOf(newestFirst: readonly AuditRecord[]) {
  const records = newestFirst.toReversed();
  return records.map((one, i) => {
    const earlier = records.slice(0, i);
    const last = earlier.at(-1);
    return {
      one,
      before: earlier.findLast(({ model_output }) => model_output !== null)?.model_output ?? null,
      laterMs: last === undefined ? null : Date.parse(one.timestamp) - Date.parse(last.timestamp),
    };
  });
}

const getStyles = (theme: GrafanaTheme2) => ({
  life: css({
    listStyle: 'none',
    margin: theme.spacing(1, 0),
    padding: 0,
    li: {
      position: 'relative',
      padding: theme.spacing(0, 0, 1.5, 2),
      borderLeft: `2px solid ${theme.colors.border.medium}`,
      '&[aria-current]': { borderLeftColor: theme.colors.primary.main },
    },
  }),
  quiet: css({ color: theme.colors.text.secondary }),
});
