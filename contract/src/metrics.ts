/**
 * Every metric of the daemon: the one table from which it is registered, documented, drawn and alerted on. Names follow
 * Prometheus' conventions: base units, `_total` for counters, `_ratio` from 0 to 1.
 */

export interface Metric {
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Of one sample; null where it is a plain count, a state or an index. */
  readonly unit: 'seconds' | 'ratio' | 'bytes' | 'minor currency units' | null;
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds, in the unit. */
  readonly buckets?: readonly number[];
  /**
   * What `other` says of a gauge with more series than it may have: the worst of them, their sum, or nothing, where no number
   * says anything of all.
   */
  readonly folds?: 'max' | 'min' | 'sum';
}

/** Labels whose values services or models choose: their series are capped, and what is beyond becomes `other`. */
export const openLabels: ReadonlySet<string> = new Set([
  'workflow',
  'model',
  'model_version',
  'feature',
  'segment',
  'source',
]);

/** Of a metric, so many combinations of open labels have series of their own. */
export const mostSeries = 200;
/** The value of every open label of what is beyond. */
export const otherSeries = 'other';

const version = ['workflow', 'model', 'model_version'] as const;
const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10];
const delays = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600];

const count = <L extends readonly string[]>(help: string, labels: L) =>
  ({ type: 'counter', unit: null, help, labels }) as const;
const gauge = <L extends readonly string[]>(help: string, labels: L, unit: Metric['unit'] = null) =>
  ({ type: 'gauge', unit, help, labels }) as const;
/** A gauge of which something can be said of all that is beyond the cap. */
const folded = <L extends readonly string[], F extends NonNullable<Metric['folds']>>(
  folds: F,
  help: string,
  labels: L,
  unit: Metric['unit'] = null,
) => ({ type: 'gauge', unit, help, labels, folds }) as const;
const money = <L extends readonly string[]>(help: string, labels: L) =>
  ({ type: 'counter', unit: 'minor currency units', help, labels }) as const;
const histogram = <L extends readonly string[]>(
  help: string,
  labels: L,
  buckets: readonly number[],
  unit: Metric['unit'] = 'seconds',
) => ({ type: 'histogram', unit, help, labels, buckets }) as const;

/** 95 %; of α by resampling, of the slope 99 %. */
const bound = [...version, 'bound'] as const;

