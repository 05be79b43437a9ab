/** What decisions cost and bring in, as outcomes tell: cost of errors a decision, revenue, complaints. */
import { eventTypes, type AlertTier } from '@countersign/contract';
import { isComplaint, truthOf } from './answers.ts';
import { lowerShare, thresholdsOf } from './budget.ts';
import type { Finding, Monitor } from './monitor.ts';
import {
  isConclusive,
  observeEvent,
  percent,
  recentRate,
  shownBy,
  startRateWatch,
  type RateRule,
  type RateWatch,
} from './rate-watch.ts';
import { oncePerRules, type Rules } from './rules.ts';

export interface BusinessState {
  /** Money is whole: the smallest unit of the currency. */
  outcomes: number;
  cost: number;
  revenue: number;
  /** What people complained of unasked, and what outcomes say. */
  complaints: number;
  /** Costs of the newest outcomes, a ring. */
  readonly costs: number[];
  next: number;
  tier: AlertTier | null;
  /** Whether each outcome came with a complaint; null when the policy names no limit. */
  readonly complained: RateWatch | null;
}

const window = 500;
const fewest = 50;
const lookEvery = 10;
/** One-sided, 99.9 %: it is looked at often. */
const z = 3.0902;

export const business: Monitor<BusinessState> = {
  per: 'version',
  hears: [eventTypes.humanDecision, eventTypes.outcome],
  rules: ({ business: own, budget }) => [own, budget],
  start: ({ rules }) => {
    const rule = complaintsRule(rules);
    return {
      outcomes: 0,
      cost: 0,
      revenue: 0,
      complaints: 0,
      costs: [],
      next: 0,
      tier: null,
      complained: rule === null ? null : startRateWatch(rule),
    };
  },

  observe: (state, record, { rules, nowMs }) => {
    if (isComplaint(record)) state.complaints += 1;
    const truth = truthOf(record);
    if (truth === null) return false;
    const { cost = 0, revenue = 0, complaints = 0 } = truth.event.data;
    state.outcomes += 1;
    state.cost += cost;
    state.revenue += revenue;
    state.complaints += complaints;
    state.costs[state.costs.length < window ? state.costs.length : state.next] = cost;
    if (state.outcomes > window) state.next = (state.next + 1) % window;
    const rule = complaintsRule(rules);
    const moved =
      state.complained !== null && rule !== null && observeEvent(state.complained, complaints > 0, nowMs, rule);
    return (state.outcomes % lookEvery === 0 && settle(state, rules)) || moved;
  },

  signals: (state, { rules }) => [costFinding(state, rules), revenueFinding(state), complaintsFinding(state, rules)],
};

/** Surely above the limit, or surely above twice the limit; over when the mean is below it. */
function settle(state: BusinessState, { business: { error_cost_at_most: limit } }: Rules): boolean {
  if (limit === undefined || state.costs.length < fewest) return false;
  const before = state.tier;
  const { mean, lower } = meanOf(state.costs);
  if (mean <= limit) state.tier = null;
  else if (lower > 2 * limit) state.tier = 'action_required';
  else if (lower > limit) state.tier ??= 'info';
  return state.tier !== before;
}

function meanOf(costs: readonly number[]): { readonly mean: number; readonly lower: number } {
  const mean = costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
  const variance = costs.reduce((sum, cost) => sum + (cost - mean) ** 2, 0) / Math.max(costs.length - 1, 1);
  return { mean, lower: mean - z * Math.sqrt(variance / costs.length) };
}

function costFinding(state: BusinessState, { business: { error_cost_at_most: limit } }: Rules): Finding {
  const evidence = { outcomes: state.outcomes, cost: state.cost, limit: limit ?? null, recent: state.costs.length };
  if (state.costs.length < fewest) {
    const summary = `Too early to tell: ${state.costs.length} of ${fewest} outcomes are in.`;
    return { subject: 'error cost', tier: state.tier, conclusive: false, value: null, summary, evidence };
  }
  const { mean } = meanOf(state.costs);
  const allowed = limit === undefined ? '' : `; ${limit} is the limit`;
  const summary = `Errors cost ${mean.toFixed(1)} a decision over the last ${state.costs.length} outcomes${allowed}.`;
  return { subject: 'error cost', tier: state.tier, conclusive: true, value: mean, summary, evidence };
}

const revenueFinding = ({ outcomes, revenue }: BusinessState): Finding => ({
  subject: 'revenue',
  tier: null,
  conclusive: outcomes > 0,
  value: outcomes === 0 ? null : revenue / outcomes,
  summary: outcomes === 0 ? 'No outcome is known yet.' : `${outcomes} decisions brought in ${revenue}.`,
  evidence: { outcomes, revenue },
});

function complaintsFinding({ complaints, complained, outcomes }: BusinessState, rules: Rules): Finding {
  const rule = complaintsRule(rules);
  const base = { subject: 'complaints', value: complaints };
  if (complained === null || rule === null) {
    const summary = `People complained ${complaints} times.`;
    return { ...base, tier: null, conclusive: true, summary, evidence: { complaints, outcomes } };
  }
  const summary = `${percent(recentRate(complained))} of the last ${complained.recent.length} outcomes came with a complaint.`;
  const evidence = { complaints, ...shownBy(complained, rule) };
  return { ...base, tier: complained.tier, conclusive: isConclusive(complained, rule), summary, evidence };
}

/** Null when the policy names no limit. */
const complaintsRule = oncePerRules((rules): RateRule | null => {
  const limit = rules.business.complaints_at_most;
  return limit === undefined
    ? null
    : {
        baseline: Math.min(Math.max(limit, 0.001), 0.9),
        learnFrom: 0,
        minimum: fewest,
        lift: 0.01,
        thresholds: thresholdsOf(rules, lowerShare),
        highest: 'action_required' as const,
        horizonMs: rules.budget.perMs,
      };
});
