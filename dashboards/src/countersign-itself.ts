/** Whether Countersign itself works: what comes in, what is recorded and proven, and what it depends on. */
import { colors, noneIsGood, steps, upMapping } from './colors.ts';
import { build } from './dashboard.ts';
import { append, signing, size, witnesses } from './countersign-ledger.ts';
import { even, heading } from './grid.ts';
import { toTraces } from './links.ts';
import { bars, lines, stat, timeline } from './panels.ts';
import { highest, max, min, only, orZero, quantile, queries, sum } from './queries.ts';
import { table } from './tables.ts';
import { traces } from './variables.ts';

const { gauge, slope, rate, increase, buckets, observed } = queries([]);

const up = stat({
  title: 'PostgreSQL and NATS',
  shows: 'Whether both answer the daemon. It has no data when the daemon itself is not reached.',
  normal: 'Up.',
  otherwise: 'Down: the daemon waits and goes on by itself. No data: start the daemon, or mend what scrapes it.',
  unit: 'none',
  query: min(gauge('countersign_dependency_up')),
  thresholds: steps(colors.bad, [1, colors.good]),
  mappings: upMapping,
});
const lag = stat({
  title: 'Events not recorded yet',
  shows: 'Messages in the stream that are not acknowledged.',
  normal: 'Near 0, with short peaks.',
  otherwise: 'Growing: the database is slow or the daemon is down. Nothing is lost while NATS holds it.',
  unit: 'short',
  query: max(gauge('countersign_ingest_lag_messages')),
  thresholds: steps(colors.good, [1_000, colors.warning], [50_000, colors.bad]),
});
const refused = stat({
  title: 'Refused messages kept',
  shows: 'Messages that were refused and wait for somebody to look at them.',
  normal: 'None.',
  otherwise: 'Read them: headers name the reason. Each is a decision that is not on record.',
  unit: 'short',
  query: max(gauge('countersign_dead_letters_waiting')),
  thresholds: noneIsGood(colors.warning),
});
const checkpoint = stat({
  title: 'Newest checkpoint',
  shows: 'Time since the newest checkpoint of the ledger was signed.',
  normal: 'Seconds while decisions come. Without decisions there is nothing to sign.',
  otherwise:
    'With decisions coming, look in the log for the key or the witnesses: records without a checkpoint have no proof.',
  unit: 's',
  decimals: 0,
  query: max(gauge('countersign_ledger_checkpoint_age_seconds')),
});
const unsigned = stat({
  title: 'Records without proof',
  shows: 'Records that no published checkpoint covers yet.',
  normal: 'A few, for seconds.',
  otherwise: 'Growing: witnesses do not sign. See which lags below.',
  unit: 'short',
  query: max(gauge('countersign_ledger_unsigned_records')),
  thresholds: steps(colors.good, [1_000, colors.warning], [100_000, colors.bad]),
});
const unmeasured = stat({
  title: 'Measurements that failed',
  shows: 'In the last hour: parts of these metrics that could not be measured in time. Their gauges are absent then.',
  normal: 'None.',
  otherwise: 'PostgreSQL or NATS is slow: panels without data are not healthy ones until this is 0 again.',
  unit: 'short',
  decimals: 0,
  query: orZero(sum(increase('countersign_measure_failures_total', '1h'))),
  thresholds: noneIsGood(colors.warning),
});