export const metrics = {
  // Decisions.
  countersign_decisions_total: count('Decisions recorded, by who took them and how.', [
    ...version,
    'actor',
    'action',
    'route',
  ] as const),
  countersign_decision_confidence_ratio: histogram(
    'Confidence of AI decisions.',
    version,
    [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1],
    'ratio',
  ),
  countersign_decision_latency_seconds: histogram(
    'Time the AI took for a decision, as the service measured it.',
    version,
    seconds,
  ),
  countersign_outcomes_total: count(
    'First outcomes of AI decisions: right or wrong, by the label that turned out true.',
    [...version, 'result'] as const,
  ),
  countersign_outcome_money_minor_units_total: money(
    'Money of outcomes: cost of errors or, below 0, saving; revenue or, below 0, loss.',
    [...version, 'kind'] as const,
  ),
  countersign_complaints_total: count('Complaints about decisions that the AI took.', version),

  // People. No metric names one: Prometheus knows no grants.
  countersign_reviews_total: count(
    'What people said on cases: how, whether the AI was sure (confidence from 0.9), and whether the last word came in time or late; open while it is not the last.',
    ['workflow', 'priority', 'action', 'certainty', 'result'] as const,
  ),
  countersign_review_turnaround_seconds: histogram(
    'Time from a case being queued until a person decided it, in working time where the service level counts business hours.',
    ['workflow', 'priority'] as const,
    [60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400, 259_200],
  ),
  countersign_review_seconds: histogram(
    'Time a case was in front of a reviewer before the decision.',
    ['workflow'] as const,
    [1, 5, 10, 30, 60, 120, 300, 600, 1_800],
  ),
  countersign_planted_errors_total: count('Planted errors that reviewers answered, found or missed.', [
    'workflow',
    'result',
  ] as const),
  countersign_reviewers: gauge(
    'Reviewers, by what planted cases and outcomes say of them: reliable, doubtful, or not known yet.',
    ['workflow', 'standing'] as const,
  ),
  countersign_reviewer_agreement: gauge("Krippendorff's α among reviewers of the same cases: 1 is full agreement.", [
    'workflow',
  ] as const),
  countersign_reviewer_agreement_bound: gauge('Its 95 % interval.', ['workflow', 'bound'] as const),
  countersign_sla_met_ratio: gauge('Share of the newest cases decided in time.', ['workflow'] as const, 'ratio'),
  countersign_sla_met_ratio_bound: gauge('Its 95 % interval.', ['workflow', 'bound'] as const, 'ratio'),
  countersign_sla_forecast_late_cases: folded(
    'sum',
    'Waiting cases that will be decided late at the pace of the newest decisions.',
    ['workflow'] as const,
  ),
  countersign_review_queue_cases: folded('sum', 'Cases that wait for a person.', ['workflow', 'state'] as const),
  countersign_review_queue_overdue_cases: folded('sum', 'Waiting cases that are past their time.', [
    'workflow',
  ] as const),
  countersign_review_queue_oldest_seconds: folded(
    'max',
    'Age of the case that has waited longest.',
    ['workflow'] as const,
    'seconds',
  ),
  countersign_intake_stopped: folded(
    'max',
    '1 while the queue is full and services are told to take on less, else 0.',
    ['workflow'] as const,
  ),

  // Model health.
  countersign_signal_tier: folded(
    'max',
    'The highest tier a monitor has reached: 0 none, 1 info, 2 action_required, 3 incident.',
    [...version, 'monitor'] as const,
  ),
  countersign_signal_conclusive: folded(
    'min',
    '1 when a monitor has enough data to say something, else 0: never healthy.',
    [...version, 'monitor'] as const,
  ),
  countersign_signal_evidence: gauge('Highest e-value of a monitor, to be compared with its thresholds.', [
    ...version,
    'monitor',
  ] as const),
  countersign_signal_evidence_threshold: gauge('The e-value at which a monitor reaches a tier.', [
    ...version,
    'monitor',
    'tier',
  ] as const),
  countersign_input_drift_psi: gauge(
    'Population stability index of the ten features that moved most, against the reference: below 0.1 is stable.',
    [...version, 'feature'] as const,
  ),
  countersign_input_drift_psi_bound: gauge('Its 95 % interval.', [...version, 'feature', 'bound'] as const),
  countersign_prediction_drift_psi: gauge('Population stability index of answers, against the reference.', [
    ...version,
    'feature',
  ] as const),
  countersign_prediction_drift_psi_bound: gauge('Its 95 % interval.', [...version, 'feature', 'bound'] as const),
  countersign_calibration_error_ratio: gauge('Expected calibration error, bins of equal mass.', version, 'ratio'),
  countersign_calibration_error_beyond_chance_ratio: gauge(
    'What of the calibration error a perfectly calibrated model would not show.',
    version,
    'ratio',
  ),
  countersign_calibration_slope: gauge('Slope of the calibration line: below 1 is too sure.', version),
  countersign_calibration_slope_bound: gauge('Its 99 % interval.', bound),
  countersign_calibration_forecast_ratio: gauge(
    'Reliability curve: mean confidence of a bin.',
    [...version, 'bin'] as const,
    'ratio',
  ),
  countersign_calibration_observed_ratio: gauge(
    'Reliability curve: share of a bin that was right.',
    [...version, 'bin'] as const,
    'ratio',
  ),
  countersign_calibration_observed_ratio_bound: gauge(
    'Its 95 % interval.',
    [...version, 'bin', 'bound'] as const,
    'ratio',
  ),
  countersign_calibration_outcomes: gauge('Outcomes behind the calibration.', version),
  countersign_brier_score: gauge('Mean squared difference of confidence and outcome: lower is better.', version),
  countersign_accuracy_ratio: gauge('Share of decisions with an outcome that were right.', version, 'ratio'),
  countersign_accuracy_ratio_bound: gauge('Its 95 % interval.', bound, 'ratio'),
  countersign_accuracy_estimate_ratio: gauge(
    'Share of the newest decisions estimated right from calibrated confidence, before their outcomes are known.',
    version,
    'ratio',
  ),
  countersign_accuracy_estimate_ratio_bound: gauge('Its 95 % interval.', bound, 'ratio'),
  countersign_error_ratio: gauge('Share of the newest outcomes that show the AI wrong.', version, 'ratio'),
  countersign_error_ratio_bound: gauge('Its 95 % interval.', bound, 'ratio'),
  countersign_override_ratio: gauge(
    'Share of the newest reviewed AI decisions that people changed. Absent while there is too little data.',
    version,
    'ratio',
  ),
  countersign_override_ratio_bound: gauge('Its 95 % interval.', bound, 'ratio'),
  countersign_fairness_gap_ratio: gauge(
    'Widest gap between a group of a segment and the rest.',
    [...version, 'segment'] as const,
    'ratio',
  ),
  countersign_data_source_missing_ratio: gauge(
    'Share of the newest decisions that did not name a data source of the policy.',
    [...version, 'source'] as const,
    'ratio',
  ),
  countersign_data_source_stale_ratio: gauge(
    'Share of the newest decisions made on data older than the policy allows.',
    [...version, 'source'] as const,
    'ratio',
  ),
  countersign_model_version_info: folded('max', 'Model versions and how far they have come; always 1.', [
    ...version,
    'autonomy',
  ] as const),
  countersign_model_first_seen_timestamp_seconds: gauge(
    'When a model version first decided or was declared, Unix time.',
    version,
    'seconds',
  ),

  // The response.
  countersign_breaker_state: folded('max', 'Decision authority: 1 for the state the breaker is in, 0 for the others.', [
    'workflow',
    'model',
    'risk_tier',
    'state',
  ] as const),
  countersign_breaker_changed_timestamp_seconds: gauge(
    'When a breaker last came into a state, Unix time.',
    ['workflow', 'model', 'risk_tier', 'state'] as const,
    'seconds',
  ),
  countersign_breaker_changes_total: count('Changes of breakers, by the state they came into.', [
    'workflow',
    'model',
    'risk_tier',
    'state',
  ] as const),
  countersign_alerts: folded('sum', 'Open alerts.', ['workflow', 'tier'] as const),
  countersign_alerts_raised_total: count('Alerts that opened at a tier or rose to it.', [
    'workflow',
    'monitor',
    'tier',
  ] as const),
  countersign_incidents: folded('sum', 'Incidents that are not closed.', ['workflow', 'state'] as const),
  countersign_incident_unacknowledged_seconds: folded(
    'max',
    'Age of the oldest incident that nobody has acknowledged.',
    ['workflow'] as const,
    'seconds',
  ),
  countersign_notifications_total: count('Attempts to tell people of incidents, by what came of each.', [
    'channel',
    'result',
  ] as const),
  countersign_notifications_waiting: gauge(
    'Messages to people that are not sent yet: due, or held back for quiet hours.',
    ['reason'] as const,
  ),
  countersign_outbox_pending: gauge('Verdicts and orders committed and not yet on NATS.', [] as const),

  // The ledger.
  countersign_ledger_records: gauge('Records in the ledger.', ['log'] as const),
  countersign_ledger_unsigned_records: gauge('Records that no published checkpoint covers yet.', ['log'] as const),
  countersign_ledger_checkpoint_age_seconds: gauge(
    'Time since the newest checkpoint was signed.',
    ['log'] as const,
    'seconds',
  ),
  countersign_ledger_append_seconds: histogram(
    'Duration of one append transaction, a batch each.',
    ['log'] as const,
    seconds,
  ),
  countersign_witness_requests_total: count('Checkpoints shown to witnesses, by what came of it.', [
    'witness',
    'result',
  ] as const),
  countersign_witness_lag_records: gauge('Records that a witness has not signed for yet.', ['witness'] as const),
  countersign_database_bytes: gauge('Size of the database.', [] as const, 'bytes'),

  // Intake.
  countersign_ingest_lag_messages: gauge('Messages in the stream that are not acknowledged yet.', [] as const),
  countersign_ingest_delay_seconds: histogram(
    'Time from an event, by the clock of its service, until it was on record.',
    [] as const,
    delays,
  ),
  countersign_ingest_retries_total: count('Batches that were not recorded and are tried again.', [] as const),
  countersign_ingest_duplicates_total: count('Events that were in the ledger already.', [] as const),
  countersign_dead_letters_total: count('Messages refused, by reason.', ['reason'] as const),
  countersign_dead_letters_waiting: gauge('Refused messages that are kept for somebody to look at.', [] as const),
  countersign_snapshots_total: count('Input snapshots filed, by result.', ['result'] as const),
  countersign_otlp_requests_total: count('Requests to the OTLP listener, by the status they were answered with.', [
    'status',
  ] as const),
  countersign_otlp_spans_total: count(
    'Spans received over OTLP: sent on as events, rejected with a reason, or no decisions and passed over.',
    ['result'] as const,
  ),

  // The daemon itself.
  countersign_http_request_seconds: histogram('Duration of HTTP requests.', ['route', 'status'] as const, seconds),
  countersign_dependency_up: gauge('1 when PostgreSQL or NATS answered as this was measured, else 0.', [
    'dependency',
  ] as const),
  countersign_measure_failures_total: count(
    'Parts of these metrics that could not be measured in time; their gauges are absent then.',
    ['part'] as const,
  ),
  countersign_series_folded_total: count('Samples counted under `other`, because a metric has too many series.', [
    'metric',
  ] as const),
  countersign_build_info: gauge('Version of the daemon; always 1.', ['version'] as const),
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;

/** What prom-client says of the daemon's process besides: those that dashboards draw and rules ask. */
export const processMetrics = {
  process_cpu_seconds_total: { type: 'counter', unit: 'seconds', help: 'CPU time of the daemon.', labels: [] },
  process_resident_memory_bytes: { type: 'gauge', unit: 'bytes', help: 'Memory of the daemon.', labels: [] },
  process_start_time_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'When the daemon was started, since 1970.',
    labels: [],
  },
  nodejs_heap_size_used_bytes: {
    type: 'gauge',
    unit: 'bytes',
    help: 'What JavaScript holds of the memory.',
    labels: [],
  },
  nodejs_eventloop_lag_p99_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'How long work waits for other work, 99 % of the time.',
    labels: [],
  },
} as const satisfies Record<string, Metric>;
