/**
 * How often people change what the AI proposed: on the whole, in each band of the AI's confidence, and by plain counts in
 * an hour. What a reviewer says counts as far as the reviewer is to be believed.
 */
import { eventTypes, type AlertTier } from '@countersign/contract';
import type { LedgerRecord } from '../ledger/index.ts';
import { isComplaint, reviewOf } from './answers.ts';
import { incidentShares, thresholdsOf } from './budget.ts';
import type { Finding, Monitor } from './monitor.ts';
import {
  isConclusive,
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
  /** When what each counting rule counts happened last, oldest first, to which decisions, and whether it stands. */
  readonly counts: { readonly times: number[]; readonly decisions: string[]; standing: boolean }[];
}

/** The whole finds a change soonest; the bands find one that hides in a part. */
const wholeShare = 0.8;
const bandLearnsFrom = 1_000;

export const overrideRate: Monitor<OverrideRateState> = {
  per: 'version',
  hears: [eventTypes.aiDecision, eventTypes.humanDecision, eventTypes.outcome, eventTypes.breaker],
  rules: ({ overrideRate: own, budget, positiveLabel }) => [own, budget, positiveLabel],

  start: ({ rules }) => ({
    whole: startRateWatch(wholeRule(rules)),
    bands: bandsOf(rules).map(() => startRateWatch(bandRule(rules))),
    trusted: 0,
    trustedOverrides: 0,
    counts: rules.overrideRate.counts.map(() => ({ times: [], decisions: [], standing: false })),
  }),

  observe: (state, record, { rules, nowMs, trustIn }) => {
    // Authority was given back on the evidence of canaries: what was found before is settled.
    if (record.event.type === eventTypes.breaker && record.event.data.to === 'closed') {
      for (const watch of [state.whole, ...state.bands]) restartWindow(watch);
      for (const counted of state.counts) {
        counted.times.length = 0;
        counted.standing = false;
      }
      return true;
    }
    let moved = state.counts.length > 0 && count(state, record, rules, nowMs);
    const review = reviewOf(record);
    if (review === null) return moved;
    const { overridden, about, event } = review;
    const trust = trustIn(event.data.reviewer);
    state.trusted += trust;
    if (overridden) state.trustedOverrides += trust;
    moved = observeEvent(state.whole, overridden, nowMs, wholeRule(rules), trust) || moved;
    const band = state.bands[bandOf(about.confidence, rules)];
    return (band !== undefined && observeEvent(band, overridden, nowMs, bandRule(rules), trust)) || moved;
  },

  signals: (state, { rules }) => [
    found(null, state.whole, wholeRule(rules), {
      trusted_rate: state.trusted === 0 ? null : state.trustedOverrides / state.trusted,
    }),
    ...state.bands.map((watch, i) => found(`confidence ${bandsOf(rules)[i]}`, watch, bandRule(rules), {})),
    ...state.counts.map((counted, i) => foundCount(counted, rules, i)),
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
    value: watch.seen === 0 ? null : watch.hits / watch.seen,
    summary,
    evidence: shown,
  };
}

const tooEarly = (watch: RateWatch, rule: RateRule) =>
  watch.model === null
    ? `What is usual is still being learnt: ${watch.learning?.x.length ?? 0} of ${rule.learnFrom} reviews are in.`
    : `Too early to tell: ${watch.recent.length} of ${rule.minimum} reviews are in.`;

/** Plain counts: so many in so much time. True when a rule has begun or ceased to hold. */
function count(
  state: OverrideRateState,
  record: LedgerRecord,
  { overrideRate: { counts }, positiveLabel }: Rules,
  nowMs: number,
): boolean {
  let moved = false;
  counts.forEach(({ of, atLeast, withinMs }, i) => {
    const counted = state.counts[i];
    if (counted === undefined) return;
    const decision = record.about?.decisionId ?? '';
    // However many people complain of it, it is one decision.
    if (isCounted(of, record, positiveLabel) && !counted.decisions.includes(decision)) {
      counted.times.push(nowMs);
      counted.decisions.push(decision);
    }
    while (counted.times.length > atLeast || (counted.times[0] ?? nowMs) <= nowMs - withinMs) {
      counted.times.shift();
      counted.decisions.shift();
    }
    const standing = counted.times.length >= atLeast;
    moved ||= standing !== counted.standing;
    counted.standing = standing;
  });
  return moved;
}

function isCounted(
  of: Rules['overrideRate']['counts'][number]['of'],
  record: LedgerRecord,
  positive: string | null,
): boolean {
  if (of === 'complaint') return isComplaint(record);
  const review = reviewOf(record);
  const wrong = review?.overridden === true || isComplaint(record);
  return of === 'override' ? review?.overridden === true : wrong && record.about?.label === positive;
}

const names = { override: 'overrides', false_positive: 'false positives', complaint: 'complaints' } as const;

function foundCount(
  { times, standing }: { times: readonly number[]; standing: boolean },
  { overrideRate: { counts } }: Rules,
  i: number,
): Finding {
  const rule = counts[i];
  if (rule === undefined) throw new Error(`there is no counting rule ${i}`);
  const { of, atLeast, withinMs } = rule;
  const minutes = Math.round(withinMs / 60_000);
  const tier: AlertTier | null = standing ? rule.tier : null;
  return {
    subject: `${names[of]} in ${minutes} minutes, rule ${i + 1}`,
    tier,
    conclusive: true,
    value: times.length,
    summary: `${times.length} ${names[of]} within ${minutes} minutes; ${atLeast} are an alert.`,
    evidence: {
      count: times.length,
      at_least: atLeast,
      within_ms: withinMs,
      since: times[0] === undefined ? null : new Date(times[0]).toISOString(),
    },
  };
}
