/**
 * Whether people decide in time: the share of cases decided inside their window, which may count business hours only, and
 * how many of those that wait will not be, at the pace of the newest decisions.
 */
import { eventTypes, type AlertTier } from '@countersign/contract';
import type { LedgerRecord } from '../ledger/index.ts';
import { dueAt, priorityOf } from '../policies/index.ts';
import { lowerShare, thresholdsOf } from './budget.ts';
import type { Context, Finding, Monitor } from './monitor.ts';
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
import type { Rules } from './rules.ts';

export interface SlaState {
  /** When each waiting case is due (ms), by the AI decision; the oldest first. */
  readonly waiting: Record<string, number>;
  count: number;
  /** Cases that were not kept because too many waited. */
  dropped: number;
  readonly misses: RateWatch;
  /** When the newest cases were decided (ms), oldest first. */
  readonly decidedAt: number[];
  lookedAtMs: number;
  tier: AlertTier | null;
}

interface Forecast {
  readonly waiting: number;
  readonly overdue: number;
  /** Will be decided late at the present pace, those overdue included. */
  readonly late: number;
  readonly perHour: number | null;
}

const mostWaiting = 10_000;
const paceOf = 50;
const lookEveryMs = 60_000;

export const sla: Monitor<SlaState> = {
  per: 'workflow',
  hears: [eventTypes.aiDecision, eventTypes.humanDecision, eventTypes.outcome],
  rules: ({ slaMetAtLeast, budget }) => [slaMetAtLeast, budget],
  start: ({ rules }) => ({
    waiting: {},
    count: 0,
    dropped: 0,
    misses: startRateWatch(ruleOf(rules)),
    decidedAt: [],
    lookedAtMs: 0,
    tier: null,
  }),

  observe: (state, record, context) => {
    const { nowMs } = context;
    let moved = take(state, record, context);
    if (nowMs - state.lookedAtMs >= lookEveryMs) {
      state.lookedAtMs = nowMs;
      moved = look(state, nowMs, context.rules) || moved;
    }
    return moved;
  },

  signals: (state, { rules, nowMs }) => [met(state, rules), foreseen(state, nowMs)],
};

function take(
  state: SlaState,
  { event, about, firstAnswer }: LedgerRecord,
  { policy, rules, nowMs }: Context,
): boolean {
  if (event.type === eventTypes.aiDecision && event.data.route === 'human') {
    if (state.count >= mostWaiting) {
      state.dropped += 1;
      return false;
    }
    state.waiting[event.data.decision_id] = dueAt(policy, priorityOf(policy, event.data.risk_tier), nowMs);
    state.count += 1;
    return false;
  }
  if (event.type !== eventTypes.humanDecision || about === null || !firstAnswer) return false;
  const due = state.waiting[about.decisionId];
  if (due === undefined) return false;
  delete state.waiting[about.decisionId];
  state.count -= 1;
  state.decidedAt.push(nowMs);
  if (state.decidedAt.length > paceOf) state.decidedAt.shift();
  return observeEvent(state.misses, nowMs > due, nowMs, ruleOf(rules));
}

/** Works out which of the waiting cases will be late when they are decided in the order in which they are due. */
function forecastOf(state: SlaState, nowMs: number): Forecast {
  const dues = Object.values(state.waiting).toSorted((a, b) => a - b);
  const [first] = state.decidedAt;
  const perMs = first === undefined || nowMs <= first ? null : state.decidedAt.length / (nowMs - first);
  const late = dues.filter((due, i) => (perMs === null ? due < nowMs : nowMs + (i + 1) / perMs > due)).length;
  return {
    waiting: dues.length,
    overdue: dues.filter((due) => due < nowMs).length,
    late,
    perHour: perMs === null ? null : perMs * 3_600_000,
  };
}

function look(state: SlaState, nowMs: number, { slaMetAtLeast }: Rules): boolean {
  const { late, waiting } = forecastOf(state, nowMs);
  const before = state.tier;
  const share = late / Math.max(waiting, 1);
  if (late === 0) state.tier = null;
  else if (late >= 3 && share > 1 - slaMetAtLeast) state.tier = 'action_required';
  else state.tier ??= 'info';
  return state.tier !== before;
}

const made = new WeakMap<Rules, RateRule>();

function ruleOf(rules: Rules): RateRule {
  const known = made.get(rules);
  if (known !== undefined) return known;
  const rule = {
    baseline: 1 - rules.slaMetAtLeast,
    learnFrom: 0,
    minimum: 20,
    lift: 0.05,
    thresholds: thresholdsOf(rules, lowerShare),
    highest: 'action_required' as const,
    horizonMs: rules.budget.perMs,
  };
  made.set(rules, rule);
  return rule;
}

function met({ misses }: SlaState, rules: Rules): Finding {
  const rule = ruleOf(rules);
  const conclusive = isConclusive(misses, rule);
  const value = misses.seen === 0 ? null : 1 - misses.hits / misses.seen;
  const summary = conclusive
    ? `${percent(1 - recentRate(misses))} of the last ${misses.recent.length} cases were decided in time; ` +
      `${percent(rules.slaMetAtLeast)} are promised.`
    : `Too early to tell: ${misses.recent.length} of ${rule.minimum} cases are decided.`;
  return { subject: null, tier: misses.tier, conclusive, value, summary, evidence: shownBy(misses, rule) };
}

function foreseen(state: SlaState, nowMs: number): Finding {
  const { tier, dropped } = state;
  const { waiting, overdue, late, perHour } = forecastOf(state, nowMs);
  const pace = perHour === null ? 'nobody has decided a case yet' : `people decide ${perHour.toFixed(1)} an hour`;
  return {
    subject: 'forecast',
    tier,
    conclusive: true,
    value: late,
    summary: `${waiting} cases wait and ${overdue} are overdue; ${pace}, so ${late} will be late.`,
    evidence: { waiting, overdue, late, decided_per_hour: perHour, not_kept: dropped },
  };
}
