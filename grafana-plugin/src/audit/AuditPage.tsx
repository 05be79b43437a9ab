/** The audit page: find a record, see its whole content, and check its proof. Every filter is in the address. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { Actor, AuditRecord } from '@countersign/contract';
import { PluginPage } from '@grafana/runtime';
import { Badge, Button, LinkButton, useStyles2 } from '@grafana/ui';
import { useSearchParams } from 'react-router-dom';
import { exportUrl, filterNames, useAuditRecords, type AuditFilter } from '../api/audit';
import { t } from '../parts/i18n';
import { Empty, Failed, Skeleton } from '../parts/states';
import { actionText, actorName, words } from '../parts/words';
import { AuditFilters, type Changes } from './AuditFilters';
import { RecordDetail } from './RecordDetail';

export default function AuditPage() {
  const [search, setSearch] = useSearchParams();
  const filter: AuditFilter = Object.fromEntries(
    filterNames.flatMap((name) => {
      const value = search.get(name);
      return value === null || value === '' ? [] : [[name, value]];
    }),
  );
  const records = useAuditRecords(filter);
  const opened = search.get('record');
  const set = (changes: Changes & { readonly record?: string | null }) =>
    setSearch((before) => {
      const after = new URLSearchParams(before);
      for (const [name, value] of Object.entries(changes)) {
        if (value) after.set(name, value);
        else after.delete(name);
      }
      return after;
    });
  const rows = records.data?.pages.flatMap((page) => page.records) ?? [];
  const people = Object.assign({}, ...(records.data?.pages.map((page) => page.people) ?? [])) as Record<string, string>;

  return (
    <PluginPage
      pageNav={{
        text: t('audit.title', 'Audit'),
        subTitle: t('audit.explains', 'Everything that was decided, by whom, and the proof of it.'),
      }}
      actions={
        <>
          <LinkButton variant="secondary" icon="download-alt" href={exportUrl(filter, 'jsonl')} download>
            {t('audit.export', 'Export')}
          </LinkButton>
          <LinkButton variant="secondary" icon="download-alt" href={exportUrl(filter, 'csv')} download>
            {t('audit.csv', 'CSV')}
          </LinkButton>
          <Button variant="secondary" icon="sync" onClick={() => void records.refetch()}>
            {t('audit.refresh', 'Refresh')}
          </Button>
        </>
      }
    >
      <AuditFilters filter={filter} onChange={set} />
      {records.isPending ? (
        <Skeleton lines={12} height={28} />
      ) : records.isError ? (
        <Failed
          what={t('audit.failed', 'The audit trail could not be read')}
          error={records.error}
          retry={() => void records.refetch()}
        />
      ) : rows.length === 0 ? (
        <Empty title={t('audit.empty', 'No record fits')}>
          {t('audit.empty-next', 'Take a filter away, or wait for the first decision.')}
        </Empty>
      ) : (
        <Records rows={rows} people={people} onOpen={(record) => set({ record })} />
      )}
      {records.hasNextPage && (
        <Button variant="secondary" onClick={() => void records.fetchNextPage()} disabled={records.isFetchingNextPage}>
          {records.isFetchingNextPage ? t('parts.loading', 'Loading') : t('audit.older', 'Older records')}
        </Button>
      )}
      {opened !== null && <RecordDetail eventId={opened} onClose={() => set({ record: null })} />}
    </PluginPage>
  );
}

const actorType = words<Actor['type']>({
  ai: () => t('audit.by.ai', 'ai'),
  human: () => t('audit.by.human', 'human'),
  service: () => t('audit.by.service', 'service'),
  daemon: () => t('audit.by.daemon', 'daemon'),
});

const actionOf = ({ decision_action }: AuditRecord) => (decision_action === null ? '–' : actionText(decision_action));

interface RecordsProps {
  readonly rows: readonly AuditRecord[];
  readonly people: Record<string, string>;
  readonly onOpen: (eventId: string) => void;
}

function Records({ rows, people, onOpen }: RecordsProps) {
  const styles = useStyles2(getStyles);
  return (
    <table className={styles.table} data-testid="records">
      <thead>
        <tr>
          <th scope="col">{t('audit.column.number', 'Number')}</th>
          <th scope="col">{t('audit.column.when', 'When')}</th>
          <th scope="col">{t('audit.column.who', 'Who')}</th>
          <th scope="col">{t('audit.column.what', 'What')}</th>
          <th scope="col">{t('audit.column.task', 'Task')}</th>
          <th scope="col">{t('audit.column.model', 'Model')}</th>
          <th scope="col">{t('audit.column.justification', 'Justification')}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((record) => (
          <tr key={record.event_id} data-event={record.event_id}>
            <td>
              <Button
                fill="text"
                size="sm"
                onClick={() => onOpen(record.event_id)}
                aria-label={t('audit.open', 'Open record {{index}}', { index: record.log_index })}
              >
                {record.log_index}
              </Button>
            </td>
            <td>
              <time dateTime={record.timestamp}>{new Date(record.timestamp).toLocaleString()}</time>
            </td>
            <td title={record.decision_actor.id}>
              <Badge
                color={record.decision_actor.type === 'human' ? 'purple' : 'blue'}
                text={actorType(record.decision_actor.type)}
              />{' '}
              {actorName(record.decision_actor, people)}
            </td>
            <td>{actionOf(record)}</td>
            <td className={styles.clip} title={record.task_id}>
              {record.task_id}
            </td>
            <td>{record.model_version ?? '–'}</td>
            <td className={styles.clip} title={record.justification ?? ''}>
              {record.justification ?? '–'}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  table: css({
    width: '100%',
    marginBottom: theme.spacing(2),
    'th, td': { padding: theme.spacing(0.5, 1), textAlign: 'left', whiteSpace: 'nowrap' },
    th: { color: theme.colors.text.secondary, fontWeight: 'normal' },
    'tbody tr': { borderTop: `1px solid ${theme.colors.border.weak}` },
    'tbody tr:hover': { background: theme.colors.action.hover },
  }),
  clip: css({ maxWidth: 320, overflow: 'hidden', textOverflow: 'ellipsis' }),
});
