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
  knownRate,
  observeEvent,
  percent,
  recentRate,
  shownBy,
  startRateWatch,
  type RateRule,
  type RateWatch,
} from './rate-watch.ts';
import { oncePerRules, type Rules } from './rules.ts';

export interface SlaState {
  /** When each waiting case is due (ms), by the AI decision; the oldest first. */
  readonly waiting: Record<string, number>;
  count: number;
  /** Cases that were not kept because too many waited. */
  dropped: number;
  readonly misses: RateWatch;
  /** How long people took for each of the newest cases while there was one to decide (ms), oldest first. */
  readonly taken: number[];
  /** Since when there has been a case to decide and none was decided; null while none waits. */
  busySinceMs: number | null;
  lookedAtMs: number;
  /** Looks in a row that foresaw lateness, or, below 0, that did not. */
  streak: number;
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
const [fewestLate, looksToTell, looksToAct] = [3, 3, 10];
const keepOverdueMs = 14 * 86_400_000;

export const sla: Monitor<SlaState> = {
  per: 'workflow',
  hears: [eventTypes.aiDecision, eventTypes.humanDecision, eventTypes.outcome],
  rules: ({ slaMetAtLeast, budget }) => [slaMetAtLeast, budget],
  start: ({ rules }) => ({
    waiting: {},
    count: 0,
    dropped: 0,
    misses: startRateWatch(ruleOf(rules)),
    taken: [],
    busySinceMs: null,
    lookedAtMs: 0,
    streak: 0,
    tier: null,
  }),

  observe: (state, record, context) => {
    const { nowMs } = context;
    let moved = take(state, record, context);
    // Also after a clock that was ahead has been set right.
    if (Math.abs(nowMs - state.lookedAtMs) >= lookEveryMs) {
      state.lookedAtMs = nowMs;
      moved = look(state, nowMs, context.rules) || moved;
    }
    return moved;
  },

  signals: (state, { rules, nowMs }) => [met(state, rules), foreseen(state, nowMs)],
};

function take(state: SlaState, record: LedgerRecord, { policy, rules, nowMs }: Context): boolean {
  const { event, about, firstAnswer } = record;
  if (event.type === eventTypes.aiDecision && event.data.route === 'human') {
    const { decision_id, risk_tier } = event.data;
    if (state.waiting[decision_id] !== undefined) return false;
    if (state.count >= mostWaiting) {
      state.dropped += 1;
      return false;
    }
    state.waiting[decision_id] = dueAt(policy, priorityOf(policy, risk_tier), nowMs);
    state.count += 1;
    state.busySinceMs ??= nowMs;
    return false;
  }
  if (event.type !== eventTypes.humanDecision || about === null || !firstAnswer) return false;
  const due = state.waiting[about.decisionId];
  if (due === undefined) return false;
  delete state.waiting[about.decisionId];
  state.count -= 1;
  state.taken.push(Math.max(nowMs - (state.busySinceMs ?? nowMs), 0));
  if (state.taken.length > paceOf) state.taken.shift();
  state.busySinceMs = state.count === 0 ? null : nowMs;
  return observeEvent(state.misses, nowMs > due, nowMs, ruleOf(rules));
}

/** Works out which of the waiting cases will be late when they are decided in the order in which they are due. */
function forecastOf(state: SlaState, nowMs: number): Forecast {
  const dues = Object.values(state.waiting).toSorted((a, b) => a - b);
  const busyMs = state.taken.reduce((sum, ms) => sum + ms, 0);
  const each = state.taken.length === 0 ? null : busyMs / state.taken.length;
  return {
    waiting: dues.length,
    overdue: dues.filter((due) => due < nowMs).length,
    late: dues.filter((due, i) => nowMs + (i + 1) * (each ?? 0) > due).length,
    perHour: each === null || each === 0 ? null : 3_600_000 / each,
  };
}

/** A queue has its ups and downs: it takes several looks in a row, one way or the other. */
function look(state: SlaState, nowMs: number, { slaMetAtLeast }: Rules): boolean {
  letGo(state, nowMs);
  const { late, waiting } = forecastOf(state, nowMs);
  const isLate = late >= fewestLate && late / waiting > 1 - slaMetAtLeast;
  if (isLate) state.streak = Math.max(state.streak, 0) + 1;
  else if (late === 0 || state.tier === null) state.streak = Math.min(state.streak, 0) - 1;
  const before = state.tier;
  if (state.streak >= looksToAct) state.tier = 'action_required';
  else if (state.streak >= looksToTell) state.tier ??= 'info';
  else if (state.streak <= -looksToTell) state.tier = null;
  return state.tier !== before;
}

/** Cases that nobody will decide any more must not hide those that somebody should. */
function letGo(state: SlaState, nowMs: number): void {
  for (const [decision, due] of Object.entries(state.waiting)) {
    if (due > nowMs - keepOverdueMs) continue;
    delete state.waiting[decision];
    state.count -= 1;
    state.dropped += 1;
  }
  if (state.count === 0) state.busySinceMs = null;
}

const ruleOf = oncePerRules((rules): RateRule => {
  return {
    baseline: 1 - rules.slaMetAtLeast,
    learnFrom: 0,
    minimum: 20,
    lift: 0.05,
    thresholds: thresholdsOf(rules, lowerShare),
    highest: 'action_required' as const,
    horizonMs: rules.budget.perMs,
  };
});

function met({ misses }: SlaState, rules: Rules): Finding {
  const rule = ruleOf(rules);
  const conclusive = isConclusive(misses, rule);
  const missed = knownRate(misses, rule);
  const value = missed === null ? null : 1 - missed;
  const summary = conclusive
    ? `${percent(1 - recentRate(misses))} of the last ${misses.recent.length} cases were decided in time; ` +
      `${percent(rules.slaMetAtLeast)} are promised.`
    : `Too early to tell: ${misses.recent.length} of ${rule.minimum} cases are decided.`;
  return { subject: null, tier: misses.tier, conclusive, value, summary, evidence: shownBy(misses, rule) };
}

function foreseen(state: SlaState, nowMs: number): Finding {
  const { tier, dropped } = state;
  const { waiting, overdue, late, perHour } = forecastOf(state, nowMs);
  const wait = waiting === 1 ? '1 case waits' : `${waiting} cases wait`;
  const pace =
    perHour === null ? 'nobody has had to wait for a decision yet' : `people decide ${perHour.toFixed(1)} an hour`;
  return {
    subject: 'forecast',
    tier,
    conclusive: true,
    value: late,
    summary: `${wait} and ${overdue} ${overdue === 1 ? 'is' : 'are'} overdue; ${pace}, so ${late} will be late.`,
    evidence: { waiting, overdue, late, decided_per_hour: perHour, not_kept: dropped },
  };
}
