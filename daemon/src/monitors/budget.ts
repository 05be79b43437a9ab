/**
 * The false-alarm budget: how much evidence an alert takes, so that all streams of a workflow together raise no more
 * false incidents in the stated time than the operator puts up with.
 */
import type { AlertTier } from '@countersign/contract';
import type { Rules } from './rules.ts';

/** The share of the budget of each monitor that can raise incidents; together the whole. */
export const incidentShares = { override_rate: 0.5, concept_drift: 0.3, calibration: 0.2 } as const;

/** False alarms of the lower tiers for each false incident: about one a week of the lowest, with the default budget. */
const perIncident: Readonly<Record<AlertTier, number>> = { incident: 1, action_required: 3, info: 12 };

/** Monitors that raise no incidents spend nothing of its budget; each has this share of the lower tiers'. */
export const lowerShare = 0.1;

/**
 * How much of the budget's time is spent on the n-th event of a stream: the time that passed since the one before, and a
 * little for each event, so that a burst is found though no time passes. The latter is below 3 % of the budget for a
 * billion events, because harmonic numbers grow so slowly.
 */
export const spentOn = (passedMs: number, horizonMs: number, n: number): number =>
  Math.max(passedMs, 0) / horizonMs + 1 / (1_000 * n);

/**
 * Evidence at which each tier is reached by a stream that has this share of the budget. The evidence grows by what
 * is spent, so thresholds do not depend on how many events there are.
 */
export function thresholdsOf({ budget }: Rules, share: number): Readonly<Record<AlertTier, number>> {
  const threshold = (tier: AlertTier) => 1 / (budget.incidents * perIncident[tier] * share);
  return { info: threshold('info'), action_required: threshold('action_required'), incident: threshold('incident') };
}
