/** What is wrong with models, as the monitors find it. */
import { gauge, counter, type Alert, type Group } from './alert.ts';

const labels = 'workflow="w",model="m",model_version="1"';
const where = '{{ $labels.model }} {{ $labels.model_version }} in {{ $labels.workflow }}';

/** What a monitor looks at: a version of a model, or all that people do in a workflow. */
const scopes = {
  model: { where, dashboard: 'Model health', labels },
  oversight: {
    where: '{{ $labels.workflow }}',
    dashboard: 'Human oversight',
    labels: 'workflow="w",model="*",model_version="*"',
  },
} as const;

/** By a monitor's tier: `action_required` for tier 2, `incident` for tier 3. */
export function found(
  name: string,
  monitors: string,
  runbook: string,
  summary: string,
  description: string,
  team: keyof typeof scopes = 'model',
): Alert[] {
  const scope = scopes[team];
  const [first = ''] = monitors.split('|');
  const of = (tier: 'action_required' | 'incident', level: number): Alert => ({
    name: tier === 'incident' ? `${name}Incident` : name,
    expr: `max by (workflow, model, model_version, monitor) (countersign_signal_tier{monitor=~"${monitors}"}) == ${level}`,
    for: '0m',
    tier,
    team,
    runbook,
    summary: `${summary}: ${scope.where}`,
    description: `${description} The evidence is on the Response page of the app, the picture on the dashboard ${scope.dashboard}.`,
    story: { series: [gauge(`countersign_signal_tier{${scope.labels},monitor="${first}"}`, 0, level)] },
  });
  return [of('action_required', 2), of('incident', 3)];
}

