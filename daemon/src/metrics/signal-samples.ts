/** What the monitors find, as gauges: tiers and evidence of each, and the figures that people know them by. */
import { alertTiers, type Signal } from '@countersign/contract';
import { wilsonInterval } from '../statistics/index.ts';
import type { GaugeName } from './registry.ts';
import { calibrationSamples } from './calibration-samples.ts';
import { intervalFrom, sample, samplesWithin, type Sample } from './samples.ts';

/** All gauges that are set here. */
export const signalGauges = [
  'countersign_signal_tier',
  'countersign_signal_conclusive',
  'countersign_signal_evidence',
  'countersign_signal_evidence_threshold',
  'countersign_input_drift_psi',
  'countersign_input_drift_psi_bound',
  'countersign_prediction_drift_psi',
  'countersign_prediction_drift_psi_bound',
  'countersign_calibration_error_ratio',
  'countersign_calibration_error_beyond_chance_ratio',
  'countersign_calibration_slope',
  'countersign_calibration_slope_bound',
  'countersign_calibration_forecast_ratio',
  'countersign_calibration_observed_ratio',
  'countersign_calibration_observed_ratio_bound',
  'countersign_calibration_outcomes',
  'countersign_brier_score',
  'countersign_accuracy_ratio',
  'countersign_accuracy_ratio_bound',
  'countersign_accuracy_estimate_ratio',
  'countersign_accuracy_estimate_ratio_bound',
  'countersign_error_ratio',
  'countersign_error_ratio_bound',
  'countersign_override_ratio',
  'countersign_override_ratio_bound',
  'countersign_fairness_gap_ratio',
  'countersign_data_source_missing_ratio',
  'countersign_data_source_stale_ratio',
  'countersign_reviewers',
  'countersign_reviewer_agreement',
  'countersign_reviewer_agreement_bound',
  'countersign_sla_met_ratio',
  'countersign_sla_met_ratio_bound',
  'countersign_sla_forecast_late_cases',
] as const satisfies readonly GaugeName[];

type Version = { readonly workflow: string; readonly model: string; readonly model_version: string };

export function signalSamples(signals: readonly Signal[]): Sample[] {
  const byMonitor = Map.groupBy(signals, (s) =>
    JSON.stringify([s.workflow_id, s.model_name, s.model_version, s.monitor]),
  );
  return [
    ...[...byMonitor.values()].flatMap(monitorSamples),
    ...signals.flatMap((signal) => figuresOf[signal.monitor]?.(signal, versionOf(signal)) ?? []),
    ...reviewerSamples(signals),
  ];
}

const versionOf = ({ workflow_id, model_name, model_version }: Signal): Version => ({
  workflow: workflow_id,
  model: model_name,
  model_version,
});

/** Of all that one monitor says of one model version. */
function monitorSamples(signals: readonly Signal[]): Sample[] {
  const [first] = signals;
  if (first === undefined) return [];
  const labels = { ...versionOf(first), monitor: first.monitor };
  const tiers = signals.map(({ tier }) => (tier === null ? 0 : alertTiers.indexOf(tier) + 1));
  const eValues = signals.map(({ evidence: { e_value } }) => e_value).filter((value) => typeof value === 'number');
  const thresholds = signals.map(({ evidence }) => evidence['thresholds']).find((value) => value !== undefined);
  return [
    ...sample('countersign_signal_tier', labels, Math.max(...tiers)),
    ...sample('countersign_signal_conclusive', labels, Number(signals.some(({ conclusive }) => conclusive))),
    ...(eValues.length === 0 ? [] : sample('countersign_signal_evidence', labels, Math.max(...eValues))),
    ...alertTiers.flatMap((tier) =>
      sample(
        'countersign_signal_evidence_threshold',
        { ...labels, tier },
        (thresholds as Record<string, unknown> | undefined)?.[tier],
      ),
    ),
  ];
}

