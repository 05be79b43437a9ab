/**
 * How often the model is right: from outcomes, by cohorts of decisions old enough that their outcomes are known, and
 * before that, estimated from calibrated confidence. Informs; the monitor of concept drift alerts.
 */
import { eventTypes } from '@countersign/contract';
import type { LedgerRecord } from '../ledger/index.ts';
import { wilsonInterval } from '../statistics/index.ts';
import { truthOf } from './answers.ts';
import type { Context, Finding, Monitor } from './monitor.ts';
import { percent } from './rate-watch.ts';
import type { Rules } from './rules.ts';

interface Cohort {
  /** The day of the decisions, UTC. */
  readonly day: string;
  decided: number;
  labelled: number;
  right: number;
}

export interface AccuracyState {
  /** Newest last. */
  cohorts: Cohort[];
  /** `confusion[answered][true]`, over the labels of the policy and one row and column for all others. */
  readonly confusion: number[][];
  /** By confidence: outcomes and how many of them were right; and decisions of the newest block and the one before. */
  readonly labelled: number[];
  readonly right: number[];
  recent: number[];
  before: number[];
  inBlock: number;
}

const [mostCohorts, shownCohorts, block, confidenceBins] = [120, 14, 500, 20];
/** Outcomes that the confidence itself is worth in each bin. */
const prior = 10;

const zeros = (n: number) => Array.from({ length: n }, () => 0);

export const accuracy: Monitor<AccuracyState> = {
  per: 'version',
  hears: [eventTypes.aiDecision, eventTypes.outcome],
  rules: ({ labels }) => labels,
  start: ({ rules: { labels } }) => ({
    cohorts: [],
    confusion: zeros(labels.length + 1).map(() => zeros(labels.length + 1)),
    labelled: zeros(confidenceBins),
    right: zeros(confidenceBins),
    recent: zeros(confidenceBins),
    before: zeros(confidenceBins),
    inBlock: 0,
  }),

  observe: (state, record, { rules }) => {
    if (record.event.type === eventTypes.aiDecision) decided(state, record.event.time, record.event.data.confidence);
    else learnt(state, record, rules);
    return false;
  },

  signals: (state, context) => [known(state, context), estimated(state)],
};

const binOf = (confidence: number) => Math.min(Math.floor(confidence * confidenceBins), confidenceBins - 1);
const add = (counts: number[], i: number) => (counts[i] = (counts[i] ?? 0) + 1);

function decided(state: AccuracyState, time: string, confidence: number): void {
  cohortOf(state, time).decided += 1;
  add(state.recent, binOf(confidence));
  state.inBlock += 1;
  if (state.inBlock < block) return;
  [state.before, state.recent, state.inBlock] = [state.recent, zeros(confidenceBins), 0];
}

function learnt(state: AccuracyState, record: LedgerRecord, { labels }: Rules): void {
  const truth = truthOf(record);
  if (truth === null) return;
  const { about, label, right } = truth;
  const cohort = cohortOf(state, about.decidedAt);
  cohort.labelled += 1;
  cohort.right += Number(right);
  const index = (name: string | null) => (labels.includes(name ?? '') ? labels.indexOf(name ?? '') : labels.length);
  const row = state.confusion[index(about.label)];
  if (row !== undefined) add(row, index(label));
  add(state.labelled, binOf(about.confidence));
  if (right) add(state.right, binOf(about.confidence));
}

/** The cohort of a day; the oldest are let go. Days come nearly in order. */
function cohortOf(state: AccuracyState, time: string): Cohort {
  const day = time.slice(0, 10);
  const at = state.cohorts.findLastIndex((cohort) => cohort.day <= day);
  const there = state.cohorts[at];
  if (there?.day === day) return there;
  const cohort = { day, decided: 0, labelled: 0, right: 0 };
  state.cohorts.splice(at + 1, 0, cohort);
  if (state.cohorts.length > mostCohorts) state.cohorts.shift();
  return cohort;
}

