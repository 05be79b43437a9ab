/**
 * How often people change what the AI proposed: on the whole, and in each band of the AI's confidence. What a reviewer says
 * counts as far as the reviewer is to be believed.
 */
import { eventTypes } from '@countersign/contract';
import { reviewOf } from './answers.ts';
import { incidentShares, thresholdsOf } from './budget.ts';
import type { Finding, Monitor } from './monitor.ts';
import {
  isConclusive,
  knownRate,
  observeEvent,
  percent,
  recentRate,
  restartWindow,
  shownBy,
  startRateWatch,
  type RateRule,
  type RateWatch,
} from './rate-watch.ts';
import { oncePerRules, type Rules } from './rules.ts';

export interface OverrideRateState {
  readonly whole: RateWatch;
  readonly bands: RateWatch[];
  /** Sums over the reviews of how far their reviewers are believed: all of them, and the overriding ones. */
  trusted: number;
  trustedOverrides: number;
}

/** The whole finds a change soonest; the bands find one that hides in a part. */
const wholeShare = 0.8;
const bandLearnsFrom = 1_000;

export const overrideRate: Monitor<OverrideRateState> = {
  per: 'version',
  hears: [eventTypes.humanDecision, eventTypes.breaker],
  rules: ({ overrideRate: own, budget }) => [own, budget],

  start: ({ rules }) => ({
    whole: startRateWatch(wholeRule(rules)),
    bands: bandsOf(rules).map(() => startRateWatch(bandRule(rules))),
    trusted: 0,
    trustedOverrides: 0,
  }),

  observe: (state, record, { rules, nowMs, trustIn }) => {
    // Authority was given back on the evidence of canaries: what was found before is settled.
    if (record.event.type === eventTypes.breaker && record.event.data.to === 'closed') {
      for (const watch of [state.whole, ...state.bands]) restartWindow(watch);
      return true;
    }
    const review = reviewOf(record);
    if (review === null) return false;
    const { overridden, about, event } = review;
    const trust = trustIn(event.data.reviewer);
    state.trusted += trust;
    if (overridden) state.trustedOverrides += trust;
    const moved = observeEvent(state.whole, overridden, nowMs, wholeRule(rules), trust);
    const band = state.bands[bandOf(about.confidence, rules)];
    return (band !== undefined && observeEvent(band, overridden, nowMs, bandRule(rules), trust)) || moved;
  },

  signals: (state, { rules }) => [
    found(null, state.whole, wholeRule(rules), {
      trusted_rate: state.trusted === 0 ? null : state.trustedOverrides / state.trusted,
    }),
    ...state.bands.map((watch, i) => found(`confidence ${bandsOf(rules)[i]}`, watch, bandRule(rules), {})),
  ],
};

const ruleOf = ({ overrideRate: own, budget }: Rules, thresholds: RateRule['thresholds']): RateRule => ({
  baseline: own.baseline ?? null,
  learnFrom: own.learn_from,
  minimum: own.minimum_decisions,
  lift: own.minimum_lift,
  thresholds,
  highest: 'incident',
  horizonMs: budget.perMs,
});

const wholeRule = oncePerRules((rules) =>
  ruleOf(rules, thresholdsOf(rules, incidentShares.override_rate * wholeShare)),
);

const bandRule = oncePerRules((rules) => {
  const share = (incidentShares.override_rate * (1 - wholeShare)) / (rules.overrideRate.bands.length + 1);
  const learnFrom = Math.min(rules.overrideRate.learn_from, bandLearnsFrom);
  // A stated baseline is of the whole; hard cases are overridden more often than easy ones.
  return { ...ruleOf(rules, thresholdsOf(rules, share)), baseline: null, learnFrom };
});

const bandOf = (confidence: number, { overrideRate: own }: Rules) => own.bands.filter((end) => confidence > end).length;

function bandsOf({ overrideRate: { bands } }: Rules): string[] {
  const ends = [...bands, 1];
  return ends.map((end, i) => (i === 0 ? `up to ${end}` : `${ends[i - 1]} to ${end}`));
}

function found(subject: string | null, watch: RateWatch, rule: RateRule, more: Record<string, unknown>): Finding {
  const conclusive = isConclusive(watch, rule);
  const shown = { ...shownBy(watch, rule), ...more };
  const summary = !conclusive
    ? tooEarly(watch, rule)
    : `People changed ${percent(recentRate(watch))} of the last ${watch.recent.length} reviewed decisions; ` +
      `${percent(watch.model?.mean ?? 0)} is usual.`;
  return {
    subject,
    tier: watch.tier,
    conclusive,
    value: knownRate(watch, rule),
    summary,
    evidence: shown,
  };
}

const tooEarly = (watch: RateWatch, rule: RateRule) =>
  watch.model === null
    ? `What is usual is still being learnt: ${watch.learning?.x.length ?? 0} of ${rule.learnFrom} reviews are in.`
    : `Too early to tell: ${watch.recent.length} of ${rule.minimum} reviews are in.`;
