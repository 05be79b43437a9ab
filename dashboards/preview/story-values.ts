/** What the metrics of the story are, over time: the new version of one model goes wrong after four hours. */
import type { Labels } from './story.ts';

const hour = 3_600;
const wrongFrom = 4 * hour;
const openedAt = 4.5 * hour;
const halfOpenAt = 5.5 * hour;

/** Of a label set, always the same: from 0 to 1. */
function fraction(text: string): number {
  let hash = 2_166_136_261;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16_777_619);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
}
const noise = (key: string, sinceStart: number) => fraction(`${key}${sinceStart}`) - 0.5;

const isWrong = ({ workflow, model_version, model }: Labels, sinceStart: number) =>
  workflow === 'credit-limit-increases' &&
  (model === undefined || model_version !== '2026.10.2') &&
  sinceStart > wrongFrom;

/** Combinations that do not happen. */
export function isAbsent(metric: string, { feature, workflow, source, actor, route, reason, status }: Labels): boolean {
  if (metric === 'countersign_decisions_total') return actor === 'human' && route === 'auto';
  if (source === 'credit bureau') return workflow !== 'credit-limit-increases';
  if (source === 'inbox') return workflow !== 'mail-moderation';
  if (source === 'policy register') return workflow !== 'claims-triage';
  if (metric === 'countersign_http_request_seconds' && status === '500') return !(route ?? '').includes('audit');
  return reason === 'never' || (feature === 'links' && workflow === 'claims-triage');
}

type GaugeOf = (labels: Labels, sinceStart: number, time: number) => number | null;
const wave = (key: string, sinceStart: number, base: number, size: number) =>
  base + size * Math.sin(sinceStart / 2_500 + 6 * fraction(key)) + size * 0.5 * noise(key, sinceStart);
const keyOf = (labels: Labels) =>
  Object.values(labels)
    .filter((value) => value !== 'lower' && value !== 'upper')
    .join();

/** A share that rises by `lift` where the model is wrong. */
const share =
  (base: number, size: number, lift = 0): GaugeOf =>
  (labels, at) =>
    Math.min(
      1,
      Math.max(
        0,
        wave(keyOf(labels), at, base, size) + (isWrong(labels, at) ? lift * Math.min(1, (at - wrongFrom) / hour) : 0),
      ),
    );
const within =
  (value: GaugeOf, width: number): GaugeOf =>
  (labels, at, time) => {
    const middle = value(labels, at, time);
    return middle === null ? null : middle + (labels['bound'] === 'upper' ? width : -width);
  };
const only =
  (value: (labels: Labels) => boolean, gauge: GaugeOf): GaugeOf =>
  (labels, at, time) =>
    value(labels) ? gauge(labels, at, time) : 0;

const tierOf = ({ monitor, ...labels }: Labels, at: number): number => {
  if (!isWrong(labels, at))
    return monitor === 'latency' && labels['workflow'] === 'claims-triage' && at > hour && at < 2 * hour ? 1 : 0;
  if (monitor === 'input_drift') return at > wrongFrom + 600 ? 2 : 1;
  if (monitor === 'concept_drift') return at > openedAt ? 3 : 2;
  return monitor === 'override_rate' ? 2 : 0;
};
const binMiddle = ({ bin = '01' }: Labels) => 0.5 + Number(bin) * 0.048;
const observed: GaugeOf = (labels, at) => {
  const bend = isWrong(labels, at) ? 0.12 : 0.01;
  return Math.min(
    0.995,
    binMiddle(labels) - bend * (Number(labels['bin']) / 10) + 0.02 * (fraction(keyOf(labels)) - 0.5),
  );
};
const breakerIs = ({ workflow, risk_tier }: Labels, at: number) => {
  if (workflow !== 'credit-limit-increases' || risk_tier === 'low' || at < openedAt) return 'closed';
  return at < halfOpenAt ? 'open' : 'half_open';
};
const isCredit = ({ workflow }: Labels) => workflow === 'credit-limit-increases';
const afterwards =
  (value: number): GaugeOf =>
  (_, at) =>
    at > openedAt ? value : 0;

const slaMet = share(0.97, 0.01, -0.2);
const agreement = share(0.84, 0.02);
const accuracy = share(0.952, 0.004, -0.09);
const estimate = share(0.95, 0.006, -0.11);
const errors = share(0.045, 0.006, 0.1);
const overrides = share(0.13, 0.015, 0.22);
const inputDrift: GaugeOf = (labels, at) =>
  Math.abs(wave(keyOf(labels), at, 0.03, 0.015)) +
  (isWrong(labels, at) && labels['feature'] === 'income_monthly' ? 0.34 : 0);
const answerDrift = share(0.03, 0.012, 0.12);
const slope: GaugeOf = (labels, at, time) => 2 * (share(0.5, 0.01, -0.12)(labels, at, time) ?? 0);