function known(state: AccuracyState, { rules, nowMs }: Context): Finding {
  const isMature = ({ day }: Cohort) => Date.parse(day) + 86_400_000 + rules.matureMs <= nowMs;
  const sum = (cohorts: readonly Cohort[], field: 'decided' | 'labelled' | 'right') =>
    cohorts.reduce((s, c) => s + c[field], 0);
  const mature = state.cohorts.filter(isMature);
  const all = {
    labelled: sum(state.cohorts, 'labelled'),
    right: sum(state.cohorts, 'right'),
    decided: sum(state.cohorts, 'decided'),
  };
  const coverage = sum(mature, 'decided') === 0 ? null : sum(mature, 'labelled') / sum(mature, 'decided');
  const value = all.labelled === 0 ? null : all.right / all.labelled;
  const evidence = {
    outcomes: all.labelled,
    accuracy_interval: wilsonInterval(all.right, all.labelled),
    waiting_for_outcome: all.decided - all.labelled,
    label_coverage_of_mature: coverage,
    labels: perLabel(state, rules),
    cohorts: state.cohorts.slice(-shownCohorts).map((cohort) => ({ ...cohort, mature: isMature(cohort) })),
  };
  const summary =
    value === null
      ? `No outcome is known yet; ${all.decided} decisions wait for theirs.`
      : `${percent(value)} of ${all.labelled} decisions with an outcome were right; ` +
        (coverage === null
          ? 'no decision is old enough to miss an outcome.'
          : `of those old enough, ${percent(coverage)} have one.`);
  return { subject: null, tier: null, conclusive: value !== null, value, summary, evidence };
}

/** Precision, recall and false-positive rate of each label, taken as the positive; null where nothing speaks of it. */
function perLabel({ confusion }: AccuracyState, { labels }: Rules) {
  const share = (part: number, of: number) => (of === 0 ? null : part / of);
  const all = confusion.flat().reduce((sum, n) => sum + n, 0);
  return labels.map((label, i) => {
    const right = confusion[i]?.[i] ?? 0;
    const answered = confusion[i]?.reduce((sum, n) => sum + n, 0) ?? 0;
    const real = confusion.reduce((sum, row) => sum + (row[i] ?? 0), 0);
    return {
      label,
      answered,
      real,
      precision: share(right, answered),
      recall: share(right, real),
      false_positive_rate: share(answered - right, all - real),
    };
  });
}

/**
 * Accuracy of the newest decisions, whose outcomes are not known: the mean of their confidence, corrected in each bin by
 * what outcomes have shown of it. Source: Kivimäki et al., Performance estimation in binary classification using
 * calibrated confidence (2024); Garg et al. (2022).
 */
function estimated({ recent, before, labelled, right }: AccuracyState): Finding {
  const weights = recent.map((count, i) => count + (before[i] ?? 0));
  const n = weights.reduce((sum, count) => sum + count, 0);
  if (n === 0) {
    const summary = 'No decision has been made yet.';
    return { subject: 'estimate', tier: null, conclusive: false, value: null, summary, evidence: {} };
  }
  let [value, variance] = [0, 0];
  weights.forEach((count, i) => {
    const claimed = (i + 0.5) / confidenceBins;
    const outcomes = (labelled[i] ?? 0) + prior;
    const rate = ((right[i] ?? 0) + prior * claimed) / outcomes;
    value += (count / n) * rate;
    variance += (count / n) ** 2 * ((rate * (1 - rate)) / outcomes) + ((count / n) * rate * (1 - rate)) / n;
  });
  const width = 1.959963984540054 * Math.sqrt(variance);
  const [lower, upper] = [Math.max(value - width, 0), Math.min(value + width, 1)];
  return {
    subject: 'estimate',
    tier: null,
    conclusive: true,
    value,
    summary: `Of the last ${n} decisions an estimated ${percent(value)} are right (${percent(lower)} to ${percent(upper)}).`,
    evidence: { decisions: n, lower, upper, outcomes_behind_it: labelled.reduce((sum, count) => sum + count, 0) },
  };
}