/** By monitor, what it measures in its own unit. */
const figuresOf: Readonly<Record<string, (signal: Signal, version: Version) => Sample[]>> = {
  input_drift: ({ evidence }, version) => driftSamples('countersign_input_drift_psi', evidence, version),
  prediction_drift: ({ evidence }, version) => driftSamples('countersign_prediction_drift_psi', evidence, version),
  calibration: ({ evidence }, version) => calibrationSamples(evidence, version),
  accuracy: ({ subject, value, evidence }, version) =>
    subject === null
      ? samplesWithin('countersign_accuracy_ratio', version, value, intervalFrom(evidence['accuracy_interval']))
      : samplesWithin('countersign_accuracy_estimate_ratio', version, value, intervalFrom(evidence)),
  override_rate: ({ subject, value, evidence }, version) =>
    subject === null
      ? samplesWithin('countersign_override_ratio', version, value, value === null ? null : recentInterval(evidence))
      : [],
  concept_drift: ({ subject, value, evidence }, version) =>
    subject === 'outcomes'
      ? samplesWithin('countersign_error_ratio', version, value, value === null ? null : recentInterval(evidence))
      : [],
  fairness: ({ subject, value }, version) =>
    sample('countersign_fairness_gap_ratio', { ...version, segment: subject ?? '' }, value),
  data_sources: ({ subject, value }, version) => {
    const [, source = '', what] = /^(.*): (availability|freshness)$/.exec(subject ?? '') ?? [];
    const labels = { ...version, source };
    if (what === 'availability') return sample('countersign_data_source_missing_ratio', labels, value);
    return what === 'freshness' ? sample('countersign_data_source_stale_ratio', labels, value) : [];
  },
  reviewers: ({ subject, value, evidence, workflow_id }) =>
    subject === null
      ? samplesWithin('countersign_reviewer_agreement', { workflow: workflow_id }, value, intervalFrom(evidence))
      : [],
  sla: ({ subject, value, evidence, workflow_id: workflow }) => {
    if (subject === 'forecast') return sample('countersign_sla_forecast_late_cases', { workflow }, value);
    const missed = value === null ? null : recentInterval(evidence);
    const met = missed === null ? null : { lower: 1 - missed.upper, upper: 1 - missed.lower };
    return samplesWithin('countersign_sla_met_ratio', { workflow }, value, met);
  },
};

function driftSamples(
  name: 'countersign_input_drift_psi' | 'countersign_prediction_drift_psi',
  evidence: Signal['evidence'],
  version: Version,
): Sample[] {
  const features = (evidence['features'] ?? []) as readonly Drifted[];
  return features.flatMap(({ feature, psi, psi_lower, psi_upper }) =>
    samplesWithin(name, { ...version, feature }, psi, intervalFrom([psi_lower, psi_upper])),
  );
}

interface Drifted {
  readonly feature: string;
  readonly psi: number;
  readonly psi_lower: number | null;
  readonly psi_upper: number | null;
}

/** 95 %, of the share among the newest events. */
function recentInterval({ recent_rate, recent_events }: Record<string, unknown>) {
  if (typeof recent_rate !== 'number' || typeof recent_events !== 'number') return null;
  return wilsonInterval(Math.round(recent_rate * recent_events), recent_events);
}

/** How many reviewers stand how; who they are is not for metrics. */
function reviewerSamples(signals: readonly Signal[]): Sample[] {
  const people = signals.filter(({ monitor, subject }) => monitor === 'reviewers' && subject !== null);
  const workflows = new Set(signals.filter(({ monitor }) => monitor === 'reviewers').map((s) => s.workflow_id));
  return [...workflows].flatMap((workflow) => {
    const ofIt = people.filter(({ workflow_id }) => workflow_id === workflow);
    const doubtful = ofIt.filter(({ tier }) => tier !== null).length;
    const reliable = ofIt.filter(({ tier, conclusive }) => tier === null && conclusive).length;
    const counts = { doubtful, reliable, unknown: ofIt.length - doubtful - reliable };
    return Object.entries(counts).flatMap(([standing, n]) =>
      sample('countersign_reviewers', { workflow, standing }, n),
    );
  });
}
