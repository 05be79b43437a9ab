/**
 * Watches one stream of events that happen or not: learns what is usual unless somebody has said so, gathers evidence of
 * a rise, and says which tier it has reached. Shared by the monitors of overrides, errors, lateness and the like.
 */
import { alertTiers, type AlertTier } from '@countersign/contract';
import {
  confidenceSequence,
  learnRate,
  observeRate,
  startRateDetector,
  statedRate,
  type RateDetectorState,
  type RateModel,
} from '../statistics/index.ts';
import { spentOn } from './budget.ts';

const minuteMs = 60_000;
const minutesOfWeek = 7 * 24 * 60;

export interface RateRule {
  /** Said by the policy; null when it has to be learnt. */
  readonly baseline: number | null;
  /** From so many first events the season and memory are learnt, and the baseline if nobody has said it. */
  readonly learnFrom: number;
  /** The newest events whose rate has to be up by `lift` for any alert. */
  readonly minimum: number;
  readonly lift: number;
  readonly thresholds: Readonly<Record<AlertTier, number>>;
  /** No alert of this stream is more urgent. */
  readonly highest: AlertTier;
  /** The time over which the thresholds hold. */
  readonly horizonMs: number;
}

export interface RateWatch {
  seen: number;
  hits: number;
  /** The newest events, oldest first from `next` on: 0 or 1. */
  readonly recent: number[];
  next: number;
  recentHits: number;
  lastMs: number | null;
  /** Events that are learnt from, and in which minute of the week they were; null when that is over. */
  learning: { startMs: number | null; readonly minutes: number[]; readonly x: number[] } | null;
  model: RateModel | null;
  rise: RateDetectorState | null;
  evidence: number;
  tier: AlertTier | null;
}

export function startRateWatch(rule: RateRule): RateWatch {
  const model = rule.baseline === null ? null : statedRate(rule.baseline);
  return {
    seen: 0,
    hits: 0,
    recent: [],
    next: 0,
    recentHits: 0,
    lastMs: null,
    learning: rule.learnFrom > 0 ? { startMs: null, minutes: [], x: [] } : null,
    model,
    rise: model === null ? null : startRateDetector(model, 'rise'),
    evidence: 0,
    tier: null,
  };
}

/** Takes one event in; true when the tier has changed. `trust` in [0, 1] is how far who says so is believed. */
export function observeEvent(watch: RateWatch, happened: boolean, atMs: number, rule: RateRule, trust = 1): boolean {
  const x = Number(happened);
  const passed = watch.lastMs === null ? 0 : atMs - watch.lastMs;
  watch.lastMs = atMs;
  watch.seen += 1;
  watch.hits += x;
  if (watch.recent.length < rule.minimum) watch.recent.push(x);
  else {
    watch.recentHits -= watch.recent[watch.next] ?? 0;
    watch.recent[watch.next] = x;
    watch.next = (watch.next + 1) % rule.minimum;
  }
  watch.recentHits += x;
  if (watch.model !== null && watch.rise !== null) {
    watch.evidence = observeRate(watch.rise, watch.model, 'rise', {
      x,
      atMs,
      weight: spentOn(passed, rule.horizonMs, watch.seen),
      trust,
    });
  }
  if (watch.learning !== null) learn(watch, watch.learning, x, atMs, rule);
  return settleTier(watch, rule);
}

function learn(
  watch: RateWatch,
  learning: NonNullable<RateWatch['learning']>,
  x: number,
  atMs: number,
  rule: RateRule,
) {
  // What happens while something is wrong is not what is usual.
  if (watch.tier !== null) return;
  learning.startMs ??= atMs;
  learning.minutes.push(Math.floor(atMs / minuteMs) % minutesOfWeek);
  learning.x.push(x);
  if (learning.x.length < rule.learnFrom) return;
  const learnt = learnRate(
    learning.minutes.map((minute) => minute * minuteMs),
    learning.x,
    atMs - learning.startMs,
  );
  const level = rule.baseline === null ? learnt : { mean: rule.baseline, lower: rule.baseline, upper: rule.baseline };
  watch.model = { ...learnt, ...level };
  // A stated baseline holds at any time, so a season is no excuse to exceed it.
  if (rule.baseline !== null) watch.model = { ...watch.model, season: null };
  watch.learning = null;
  watch.rise = startRateDetector(watch.model, 'rise');
  watch.evidence = 0;
}

