/**
 * How people review: how long they take, what they accept and change, whether they agree, how good each is by what was
 * planted and by what turned out true, and who accepts without looking. The last is never told from few overrides alone.
 */
import { eventTypes, type AlertTier, type HumanDecisionEvent } from '@countersign/contract';
import type { AboutDecision, LedgerRecord } from '../ledger/index.ts';
import { wilsonInterval } from '../statistics/index.ts';
import { knownLabel, labelSaid, reviewOf, truthOf } from './answers.ts';
import { agreementOf, qualityOf, rate, startCases, truthIs, type Cases, type Judged } from './review-cases.ts';
import { keyOf, nameOf } from './feature-sample.ts';
import { countDuration, quantileOf, startHistogram } from './log-histogram.ts';
import type { Context, Finding, Monitor } from './monitor.ts';
import { percent } from './rate-watch.ts';
import type { Rules } from './rules.ts';

export interface ReviewerState {
  reviews: number;
  accepted: number;
  overridden: number;
  escalated: number;
  readonly reviewMs: number[];
  readonly queueMs: number[];
  /** Planted errors seen and found; older ones count less. */
  golds: number;
  caught: number;
  /** Answers that an outcome was known for, and those that it bore out; older ones count less. */
  judged: number;
  borneOut: number;
  /** Reviews and acceptances where the model was sure, and where it was not. */
  readonly sure: { reviews: number; accepted: number };
  readonly unsure: { reviews: number; accepted: number };
  tier: AlertTier | null;
}

export interface ReviewersState {
  /** By `keyOf` their names. */
  readonly byReviewer: Record<string, ReviewerState>;
  /** The newest answers to planted cases, reviewer and decision, so that each counts once; oldest first. */
  readonly goldsSeen: string[];
  count: number;
  /** Reviews by people beyond the most that are kept. */
  notKept: number;
  readonly cases: Cases;
  /** Of the newest overrides that outcomes speak of, whether they were borne out: 1 or 0, oldest first. */
  readonly overridesBorneOut: number[];
  disagreement: AlertTier | null;
}

const mostReviewers = 500;
const sureFrom = 0.9;
const overridesKept = 50;
const goldsKept = 500;
/** About the newest hundred golds and outcomes count. */
const remembers = 0.99;
/** With forgetting, counts come to at most a hundred, and to a little less than there were. */
const [mostCounted, nearly] = [90, 0.9];
/** Below this α not even tentative conclusions can be drawn. Source: Krippendorff, Content Analysis (2004). */
const tentative = 0.667;
/** Agreement is worked out anew after so many reviews. */
const lookEvery = 50;

export const reviewers: Monitor<ReviewersState> = {
  per: 'workflow',
  hears: [eventTypes.humanDecision, eventTypes.outcome],
  rules: ({ reviewers: own }) => own,
  start: () => ({
    byReviewer: {},
    goldsSeen: [],
    count: 0,
    notKept: 0,
    cases: startCases(),
    overridesBorneOut: [],
    disagreement: null,
  }),

  observe: (state, record, { rules }) => {
    const { event, about } = record;
    const truth = truthOf(record);
    if (truth !== null) {
      const label = knownLabel(truth.label, rules.labels);
      const moved = truthIs(state.cases, truth.about.decisionId, label).map((judged) => learn(state, judged, rules));
      return moved.includes(true);
    }
    if (event.type !== eventTypes.humanDecision || about === null) return false;
    const reviewer = reviewerOf(state, event.data.reviewer);
    if (reviewer === null) return false;
    if (event.data.gold !== undefined) return takeGold(state, reviewer, event, about, rules);
    take(reviewer, record, event, about);
    const said = labelSaid(event, about, rules.labels);
    if (said === null || about.label === null) return false;
    const judged = rate(state.cases, about, event.data.reviewer, said, knownLabel(about.label, rules.labels));
    const moved = judged !== null && learn(state, judged, rules);
    return (state.cases.ratings % lookEvery === 0 && settleAgreement(state, rules)) || moved;
  },

  signals: (state, context) => [agreementFinding(state, context), ...reviewerFindings(state, context)],
};

