/** What waits for a person, most urgent first, each a link to its case. */
import { css } from '@emotion/css';
import type { GrafanaTheme2, PanelProps } from '@grafana/data';
import type { QueueItem } from '@countersign/contract';
import { Badge, Icon, ScrollContainer, TextLink, useStyles2 } from '@grafana/ui';
import { QueryClientProvider } from '@tanstack/react-query';
import { queryClient } from '../api/query-client';
import { useQueue, type QueueFilter } from '../api/reviews';
import { t } from '../parts/i18n';
import { Empty, NotYet, Skeleton } from '../parts/states';
import { useNow } from '../parts/use-now';
import { due, reasonText, riskText } from '../parts/words';
import { routes } from '../routes';
import type { PanelOptions } from './options';

export default function QueuePanel({ options }: PanelProps<PanelOptions>) {
  const filter: QueueFilter = {
    ...(options.workflow ? { workflow: options.workflow } : {}),
    ...(options.mine ? { assigned: 'me' } : {}),
  };
  return (
    <QueryClientProvider client={queryClient}>
      <Waiting filter={filter} />
    </QueryClientProvider>
  );
}

function Waiting({ filter }: { filter: QueueFilter }) {
  const styles = useStyles2(getStyles);
  const queue = useQueue(filter);
  const now = useNow();
  if (queue.isPending || queue.isLoadingError) {
    return (
      <NotYet query={queue} what={t('panel.failed', 'The queue could not be read')}>
        <Skeleton lines={6} height={28} />
      </NotYet>
    );
  }
  const [page] = queue.data.pages;
  const items = page?.items ?? [];
  if (items.length === 0) {
    return (
      <Empty title={t('panel.empty', 'Nothing waits')}>
        {t('panel.empty-help', 'Cases appear here by themselves when the AI is unsure or may not act alone.')}
      </Empty>
    );
  }
  return (
    <ScrollContainer>
      <p className={styles.quiet} data-testid="queue-counts">
        {t('panel.counts', '{{matching}} open, {{overdue}} overdue', {
          matching: page?.matching ?? 0,
          overdue: page?.matching_overdue ?? 0,
        })}
      </p>
      <ul className={styles.list} data-testid="queue-panel">
        {items.map((item) => (
          <Item key={item.decision_id} item={item} filter={filter} now={now} />
        ))}
      </ul>
    </ScrollContainer>
  );
}

function Item({ item, filter, now }: { item: QueueItem; filter: QueueFilter; now: number }) {
  const styles = useStyles2(getStyles);
  const deadline = due(item.due_at, now);
  const search = new URLSearchParams(filter).toString();
  return (
    <li>
      <Badge text={item.priority} color={item.priority === 'P1' ? 'red' : item.priority === 'P2' ? 'purple' : 'blue'} />
      <TextLink
        href={`${routes.review(item.decision_id)}${search === '' ? '' : `?${search}`}`}
        inline={false}
        color="primary"
        title={reasonText(item.reason)}
      >
        {item.title}
      </TextLink>
      <span className={styles.quiet}>{riskText(item.risk_tier)}</span>
      {item.claimed_by !== null && (
        <span className={styles.quiet}>
          <Icon name="lock" size="sm" /> {item.claimed_by.name}
        </span>
      )}
      <span className={deadline.overdue ? styles.overdue : styles.quiet}>{deadline.text}</span>
    </li>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  quiet: css({ color: theme.colors.text.secondary, margin: 0, whiteSpace: 'nowrap' }),
  overdue: css({ color: theme.colors.error.text, whiteSpace: 'nowrap' }),
  list: css({
    listStyle: 'none',
    margin: 0,
    padding: 0,
    li: {
      display: 'flex',
      alignItems: 'center',
      gap: theme.spacing(1),
      padding: theme.spacing(0.5, 0),
      borderTop: `1px solid ${theme.colors.border.weak}`,
    },
    'li > :nth-child(2)': { flex: 1, minWidth: 0, overflow: 'hidden', textOverflow: 'ellipsis' },
  }),
});
