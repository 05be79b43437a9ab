/**
 * How often people change what the AI proposed. Counted are reviews that the AI's answer was sent to: a person reporting
 * an automatic decision as wrong is a complaint, and nobody reports the right ones, so those say nothing about a rate.
 */
import { alertTiers, eventTypes, type AlertTier, type OverrideRatePolicy } from '@countersign/contract';
import type { LedgerRecord } from '../ledger/index.ts';
import { evidenceOf, observe, startValues } from '../statistics/index.ts';
import type { Finding, Monitor } from './monitor.ts';

export interface OverrideRateState {
  readonly reviewed: number;
  readonly overridden: number;
  /** The newest reviews, oldest first, true where overridden; at most `minimum_decisions`. */
  readonly recent: readonly boolean[];
  readonly detector: readonly number[];
  /** Whether the rate was found to have risen, and has not come down well below that since. */
  readonly alarmed: boolean;
}

export const overrideRate: Monitor<OverrideRateState> = {
  name: 'override_rate',

  start: ({ monitors }) => ({
    reviewed: 0,
    overridden: 0,
    recent: [],
    detector: startValues(monitors.override_rate.alternatives),
    alarmed: false,
  }),

  observe: (state, record, { monitors }) => {
    const rule = monitors.override_rate;
    // Authority was given back on the evidence of canaries: what was found before is settled.
    if (record.event.type === eventTypes.breaker && record.event.data.to === 'closed') {
      return { ...state, recent: [], detector: startValues(rule.alternatives), alarmed: false };
    }
    const overridden = overrideOf(record);
    if (overridden === null) return state;
    const after = {
      reviewed: state.reviewed + 1,
      overridden: state.overridden + Number(overridden),
      recent: [...state.recent, overridden].slice(-rule.minimum_decisions),
      detector: observed(state.detector, overridden, rule),
    };
    if (!state.alarmed) return { ...after, alarmed: tierOf(after, rule) !== null };
    // The promise of so many reviews between false alarms is for a detector that starts afresh after each.
    return isOver(after.recent, rule)
      ? { ...after, detector: startValues(rule.alternatives), alarmed: false }
      : { ...after, alarmed: true };
  },

  signal: (state, { monitors }) => judge(state, monitors.override_rate),
};

/** Whether a review changed the AI's answer; null for a record that is no such review, or not the first of its case. */
function overrideOf({ event, about, firstAnswer }: LedgerRecord): boolean | null {
  if (event.type !== eventTypes.humanDecision || about === null || !firstAnswer) return null;
  const asked = about.route === 'human' || event.data.lease_epoch !== undefined;
  if (!asked || event.data.action === 'rollback') return null;
  return event.data.action !== 'accept';
}

function judge(state: OverrideRateState, rule: OverrideRatePolicy): Finding {
  const { reviewed, overridden, recent, detector, alarmed } = state;
  const shown = {
    reviewed,
    overridden,
    rate: overridden / Math.max(reviewed, 1),
    recent_reviewed: recent.length,
    recent_rate: rateOf(recent),
    baseline: rule.baseline,
    e_value: evidenceOf(detector),
  };
  if (!alarmed && recent.length < rule.minimum_decisions) {
    const summary = `Too early to tell: ${recent.length} of ${rule.minimum_decisions} reviews are in.`;
    return { tier: null, conclusive: false, value: null, summary, evidence: shown };
  }
  return {
    tier: alarmed ? (tierOf(state, rule) ?? 'info') : null,
    conclusive: true,
    value: shown.rate,
    summary:
      `People changed ${percent(shown.recent_rate)} of the last ${recent.length} reviewed decisions; ` +
      `up to ${percent(rule.baseline)} is usual.`,
    evidence: shown,
  };
}

/** The evidence is valid however few the reviews; an incident, which stops the AI, also takes enough of them. */
function tierOf(
  { recent, detector }: Pick<OverrideRateState, 'recent' | 'detector'>,
  rule: OverrideRatePolicy,
): AlertTier | null {
  if (rateOf(recent) < rule.baseline + rule.minimum_lift) return null;
  const value = evidenceOf(detector);
  const reached = alertTiers.findLast((tier) => value >= rule.thresholds[tier]) ?? null;
  return reached === 'incident' && recent.length < rule.minimum_decisions ? 'action_required' : reached;
}

function observed(before: readonly number[], overridden: boolean, rule: OverrideRatePolicy): number[] {
  const values = [...before];
  observe(values, Number(overridden), rule.baseline, rule.alternatives, 1);
  return values;
}

/** Hysteresis: an alarm ends when a whole window of reviews is less than half the lift above the baseline. */
const isOver = (recent: readonly boolean[], rule: OverrideRatePolicy) =>
  recent.length >= rule.minimum_decisions && rateOf(recent) < rule.baseline + rule.minimum_lift / 2;

const rateOf = (recent: readonly boolean[]) => recent.filter(Boolean).length / Math.max(recent.length, 1);
const percent = (share: number) => `${Math.round(share * 100)} %`;