function reviewerOf(state: ReviewersState, name: string): ReviewerState | null {
  const key = keyOf(name);
  const there = state.byReviewer[key];
  if (there !== undefined) return there;
  if (state.count >= mostReviewers) {
    state.notKept += 1;
    return null;
  }
  state.count += 1;
  const tally = () => ({ reviews: 0, accepted: 0 });
  return (state.byReviewer[key] = {
    reviews: 0,
    accepted: 0,
    overridden: 0,
    escalated: 0,
    reviewMs: startHistogram(),
    queueMs: startHistogram(),
    golds: 0,
    caught: 0,
    judged: 0,
    borneOut: 0,
    sure: tally(),
    unsure: tally(),
    tier: null,
  });
}

/** What turned out true of an answer; true when the reviewer's tier has changed. */
function learn(state: ReviewersState, { rater, right, overrides }: Judged, rules: Rules): boolean {
  if (overrides) state.overridesBorneOut.push(Number(right));
  if (state.overridesBorneOut.length > overridesKept) state.overridesBorneOut.shift();
  const reviewer = state.byReviewer[keyOf(rater)];
  if (reviewer === undefined) return false;
  reviewer.judged = reviewer.judged * remembers + 1;
  reviewer.borneOut = reviewer.borneOut * remembers + Number(right);
  return settleReviewer(reviewer, rules);
}

/** A planted case, the first time that this reviewer answers it. True when the reviewer's tier has changed. */
function takeGold(
  state: ReviewersState,
  reviewer: ReviewerState,
  event: HumanDecisionEvent,
  about: AboutDecision,
  rules: Rules,
): boolean {
  const { action, gold, reviewer: name } = event.data;
  // Only a planted error can be caught; a planted right answer keeps people from rejecting all that look planted.
  if (gold === undefined || gold.label === about.label || action === 'escalate' || action === 'rollback') return false;
  const key = `${about.decisionId} ${name}`;
  if (state.goldsSeen.includes(key)) return false;
  state.goldsSeen.push(key);
  if (state.goldsSeen.length > goldsKept) state.goldsSeen.shift();
  const caught = action === 'reject' || (action === 'modify' && event.data.output?.label === gold.label);
  reviewer.golds = reviewer.golds * remembers + 1;
  reviewer.caught = reviewer.caught * remembers + Number(caught);
  return settleReviewer(reviewer, rules);
}

function take(reviewer: ReviewerState, record: LedgerRecord, event: HumanDecisionEvent, about: AboutDecision): void {
  const { action, review_ms, queue_ms } = event.data;
  if (action === 'escalate') reviewer.escalated += 1;
  const review = reviewOf(record);
  if (review === null) return;
  reviewer.reviews += 1;
  reviewer.accepted += Number(action === 'accept');
  reviewer.overridden += Number(review.overridden);
  if (review_ms !== undefined) countDuration(reviewer.reviewMs, review_ms);
  if (queue_ms !== undefined) countDuration(reviewer.queueMs, queue_ms);
  const tally = about.confidence >= sureFrom ? reviewer.sure : reviewer.unsure;
  tally.reviews += 1;
  tally.accepted += Number(action === 'accept');
}

/** Surely below the rate at which errors have to be found, planted or real; over when it is reached again. */
function settleReviewer(reviewer: ReviewerState, { reviewers: own }: Rules): boolean {
  const before = reviewer.tier;
  const isLow = (hits: number, of: number) =>
    of >= Math.min(own.minimum_golds, mostCounted) * nearly && (wilsonInterval(hits, of)?.upper ?? 1) < own.catch_rate;
  const { golds, caught, judged, borneOut } = reviewer;
  const isBack = caught >= own.catch_rate * golds && borneOut >= own.catch_rate * judged;
  if (isLow(caught, golds) || isLow(borneOut, judged)) reviewer.tier = 'action_required';
  else if (isBack) reviewer.tier = null;
  return reviewer.tier !== before;
}

function settleAgreement(state: ReviewersState, { reviewers: own }: Rules): boolean {
  const before = state.disagreement;
  const found = agreementOf(state.cases);
  if (found === null || found.cases < own.minimum_cases) return false;
  // α falls apart where one label is rare, and says nothing where all ratings are alike; AC1 does not.
  const agree = found.alpha === null || (found.upper ?? 1) >= own.agreement || (found.ac1 ?? 1) >= own.agreement;
  if (agree) state.disagreement = null;
  else
    state.disagreement =
      (found.upper ?? 1) < Math.min(own.agreement, tentative) ? 'action_required' : (state.disagreement ?? 'info');
  return state.disagreement !== before;
}