export const model: Group = {
  name: 'countersign-model',
  interval: '1m',
  rules: [
    ...found(
      'CountersignDrift',
      'input_drift|prediction_drift',
      'input_drift',
      'Inputs or answers are not as in the reference',
      'What comes in, or what the model answers, has moved so far that what was measured before may not hold.',
    ),
    ...found(
      'CountersignCalibration',
      'calibration',
      'calibration',
      'Confidence does not mean what it says',
      'The AI is right more or less often than its confidence says, beyond chance.',
    ),
    ...found(
      'CountersignOverrides',
      'override_rate',
      'override_rate',
      'People change more decisions than usual',
      'The share of reviewed decisions that people changed is above its baseline.',
    ),
    ...found(
      'CountersignErrors',
      'concept_drift',
      'concept_drift',
      'More decisions turn out wrong than usual',
      'Outcomes show the AI wrong more often than its baseline.',
    ),
    ...found(
      'CountersignFairness',
      'fairness',
      'fairness',
      'A group is treated unlike the rest',
      'A group of a segment is decided unlike the rest by more than the policy allows.',
    ),
    ...found(
      'CountersignDataSource',
      'data_sources',
      'data_sources',
      'A data source is missing or too old',
      'Decisions are made without a data source of the policy, or on data older than it allows.',
    ),
    ...found(
      'CountersignSlowModel',
      'latency',
      'latency',
      'Decisions take longer than the policy allows',
      'Too many decisions take longer than the limit of the policy.',
    ),
    ...found(
      'CountersignCounts',
      'event_counts',
      'event_counts',
      'A rule of the policy that counts events holds',
      'More, or fewer, of what the rule counts came within its time than the policy allows.',
    ),
    ...found(
      'CountersignBusiness',
      'business',
      'business',
      'What decisions cost has risen',
      'Money, or complaints, of the newest decisions are beyond what the policy allows.',
    ),
    ...found(
      'CountersignAccuracy',
      'accuracy',
      'accuracy',
      'The AI is right less often than it has to be',
      'Outcomes, or the estimate before there are any, are below what the policy wants.',
    ),
    {
      name: 'CountersignModelInconclusive',
      expr: `min by (workflow, model, model_version) (countersign_signal_conclusive{monitor=~"input_drift|calibration|override_rate"}) == 0
  and on (workflow, model, model_version) sum by (workflow, model, model_version) (increase(countersign_decisions_total{actor="ai"}[1d])) > 1000`,
      for: '1d',
      tier: 'info',
      team: 'model',
      runbook: 'inconclusive',
      summary: `Nothing can be said of ${where}`,
      description:
        'It has decided more than 1,000 cases in a day, and a monitor still has too little to go by: no news is no good news.',
      story: {
        hours: 72,
        series: [
          gauge(`countersign_signal_conclusive{${labels},monitor="calibration"}`, 1, 0),
          counter(`countersign_decisions_total{${labels},actor="ai",action="accept",route="auto"}`, 10, 10),
        ],
      },
    },
    {
      name: 'CountersignModelUndeclared',
      expr: `max by (workflow, model, model_version) (countersign_model_version_info{autonomy="undeclared"}) == 1
  and on (workflow, model, model_version) (
    sum by (workflow, model, model_version) (increase(countersign_decisions_total{actor="ai"}[1h])) > 0
    or time() - max by (workflow, model, model_version) (countersign_model_first_seen_timestamp_seconds) < 3600
  )`,
      for: '5m',
      tier: 'action_required',
      team: 'model',
      runbook: 'undeclared-model',
      summary: `${where} decides and nobody has declared it`,
      description:
        'Change control knows nothing of this version, so that it has no authority: all it decides goes to people.',
      story: {
        series: [
          gauge(`countersign_model_version_info{${labels},autonomy="undeclared"}`, 1, 1),
          counter(`countersign_decisions_total{${labels},actor="ai",action="accept",route="human"}`, 0, 5),
        ],
      },
    },
    {
      name: 'CountersignBreakerOpen',
      expr: 'max by (workflow, model, risk_tier) (countersign_breaker_state{state="open"}) == 1',
      for: '0m',
      tier: 'incident',
      team: 'model',
      runbook: 'breaker',
      summary: 'The AI is stopped: {{ $labels.model }} in {{ $labels.workflow }}, risk tier {{ $labels.risk_tier }}',
      description:
        'Its breaker is open: people decide everything. The queue will grow; see the dashboard Human oversight.',
      story: {
        series: [gauge('countersign_breaker_state{workflow="w",model="m",risk_tier="all",state="open"}', 0, 1)],
      },
    },
    {
      name: 'CountersignStoppedByHand',
      expr: 'max by (workflow, model, risk_tier) (countersign_breaker_state{state="forced_open"}) == 1',
      for: '0m',
      tier: 'action_required',
      team: 'model',
      runbook: 'stopped_by_hand',
      summary: 'Somebody has stopped {{ $labels.model }} in {{ $labels.workflow }}, risk tier {{ $labels.risk_tier }}',
      description: 'It stays so until two others give authority back: people decide everything meanwhile.',
      story: {
        series: [gauge('countersign_breaker_state{workflow="w",model="m",risk_tier="all",state="forced_open"}', 0, 1)],
      },
    },
    {
      name: 'CountersignBreakerFlapping',
      expr: 'sum by (workflow, model, risk_tier) (increase(countersign_breaker_changes_total{state="open"}[1h])) > 2',
      for: '0m',
      tier: 'action_required',
      team: 'model',
      runbook: 'breaker',
      summary:
        'The breaker of {{ $labels.model }} in {{ $labels.workflow }} goes to and fro, risk tier {{ $labels.risk_tier }}',
      description: 'It opened {{ printf "%.0f" $value }} times within an hour: what opened it was not mended.',
      story: {
        series: [
          counter('countersign_breaker_changes_total{workflow="w",model="m",risk_tier="all",state="open"}', 0, 1),
        ],
      },
    },
    {
      name: 'CountersignDecisionsStopped',
      // A daemon that was started again knows of none yet, which is not 0; and on Saturday it is not as on Friday.
      expr: `(sum by (workflow) (increase(countersign_decisions_total{actor="ai"}[30m] offset 1w)) > 30)
  unless on (workflow) (sum by (workflow) (increase(countersign_decisions_total{actor="ai"}[30m])) > 0)`,
      for: '10m',
      tier: 'action_required',
      team: 'model',
      runbook: 'decisions-stopped',
      summary: 'No decision is recorded any more in {{ $labels.workflow }}',
      description: 'A week ago there were decisions at this hour, and for half an hour there have been none.',
      story: {
        hours: 150,
        series: [counter(`countersign_decisions_total{${labels},actor="ai",action="accept",route="auto"}`, 5, null)],
      },
    },
  ],
};