const gauges: Readonly<Record<string, GaugeOf>> = {
  countersign_reviewers: ({ standing }) => ({ reliable: 6, doubtful: 1, unknown: 2 })[standing ?? ''] ?? 0,
  countersign_reviewer_agreement: agreement,
  countersign_reviewer_agreement_bound: within(agreement, 0.06),
  countersign_sla_met_ratio: slaMet,
  countersign_sla_met_ratio_bound: within(slaMet, 0.02),
  countersign_sla_forecast_late_cases: only(isCredit, afterwards(7)),
  countersign_review_queue_cases: (labels, at) =>
    Math.round(
      Math.max(
        0,
        wave(keyOf(labels), at, labels['state'] === 'waiting' ? 14 : 4, 4) +
          (isWrong(labels, at) ? (at - wrongFrom) / 60 : 0),
      ),
    ),
  countersign_review_queue_overdue_cases: only(isCredit, afterwards(3)),
  countersign_review_queue_oldest_seconds: (labels, at) =>
    Math.max(0, wave(keyOf(labels), at, 400, 200) + (isWrong(labels, at) ? at - wrongFrom : 0)),
  countersign_intake_stopped: () => 0,
  countersign_signal_tier: tierOf,
  countersign_signal_conclusive: ({ model_version, monitor }) =>
    Number(!(model_version === '7' && monitor === 'calibration')),
  countersign_signal_evidence: (labels, at) =>
    10 ** Math.max(0, wave(keyOf(labels), at, 0.4, 0.4) + (tierOf(labels, at) > 0 ? (at - wrongFrom) / 1_500 : 0)),
  countersign_signal_evidence_threshold: ({ tier }) =>
    ({ info: 1e3, action_required: 1e4, incident: 1e5 })[tier ?? ''] ?? 1,
  countersign_input_drift_psi: inputDrift,
  countersign_input_drift_psi_bound: within(inputDrift, 0.02),
  countersign_prediction_drift_psi: answerDrift,
  countersign_prediction_drift_psi_bound: within(answerDrift, 0.015),
  countersign_calibration_error_ratio: share(0.014, 0.003, 0.05),
  countersign_calibration_error_beyond_chance_ratio: share(0.006, 0.003, 0.045),
  countersign_calibration_slope: slope,
  countersign_calibration_slope_bound: within(slope, 0.09),
  countersign_calibration_forecast_ratio: binMiddle,
  countersign_calibration_observed_ratio: observed,
  countersign_calibration_observed_ratio_bound: within(observed, 0.03),
  countersign_calibration_outcomes: (labels, at) => 400 + Math.round(fraction(keyOf(labels)) * 900 + at / 30),
  countersign_brier_score: share(0.041, 0.002, 0.05),
  countersign_accuracy_ratio: accuracy,
  countersign_accuracy_ratio_bound: within(accuracy, 0.012),
  countersign_accuracy_estimate_ratio: estimate,
  countersign_accuracy_estimate_ratio_bound: within(estimate, 0.02),
  countersign_error_ratio: errors,
  countersign_error_ratio_bound: within(errors, 0.015),
  countersign_override_ratio: overrides,
  countersign_override_ratio_bound: within(overrides, 0.04),
  countersign_fairness_gap_ratio: share(0.02, 0.008, 0.035),
  countersign_data_source_missing_ratio: share(0, 0.001),
  countersign_data_source_stale_ratio: share(0.004, 0.004, 0.3),
  countersign_model_version_info: () => 1,
  countersign_model_first_seen_timestamp_seconds: ({ model_version }, at, time) => {
    const seen = { '2026.11.1': 3.5 * hour, '3.2.0': 1.2 * hour }[model_version ?? ''];
    return time - at + (seen ?? -30 * 24 * hour);
  },
  countersign_breaker_state: (labels, at) => Number(breakerIs(labels, at) === labels['state']),
  countersign_breaker_changed_timestamp_seconds: (labels, at, time) => {
    if (breakerIs(labels, at) !== labels['state']) return null;
    const since: Readonly<Record<string, number>> = { open: openedAt, half_open: halfOpenAt };
    return time - at + (since[labels['state'] ?? ''] ?? -20 * 24 * hour);
  },
  countersign_alerts: (labels, at) =>
    isWrong(labels, at)
      ? ({ info: 1, action_required: 2, incident: at > openedAt ? 1 : 0 }[labels['tier'] ?? ''] ?? 0)
      : 0,
  countersign_incidents: only(isCredit, ({ state }, at) => {
    if (at < openedAt) return 0;
    return Number(state === (at < openedAt + 900 ? 'open' : 'acknowledged'));
  }),
  countersign_incident_unacknowledged_seconds: only(isCredit, (_, at) =>
    at > openedAt && at < openedAt + 900 ? at - openedAt : 0,
  ),
  countersign_notifications_waiting: (_, at) => (at > openedAt && at < openedAt + 180 ? 2 : 0),
  countersign_outbox_pending: (_, at) => Math.round(Math.max(0, wave('outbox', at, 1, 2))),
  countersign_ledger_records: (_, at) => 1_840_000 + at * 4.2,
  countersign_ledger_unsigned_records: (_, at) => Math.round(Math.abs(wave('unsigned', at, 8, 6))),
  countersign_ledger_checkpoint_age_seconds: (_, at) => Math.abs(wave('checkpoint', at, 2, 1)),
  countersign_witness_lag_records: (labels, at) => Math.round(Math.abs(wave(keyOf(labels), at, 20, 15))),
  countersign_database_bytes: (_, at) => 48.2e9 + at * 9_000,
  countersign_ingest_lag_messages: (_, at) => Math.round(Math.abs(wave('lag', at, 10, 8))),
  countersign_dead_letters_waiting: () => 2,
  countersign_dependency_up: ({ dependency }, at) =>
    Number(!(dependency === 'nats' && at > 2 * hour && at < 2 * hour + 400)),
  countersign_build_info: () => 1,
  process_resident_memory_bytes: (_, at) => 240e6 + wave('memory', at, 0, 6e6),
  process_start_time_seconds: (_, at, time) => time - at - 9 * 24 * hour,
  nodejs_heap_size_used_bytes: (_, at) => 90e6 + wave('heap', at, 0, 15e6),
  nodejs_eventloop_lag_p99_seconds: (_, at) => Math.abs(wave('loop', at, 0.014, 0.004)),
};