/** From 0 to 1: twice the accuracy that a reviewer may still have, less one, so that a coin is not believed at all. */
export function trustIn({ byReviewer }: ReviewersState, name: string): number {
  const reviewer = byReviewer[keyOf(name)];
  if (reviewer === undefined) return 1;
  const interval = wilsonInterval(reviewer.caught + reviewer.borneOut, reviewer.golds + reviewer.judged);
  return interval === null ? 1 : Math.max(2 * interval.upper - 1, 0);
}

function agreementFinding(state: ReviewersState, { rules: { reviewers: own } }: Context): Finding {
  const found = agreementOf(state.cases);
  const cases = found?.cases ?? 0;
  const conclusive = cases >= own.minimum_cases;
  const alpha = found?.alpha ?? null;
  const agreed = alpha === null ? 'gave all of them one label' : `agree with α = ${alpha.toFixed(2)}`;
  const summary = conclusive
    ? `Reviewers of ${cases} cases ${agreed}; α = ${own.agreement} is wanted.`
    : `Too early to tell: ${cases} of ${own.minimum_cases} cases have several reviewers.`;
  return { subject: null, tier: state.disagreement, conclusive, value: alpha, summary, evidence: { ...found } };
}

function reviewerFindings(state: ReviewersState, context: Context): Finding[] {
  const quality = qualityOf(state.cases);
  const all = startHistogram().map((_, i) =>
    Object.values(state.byReviewer).reduce((sum, { reviewMs }) => sum + (reviewMs[i] ?? 0), 0),
  );
  return Object.entries(state.byReviewer).map(([key, reviewer]) => {
    const others = all.map((count, i) => count - (reviewer.reviewMs[i] ?? 0));
    const shown = { quality: quality.get(nameOf(key)) ?? null, othersP50: quantileOf([others], 0.5) };
    return reviewerFinding(nameOf(key), reviewer, state, context, shown);
  });
}

function reviewerFinding(
  name: string,
  reviewer: ReviewerState,
  state: ReviewersState,
  { rules: { reviewers: own } }: Context,
  { quality, othersP50 }: { readonly quality: number | null; readonly othersP50: number | null },
): Finding {
  const { golds, caught, reviews, sure, unsure } = reviewer;
  const share = (part: number, of: number) => (of === 0 ? null : part / of);
  const median = quantileOf([reviewer.reviewMs], 0.5);
  const borneOut = share(reviewer.borneOut, reviewer.judged);
  const [sureShare, unsureShare] = [share(sure.accepted, sure.reviews), share(unsure.accepted, unsure.reviews)];
  const evidence = {
    reviews,
    approval_rate: share(reviewer.accepted, reviews),
    override_rate: share(reviewer.overridden, reviews),
    escalated: reviewer.escalated,
    review_ms: { p50: median, p95: quantileOf([reviewer.reviewMs], 0.95) },
    others_review_ms_p50: othersP50,
    queue_ms: { p50: quantileOf([reviewer.queueMs], 0.5), p95: quantileOf([reviewer.queueMs], 0.95) },
    golds,
    caught,
    catch_rate: share(caught, golds),
    catch_rate_interval: wilsonInterval(caught, golds),
    accuracy_by_outcomes: borneOut,
    outcomes: reviewer.judged,
    dawid_skene_quality: quality,
    trust: trustIn(state, name),
    // Who looks accepts more where the model is sure; who does not, accepts alike.
    approval_rate_where_sure: sureShare,
    approval_rate_where_unsure: unsureShare,
  };
  const enough = Math.min(own.minimum_golds, mostCounted) * nearly;
  const conclusive = golds >= enough || reviewer.judged >= enough;
  const summary = [
    `Changed ${percent(share(reviewer.overridden, reviews) ?? 0)} of ${reviews} reviewed decisions`,
    golds < enough
      ? `has seen ${Math.round(golds)} of the ${own.minimum_golds} planted errors it takes to judge`
      : `found ${percent(share(caught, golds) ?? 0)} of the newest planted errors`,
    borneOut === null ? 'no outcome is known yet' : `outcomes bore out ${percent(borneOut)} of the newest answers`,
  ].join(', ');
  return {
    subject: name,
    tier: reviewer.tier,
    conclusive,
    value: share(caught, golds),
    summary: `${summary}.`,
    evidence,
  };
}