const delays = buckets('countersign_ingest_delay_seconds');
const delay = lines({
  title: 'From event to record',
  shows: 'Time from an event, by the clock of its service, until it was on record. A dot is one event, with its trace.',
  normal: 'p95 below a second.',
  otherwise: 'Only p99: single services that were cut off send late. All: compare with the duration of appends.',
  unit: 's',
  min: 0,
  series: [
    { query: quantile(0.5, sum(delays, ['le'])), legend: 'p50', color: 'light-purple' },
    { query: quantile(0.95, sum(delays, ['le'])), legend: 'p95', color: colors.ai },
    { query: quantile(0.99, sum(delays, ['le'])), legend: 'p99', color: 'dark-purple' },
  ],
  exemplars: true,
  compares: ['lastNotNull', 'max'],
  links: [toTraces('all')],
});
const intake = lines({
  title: 'Events a second',
  shows: 'Records added to the ledger, and events that were in it already.',
  normal: 'The pace of your services. A few duplicates come with every restart.',
  otherwise: 'Many duplicates: a service sends again what was taken, since it does not hear that it was.',
  unit: 'short',
  min: 0,
  series: [
    { query: sum(slope('countersign_ledger_records')), legend: 'Recorded', color: colors.ai },
    { query: sum(rate('countersign_ingest_duplicates_total')), legend: 'Duplicates', color: colors.neutral },
  ],
  compares: ['lastNotNull', 'max'],
});
const trouble = bars({
  title: 'Refused, and tried again',
  shows: 'Messages that were refused, by reason, and batches that had to be tried again.',
  normal: 'None.',
  otherwise:
    'Refused: a service sends what the contract does not know; its log names the field. Tried again: look at PostgreSQL.',
  unit: 'short',
  series: [
    {
      query: sum(increase('countersign_dead_letters_total', '$__interval'), ['reason']),
      legend: 'Refused: {{reason}}',
      color: colors.bad,
    },
    {
      query: sum(increase('countersign_ingest_retries_total', '$__interval')),
      legend: 'Tried again',
      color: colors.warning,
    },
  ],
  compares: ['sum'],
});
const requests = buckets('countersign_http_request_seconds');
const http = lines({
  title: 'Slowest routes',
  shows: '95 % of the requests to each of the five slowest routes took less than this.',
  normal: 'Below 150 ms.',
  otherwise: 'A slow search reads much: narrow it. All slow: PostgreSQL.',
  unit: 's',
  min: 0,
  series: [
    {
      query: highest(5, quantile(0.95, sum(requests, ['route', 'le']))),
      legend: '{{route}}',
    },
  ],
  compares: ['lastNotNull', 'max'],
});
const failures = bars({
  title: 'Requests that failed',
  shows: 'Answers of 500 and more by route, and of the OTLP listener by status.',
  normal: 'None.',
  otherwise: 'The log has the error with the id of the request. 503 of OTLP means that it was full: senders try again.',
  unit: 'short',
  series: [
    {
      query: sum(observed('countersign_http_request_seconds', 'count', '$__interval', { status: ['5..'] }), [
        'route',
        'status',
      ]),
      legend: '{{route}}: {{status}}',
      color: colors.bad,
    },
    {
      query: sum(increase('countersign_otlp_requests_total', '$__interval', { status: { not: '200' } }), ['status']),
      legend: 'OTLP: {{status}}',
      color: colors.warning,
    },
  ],
  compares: ['sum'],
});
const dependencies = timeline({
  title: 'What it depends on',
  shows: 'Whether PostgreSQL and NATS answered as the metrics were measured.',
  normal: 'Up.',
  otherwise:
    'Services keep their events in memory while NATS is down; guards let authority go when their lease has run out.',
  unit: 'none',
  query: min(gauge('countersign_dependency_up'), ['dependency']),
  legend: '{{dependency}}',
  mappings: upMapping,
});
const spans = (result: string) => sum(increase('countersign_otlp_spans_total', '$__interval', { result }));
const snapshots = (result: 'filed' | { readonly not: 'filed' }) =>
  sum(increase('countersign_snapshots_total', '$__interval', { result }));
