/** How long decisions take: p50, p95 and p99 of the newest, and evidence that too many exceed what the policy allows. */
import { eventTypes } from '@countersign/contract';
import { lowerShare, thresholdsOf } from './budget.ts';
import { countDuration, quantileOf, startHistogram } from './log-histogram.ts';
import type { Monitor } from './monitor.ts';
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
import { oncePerRules } from './rules.ts';

export interface LatencyState {
  /** The decisions of the block under way, and of the one before. */
  counts: number[];
  before: number[];
  inBlock: number;
  /** Decisions that took too long; null when the policy names no limit. */
  readonly late: RateWatch | null;
}

const block = 1_000;

export const latency: Monitor<LatencyState> = {
  per: 'version',
  hears: [eventTypes.aiDecision],
  rules: ({ latency: own, budget }) => [own, budget],
  start: ({ rules }) => {
    const rule = ruleOf(rules);
    return { counts: startHistogram(), before: [], inBlock: 0, late: rule === null ? null : startRateWatch(rule) };
  },

  observe: (state, { event }, { rules, nowMs }) => {
    if (event.type !== eventTypes.aiDecision) return false;
    const { latency_ms: ms } = event.data;
    countDuration(state.counts, ms);
    state.inBlock += 1;
    if (state.inBlock >= block) {
      [state.before, state.counts, state.inBlock] = [state.counts, startHistogram(), 0];
    }
    const rule = ruleOf(rules);
    if (state.late === null || rule === null || rules.latency === null) return false;
    return observeEvent(state.late, ms > rules.latency.withinMs, nowMs, rule);
  },

  signals: (state, { rules }) => {
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => quantileOf([state.counts, state.before], share));
    const rule = ruleOf(rules);
    const { late } = state;
    const shown = { p50_ms: p50, p95_ms: p95, p99_ms: p99 };
    const quantiles = `p50 ${ms(p50)}, p95 ${ms(p95)}, p99 ${ms(p99)}`;
    if (p95 === null || p95 === undefined) {
      const summary = 'No decision has been timed yet.';
      return [{ subject: null, tier: null, conclusive: false, value: null, summary, evidence: shown }];
    }
    if (late === null || rule === null) {
      return [
        {
          subject: null,
          tier: null,
          conclusive: true,
          value: p95,
          summary: `${quantiles}; the policy names no limit.`,
          evidence: shown,
        },
      ];
    }
    const conclusive = isConclusive(late, rule);
    const summary = `${percent(recentRate(late))} of the last ${late.recent.length} decisions took too long; ${quantiles}.`;
    const evidence = { ...shown, within_ms: rules.latency?.withinMs, ...shownBy(late, rule) };
    return [{ subject: null, tier: late.tier, conclusive, value: p95, summary, evidence }];
  },
};

const ms = (value: number | null | undefined) =>
  value === null || value === undefined ? '–' : `${value.toPrecision(3)} ms`;

/** Null when the policy names no limit. */
const ruleOf = oncePerRules((rules): RateRule | null => {
  return rules.latency === null
    ? null
    : {
        baseline: 1 - rules.latency.share,
        learnFrom: 0,
        minimum: 50,
        lift: Math.min(0.05, rules.latency.share / 2),
        thresholds: thresholdsOf(rules, lowerShare),
        highest: 'action_required' as const,
        horizonMs: rules.budget.perMs,
      };
});
