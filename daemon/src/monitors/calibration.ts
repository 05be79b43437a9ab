/**
 * Whether confidence means what it says: evidence against calibration that holds however often one looks, and once there
 * is some, how large the error is beyond chance. The curve and its numbers are worked out when somebody asks.
 */
import { alertTiers, eventTypes, type AlertTier } from '@countersign/contract';
import {
  brierDecomposition,
  calibrationBins,
  calibrationErrorOf,
  calibrationLine,
  evidenceOf,
  logLoss,
  normalQuantile,
  type BinStrategy,
  type CalibrationBin,
} from '../statistics/index.ts';
import { truthOf } from './answers.ts';
import { incidentShares, spentOn, thresholdsOf } from './budget.ts';
import type { Monitor } from './monitor.ts';
import { percent } from './rate-watch.ts';
import { oncePerRules, type Rules } from './rules.ts';

export interface CalibrationState {
  /** Confidences of the newest decisions with an outcome, and whether each was right: rings with `next` the oldest. */
  readonly p: number[];
  readonly y: number[];
  next: number;
  seen: number;
  /** One Shiryaev–Roberts process for each way to be off. */
  readonly values: number[];
  lastMs: number | null;
  tier: AlertTier | null;
}

/** Ways to be off: logit P(right) = shift + slope · logit confidence. */
const alternatives = [
  { shift: -0.7, slope: 1 },
  { shift: 0.7, slope: 1 },
  { shift: -1.5, slope: 1 },
  { shift: 0, slope: 0.5 },
  { shift: 0, slope: 2 },
];
/** Confidences closer to 0 and 1 are taken for this: nothing that was certain and wrong should decide by itself. */
const furthest = 0.001;
/** Once there is evidence, how many outcomes come between two looks at the size of the error. */
const lookEvery = 100;
const bins = 15;

export const calibration: Monitor<CalibrationState> = {
  per: 'version',
  hears: [eventTypes.outcome, eventTypes.breaker],
  rules: ({ calibration: own, budget }) => [own, budget],
  start: () => ({ p: [], y: [], next: 0, seen: 0, values: alternatives.map(() => 0), lastMs: null, tier: null }),

  observe: (state, record, { rules, nowMs }) => {
    if (record.event.type === eventTypes.breaker && record.event.data.to === 'closed') {
      Object.assign(state, { p: [], y: [], next: 0, tier: null, values: alternatives.map(() => 0) });
      return true;
    }
    const truth = truthOf(record);
    if (truth === null) return false;
    take(state, truth.about.confidence, Number(truth.right), rules, nowMs);
    const thresholds = thresholdsFor(rules);
    const suspicious = state.tier !== null || evidenceOf(state.values) >= thresholds.info;
    return suspicious && state.seen % lookEvery === 0 && settle(state, rules, thresholds);
  },

  signals: (state, { rules }) => {
    const { minimum_outcomes: minimum } = rules.calibration;
    const thresholds = thresholdsFor(rules);
    const evidence = { ...describe(state), e_value: evidenceOf(state.values), thresholds };
    const { tier } = state;
    if (state.p.length < minimum && tier === null) {
      const summary = `Too early to tell: ${state.p.length} of ${minimum} outcomes are in.`;
      return [{ subject: null, tier, conclusive: false, value: null, summary, evidence }];
    }
    const { excess, inTheLarge } = errorOf(state);
    const direction = inTheLarge < 0 ? 'too sure of itself' : 'not sure enough';
    const summary =
      `The calibration error is ${percent(Math.max(excess, 0))} beyond chance over the last ${state.p.length} outcomes; ` +
      `on the whole the model is ${percent(Math.abs(inTheLarge))} ${direction}.`;
    return [{ subject: null, tier, conclusive: true, value: excess, summary, evidence }];
  },
};

const thresholdsFor = oncePerRules((rules) => thresholdsOf(rules, incidentShares.calibration));

