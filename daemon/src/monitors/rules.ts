/** What holds for the monitors of a workflow: what its policy says, and the defaults where it says nothing. */
import { monitorDefaults, type Policy } from '@countersign/contract';
import { durationOf } from '../policies/index.ts';

export type Rules = ReturnType<typeof rulesOf>;

/** Throws for a policy that was not checked. */
export function rulesOf(policy: Policy) {
  const { monitors = {}, alerts = {}, loop, review } = policy;
  const { false_alarms, calibration, reviewers } = monitors;
  const budget = { ...monitorDefaults.false_alarms, ...false_alarms };
  const latency = monitors.latency;
  return {
    budget: { incidents: budget.incidents, perMs: durationOf(budget.per) },
    referenceFirst: { ...monitorDefaults.reference, ...monitors.reference }.first,
    labels: review.labels,
    positiveLabel: monitors.positive_label ?? null,
    matureMs: durationOf(monitors.labels_mature_within ?? monitorDefaults.labels_mature_within),
    inputDrift: { ...monitorDefaults.input_drift, ...monitors.input_drift },
    predictionDrift: { ...monitorDefaults.prediction_drift, ...monitors.prediction_drift },
    conceptDrift: { ...monitorDefaults.concept_drift, ...monitors.concept_drift },
    calibration: { ...monitorDefaults.calibration, ...calibration },
    overrideRate: { ...monitorDefaults.override_rate, ...monitors.override_rate },
    counts: (alerts.counts ?? []).map((rule) => ({
      name: rule.name,
      of: rule.of,
      riskTiers: rule.risk_tiers ?? null,
      confidenceBelow: rule.confidence_below ?? null,
      route: rule.route ?? null,
      atLeast: rule.at_least ?? 1,
      withinMs: durationOf(rule.within),
      tier: rule.tier,
    })),
    thresholds: alerts.thresholds ?? [],
    reviewers: { ...monitorDefaults.reviewers, ...reviewers },
    latency:
      latency === undefined
        ? null
        : { withinMs: durationOf(latency.within), share: latency.share ?? monitorDefaults.latency.share },
    slaMetAtLeast: { ...monitorDefaults.sla, ...monitors.sla }.met_at_least,
    business: monitors.business ?? {},
    segments: monitors.fairness?.segments ?? [],
    minimumGap: monitors.fairness?.minimum_gap ?? monitorDefaults.fairness.minimum_gap,
    sources: loop.data_sources.map(({ name, fresh_within }) => ({
      name,
      freshMs: fresh_within === undefined ? null : durationOf(fresh_within),
    })),
  };
}

/** What follows from rules, worked out once for them: every event asks. */
export function oncePerRules<T>(make: (rules: Rules) => T): (rules: Rules) => T {
  const made = new WeakMap<Rules, { readonly value: T }>();
  return (rules) => {
    const known = made.get(rules) ?? { value: make(rules) };
    made.set(rules, known);
    return known.value;
  };
}
