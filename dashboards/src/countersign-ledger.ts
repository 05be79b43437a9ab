/** Whether what is recorded is kept and proven: the ledger, its witnesses and its database. */
import { colors } from './colors.ts';
import { bars, lines } from './panels.ts';
import { max, quantile, queries, sum } from './queries.ts';

const { gauge, increase, buckets } = queries([]);

const appends = buckets('countersign_ledger_append_seconds');
export const append = lines({
  title: 'Duration of appends',
  shows: 'Duration of one append transaction, a batch each.',
  normal: 'p95 below 50 ms.',
  otherwise: 'The disk of PostgreSQL is busy, or another transaction holds the row of the log.',
  unit: 's',
  min: 0,
  series: [
    { query: quantile(0.5, sum(appends, ['le'])), legend: 'p50', color: colors.neutral },
    { query: quantile(0.95, sum(appends, ['le'])), legend: 'p95', color: colors.ai },
  ],
  compares: ['lastNotNull', 'max'],
});
export const witnesses = lines({
  title: 'Behind, by witness',
  shows: 'Records that each witness has not signed for yet.',
  normal: 'Near 0.',
  otherwise: 'Ask who runs the witness. Recording goes on, but new records have no proof until enough have signed.',
  unit: 'short',
  min: 0,
  series: [{ query: max(gauge('countersign_witness_lag_records'), ['witness']), legend: '{{witness}}' }],
  compares: ['lastNotNull'],
});
const answered = (result: readonly string[]) =>
  sum(increase('countersign_witness_requests_total', '$__interval', { result }), ['witness', 'result']);
export const signing = bars({
  title: 'What witnesses answered',
  shows: 'Checkpoints shown to witnesses, by what came of it.',
  normal: 'Signed, all of them.',
  otherwise:
    'Ahead and refused are alarms: the witness has seen another history. Run countersign verify before anything else.',
  unit: 'short',
  series: [
    { query: answered(['signed']), legend: '{{witness}}: {{result}}', color: colors.ai },
    { query: answered(['unreachable']), legend: '{{witness}}: {{result}}', color: colors.warning },
    { query: answered(['refused', 'ahead', 'bad_signature']), legend: '{{witness}}: {{result}}', color: colors.bad },
  ],
  compares: ['sum'],
});
export const size = lines({
  title: 'Size of the database',
  shows: 'All of the database of the daemon, with indexes.',
  normal: 'It grows with decisions, and falls where retention drops a partition.',
  otherwise: 'Before the disk is full: set retention in every policy, or move inputs to a bucket.',
  unit: 'bytes',
  min: 0,
  series: [{ query: max(gauge('countersign_database_bytes')), legend: 'Database', color: colors.neutral }],
});
