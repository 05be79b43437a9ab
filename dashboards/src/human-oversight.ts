/** Whether people really decide: overrides, agreement, service level and care. No metric names a person, nor does this. */
import { colors, noneIsGood, steps } from './colors.ts';
import { build } from './dashboard.ts';
import { heatmap } from './distributions.ts';
import { even, heading } from './grid.ts';
import { toApp, toDashboard } from './links.ts';
import { areas, band, bars, lines, stat } from './panels.ts';
import { divide, max, min, orZero, quantile, queries, sum } from './queries.ts';

const narrowedBy = ['workflow'] as const;
const { gauge, increase, buckets } = queries(narrowedBy);
const workflow = ['workflow'] as const;
const changed = ['reject', 'modify', 'rollback'] as const;

const met = stat({
  title: 'Decided in time',
  shows: 'Share of the newest cases decided within their service level, of the workflow that does worst.',
  normal: '95 % and more, or what you promised.',
  otherwise: 'See below which priority is late, and whether the queue grew or people got slower.',
  unit: 'percentunit',
  decimals: 0,
  query: min(gauge('countersign_sla_met_ratio')),
  thresholds: steps(colors.bad, [0.8, colors.warning], [0.95, colors.good]),
});
const lateSoon = stat({
  title: 'Will be late',
  shows: 'Waiting cases that will be decided late at the pace of the newest decisions.',
  normal: 'None.',
  otherwise: 'There is still time: bring reviewers in now.',
  unit: 'short',
  query: orZero(sum(gauge('countersign_sla_forecast_late_cases'))),
  thresholds: noneIsGood(colors.warning),
  links: [toApp('Review', 'review')],
});
const agreement = stat({
  title: 'Reviewers agree',
  shows:
    "Krippendorff's α among reviewers of the same cases, of the workflow that does worst: 1 is full agreement, 0 is chance.",
  normal: '0.8 and more.',
  otherwise:
    'Below 0.67 the rules are read differently: talk over cases on which people differed, and write the rule down.',
  unit: 'short',
  decimals: 2,
  query: min(gauge('countersign_reviewer_agreement')),
  thresholds: steps(colors.bad, [0.67, colors.warning], [0.8, colors.good]),
});
const planted = (over: '$__range' | '$__interval', result?: 'found' | 'missed') =>
  increase('countersign_planted_errors_total', over, result === undefined ? {} : { result });
const caught = stat({
  title: 'Planted errors found',
  shows: 'Share of the planted errors in the time shown that reviewers found.',
  normal: '80 % and more.',
  otherwise:
    'Below 70 % people wave things through. Smaller batches, more cases in which they decide first, and rest help.',
  unit: 'percentunit',
  decimals: 0,
  query: divide(sum(planted('$__range', 'found')), sum(planted('$__range'))),
  thresholds: steps(colors.bad, [0.7, colors.warning], [0.8, colors.good]),
});
const doubtful = stat({
  title: 'Doubtful reviewers',
  shows:
    'Reviewers who surely miss planted or real errors too often. Who they are is in the app, for those who may know.',
  normal: 'None.',
  otherwise: 'Open the alert in Response. It is about training or load more often than about will.',
  unit: 'short',
  query: orZero(sum(gauge('countersign_reviewers', { standing: 'doubtful' }))),
  thresholds: noneIsGood(colors.warning),
  links: [toApp('Response', 'response')],
});
const reviews = (certainty: 'sure' | 'unsure', action?: readonly string[]) =>
  sum(increase('countersign_reviews_total', '1h', { certainty, action: action ?? { not: 'escalate' } }));
const sureChanged = stat({
  title: 'Sure, and overridden',
  shows: 'In the last hour: share of the cases that the AI was sure of (confidence from 0.9) and people changed.',
  normal: 'Low, but not zero for long.',
  otherwise:
    'High: the confidence of the AI is worth little. Zero over many cases: nobody contradicts what looks sure.',
  unit: 'percentunit',
  decimals: 0,
  query: divide(reviews('sure', changed), reviews('sure')),
  links: [toDashboard('Model health', 'modelHealth')],
});

const level = band({
  title: 'Decided in time',
  shows: 'Share of the newest cases of each workflow decided within their service level, with its 95 % interval.',
  normal: 'Above what you promised, the lower end of the interval included.',
  otherwise: 'Look at the queue: cases that wait longer mean too few people, not slow ones.',
  unit: 'percentunit',
  max: 1,
  series: [{ query: max(gauge('countersign_sla_met_ratio'), workflow), legend: '{{workflow}}' }],
  lower: min(gauge('countersign_sla_met_ratio_bound', { bound: 'lower' })),
  upper: max(gauge('countersign_sla_met_ratio_bound', { bound: 'upper' })),
  interval: '95 % interval',
  compares: ['lastNotNull'],
});
const priorities = [
  { priority: 'P1', color: 'dark-blue' },
  { priority: 'P2', color: colors.people },
  { priority: 'P3', color: 'light-blue' },
] as const;
const late = bars({
  title: 'Late, by priority',
  shows: 'Cases that people decided after their time, by priority.',
  normal: 'None of P1, few of the others.',
  otherwise:
    'Late cases of P1 with an empty queue of P3: reviewers take the easy ones. Let them work from the top of the queue.',
  unit: 'short',
  series: priorities.map(({ priority, color }) => ({
    query: sum(increase('countersign_reviews_total', '$__interval', { priority, result: 'late' })),
    legend: priority,
    color,
  })),
});
const turnaround = lines({
  title: 'From queued to decided, by priority',
  shows:
    '95 % of the cases of the last hour were decided within this time, in working time where the service level counts it.',
  normal: 'Below the service level of each priority.',
  otherwise: 'A rise in all priorities is a lack of people; in one, a lack of those who may decide it.',
  unit: 's',
  min: 0,
  series: priorities.map(({ priority, color }) => ({
    query: quantile(0.95, sum(buckets('countersign_review_turnaround_seconds', '1h', { priority }), ['le'])),
    legend: priority,
    color,
  })),
  compares: ['lastNotNull', 'max'],
});

