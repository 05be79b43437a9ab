/** One loop, from what comes in to what came of it. */
import { aloneRatio, breakerTimeline } from './authority.ts';
import { colors, noneIsGood, steps } from './colors.ts';
import { build } from './dashboard.ts';
import { heatmap } from './distributions.ts';
import { even, heading, row } from './grid.ts';
import { toApp, toDashboard, toTraces } from './links.ts';
import { areas, lines, stat } from './panels.ts';
import { max, min, quantile, queries, sum, times } from './queries.ts';
import { traces } from './variables.ts';
import { errors, outcomes, overrides, queue, turnaround, verdicts } from './workflow-outcome.ts';

const narrowedBy = ['workflow'] as const;
const { gauge, rate, buckets } = queries(narrowedBy);

const incidents = stat({
  title: 'Open incidents',
  shows: 'Incidents of this workflow that are not resolved.',
  normal: 'None.',
  otherwise: 'Open Response: it says who has it, and what to do next.',
  unit: 'short',
  query: sum(gauge('countersign_incidents', { state: ['open', 'acknowledged'] })),
  thresholds: noneIsGood(colors.bad),
  links: [toApp('Response', 'response')],
});
const intakeStopped = stat({
  title: 'Queues that are full',
  shows: 'Workflows whose queue is full, so that services are told to take on less.',
  normal: 'None.',
  otherwise: 'Decide what waits, or bring reviewers in; intake opens again by itself.',
  unit: 'short',
  query: sum(gauge('countersign_intake_stopped')),
  thresholds: noneIsGood(colors.bad),
  links: [toApp('Review', 'review')],
});
const alone = stat({
  title: 'AI decides alone',
  shows: 'Share of AI decisions in the time shown that were carried out without a person.',
  normal: 'What the policy means it to be: see Loop for what it leaves to people.',
  otherwise:
    'A sudden fall means that a breaker opened or that the model is less sure; look at Decision authority below.',
  unit: 'percentunit',
  decimals: 0,
  query: aloneRatio(narrowedBy, '$__range'),
  links: [toApp('Loop', 'loop')],
});
const waiting = stat({
  title: 'Cases that wait',
  shows: 'Cases in the review queue now.',
  normal: 'As many as reviewers decide within the service level.',
  otherwise: 'Compare with the turnaround below. If cases will be late, bring reviewers in.',
  unit: 'short',
  query: sum(gauge('countersign_review_queue_cases')),
  links: [toApp('Review', 'review')],
});
const inTime = stat({
  title: 'Decided in time',
  shows: 'Share of the newest cases that people decided within their service level, of the workflow that does worst.',
  normal: '95 % and more, or what you promised.',
  otherwise:
    'Look at Human oversight for which priority is late, and whether there are too many cases or too few people.',
  unit: 'percentunit',
  decimals: 0,
  query: min(gauge('countersign_sla_met_ratio')),
  thresholds: steps(colors.bad, [0.8, colors.warning], [0.95, colors.good]),
  links: [toDashboard('Human oversight', 'oversight')],
});
const wrong = stat({
  title: 'AI was wrong',
  shows: 'Share of the newest outcomes that show the AI wrong, of the version that does worst.',
  normal: 'What the policy calls the baseline. Only known outcomes count.',
  otherwise: 'Look at Model health for the version, and at the interval before you act: few outcomes say little.',
  unit: 'percentunit',
  decimals: 1,
  query: max(gauge('countersign_error_ratio')),
  links: [toDashboard('Model health', 'modelHealth')],
});

const decided = areas({
  title: 'Decisions a minute, by who took them',
  shows: 'AI decisions that were carried out alone or left to people, and what people decided.',
  normal: 'People keep up with what is left to them, over a day.',
  otherwise:
    'When more is left than decided, the queue grows. When nothing comes, look at the service, then at Countersign itself.',
  unit: 'short',
  series: [
    {
      query: times(sum(rate('countersign_decisions_total', { actor: 'ai', route: 'auto' })), 60),
      legend: 'AI alone',
      color: colors.ai,
    },
    {
      query: times(sum(rate('countersign_decisions_total', { actor: 'ai', route: 'human' })), 60),
      legend: 'AI, left to people',
      color: 'light-purple',
    },
    {
      query: times(sum(rate('countersign_decisions_total', { actor: 'human' })), 60),
      legend: 'People',
      color: colors.people,
    },
  ],
  compares: ['lastNotNull', 'mean'],
});
const sources = lines({
  title: 'Stale and missing data',
  shows:
    'Share of the newest decisions made on data that is too old, or that did not name a data source of the policy.',
  normal: 'Zero.',
  otherwise:
    'The pipeline of that source stands still, or the service no longer says what it used. Mend it before you trust the decisions.',
  unit: 'percentunit',
  min: 0,
  max: 1,
  series: [
    { query: max(gauge('countersign_data_source_stale_ratio'), ['source']), legend: 'Stale: {{source}}' },
    {
      query: max(gauge('countersign_data_source_missing_ratio'), ['source']),
      legend: 'Missing: {{source}}',
      dashed: true,
    },
  ],
  compares: ['lastNotNull', 'max'],
});
const confidence = heatmap({
  title: 'Confidence of AI decisions',
  shows: 'How sure the AI was, decision by decision: darker is more.',
  normal: 'A shape that stays the same. What is below the threshold of the policy goes to people.',
  otherwise:
    'A shape that moves says that inputs or model changed, long before outcomes are known: look at drift in Model health.',
  unit: 'percentunit',
  buckets: buckets('countersign_decision_confidence_ratio', '$__interval'),
  links: [toDashboard('Model health', 'modelHealth')],
});
const latencies = buckets('countersign_decision_latency_seconds');
const latency = lines({
  title: 'Time the AI takes',
  shows:
    'Half, 95 % and 99 % of AI decisions were faster than this. A dot is one decision, with its trace where exemplars are on.',
  normal: 'Below the limit of the policy, and steady.',
  otherwise: 'Follow a dot, or the link, to the traces of slow decisions to see which call took the time.',
  unit: 's',
  min: 0,
  series: [
    { query: quantile(0.5, sum(latencies, ['le'])), legend: 'p50', color: 'light-purple' },
    { query: quantile(0.95, sum(latencies, ['le'])), legend: 'p95', color: colors.ai },
    { query: quantile(0.99, sum(latencies, ['le'])), legend: 'p99', color: 'dark-purple' },
  ],
  exemplars: true,
  compares: ['lastNotNull', 'max'],
  links: [toTraces('of the workflow')],
});
export const workflow = build({
  name: 'workflow',
  title: 'Countersign / Workflow',
  description: 'One loop, from what comes in to what came of it. Choose one workflow at the top.',
  narrowedBy,
  variables: [traces()],
  from: 'now-24h',
  refresh: '1m',
  rows: [
    even(4, incidents, intakeStopped, alone, waiting, inTime, wrong),
    heading('Comes in'),
    even(9, decided, sources),
    heading('Is decided'),
    even(9, confidence, latency),
    row(7, [24, breakerTimeline(narrowedBy)]),
    heading('Is reviewed'),
    even(8, queue, turnaround, verdicts),
    heading('Turns out'),
    even(9, outcomes, overrides, errors),
  ],
});
