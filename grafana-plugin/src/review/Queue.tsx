/** The list of cases that wait, most urgent first. Only the rows in sight are drawn, so that ten thousand stay smooth. */
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { QueueItem } from '@countersign/contract';
import { Icon, useStyles2 } from '@grafana/ui';
import { memo, useEffect, useRef } from 'react';
import { Link, useLocation } from 'react-router-dom';
import { t, Trans } from '../parts/i18n';
import { Pill } from '../parts/Pill';
import { Empty } from '../parts/states';
import { ahead, useRowsInSight } from '../parts/use-rows-in-sight';
import { due, percent } from '../parts/words';
import { routes } from '../routes';

interface QueueProps {
  readonly items: readonly QueueItem[];
  readonly counts: {
    readonly waiting: number;
    readonly claimed: number;
    readonly overdue: number;
    readonly for_asker: number;
    readonly matching: number;
  };
  /** The person's id. */
  readonly asker: string;
  readonly isFiltered: boolean;
  readonly selected: string | undefined;
  readonly now: number;
  /** The end of what is loaded is in sight. */
  readonly onEnd: () => void;
}

const rowHeight = 74;

export function Queue({ items, counts, asker, isFiltered, selected, now, onEnd }: QueueProps) {
  const styles = useStyles2(getStyles);
  const { search } = useLocation();
  const { scroller, first, end, show } = useRowsInSight(items.length, rowHeight);
  const at = items.findIndex(({ decision_id }) => decision_id === selected);
  const isThere = at >= 0;
  const place = useRef(at);
  useEffect(() => {
    place.current = at;
  });
  // Not with every poll: who scrolls on must not be pulled back.
  useEffect(() => {
    if (selected !== undefined && isThere) show(place.current);
  }, [selected, isThere, show]);
  useEffect(() => {
    if (items.length > 0 && end + ahead >= items.length) onEnd();
  }, [end, items.length, onEnd]);
  return (
    <nav className={styles.queue} aria-label={t('review.queue.name', 'Cases')} data-testid="queue">
      <div className={styles.counts} data-testid="queue-counts">
        <Trans i18nKey="review.queue.counts" values={{ waiting: counts.waiting, claimed: counts.claimed }}>
          <strong>{'{{waiting}}'}</strong> waiting · {'{{claimed}}'} with a reviewer
        </Trans>
        {counts.overdue > 0 && (
          <span className={styles.overdue}>
            {' · '}
            {t('review.queue.overdue', '{{overdue}} overdue', { overdue: counts.overdue })}
          </span>
        )}
        {counts.for_asker > 0 && (
          <span>
            {' · '}
            <Link to={{ pathname: routes.review(selected), search: 'assigned=me' }} data-testid="for-you">
              {t('review.queue.count-for-you', '{{count}} for you', { count: counts.for_asker })}
            </Link>
          </span>
        )}
        {isFiltered && (
          <span>
            {' · '}
            {t('review.queue.matching', '{{matching}} fit', { matching: counts.matching })}
          </span>
        )}
      </div>
      <div className={styles.scroller} ref={scroller}>
        {items.length === 0 ? (
          isFiltered ? (
            <Empty title={t('review.queue.none-fits', 'No case fits')}>
              {t('review.queue.none-fits-next', 'Take a filter away to see the others.')}
            </Empty>
          ) : (
            <Empty title={t('review.queue.empty', 'Nothing waits')}>
              {t(
                'review.queue.empty-next',
                'New cases appear here by themselves when the AI is unsure or may not act alone.',
              )}
            </Empty>
          )
        ) : (
          <ul style={{ height: items.length * rowHeight }}>
            {items.slice(first, end).map((item, i) => (
              <li
                key={item.decision_id}
                aria-setsize={counts.matching}
                aria-posinset={first + i + 1}
                style={{ top: (first + i) * rowHeight, height: rowHeight }}
              >
                <Row
                  item={item}
                  asker={asker}
                  selected={item.decision_id === selected}
                  search={search}
                  deadline={due(item.due_at, now).text}
                  isOverdue={due(item.due_at, now).overdue}
                />
              </li>
            ))}
          </ul>
        )}
      </div>
    </nav>
  );
}

