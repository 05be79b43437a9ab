/**
 * Whether what is right has changed: how often outcomes show the model to be wrong, and, where outcomes are not there yet,
 * how often people who were asked do.
 */
import { eventTypes } from '@countersign/contract';
import { reviewOf, truthOf } from './answers.ts';
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

export interface ConceptDriftState {
  readonly outcomes: RateWatch;
  readonly overrides: RateWatch;
}

export const conceptDrift: Monitor<ConceptDriftState> = {
  per: 'version',
  hears: [eventTypes.humanDecision, eventTypes.outcome, eventTypes.breaker],
  rules: ({ conceptDrift: own, budget }) => [own, budget],
  start: ({ rules }) => ({
    outcomes: startRateWatch(outcomesRule(rules)),
    overrides: startRateWatch(overridesRule(rules)),
  }),

  observe: (state, record, { rules, nowMs, trustIn }) => {
    if (record.event.type === eventTypes.breaker && record.event.data.to === 'closed') {
      restartWindow(state.outcomes);
      restartWindow(state.overrides);
      return true;
    }
    const truth = truthOf(record);
    if (truth !== null) {
      const moved = observeEvent(state.outcomes, !truth.right, nowMs, outcomesRule(rules));
      // From here on overrides are not needed to tell, and what they had found ends.
      return moved || state.outcomes.seen === rules.conceptDrift.minimum_outcomes;
    }
    const review = reviewOf(record);
    if (review === null || hasOutcomes(state, rules)) return false;
    const trust = trustIn(review.event.data.reviewer);
    return observeEvent(state.overrides, review.overridden, nowMs, overridesRule(rules), trust);
  },

  signals: (state, { rules }) => [
    found('outcomes', state.outcomes, outcomesRule(rules), 'outcomes', 'turned out wrong'),
    hasOutcomes(state, rules)
      ? standingDown(state.overrides, overridesRule(rules))
      : found('overrides', state.overrides, overridesRule(rules), 'reviews', 'were changed by people'),
  ],
};

/** With enough outcomes there is no need to guess from what people think. */
const hasOutcomes = ({ outcomes }: ConceptDriftState, { conceptDrift: { minimum_outcomes } }: Rules) =>
  outcomes.seen >= minimum_outcomes;

const rulesFor = oncePerRules((rules) => {
  const { conceptDrift: own, budget } = rules;
  const outcomes: RateRule = {
    baseline: own.baseline ?? null,
    learnFrom: own.learn_from,
    minimum: own.minimum_outcomes,
    lift: own.minimum_lift,
    thresholds: thresholdsOf(rules, incidentShares.concept_drift),
    highest: 'incident',
    horizonMs: budget.perMs,
  };
  // What people change is the override monitor's to act on; here it is only a hint.
  const overrides: RateRule = { ...outcomes, baseline: null, highest: 'info' };
  return { outcomes, overrides };
});
const outcomesRule = (rules: Rules) => rulesFor(rules).outcomes;
const overridesRule = (rules: Rules) => rulesFor(rules).overrides;

function found(subject: string, watch: RateWatch, rule: RateRule, events: string, happened: string): Finding {
  const conclusive = isConclusive(watch, rule);
  const summary = conclusive
    ? `${percent(recentRate(watch))} of the last ${watch.recent.length} decisions ${happened}; ` +
      `${percent(watch.model?.mean ?? 0)} is usual.`
    : watch.model === null
      ? `What is usual is still being learnt: ${watch.learning?.x.length ?? 0} of ${rule.learnFrom} ${events} are in.`
      : `Too early to tell: ${watch.recent.length} of ${rule.minimum} ${events} are in.`;
  const value = knownRate(watch, rule);
  return { subject, tier: watch.tier, conclusive, value, summary, evidence: shownBy(watch, rule) };
}

const standingDown = (watch: RateWatch, rule: RateRule): Finding => ({
  subject: 'overrides',
  tier: null,
  conclusive: true,
  value: null,
  summary: 'Outcomes are there, so overrides are not needed to tell.',
  evidence: shownBy(watch, rule),
});
