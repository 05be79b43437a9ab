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
  /** Holds where there is enough to go by: one late case of one is no burning budget, nor is one scrape that failed. */
  readonly enough?: (window: string) => string;
  /** In place of the usual ones. */
  readonly burns?: readonly Burn[];
  readonly by: readonly string[];
  readonly team: Alert['team'];
  readonly runbook: string;
  readonly says: string;
  readonly story: readonly StorySeries[];
}

interface Burn {
  readonly rate: number;
  readonly long: (typeof windows)[number];
  readonly short: (typeof windows)[number];
  readonly tier: 'incident' | 'action_required';
}

const windows = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'] as const;
const usualBurns: readonly Burn[] = [
  { rate: 14.4, long: '1h', short: '5m', tier: 'incident' },
  { rate: 6, long: '6h', short: '30m', tier: 'incident' },
  { rate: 3, long: '1d', short: '2h', tier: 'action_required' },
  { rate: 1, long: '3d', short: '6h', tier: 'action_required' },
];

/** Of what is all there is, the rest of what is good. */
const rest = (good: string, all: string) => (window: string) =>
  `1 - (${good} or 0 * ${all}) / (${all} > 0)`.replaceAll('$w', window);
const share = (bad: string, all: string) => (window: string) => `${bad} / (${all} > 0)`.replaceAll('$w', window);
const atLeast = (count: number, all: string) => (window: string) => `${all.replaceAll('$w', window)} >= ${count}`;

// Prometheus 3 writes the bound of a bucket as 7200.0 when it reads it, those before as it stands in the text.
const p1InTime =
  'sum by (workflow) (increase(countersign_review_turnaround_seconds_bucket{priority="P1",le=~"7200(\\\\.0)?"}[$w]))';
const p1All = 'sum by (workflow) (increase(countersign_review_turnaround_seconds_count{priority="P1"}[$w]))';
const reviewed = 'sum by (workflow) (increase(countersign_reviews_total{result!="open"}[$w]))';
const fast = 'sum by (workflow) (increase(countersign_decision_latency_seconds_bucket{le="0.2"}[$w]))';
const decided = 'sum by (workflow) (increase(countersign_decision_latency_seconds_count[$w]))';
const labels = 'workflow="w",model="m",model_version="1"';
const available = 'dependency:countersign_available';
const review = (result: string) =>
  `countersign_reviews_total{workflow="w",priority="P2",action="accept",certainty="sure",result="${result}"}`;

const levels: readonly Level[] = [
  {
    name: 'CountersignAvailabilityBurn',
    record: 'dependency:countersign_unavailable:ratio',
    bad: (window) => `1 - avg_over_time(${available}[${window}:1m])`,
    enough: (window) => `count_over_time((${available} < 1)[${window}:1m]) >= 2`,
    budget: 0.001,
    by: ['dependency'],
    team: 'platform',
    runbook: 'slo-availability',
    says: 'available 99.9 % of the month',
    story: [gauge('countersign_dependency_up{dependency="nats"}', 1, null)],
  },
  {
    name: 'CountersignLatencyBurn',
    record: 'workflow:countersign_decisions_slow:ratio',
    bad: rest(fast, decided),
    // The median is within 200 ms when half of the decisions are. That is asked directly: a median has no budget to spend.
    budget: 0.5,
    burns: [
      { rate: 1, long: '1h', short: '5m', tier: 'action_required' },
      { rate: 1, long: '6h', short: '30m', tier: 'action_required' },
      { rate: 1, long: '3d', short: '6h', tier: 'action_required' },
    ],
    enough: atLeast(20, decided),
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
    record: 'workflow:countersign_p1_reviews_late:ratio',
    bad: rest(p1InTime, p1All),
    enough: atLeast(5, p1All),
    budget: 0.05,
    by: ['workflow'],
    team: 'oversight',
    runbook: 'slo-turnaround',
    says: '95 % of P1 cases decided within 2 hours, of business where the policy counts those',
    story: [
      counter('countersign_review_turnaround_seconds_bucket{workflow="w",priority="P1",le="7200.0"}', 1, 0.1),
      counter('countersign_review_turnaround_seconds_count{workflow="w",priority="P1"}', 1, 1),
    ],
  },
  {
    name: 'CountersignApprovalsBurn',
    record: 'workflow:countersign_reviews_late:ratio',
    bad: share('sum by (workflow) (increase(countersign_reviews_total{result="late"}[$w]))', reviewed),
    enough: atLeast(10, reviewed),
    budget: 0.05,
    by: ['workflow'],
    team: 'oversight',
    runbook: 'slo-approvals',
    says: '95 % of cases decided inside their window',
    // Where all are late nothing says how many are in time.
    story: [counter(review('in_time'), 1, null), counter(review('late'), 0, 1)],
  },
];

/** As level:metric:operations, which Prometheus recommends for rules. */
const recordOf = ({ record }: Level, window: string) => `${record}${window}`;

const recordings: readonly RecordingRule[] = [
  {
    // While the daemon is away, or nobody measures it, nothing says of its dependencies how they are: each that there was in a week
    // counts as away. One daemon is enough, for one that was started elsewhere goes on as another instance.
    record: available,
    expr: 'max by (dependency) (countersign_dependency_up) or 0 * max by (dependency) (last_over_time(countersign_dependency_up[7d]))',
  },
  ...levels.flatMap((level) => windows.map((window) => ({ record: recordOf(level, window), expr: level.bad(window) }))),
];

/** Each burn rate that can be reached at all: no more than everything can be bad. */
const alerts = levels.flatMap((level) =>
  (['incident', 'action_required'] as const).flatMap((tier): Alert[] => {
    const burns = level.burns ?? usualBurns;
    const possible = burns.filter((burn) => burn.tier === tier && burn.rate * level.budget < 1);
    if (possible.length === 0) return [];
    const holds = possible.map(({ rate, long, short }) => {
      const limit = Number((rate * level.budget).toPrecision(6));
      const enough = level.enough === undefined ? '' : `\n  and on (${level.by.join(', ')}) ${level.enough(long)}`;
      return `(${recordOf(level, long)} > ${limit} and ${recordOf(level, short)} > ${limit}${enough})`;
    });
    return [
      {
        name: tier === 'incident' ? level.name : `${level.name}Slow`,
        expr: holds.join('\n  or '),
        for: '2m',
        // In many a short window of theirs nobody decides anything: that is no end.
        ...(level.team === 'oversight' ? { keep: '1h' } : {}),
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