interface RowProps {
  readonly item: QueueItem;
  readonly asker: string;
  readonly selected: boolean;
  /** The filters, as the address has them. */
  readonly search: string;
  readonly deadline: string;
  readonly isOverdue: boolean;
}

/** Drawn again only when something of it has changed: some come into sight with each frame. */
const Row = memo(function Row({ item, asker, selected, search, deadline, isOverdue }: RowProps) {
  const styles = useStyles2(getStyles);
  return (
    <Link
      to={{ pathname: routes.review(item.decision_id), search }}
      className={cx(styles.row, selected && styles.selected)}
      aria-current={selected ? 'true' : undefined}
      data-testid="queue-item"
      data-task={item.task_id}
      data-state={item.state}
    >
      <span className={styles.title}>{item.title}</span>
      <span className={styles.facts}>
        <Pill
          text={item.priority}
          color={item.priority === 'P1' ? 'red' : item.priority === 'P2' ? 'purple' : 'blue'}
        />
        <span className={styles.title}>
          {item.confidence === null
            ? t('review.queue.view-first', 'your view first')
            : `${item.label ?? t('review.queue.no-label', 'no label')} ${percent(item.confidence)}`}
        </span>
        <span className={cx(isOverdue && styles.overdue)}>{deadline}</span>
      </span>
      <span className={styles.facts}>
        {item.claimed_by && (
          <span>
            <Icon name="lock" size="sm" />{' '}
            {item.claimed_by.id === asker ? t('review.queue.you', 'you') : item.claimed_by.name}
          </span>
        )}
        {item.assigned_to && !item.claimed_by && (
          <span>
            <Icon name="user" size="sm" />{' '}
            {item.assigned_to.id === asker
              ? item.assigned_by === null
                ? t('review.queue.for-you', 'for you')
                : t('review.queue.for-you-from', 'for you, from {{name}}', { name: item.assigned_by.name })
              : t('review.queue.for', 'for {{name}}', { name: item.assigned_to.name })}
          </span>
        )}
        {item.people_wanted > 1 && (
          <span>
            {t('review.queue.people', '{{decided}} of {{wanted}} people', {
              decided: item.people_decided,
              wanted: item.people_wanted,
            })}
          </span>
        )}
        {item.looking.length > 0 && (
          <span>
            <Icon name="eye" size="sm" /> {item.looking.map(({ name }) => name).join(', ')}
          </span>
        )}
      </span>
    </Link>
  );
});

const getStyles = (theme: GrafanaTheme2) => ({
  queue: css({
    display: 'flex',
    flexDirection: 'column',
    minHeight: 0,
    flex: 1,
    borderRight: `1px solid ${theme.colors.border.weak}`,
  }),
  counts: css({
    padding: theme.spacing(0, 1, 1),
    color: theme.colors.text.secondary,
    a: { color: theme.colors.text.link, textDecoration: 'underline' },
  }),
  scroller: css({
    overflowY: 'auto',
    // Rows come and go with scrolling: the browser would scroll after one that it holds on to.
    overflowAnchor: 'none',
    flex: 1,
    minHeight: 200,
    [theme.breakpoints.down('md')]: { maxHeight: '70vh' },
    paddingRight: theme.spacing(1),
    ul: { listStyle: 'none', margin: 0, padding: 0, position: 'relative' },
    li: { position: 'absolute', left: 0, right: 0 },
  }),
  row: css({
    display: 'block',
    height: '100%',
    padding: theme.spacing(0.75, 1),
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
    whiteSpace: 'nowrap',
    overflow: 'hidden',
    fontSize: theme.typography.bodySmall.fontSize,
    color: theme.colors.text.secondary,
  }),
  overdue: css({ color: theme.colors.error.text }),
});
