/**
 * The service levels, as multi-window burn rates: how fast the error budget of 30 days is spent, over a long window, and over a
 * short one so that the alert ends when it is over. Source: Google, The Site Reliability Workbook, chapter 5.
 */
import { counter, gauge, type Alert, type Group, type RecordingRule, type StorySeries } from './alert.ts';

interface Level {
  readonly name: string;
  readonly record: string;
  /** Share of what is bad, over a window. */
  readonly bad: (window: string) => string;
  /** Share of what may be bad. */
  readonly budget: number;
  readonly by: readonly string[];
  readonly team: Alert['team'];
  readonly runbook: string;
  readonly says: string;
  readonly story: readonly StorySeries[];
}

const windows = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'] as const;
const burns = [
  { rate: 14.4, long: '1h', short: '5m', tier: 'incident' },
  { rate: 6, long: '6h', short: '30m', tier: 'incident' },
  { rate: 3, long: '1d', short: '2h', tier: 'action_required' },
  { rate: 1, long: '3d', short: '6h', tier: 'action_required' },
] as const;

const ratio = (good: string, all: string) => (window: string) =>
  `1 - ${good.replaceAll('$w', window)} / (${all.replaceAll('$w', window)} > 0)`;
const labels = 'workflow="w",model="m",model_version="1"';
const review = (result: string) =>
  `countersign_reviews_total{workflow="w",priority="P2",action="accept",certainty="sure",result="${result}"}`;

const levels: readonly Level[] = [
  {
    name: 'CountersignAvailabilityBurn',
    record: 'countersign:availability:bad_ratio',
    // While the daemon is away nothing says of its dependencies how they are: it is as if they were away.
    bad: (window) =>
      `1 - min by (dependency) (sum_over_time(countersign_dependency_up[${window}])) / on () group_left max(count_over_time(up{job="countersign"}[${window}]))`,
    budget: 0.001,
    by: ['dependency'],
    team: 'platform',
    runbook: 'slo-availability',
    says: 'available 99.9 % of the month',
    story: [
      gauge('countersign_dependency_up{dependency="nats"}', 1, 0),
      gauge('up{job="countersign",instance="a"}', 1, 1),
    ],
  },
  {
    name: 'CountersignLatencyBurn',
    record: 'countersign:latency:bad_ratio',
    bad: ratio(
      'sum by (workflow) (increase(countersign_decision_latency_seconds_bucket{le="0.2"}[$w]))',
      'sum by (workflow) (increase(countersign_decision_latency_seconds_count[$w]))',
    ),
    // The median is within 200 ms when half of the decisions are. With a budget of a half no burn rate above 2 can be.
    budget: 0.5,
    by: ['workflow'],
    team: 'model',
    runbook: 'slo-latency',
    says: 'half of the decisions within 200 ms',
    story: [
      counter(`countersign_decision_latency_seconds_bucket{${labels},le="0.2"}`, 60, 5),
      counter(`countersign_decision_latency_seconds_count{${labels}}`, 60, 60),
    ],
  },
  {
    name: 'CountersignP1TurnaroundBurn',
    record: 'countersign:p1_turnaround:bad_ratio',
    bad: ratio(
      'sum by (workflow) (increase(countersign_review_turnaround_seconds_bucket{priority="P1",le="7200"}[$w]))',
      'sum by (workflow) (increase(countersign_review_turnaround_seconds_count{priority="P1"}[$w]))',
    ),
    budget: 0.05,
    by: ['workflow'],
    team: 'oversight',
    runbook: 'slo-turnaround',
    says: '95 % of P1 cases decided within 2 hours, of business where the policy counts those',
    story: [
      counter('countersign_review_turnaround_seconds_bucket{workflow="w",priority="P1",le="7200"}', 1, 0.1),
      counter('countersign_review_turnaround_seconds_count{workflow="w",priority="P1"}', 1, 1),
    ],
  },
  {
    name: 'CountersignApprovalsBurn',
    record: 'countersign:approvals:bad_ratio',
    bad: ratio(
      'sum by (workflow) (increase(countersign_reviews_total{result="in_time"}[$w]))',
      'sum by (workflow) (increase(countersign_reviews_total[$w]))',
    ),
    budget: 0.05,
    by: ['workflow'],
    team: 'oversight',
    runbook: 'slo-approvals',
    says: '95 % of cases decided inside their window',
    story: [counter(review('in_time'), 1, 0.1), counter(review('late'), 0, 0.9)],
  },
];

const recordOf = ({ record }: Level, window: string) => `${record}_${window}`;

const recordings = levels.flatMap((level) =>
  windows.map((window): RecordingRule => ({ record: recordOf(level, window), expr: level.bad(window) })),
);

/** Each burn rate that can be reached at all: no more than everything can be bad. */
const alerts = levels.flatMap((level) =>
  (['incident', 'action_required'] as const).flatMap((tier): Alert[] => {
    const possible = burns.filter((burn) => burn.tier === tier && burn.rate * level.budget < 1);
    if (possible.length === 0) return [];
    const holds = possible.map(({ rate, long, short }) => {
      const limit = Number((rate * level.budget).toPrecision(6));
      return `(${recordOf(level, long)} > ${limit} and ${recordOf(level, short)} > ${limit})`;
    });
    return [
      {
        name: tier === 'incident' ? level.name : `${level.name}Slow`,
        expr: holds.join('\n  or '),
        for: '2m',
        tier,
        team: level.team,
        runbook: level.runbook,
        summary: `The service level is being missed{{ with $labels.workflow }} in {{ . }}{{ end }}: ${level.says}`,
        description: `{{ humanizePercentage $value }} are not; at this pace the budget of 30 days is spent ${tier === 'incident' ? 'within days' : 'before they are over'}.`,
        story: { hours: tier === 'incident' ? 12 : 96, series: level.story },
      },
    ];
  }),
);

export const recording: Group = { name: 'countersign-recording', interval: '1m', rules: recordings };
export const slo: Group = { name: 'countersign-slo', interval: '1m', rules: alerts };
