/** The list of cases that wait, most urgent first. */
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { Queue as QueueData, QueueItem } from '@countersign/contract';
import { Badge, Icon, useStyles2 } from '@grafana/ui';
import { useEffect, useRef } from 'react';
import { Link } from 'react-router-dom';
import { Empty } from '../parts/states';
import { due, percent } from '../parts/words';
import { routes } from '../routes';

interface QueueProps {
  readonly queue: QueueData;
  readonly selected: string | undefined;
  readonly now: number;
}

export function Queue({ queue, selected, now }: QueueProps) {
  const styles = useStyles2(getStyles);
  return (
    <nav className={styles.queue} aria-label="Cases" data-testid="queue">
      <div className={styles.counts} role="status">
        <strong>{queue.waiting}</strong> waiting · {queue.claimed} with a reviewer
        {queue.overdue > 0 && <span className={styles.overdue}> · {queue.overdue} overdue</span>}
      </div>
      {queue.items.length === 0 ? (
        <Empty title="Nothing waits">
          New cases appear here by themselves when the AI is unsure or may not act alone.
        </Empty>
      ) : (
        <ul>
          {queue.items.map((item) => (
            <Row key={item.decision_id} item={item} selected={item.decision_id === selected} now={now} />
          ))}
        </ul>
      )}
    </nav>
  );
}

function Row({ item, selected, now }: { item: QueueItem; selected: boolean; now: number }) {
  const styles = useStyles2(getStyles);
  const row = useRef<HTMLLIElement>(null);
  const deadline = due(item.due_at, now);
  useEffect(() => {
    if (selected) row.current?.scrollIntoView({ block: 'nearest' });
  }, [selected]);
  return (
    <li ref={row}>
      <Link
        to={routes.review(item.decision_id)}
        className={cx(styles.row, selected && styles.selected)}
        aria-current={selected ? 'true' : undefined}
        data-testid="queue-item"
        data-task={item.task_id}
        data-state={item.state}
      >
        <span className={styles.title}>{item.title}</span>
        <span className={styles.facts}>
          <Badge
            text={item.priority}
            color={item.priority === 'P1' ? 'red' : item.priority === 'P2' ? 'purple' : 'blue'}
          />
          <span>
            {item.label ?? 'no label'} {percent(item.confidence)}
          </span>
          <span className={cx(deadline.overdue && styles.overdue)}>{deadline.text}</span>
        </span>
        {item.claimed_by && (
          <span className={styles.claimed}>
            <Icon name="lock" size="sm" /> {item.claimed_by.name}
          </span>
        )}
      </Link>
    </li>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  queue: css({
    overflowY: 'auto',
    borderRight: `1px solid ${theme.colors.border.weak}`,
    paddingRight: theme.spacing(1),
    ul: { listStyle: 'none', margin: 0, padding: 0 },
  }),
  counts: css({ padding: theme.spacing(0, 1, 1), color: theme.colors.text.secondary }),
  row: css({
    display: 'block',
    padding: theme.spacing(1),
    borderRadius: theme.shape.radius.default,
    borderLeft: '3px solid transparent',
    color: theme.colors.text.primary,
    '&:hover': { background: theme.colors.action.hover },
  }),
  selected: css({ background: theme.colors.action.selected, borderLeftColor: theme.colors.primary.main }),
  title: css({
    display: 'block',
    fontWeight: theme.typography.fontWeightMedium,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
  }),
  facts: css({
    display: 'flex',
    gap: theme.spacing(1),
    alignItems: 'center',
    marginTop: theme.spacing(0.5),
    fontSize: theme.typography.bodySmall.fontSize,
    color: theme.colors.text.secondary,
  }),
  claimed: css({
    display: 'block',
    marginTop: theme.spacing(0.5),
    fontSize: theme.typography.bodySmall.fontSize,
    color: theme.colors.text.secondary,
  }),
  overdue: css({ color: theme.colors.error.text }),
});