function take(
  state: CalibrationState,
  confidence: number,
  right: number,
  { calibration: { window }, budget }: Rules,
  nowMs: number,
): void {
  const at = state.p.length < window ? state.p.length : state.next;
  if (at === state.next && state.p.length >= window) state.next = (state.next + 1) % window;
  state.p[at] = confidence;
  state.y[at] = right;
  state.seen += 1;
  const passed = state.lastMs === null ? 0 : nowMs - state.lastMs;
  const spent = spentOn(passed, budget.perMs, state.seen);
  state.lastMs = nowMs;
  const p = Math.min(Math.max(confidence, furthest), 1 - furthest);
  const logit = Math.log(p / (1 - p));
  for (let i = 0; i < alternatives.length; i++) {
    const { shift, slope } = alternatives[i] as (typeof alternatives)[number];
    const q = 1 / (1 + Math.exp(-(shift + slope * logit)));
    const ratio = right === 1 ? q / p : (1 - q) / (1 - p);
    state.values[i] = Math.min(((state.values[i] as number) + spent) * ratio, 1e300);
  }
}

/** Evidence that there is an error, and an error that matters: both, for any alert. */
function settle(
  state: CalibrationState,
  { calibration: own }: Rules,
  thresholds: Readonly<Record<AlertTier, number>>,
): boolean {
  const before = state.tier;
  if (state.p.length < own.minimum_outcomes) return false;
  const { excess, isBeyondChance } = errorOf(state);
  if (before !== null && excess < own.minimum_error / 2) {
    state.tier = null;
    state.values.fill(0);
    return true;
  }
  if (!isBeyondChance || excess < own.minimum_error) return false;
  const value = evidenceOf(state.values);
  // An incident stops the AI; that takes an error that people feel.
  const most: AlertTier = excess >= 3 * own.minimum_error ? 'incident' : 'action_required';
  const reached = alertTiers.findLast((tier) => value >= thresholds[tier] && rank(tier) <= rank(most)) ?? null;
  if (reached === null || (before !== null && rank(reached) <= rank(before))) return false;
  state.tier = reached;
  return true;
}

const rank = (tier: AlertTier) => alertTiers.indexOf(tier);

interface CalibrationErrorFound {
  readonly error: number;
  /** Beyond what perfect calibration would show on average. */
  readonly excess: number;
  readonly isBeyondChance: boolean;
  /** Share of right answers minus mean confidence: below 0 when too sure. */
  readonly inTheLarge: number;
}

function errorOf({ p, y }: CalibrationState, strategy: BinStrategy = 'equal_mass'): CalibrationErrorFound {
  const counted = calibrationBins(p, y, bins, strategy);
  const error = calibrationErrorOf(counted, 'l1') ?? 0;
  const chance = errorByChance(counted);
  const n = Math.max(p.length, 1);
  const inTheLarge = counted.reduce((sum, bin) => sum + (bin.count / n) * (bin.rate - bin.forecast), 0);
  return { error, excess: error - chance.mean, isBeyondChance: error > chance.upper, inTheLarge };
}

/**
 * Expected calibration error of a perfectly calibrated model with these bins, and what it exceeds once in a thousand:
 * each gap is about normal around 0, so its size is half-normal.
 */
function errorByChance(counted: readonly CalibrationBin[]): { readonly mean: number; readonly upper: number } {
  const n = counted.reduce((sum, { count }) => sum + count, 0);
  let [mean, variance] = [0, 0];
  for (const { count, forecast } of counted) {
    if (count === 0) continue;
    const deviation = ((count / n) * Math.sqrt(forecast * (1 - forecast))) / Math.sqrt(count);
    mean += Math.sqrt(2 / Math.PI) * deviation;
    variance += (1 - 2 / Math.PI) * deviation ** 2;
  }
  return { mean, upper: mean + oneInAThousand * Math.sqrt(variance) };
}

const oneInAThousand = normalQuantile(0.999);
const z99 = normalQuantile(0.995);

function describe(state: CalibrationState): Record<string, unknown> {
  const { p, y } = state;
  const [width, mass] = [errorOf(state, 'equal_width'), errorOf(state, 'equal_mass')];
  const line = calibrationLine(p, y);
  const interval = (value: number | null, error: number | null) =>
    value === null || error === null ? null : [value - z99 * error, value + z99 * error];
  const curve = calibrationBins(p, y, bins, 'equal_mass').filter(({ count }) => count > 0);
  return {
    outcomes: p.length,
    expected_calibration_error: { equal_width: width.error, equal_mass: mass.error, beyond_chance: mass.excess },
    is_beyond_chance: mass.isBeyondChance,
    brier: brierDecomposition(p, y, bins),
    log_loss: logLoss(p, y),
    slope: line.slope,
    slope_interval: interval(line.slope, line.slopeError),
    intercept: line.intercept,
    in_the_large: line.inTheLarge,
    reason: line.reason ?? null,
    curve,
  };
}
