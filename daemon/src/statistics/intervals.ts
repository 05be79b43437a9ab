/** Intervals for a rate, for one look at a fixed number of trials. For many looks see the confidence sequence. */
import { assertBetween } from './input.ts';
import { betaQuantile, normalQuantile } from './special-functions.ts';

export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/**
 * Wilson's score interval for `successes` in `trials`. `null` without trials. Range [0, 1].
 * Source: Wilson (1927).
 */
export function wilsonInterval(successes: number, trials: number, confidence = 0.95): Interval | null {
  assertBetween(confidence, 'confidence', 0, 1);
  checkTrials(successes, trials);
  if (trials === 0) return null;
  const z = quantileFor(confidence);
  const rate = successes / trials;
  const centre = rate + (z * z) / (2 * trials);
  const spread = z * Math.sqrt((rate * (1 - rate)) / trials + (z * z) / (4 * trials * trials));
  const scale = 1 + (z * z) / trials;
  return {
    lower: successes === 0 ? 0 : Math.max((centre - spread) / scale, 0),
    upper: successes === trials ? 1 : Math.min((centre + spread) / scale, 1),
  };
}

/**
 * Jeffreys' interval: the central quantiles of Beta(successes + ½, failures + ½), closed to 0 without successes and to 1
 * without failures. `null` without trials. Range [0, 1]. Source: Brown, Cai and DasGupta (2001).
 */
export function jeffreysInterval(successes: number, trials: number, confidence = 0.95): Interval | null {
  assertBetween(confidence, 'confidence', 0, 1);
  checkTrials(successes, trials);
  if (trials === 0) return null;
  // They agree to 12 digits there, and the beta function has not as many left.
  if (trials > 1e9) return wilsonInterval(successes, trials, confidence);
  const [a, b] = [successes + 0.5, trials - successes + 0.5];
  return {
    lower: successes === 0 ? 0 : betaQuantile((1 - confidence) / 2, a, b),
    upper: successes === trials ? 1 : betaQuantile((1 + confidence) / 2, a, b),
  };
}

const quantiles = new Map<number, number>();

/** Worked out once for a level: it takes longer than all the rest. */
function quantileFor(confidence: number): number {
  const known = quantiles.get(confidence);
  if (known !== undefined) return known;
  const z = normalQuantile(0.5 + confidence / 2);
  quantiles.set(confidence, z);
  return z;
}

function checkTrials(successes: number, trials: number): void {
  if (successes >= 0 && successes <= trials && Number.isFinite(trials)) return;
  throw new RangeError(`${successes} successes in ${trials} trials; give 0 ≤ successes ≤ trials`);
}
