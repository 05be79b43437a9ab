/** The audit page: find a record, see its whole content, and check its proof. Every filter is in the address. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { AuditRecord } from '@countersign/contract';
import { PluginPage } from '@grafana/runtime';
import { Badge, Button, Combobox, Input, LinkButton, useStyles2 } from '@grafana/ui';
import { useState, type FormEvent } from 'react';
import { useSearchParams } from 'react-router-dom';
import { exportUrl, filterNames, useAuditRecords, type AuditFilter } from '../api/audit';
import { Empty, Failed, Skeleton } from '../parts/states';
import { actionText, actorName } from '../parts/words';
import { RecordDetail } from './RecordDetail';

const actors = [
  { value: 'ai', label: 'AI' },
  { value: 'human', label: 'Person' },
  { value: 'service', label: 'Service' },
  { value: 'daemon', label: 'Countersign' },
];
const actions = (['accept', 'reject', 'modify', 'escalate', 'rollback'] as const).map((value) => ({
  value,
  label: actionText[value],
}));
const tiers = (['low', 'medium', 'high'] as const).map((value) => ({ value, label: `${value} risk` }));

export default function AuditPage() {
  const styles = useStyles2(getStyles);
  const [search, setSearch] = useSearchParams();
  const filter: AuditFilter = Object.fromEntries(
    filterNames.flatMap((name) => {
      const value = search.get(name);
      return value === null || value === '' ? [] : [[name, value]];
    }),
  );
  const records = useAuditRecords(filter);
  const opened = search.get('record');
  const set = (changes: Partial<Record<keyof AuditFilter | 'record', string | null>>) =>
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
      pageNav={{ text: 'Audit', subTitle: 'Everything that was decided, by whom, and the proof of it.' }}
      actions={
        <>
          <LinkButton variant="secondary" icon="download-alt" href={exportUrl(filter, 'jsonl')} download>
            Export
          </LinkButton>
          <LinkButton variant="secondary" icon="download-alt" href={exportUrl(filter, 'csv')} download>
            CSV
          </LinkButton>
          <Button variant="secondary" icon="sync" onClick={() => void records.refetch()}>
            Refresh
          </Button>
        </>
      }
    >
      <div className={styles.filters} role="search">
        <TextFilter name="Workflow" value={filter.workflow} onChange={(workflow) => set({ workflow })} />
        <TextFilter name="Task" value={filter.task} onChange={(task) => set({ task })} />
        <TextFilter name="Words of the justification" value={filter.text} onChange={(text) => set({ text })} />
        <TextFilter name="Model version" value={filter.model_version} onChange={(v) => set({ model_version: v })} />
        <TimeFilter name="From" value={filter.from} onChange={(from) => set({ from })} />
        <TimeFilter name="To" value={filter.to} onChange={(to) => set({ to })} />
        <Combobox
          aria-label="Risk tier"
          options={tiers}
          value={filter.risk_tier ?? null}
          placeholder="Any risk"
          isClearable
          width={20}
          onChange={(o) => set({ risk_tier: o?.value ?? null })}
        />
        <Combobox
          aria-label="Who"
          options={actors}
          value={filter.actor ?? null}
          placeholder="Anyone"
          isClearable
          width={20}
          onChange={(o) => set({ actor: o?.value ?? null })}
        />
        <Combobox
          aria-label="Action"
          options={actions}
          value={filter.action ?? null}
          placeholder="Any action"
          isClearable
          width={20}
          onChange={(o) => set({ action: o?.value ?? null })}
        />
      </div>
      {records.isPending ? (
        <Skeleton lines={12} height={28} />
      ) : records.isError ? (
        <Failed what="The audit trail could not be read" error={records.error} retry={() => void records.refetch()} />
      ) : rows.length === 0 ? (
        <Empty title="No record fits">Take a filter away, or wait for the first decision.</Empty>
      ) : (
        <Records rows={rows} people={people} onOpen={(record) => set({ record })} />
      )}
      {records.hasNextPage && (
        <Button variant="secondary" onClick={() => void records.fetchNextPage()} disabled={records.isFetchingNextPage}>
          {records.isFetchingNextPage ? 'Loading' : 'Older records'}
        </Button>
      )}
      {opened !== null && <RecordDetail eventId={opened} onClose={() => set({ record: null })} />}
    </PluginPage>
  );
}

/** Applied by Enter or on leaving, so that the list does not jump at each letter. */
function TextFilter({
  name,
  value,
  onChange,
}: {
  name: string;
  value: string | undefined;
  onChange: (value: string) => void;
}) {
  const [typed, setTyped] = useState(value ?? '');
  const apply = (event?: FormEvent) => {
    event?.preventDefault();
    if (typed !== (value ?? '')) onChange(typed.trim());
  };
  return (
    <form onSubmit={apply}>
      <Input
        aria-label={name}
        placeholder={name}
        width={30}
        value={typed}
        onChange={(e) => setTyped(e.currentTarget.value)}
        onBlur={() => apply()}
      />
    </form>
  );
}

/** In the browser's time zone; the address and the daemon have UTC. */
function TimeFilter({
  name,
  value,
  onChange,
}: {
  name: string;
  value: string | undefined;
  onChange: (value: string | null) => void;
}) {
  return (
    <Input
      aria-label={name}
      prefix={name}
      type="datetime-local"
      step={1}
      width={34}
      value={value === undefined ? '' : localTime(new Date(value))}
      onChange={(e) => {
        const at = new Date(e.currentTarget.value);
        if (e.currentTarget.value === '') onChange(null);
        else if (!Number.isNaN(at.getTime())) onChange(at.toISOString());
      }}
    />
  );
}

/** As the input wants it: no zone, no milliseconds. */
function localTime(at: Date): string {
  if (Number.isNaN(at.getTime())) return '';
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

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
          {['Number', 'When', 'Who', 'What', 'Task', 'Model', 'Justification'].map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
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
                aria-label={`Open record ${record.log_index}`}
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
                text={record.decision_actor.type}
              />{' '}
              {actorName(record.decision_actor, people)}
            </td>
            <td>{record.decision_action === null ? '–' : actionText[record.decision_action]}</td>
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
  filters: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1), marginBottom: theme.spacing(2) }),
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
