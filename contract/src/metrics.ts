/** Every metric of the daemon: one table from which it is registered, documented and drawn. Prometheus naming. */

export interface Metric {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds, in the unit of the name. */
  readonly buckets?: readonly number[];
}

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export const metrics = {
  countersign_decisions_total: {
    type: 'counter',
    help: 'Decisions recorded, by who took them and how.',
    labels: ['workflow', 'model_version', 'actor', 'action', 'route'],
  },
  countersign_decision_latency_seconds: {
    type: 'histogram',
    help: 'Time the AI took for a decision, as the service measured it.',
    labels: ['workflow', 'model_version'],
    buckets: seconds,
  },
  countersign_review_seconds: {
    type: 'histogram',
    help: 'Time a case was in front of a reviewer before the decision.',
    labels: ['workflow'],
    buckets: [1, 5, 10, 30, 60, 120, 300, 600, 1800],
  },
  countersign_override_ratio: {
    type: 'gauge',
    help: 'Share of the newest reviewed AI decisions that people changed. Absent while there is too little data.',
    labels: ['workflow', 'model_version'],
  },
  countersign_override_evidence: {
    type: 'gauge',
    help: 'E-value against the baseline override rate: 1 is none, the policy names the alarm thresholds.',
    labels: ['workflow', 'model_version'],
  },
  countersign_alerts: {
    type: 'gauge',
    help: 'Open alerts.',
    labels: ['workflow', 'tier'],
  },
  countersign_incidents: { type: 'gauge', help: 'Incidents that are not closed.', labels: ['workflow', 'state'] },
  countersign_notifications_total: {
    type: 'counter',
    help: 'Attempts to tell people of incidents, by what came of each.',
    labels: ['channel', 'result'],
  },
  countersign_notifications_waiting: { type: 'gauge', help: 'Messages to people that are not sent yet.', labels: [] },
  countersign_breaker_state: {
    type: 'gauge',
    help: 'Decision authority: 1 for the state the breaker is in, 0 for the others.',
    labels: ['workflow', 'model', 'state'],
  },
  countersign_review_queue_cases: {
    type: 'gauge',
    help: 'Cases that wait for a person.',
    labels: ['workflow', 'state'],
  },
  countersign_review_queue_oldest_seconds: {
    type: 'gauge',
    help: 'Age of the case that has waited longest.',
    labels: ['workflow'],
  },
  countersign_ledger_records: { type: 'gauge', help: 'Records in the ledger.', labels: ['log'] },
  countersign_ledger_append_seconds: {
    type: 'histogram',
    help: 'Duration of one append transaction, a batch each.',
    labels: ['log'],
    buckets: seconds,
  },
  countersign_ledger_checkpoint_age_seconds: {
    type: 'gauge',
    help: 'Time since the newest checkpoint was signed.',
    labels: ['log'],
  },
  countersign_witness_requests_total: {
    type: 'counter',
    help: 'Checkpoints shown to witnesses, by what came of it.',
    labels: ['witness', 'result'],
  },
  countersign_ingest_lag_messages: {
    type: 'gauge',
    help: 'Messages in the stream that are not acknowledged yet.',
    labels: [],
  },
  countersign_ingest_duplicates_total: { type: 'counter', help: 'Events that were in the ledger already.', labels: [] },
  countersign_dead_letters_total: { type: 'counter', help: 'Messages refused, by reason.', labels: ['reason'] },
  countersign_snapshots_total: { type: 'counter', help: 'Input snapshots filed, by result.', labels: ['result'] },
  countersign_otlp_requests_total: {
    type: 'counter',
    help: 'Requests to the OTLP listener, by the status they were answered with.',
    labels: ['status'],
  },
  countersign_otlp_spans_total: {
    type: 'counter',
    help: 'Spans received over OTLP: sent on as events, rejected with a reason, or no decisions and passed over.',
    labels: ['result'],
  },
  countersign_outbox_pending: { type: 'gauge', help: 'Verdicts committed and not yet on NATS.', labels: [] },
  countersign_http_request_seconds: {
    type: 'histogram',
    help: 'Duration of HTTP requests.',
    labels: ['route', 'status'],
    buckets: seconds,
  },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;
