/** How the service levels of the product were held over the time shown: what alert-rules/ watches the pace of. */
import { colors, steps } from './colors.ts';
import { toDashboard } from './links.ts';
import { stat } from './panels.ts';
import { divide, min, queries, sum, type Narrowing } from './queries.ts';

const dependency = ['dependency'] as const;

export function serviceLevels(narrowedBy: readonly Narrowing[]) {
  const { heldShare, within, observed, increase } = queries(narrowedBy);
  const latency = 'countersign_decision_latency_seconds';
  const turnaround = 'countersign_review_turnaround_seconds';
  const p1 = { priority: 'P1' } as const;
  const shared = { unit: 'percentunit', decimals: 2 } as const;
  const from = (least: number) => steps(colors.bad, [least, colors.good]);
  return [
    stat({
      ...shared,
      title: 'Available',
      shows: 'Share of the time shown in which PostgreSQL and NATS answered the daemon, and the daemon Prometheus.',
      normal: 'From 99.9 %: of 30 days 43 minutes may be missing.',
      otherwise:
        'Look at Countersign itself for what was away and when, and at the time shown: of an hour it is a minute.',
      query: min(heldShare('countersign_dependency_up', dependency)),
      thresholds: from(0.999),
      links: [toDashboard('Countersign itself', 'itself')],
    }),
    stat({
      ...shared,
      title: 'Decided within 200 ms',
      shows: 'Share of the AI decisions of the time shown that took 200 ms or less, as their services measured it.',
      normal: 'From 50 %: the median is within 200 ms then.',
      otherwise:
        'Look at the latency of each version on the dashboard of the workflow; a dot there leads to its trace.',
      query: divide(sum(within(latency, 0.2, '$__range')), sum(observed(latency, 'count', '$__range'))),
      thresholds: from(0.5),
      links: [toDashboard('Workflow', 'workflow')],
    }),
    stat({
      ...shared,
      title: 'P1 within 2 hours',
      shows:
        'Share of the P1 cases of the time shown that people decided within two hours, of business where the policy counts those.',
      normal: 'From 95 %.',
      otherwise: 'P1 is first in the queue: that it waits means that nobody is there. Bring people in, or page them.',
      query: divide(sum(within(turnaround, 7_200, '$__range', p1)), sum(observed(turnaround, 'count', '$__range', p1))),
      thresholds: from(0.95),
      links: [toDashboard('Human oversight', 'oversight')],
    }),
    stat({
      ...shared,
      title: 'Inside their window',
      shows: 'Share of the cases of the time shown that people decided before they were due.',
      normal: 'From 95 %.',
      otherwise: 'More people, fewer cases or a longer window: see the capacity of the queue in the operations guide.',
      query: divide(
        sum(increase('countersign_reviews_total', '$__range', { result: 'in_time' })),
        sum(increase('countersign_reviews_total', '$__range', { result: { not: 'open' } })),
      ),
      thresholds: from(0.95),
      links: [toDashboard('Human oversight', 'oversight')],
    }),
  ] as const;
}