const otlp = bars({
  title: 'What else comes in',
  shows: 'Spans received over OTLP and input snapshots, by what came of them.',
  normal: 'Spans are sent on or passed over; snapshots are filed.',
  otherwise: 'Rejected spans are decisions that are not on record: the log names span, attribute and what to set.',
  unit: 'short',
  series: [
    { query: spans('sent'), legend: 'Spans: decisions', color: colors.ai },
    { query: spans('passed_over'), legend: 'Spans: passed over', color: colors.neutral },
    { query: spans('rejected'), legend: 'Spans: rejected', color: colors.bad },
    { query: snapshots('filed'), legend: 'Snapshots: filed', color: 'light-purple' },
    { query: snapshots({ not: 'filed' }), legend: 'Snapshots: not filed', color: colors.warning },
  ],
  compares: ['sum'],
});
const folded = table({
  title: 'Metrics with too many series',
  shows:
    'Metrics of which samples are counted under "other", because services or models make too many values of a label.',
  normal: 'Empty.',
  otherwise:
    'A version or a workflow name has something in it that changes each time, such as a date: give it a fixed name.',
  rowsOf: { metric: { title: 'Metric' } },
  columns: [
    {
      title: 'Samples',
      query: only(sum(increase('countersign_series_folded_total', '$__range'), ['metric']), '>', 0),
      unit: 'short',
      decimals: 0,
      width: 120,
    },
  ],
  sortBy: { title: 'Samples', descending: true },
});
const versions = table({
  title: 'Daemons',
  shows: 'How many daemons run which version of Countersign.',
  normal: 'One version.',
  otherwise: 'Two for longer than an upgrade takes: one was forgotten.',
  rowsOf: { version: { title: 'Version' } },
  columns: [{ title: 'Daemons', query: sum(gauge('countersign_build_info'), ['version']), unit: 'short', width: 120 }],
  sortBy: { title: 'Version', descending: true },
});

const cpu = lines({
  title: 'Processor of the daemon',
  shows: 'Processors that the daemon keeps busy.',
  normal: 'Below 0.5 while nothing is caught up with.',
  otherwise: 'Near 1 it cannot take more: one daemon does its work on one processor. See what comes in.',
  unit: 'short',
  decimals: 2,
  min: 0,
  series: [{ query: max(rate('process_cpu_seconds_total')), legend: 'Busy' }],
  compares: ['mean', 'max'],
});
const memory = lines({
  title: 'Memory of the daemon',
  shows: 'Memory that the daemon has, and what of it JavaScript holds.',
  normal: 'It rises when it starts, and stays.',
  otherwise:
    'It only rises: say so to its makers, with a heap snapshot, and start it again meanwhile. Nothing is lost.',
  unit: 'bytes',
  min: 0,
  series: [
    { query: max(gauge('process_resident_memory_bytes')), legend: 'Resident' },
    { query: max(gauge('nodejs_heap_size_used_bytes')), legend: 'Heap' },
  ],
  compares: ['lastNotNull', 'max'],
});
const eventLoop = lines({
  title: 'Held up',
  shows: 'How long work of the daemon waits for other work of it, 99 % of the time.',
  normal: 'Below 100 ms.',
  otherwise: 'Every answer is late by as much. Look at what comes in, and at slow routes.',
  unit: 's',
  min: 0,
  series: [{ query: max(gauge('nodejs_eventloop_lag_p99_seconds')), legend: 'p99' }],
  compares: ['lastNotNull', 'max'],
});

export const countersignItself = build({
  name: 'itself',
  title: 'Countersign / Countersign itself',
  description: 'Whether Countersign itself works: what comes in, what is recorded and proven, and what it depends on.',
  narrowedBy: [],
  variables: [traces()],
  from: 'now-6h',
  refresh: '30s',
  rows: [
    even(4, up, lag, refused, checkpoint, unsigned, unmeasured),
    heading('Comes in'),
    even(9, delay, intake, trouble),
    heading('Is recorded and proven'),
    even(8, append, witnesses, signing, size),
    heading('Answers'),
    even(9, http, failures, otlp),
    heading('Runs'),
    even(7, dependencies, versions, folded),
    even(8, cpu, memory, eventLoop),
  ],
});
