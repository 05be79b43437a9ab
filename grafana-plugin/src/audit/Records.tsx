/** The records that fit, newest first. Only the rows in sight are drawn, and older ones come as somebody scrolls. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { AuditRecord } from '@countersign/contract';
import { useStyles2 } from '@grafana/ui';
import { memo, useEffect } from 'react';
import { t } from '../parts/i18n';
import { Pill } from '../parts/Pill';
import { useRowsInSight } from '../parts/use-rows-in-sight';
import { actionText, actorName, actorText } from '../parts/words';

interface RecordsProps {
  readonly rows: readonly AuditRecord[];
  readonly people: Readonly<Record<string, string>>;
  readonly onOpen: (eventId: string) => void;
  /** The end of what is loaded is in sight. */
  readonly onEnd: () => void;
}

const rowHeight = 36;
/** So many rows before the last one is in sight the next are asked for. */
const ahead = 400;

export function Records({ rows, people, onOpen, onEnd }: RecordsProps) {
  const styles = useStyles2(getStyles);
  const { scroller, first, end } = useRowsInSight(rows.length, rowHeight);
  useEffect(() => {
    if (rows.length > 0 && end + ahead >= rows.length) onEnd();
  }, [end, rows.length, onEnd]);
  const columns: readonly (readonly [name: string, width: string])[] = [
    [t('audit.records.number', 'Number'), '90px'],
    [t('audit.records.when', 'When'), '190px'],
    [t('audit.records.who', 'Who'), '220px'],
    [t('audit.records.what', 'What'), '100px'],
    [t('audit.records.task', 'Task'), '200px'],
    [t('audit.records.model', 'Model'), '90px'],
    [t('audit.records.justification', 'Justification'), 'auto'],
  ];
  return (
    // Its own scrollbar has to be reached by keyboard too.
    <div
      className={styles.scroller}
      ref={scroller}
      tabIndex={0}
      role="region"
      aria-label={t('audit.records.label', 'Records')}
    >
      <div className={styles.list} style={{ height: (rows.length + 1) * rowHeight, paddingTop: first * rowHeight }}>
        <table className={styles.table} data-testid="records" aria-rowcount={rows.length}>
          <colgroup>
            {columns.map(([name, width]) => (
              <col key={name} style={{ width }} />
            ))}
          </colgroup>
          <thead>
            <tr>
              {columns.map(([name]) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(first, end).map((record) => (
              <Row key={record.event_id} record={record} people={people} onOpen={onOpen} />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

interface RowProps extends Pick<RecordsProps, 'people' | 'onOpen'> {
  readonly record: AuditRecord;
}

/** Drawn once, and of light parts: some come into sight with each frame. */
const Row = memo(function Row({ record, people, onOpen }: RowProps) {
  const styles = useStyles2(getStyles);
  const { type } = record.decision_actor;
  return (
    <tr data-event={record.event_id}>
      <td>
        <button
          type="button"
          className={styles.open}
          onClick={() => onOpen(record.event_id)}
          aria-label={t('audit.records.open', 'Open record {{number}}', { number: record.log_index })}
        >
          {record.log_index}
        </button>
      </td>
      <td>
        <time dateTime={record.timestamp}>{new Date(record.timestamp).toLocaleString()}</time>
      </td>
      <td title={record.decision_actor.id}>
        <Pill color={type === 'human' ? 'purple' : 'blue'} text={actorText(type)} />{' '}
        {actorName(record.decision_actor, people)}
      </td>
      <td>{actionOf(record)}</td>
      <td title={record.task_id}>{record.task_id}</td>
      <td>{record.model_version ?? '–'}</td>
      <td title={record.justification ?? ''}>{record.justification ?? '–'}</td>
    </tr>
  );
});

const actionOf = ({ decision_action }: AuditRecord) => (decision_action === null ? '–' : actionText(decision_action));

const getStyles = (theme: GrafanaTheme2) => ({
  // Nothing to hold on to: rows come and go with scrolling, and the browser would scroll after them.
  scroller: css({ overflow: 'auto', overflowAnchor: 'none', height: 'max(320px, calc(100vh - 430px))' }),
  list: css({ boxSizing: 'border-box' }),
  table: css({
    width: '100%',
    minWidth: 1_000,
    tableLayout: 'fixed',
    tr: { height: rowHeight },
    'th, td': {
      padding: theme.spacing(0, 1),
      textAlign: 'left',
      whiteSpace: 'nowrap',
      overflow: 'hidden',
      textOverflow: 'ellipsis',
    },
    th: {
      position: 'sticky',
      top: 0,
      zIndex: 1,
      background: theme.colors.background.canvas,
      color: theme.colors.text.secondary,
      fontWeight: 'normal',
    },
    'tbody tr': { borderTop: `1px solid ${theme.colors.border.weak}` },
    'tbody tr:hover': { background: theme.colors.action.hover },
  }),
  open: css({
    padding: theme.spacing(0, 1),
    background: 'none',
    border: 'none',
    borderRadius: theme.shape.radius.default,
    color: theme.colors.text.link,
    fontWeight: theme.typography.fontWeightMedium,
    '&:hover': { textDecoration: 'underline' },
  }),
});
