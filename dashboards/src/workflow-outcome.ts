/** The second half of a loop: what people decide of what the AI left to them, and what came of it all. */
import { colors } from './colors.ts';
import { toApp, toDashboard } from './links.ts';
import { areas, band, bars, lines } from './panels.ts';
import { max, min, quantile, queries, sum } from './queries.ts';

const { gauge, increase, buckets } = queries(['workflow']);

export const queue = areas({
  title: 'Review queue',
  shows: 'Cases that wait, and cases that somebody holds.',
  normal: 'It comes back to near zero within the service level.',
  otherwise: 'Held cases that do not get fewer are forgotten: their lease ends, and they come back by themselves.',
  unit: 'short',
  series: [
    {
      query: sum(gauge('countersign_review_queue_cases', { state: 'waiting' })),
      legend: 'Waiting',
      color: colors.neutral,
    },
    {
      query: sum(gauge('countersign_review_queue_cases', { state: 'claimed' })),
      legend: 'Held by a reviewer',
      color: colors.people,
    },
  ],
});
const turnarounds = buckets('countersign_review_turnaround_seconds', '1h');
export const turnaround = lines({
  title: 'From queued to decided',
  shows:
    'Half and 95 % of the cases of the last hour were decided within this time, in working time where the service level counts it.',
  normal: 'Below the service level of the priority.',
  otherwise:
    'If the time in front of a reviewer has not changed, there are too few people; if it has, the cases became harder.',
  unit: 's',
  min: 0,
  series: [
    { query: quantile(0.5, sum(turnarounds, ['le'])), legend: 'p50', color: 'light-blue' },
    { query: quantile(0.95, sum(turnarounds, ['le'])), legend: 'p95', color: colors.people },
  ],
  compares: ['lastNotNull', 'max'],
});
export const verdicts = bars({
  title: 'What people decided',
  shows: 'Cases that people decided, by what they said to the proposal of the AI.',
  normal: 'A mix that stays the same.',
  otherwise:
    'More rejected or modified than usual: the model got worse, or people changed. Human oversight tells these apart.',
  unit: 'short',
  series: (
    [
      ['accept', 'Accepted', 'light-blue'],
      ['modify', 'Modified', colors.people],
      ['reject', 'Rejected', 'dark-blue'],
      ['escalate', 'Escalated', colors.neutral],
      ['rollback', 'Rolled back', 'dark-purple'],
    ] as const
  ).map(([action, legend, color]) => ({
    query: sum(increase('countersign_reviews_total', '$__interval', { action })),
    legend,
    color,
  })),
  links: [toDashboard('Human oversight', 'oversight')],
});
export const outcomes = bars({
  title: 'What came of AI decisions',
  shows:
    'First outcomes, right or wrong by the label that turned out true, and complaints about decisions that the AI took.',
  normal: 'Outcomes come at the pace at which labels mature.',
  otherwise:
    'No outcomes at all means that nobody reports ground truth: without it, accuracy and calibration stand still.',
  unit: 'short',
  series: [
    {
      query: sum(increase('countersign_outcomes_total', '$__interval', { result: 'right' })),
      legend: 'Right',
      color: colors.good,
    },
    {
      query: sum(increase('countersign_outcomes_total', '$__interval', { result: 'wrong' })),
      legend: 'Wrong',
      color: colors.bad,
    },
    {
      query: sum(increase('countersign_complaints_total', '$__interval')),
      legend: 'Complaints',
      color: colors.neutral,
    },
  ],
});
const version = ['workflow', 'model_version'] as const;
export const overrides = band({
  title: 'Overrides',
  shows: 'Share of the newest reviewed AI decisions that people changed, with its 95 % interval.',
  normal: 'Near the baseline of the policy. Absent while there is too little data.',
  otherwise: 'When the whole interval is above the baseline, believe it. The alert says whether model or people moved.',
  unit: 'percentunit',
  min: 0,
  series: [{ query: max(gauge('countersign_override_ratio'), version), legend: '{{workflow}} {{model_version}}' }],
  lower: min(gauge('countersign_override_ratio_bound', { bound: 'lower' })),
  upper: max(gauge('countersign_override_ratio_bound', { bound: 'upper' })),
  interval: '95 % interval',
  compares: ['lastNotNull', 'max'],
});
export const errors = band({
  title: 'Errors',
  shows: 'Share of the newest outcomes that show the AI wrong, with its 95 % interval.',
  normal: 'Near the baseline of the policy.',
  otherwise: 'When the whole interval is above it, lower the authority of the version or roll it back in Response.',
  unit: 'percentunit',
  min: 0,
  series: [{ query: max(gauge('countersign_error_ratio'), version), legend: '{{workflow}} {{model_version}}' }],
  lower: min(gauge('countersign_error_ratio_bound', { bound: 'lower' })),
  upper: max(gauge('countersign_error_ratio_bound', { bound: 'upper' })),
  interval: '95 % interval',
  compares: ['lastNotNull', 'max'],
  links: [toApp('Response', 'response')],
});