export function gaugeValue(metric: string, labels: Labels, sinceStart: number, time: number): number | null {
  const gauge = gauges[metric];
  if (gauge === undefined) throw new TypeError(`The story does not say what ${metric} is`);
  return gauge(labels, sinceStart, time);
}

/** A second, of each combination of labels. */
const rates: Readonly<Record<string, number>> = {
  countersign_outcome_money_minor_units_total: 900,
  countersign_alerts_raised_total: 0.00004,
  countersign_breaker_changes_total: 0,
  countersign_complaints_total: 0.0006,
  countersign_dead_letters_total: 0.00005,
  countersign_planted_errors_total: 0.003,
  countersign_reviews_total: 0.0006,
  countersign_review_seconds: 0.03,
  countersign_review_turnaround_seconds: 0.01,
  countersign_outcomes_total: 0.02,
  countersign_notifications_total: 0.0004,
  countersign_measure_failures_total: 0,
  countersign_series_folded_total: 0.001,
  countersign_ingest_retries_total: 0.0002,
};
const weights: Readonly<Record<string, number>> = {
  accept: 5,
  wrong: 0.08,
  missed: 0.15,
  late: 0.06,
  undeliverable: 0.05,
  retry: 0.2,
  not_sent: 0.1,
  too_large: 0.02,
  refused: 0.05,
  rejected: 0.05,
  unreachable: 0.05,
  escalate: 0.3,
  rollback: 0.05,
  cost: 0.3,
  loss: 0.05,
  human: 0.35,
  '503': 0.01,
  '500': 0.01,
};

export function counterRate(metric: string, labels: Labels): (sinceStart: number) => number {
  const key = `${metric}${keyOf(labels)}`;
  const weight = Object.values(labels).reduce((product, value) => product * (weights[value] ?? 1), 1);
  const rate = (rates[metric] ?? 0.08) * weight * (0.6 + 0.8 * fraction(key));
  return (at) => {
    if (metric === 'countersign_breaker_changes_total') return breakerChanged(labels, at) ? 1 / 60 : 0;
    const stopped = isWrong(labels, at) && at > openedAt && labels['actor'] === 'ai' && labels['route'] === 'auto';
    const busier = isWrong(labels, at) && (labels['action'] === 'reject' || labels['result'] === 'wrong') ? 4 : 1;
    return Math.max(0, rate * busier * (stopped ? 0.05 : 1) * (1 + 0.4 * Math.sin(at / 4_000) + 0.4 * noise(key, at)));
  };
}
const breakerChanged = (labels: Labels, at: number) =>
  breakerIs(labels, at) === labels['state'] && breakerIs(labels, at - 60) !== labels['state'];

/** The shape of a histogram: its median, and how wide it is on a logarithmic scale. */
export function typical(metric: string, { priority }: Labels): { readonly median: number; readonly spread: number } {
  if (metric === 'countersign_decision_confidence_ratio') return { median: 0.86, spread: 0.09 };
  if (metric === 'countersign_review_seconds') return { median: 42, spread: 0.6 };
  if (metric === 'countersign_review_turnaround_seconds')
    return { median: { P1: 150, P2: 700, P3: 5_000 }[priority ?? ''] ?? 600, spread: 0.5 };
  if (metric === 'countersign_ingest_delay_seconds') return { median: 0.12, spread: 0.45 };
  return { median: 0.02, spread: 0.5 };
}