const overrideRatio = band({
  title: 'Overrides',
  shows: 'Share of the newest reviewed AI decisions that people changed, by version, with its 95 % interval.',
  normal: 'Near the baseline of the policy.',
  otherwise: 'If planted errors are found as before, the model got worse. If fewer are found, people changed.',
  unit: 'percentunit',
  min: 0,
  series: [
    {
      query: max(gauge('countersign_override_ratio'), ['workflow', 'model_version']),
      legend: '{{workflow}} {{model_version}}',
    },
  ],
  lower: min(gauge('countersign_override_ratio_bound', { bound: 'lower' })),
  upper: max(gauge('countersign_override_ratio_bound', { bound: 'upper' })),
  interval: '95 % interval',
  compares: ['lastNotNull'],
});
const certainty = lines({
  title: 'Overrides where the AI was sure, and not',
  shows:
    'Share of the cases of the last hour that people changed, apart for those that the AI was sure of (confidence from 0.9).',
  normal: 'Well apart: people contradict more where the AI is unsure.',
  otherwise:
    'When the lines meet, its confidence says nothing to people, or people do not look. Planted errors say which.',
  unit: 'percentunit',
  min: 0,
  series: [
    { query: divide(reviews('unsure', changed), reviews('unsure')), legend: 'Unsure', color: 'light-purple' },
    { query: divide(reviews('sure', changed), reviews('sure')), legend: 'Sure', color: 'dark-purple' },
  ],
  compares: ['lastNotNull', 'mean'],
});
const alpha = band({
  title: 'Agreement of reviewers',
  shows: "Krippendorff's α among reviewers of the same cases, with its 95 % interval.",
  normal: '0.8 and more. Where one label is rare it falls without anybody having changed.',
  otherwise: 'When the upper end is below 0.67, people surely read the rules differently: go through cases together.',
  unit: 'short',
  decimals: 2,
  max: 1,
  series: [{ query: max(gauge('countersign_reviewer_agreement'), workflow), legend: '{{workflow}}' }],
  lower: min(gauge('countersign_reviewer_agreement_bound', { bound: 'lower' })),
  upper: max(gauge('countersign_reviewer_agreement_bound', { bound: 'upper' })),
  interval: '95 % interval',
  compares: ['lastNotNull'],
});

const care = heatmap({
  title: 'Time in front of a reviewer',
  shows: 'How long a case was looked at before it was decided, case by case: darker is more.',
  normal: 'Spread over the time that reading a case takes.',
  otherwise: 'A dark row at a second or two is waving through. Check it against planted errors before you say so.',
  unit: 's',
  buckets: buckets('countersign_review_seconds', '$__interval'),
});
const gold = bars({
  title: 'Planted errors',
  shows: 'Planted errors that reviewers answered: found or missed.',
  normal: 'Mostly found.',
  otherwise: 'Misses that come together come from one batch or one tired hour: make batches smaller.',
  unit: 'short',
  series: [
    { query: sum(planted('$__interval', 'found')), legend: 'Found', color: colors.good },
    { query: sum(planted('$__interval', 'missed')), legend: 'Missed', color: colors.bad },
  ],
});
const standing = areas({
  title: 'Reviewers, by what is known of them',
  shows:
    'How many reviewers are reliable by planted errors and outcomes, doubtful, or not known yet. Counts only: metrics have no names.',
  normal: 'Most are reliable; new ones are not known yet.',
  otherwise: 'Many not known: raise the share of planted errors in the policy, so that something can be said of them.',
  unit: 'short',
  series: [
    { query: sum(gauge('countersign_reviewers', { standing: 'reliable' })), legend: 'Reliable', color: colors.good },
    {
      query: sum(gauge('countersign_reviewers', { standing: 'unknown' })),
      legend: 'Not known yet',
      color: colors.neutral,
    },
    { query: sum(gauge('countersign_reviewers', { standing: 'doubtful' })), legend: 'Doubtful', color: colors.warning },
  ],
});

export const humanOversight = build({
  name: 'oversight',
  title: 'Countersign / Human oversight',
  description: 'Whether people really decide: overrides, agreement, service level and care. No metric names a person.',
  narrowedBy,
  from: 'now-7d',
  refresh: '5m',
  rows: [
    even(4, met, lateSoon, agreement, caught, doubtful, sureChanged),
    heading('In time?'),
    even(9, level, late, turnaround),
    heading('In their own judgement?'),
    even(9, overrideRatio, certainty, alpha),
    heading('With care?'),
    even(9, care, gold, standing),
  ],
});
