/** How far apart two distributions may truly be, given a population stability index of two samples. */
import { assertBetween } from './input.ts';
import type { Interval } from './intervals.ts';
import { bisect, normalCdf } from './special-functions.ts';

export interface StabilitySample {
  /** Counts in the reference, and in what is compared to it; at least 1 each. */
  readonly reference: number;
  readonly current: number;
  /** Bins that hold anything; at least 2. */
  readonly bins: number;
}

/**
 * Interval for the true index behind a measured one: psi ≈ s · χ′²(bins − 1, true / s) with s = 1 / reference + 1 / current,
 * inverted at both ends. What two samples of one distribution show by chance has a lower end of 0. Approximate: best while the
 * index is below 1, and never without the measured one. Range [0, ∞), nats. Sources: Yurdakul and Naranjo, Statistical properties of the population stability
 * index (2020), for no drift; Jeffreys' divergence and Pearson's statistic agree to second order, for some.
 */
export function stabilityInterval(psi: number, sample: StabilitySample, confidence = 0.95): Interval {
  assertBetween(confidence, 'confidence', 0, 1);
  const { reference, current, bins } = sample;
  if (!(psi >= 0) || !(reference >= 1) || !(current >= 1) || !(bins >= 2)) {
    throw new RangeError(
      `psi ${psi} of ${reference} and ${current} counts in ${bins} bins; give psi ≥ 0, counts ≥ 1 and bins ≥ 2`,
    );
  }
  const scale = 1 / reference + 1 / current;
  const x = psi / scale;
  const outside = (1 - confidence) / 2;
  // The larger the true index, the less likely is one as small as this.
  const trueWhere = (share: number) =>
    scale * bisect((noncentrality) => share - cdf(x, bins - 1, noncentrality), 0, most(x));
  // Samples that are more alike than samples are would leave nothing.
  return { lower: Math.min(psi, trueWhere(1 - outside)), upper: Math.max(psi, trueWhere(outside)) };
}

/** Far more than any that could be behind it. */
const most = (x: number) => 4 * x + 400;

/** P(χ′² ≤ x) of the noncentral chi-squared distribution, to about three digits. Source: Sankaran (1963), third approximation. */
function cdf(x: number, degreesOfFreedom: number, noncentrality: number): number {
  if (x <= 0) return 0;
  const [k, l] = [degreesOfFreedom, noncentrality];
  const h = 1 - (2 * (k + l) * (k + 3 * l)) / (3 * (k + 2 * l) ** 2);
  const p = (k + 2 * l) / (k + l) ** 2;
  const m = (h - 1) * (1 - 3 * h);
  const mean = 1 + h * p * (h - 1 - ((2 - h) * m * p) / 2);
  return normalCdf(((x / (k + l)) ** h - mean) / (h * Math.sqrt(2 * p) * (1 + (m * p) / 2)));
}
