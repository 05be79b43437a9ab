/** The values that labels have in the story: as long as real ones are, so that what cuts them off is seen. */

export const workflows: readonly string[] = ['mail-moderation', 'credit-limit-increases', 'claims-triage'];
export const models = [
  { workflow: 'mail-moderation', name: 'spam-logit', versions: ['3.1.0', '3.2.0'] },
  { workflow: 'credit-limit-increases', name: 'limit-scorer', versions: ['2026.10.2', '2026.11.1'] },
  { workflow: 'claims-triage', name: 'claims-router-large', versions: ['7'] },
] as const satisfies readonly { workflow: string; name: string; versions: readonly string[] }[];

const everywhere: Readonly<Record<string, readonly string[]>> = {
  actor: ['ai', 'human'],
  action: ['accept', 'reject', 'modify', 'escalate', 'rollback'],
  route: ['auto', 'human'],
  result: ['right', 'wrong'],
  priority: ['P1', 'P2', 'P3'],
  certainty: ['sure', 'unsure'],
  standing: ['reliable', 'doubtful', 'unknown'],
  bound: ['lower', 'upper'],
  state: ['waiting', 'claimed'],
  monitor: [
    'input_drift',
    'prediction_drift',
    'concept_drift',
    'calibration',
    'override_rate',
    'latency',
    'data_sources',
    'sla',
    'reviewers',
  ],
  tier: ['info', 'action_required', 'incident'],
  feature: [
    'income_monthly',
    'days_since_last_payment',
    'links',
    'language',
    'sender_reputation',
    'has_attachment',
    'amount',
    'region',
  ],
  segment: ['age_band', 'region', 'language'],
  source: ['credit bureau', 'inbox', 'policy register'],
  autonomy: ['automatic'],
  risk_tier: ['low', 'medium', 'high'],
  kind: ['cost', 'saving', 'revenue', 'loss'],
  channel: ['mail', 'pager', 'chat'],
  log: ['main'],
  witness: ['witness.example.com/one', 'auditor.example.org'],
  reason: ['wrong_clock', 'duplicate_id'],
  status: ['200', '503'],
  dependency: ['postgresql', 'nats'],
  part: ['ledger', 'reviews'],
  metric: ['countersign_input_drift_psi'],
  version: ['0.1.0'],
  bin: ['01', '02', '03', '04', '05', '06', '07', '08', '09', '10'],
};
const ofMetric: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  countersign_reviews_total: { result: ['in_time', 'late'] },
  countersign_notifications_waiting: { reason: ['due', 'held'] },
  countersign_planted_errors_total: { result: ['found', 'missed'] },
  countersign_notifications_total: { result: ['sent', 'retry', 'undeliverable', 'not_sent'] },
  countersign_witness_requests_total: { result: ['signed', 'unreachable', 'refused'] },
  countersign_snapshots_total: { result: ['filed', 'too_large'] },
  countersign_otlp_spans_total: { result: ['sent', 'rejected', 'passed_over'] },
  countersign_prediction_drift_psi: { feature: ['label', 'confidence'] },
  countersign_breaker_state: { state: ['closed', 'half_open', 'open', 'forced_open'] },
  countersign_breaker_changed_timestamp_seconds: { state: ['closed', 'half_open', 'open'] },
  countersign_breaker_changes_total: { state: ['closed', 'half_open', 'open', 'forced_open'] },
  countersign_incidents: { state: ['open', 'acknowledged', 'resolved'] },
  countersign_http_request_seconds: {
    route: [
      '/v1/reviews',
      '/v1/reviews/:id/decide',
      '/v1/audit/records',
      '/v1/evidence/cases/:id',
      '/v1/response',
      '/v1/loops',
    ],
    status: ['200', '500'],
  },
};

export function labelValues(metric: string, label: string): readonly string[] {
  const values = ofMetric[metric]?.[label] ?? everywhere[label];
  if (values === undefined) throw new TypeError(`The story has no values of ${label}, which ${metric} has`);
  return values;
}
