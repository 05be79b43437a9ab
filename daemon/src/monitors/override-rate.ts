/**
 * How often people change what the AI proposed. Counted are reviews that the AI's answer was sent to: a person reporting
 * an automatic decision as wrong is a complaint, and nobody reports the right ones, so those say nothing about a rate.
 */
import { alertTiers, eventTypes, type AlertTier, type OverrideRatePolicy, type Policy } from '@countersign/contract';
import type { LedgerRecord } from '../ledger/index.ts';
import { evidence, observeBernoulli, startShiryaevRoberts, type ShiryaevRoberts } from '../statistics/index.ts';
import type { Finding, Monitor } from './monitor.ts';

export interface OverrideRateState {
  readonly reviewed: number;
  readonly overridden: number;
  /** The newest reviews, oldest first, true where overridden; at most `minimum_decisions`. */
  readonly recent: readonly boolean[];
  readonly detector: ShiryaevRoberts;
}

export const overrideRate: Monitor<OverrideRateState> = {
  name: 'override_rate',

  start: ({ monitors }) => ({
    reviewed: 0,
    overridden: 0,
    recent: [],
    detector: startShiryaevRoberts(monitors.override_rate),
  }),

  observe: (state, record, { monitors }) => {
    const rule = monitors.override_rate;
    // Authority was given back on the evidence of canaries: what was found before is settled.
    if (record.event.type === eventTypes.breaker && record.event.data.to === 'closed') return restarted(state, rule);
    const overridden = overrideOf(record);
    if (overridden === null) return state;
    const after = {
      reviewed: state.reviewed + 1,
      overridden: state.overridden + Number(overridden),
      recent: [...state.recent, overridden].slice(-rule.minimum_decisions),
      detector: observeBernoulli(state.detector, overridden, rule),
    };
    // The promise of so many reviews between false alarms is for a detector that starts afresh after each.
    const alarmed = evidence(after.detector) >= rule.thresholds.info;
    return alarmed && after.recent.length >= rule.minimum_decisions && !isHigh(after.recent, rule)
      ? { ...after, detector: startShiryaevRoberts(rule) }
      : after;
  },

  signal: (state, policy) => judge(state, policy),
};

const restarted = (state: OverrideRateState, rule: OverrideRatePolicy): OverrideRateState => ({
  ...state,
  recent: [],
  detector: startShiryaevRoberts(rule),
});

/** Whether a review changed the AI's answer; null for a record that is no such review, or not the first of its case. */
function overrideOf({ event, about, firstAnswer }: LedgerRecord): boolean | null {
  if (event.type !== eventTypes.humanDecision || about === null || !firstAnswer) return null;
  const asked = about.route === 'human' || event.data.lease_epoch !== undefined;
  if (!asked || event.data.action === 'rollback') return null;
  return event.data.action !== 'accept';
}

function judge(state: OverrideRateState, { monitors }: Policy): Finding {
  const rule = monitors.override_rate;
  const { reviewed, overridden, recent } = state;
  const value = evidence(state.detector);
  const recentRate = rateOf(recent);
  const enough = reviewed >= rule.minimum_decisions;
  const tier = isHigh(recent, rule) ? tierOf(value, enough, rule) : null;
  const shown = {
    reviewed,
    overridden,
    rate: overridden / Math.max(reviewed, 1),
    recent_reviewed: recent.length,
    recent_rate: recentRate,
    baseline: rule.baseline,
    e_value: value,
  };
  if (!enough && tier === null) {
    const summary = `Too early to tell: ${reviewed} of ${rule.minimum_decisions} reviews are in.`;
    return { tier: null, conclusive: false, value: null, summary, evidence: shown };
  }
  return {
    tier,
    conclusive: true,
    value: shown.rate,
    summary:
      `People changed ${percent(recentRate)} of the last ${recent.length} reviewed decisions; ` +
      `${percent(rule.baseline)} is usual.`,
    evidence: shown,
  };
}

/** The evidence is valid however few the reviews; an incident, which stops the AI, also takes enough of them. */
function tierOf(value: number, enough: boolean, rule: OverrideRatePolicy): AlertTier | null {
  const reached = alertTiers.findLast((tier) => value >= rule.thresholds[tier]) ?? null;
  return reached === 'incident' && !enough ? 'action_required' : reached;
}

const rateOf = (recent: readonly boolean[]) => recent.filter(Boolean).length / Math.max(recent.length, 1);
const isHigh = (recent: readonly boolean[], rule: OverrideRatePolicy) =>
  rateOf(recent) >= rule.baseline + rule.minimum_lift;
const percent = (share: number) => `${Math.round(share * 100)} %`;