function settleTier(watch: RateWatch, rule: RateRule): boolean {
  const before = watch.tier;
  if (before !== null && isHealthy(watch, rule)) {
    // The promise about false alarms is for evidence that starts afresh after each of the most urgent.
    if (watch.evidence >= rule.thresholds[rule.highest]) restart(watch);
    // Less evidence fades by itself while all is well; to drop it would be to forget what is just beginning.
    else if (watch.evidence < rule.thresholds.info) watch.tier = null;
    return watch.tier === null;
  }
  const reached = reachedTier(watch, rule);
  if (reached === null || (before !== null && rank(reached) <= rank(before))) return false;
  watch.tier = reached;
  return true;
}

/** What was found is settled: by a healthy window, or by people. */
export function restart(watch: RateWatch): void {
  watch.tier = null;
  watch.evidence = 0;
  watch.rise = watch.model === null ? null : startRateDetector(watch.model, 'rise');
}

/** As `restart`, and forgets the newest events, which are of a time that is over. */
export function restartWindow(watch: RateWatch): void {
  restart(watch);
  watch.recent.length = 0;
  watch.next = 0;
  watch.recentHits = 0;
}

/** The evidence holds however few the events; an incident also takes enough of them. */
function reachedTier(watch: RateWatch, rule: RateRule): AlertTier | null {
  if (watch.model === null || watch.evidence < rule.thresholds.info) return null;
  if (recentRate(watch) < watch.model.mean + liftOf(watch.model, rule)) return null;
  const reached = alertTiers.findLast((tier) => watch.evidence >= rule.thresholds[tier]) ?? null;
  if (reached === null) return null;
  const highest = watch.recent.length < rule.minimum && rule.highest === 'incident' ? 'action_required' : rule.highest;
  return rank(reached) > rank(highest) ? highest : reached;
}

/** Hysteresis: an alert can only end when a whole window is less than half the lift above what is usual. */
const isHealthy = (watch: RateWatch, rule: RateRule) =>
  watch.model !== null &&
  watch.recent.length >= rule.minimum &&
  recentRate(watch) < watch.model.mean + liftOf(watch.model, rule) / 2;

/** A rate near 1 has no room for the whole lift. */
const liftOf = ({ mean }: RateModel, { lift }: RateRule) => Math.min(lift, (1 - mean) / 2);

/** The share among the newest events; null while there are too few to tell. */
export const knownRate = (watch: RateWatch, { minimum }: RateRule): number | null =>
  watch.recent.length < minimum ? null : recentRate(watch);

export const recentRate = ({ recentHits, recent }: RateWatch): number => recentHits / Math.max(recent.length, 1);

/** Whether there is enough to say that all is well; what is wrong may show earlier. */
export const isConclusive = (watch: RateWatch, rule: RateRule): boolean =>
  watch.tier !== null || (watch.model !== null && watch.recent.length >= rule.minimum);

/** The numbers behind what it says. */
export function shownBy(watch: RateWatch, rule: RateRule): Record<string, unknown> {
  const { lower, upper } = confidenceSequence(watch.hits, watch.seen);
  return {
    events: watch.seen,
    hits: watch.hits,
    rate: watch.seen === 0 ? null : watch.hits / watch.seen,
    rate_lower: lower,
    rate_upper: upper,
    recent_events: watch.recent.length,
    recent_rate: watch.recent.length === 0 ? null : recentRate(watch),
    baseline: watch.model?.mean ?? null,
    baseline_upper: watch.model?.upper ?? null,
    learning: watch.learning === null ? null : { events: watch.learning.x.length, of: rule.learnFrom },
    e_value: watch.evidence,
    thresholds: rule.thresholds,
  };
}

const rank = (tier: AlertTier) => alertTiers.indexOf(tier);
export const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;
