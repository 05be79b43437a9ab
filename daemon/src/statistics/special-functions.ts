/**
 * Distribution functions to nearly double precision. Sources: Abramowitz and Stegun 6.5, 26.5; Lentz's evaluation of
 * continued fractions (1976).
 */
import { gammaln } from 'simple-statistics';

const tiny = 1e-300;
const precision = 1e-16;
const mostTerms = 100_000;

/** Regularised upper incomplete gamma function Q(a, x), for a > 0 and x ≥ 0. Range [0, 1]. */
export function upperGamma(a: number, x: number): number {
  if (!(a > 0) || Number.isNaN(x)) throw new RangeError(`Q(${a}, ${x}) is not defined; give a > 0 and a number`);
  if (x <= 0) return 1;
  if (!Number.isFinite(x)) return 0;
  const scale = Math.exp(a * Math.log(x) - x - gammaln(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n < mostTerms && term > sum * precision; n++) {
      term *= x / (a + n);
      sum += term;
    }
    return 1 - sum * scale;
  }
  const fraction = continuedFraction(x + 1 - a, (n) => [n * (a - n), x + 2 * n + 1 - a]);
  return scale / fraction;
}

/** P(χ² with `degreesOfFreedom` > x). */
export const chiSquareSurvival = (x: number, degreesOfFreedom: number): number =>
  upperGamma(degreesOfFreedom / 2, x / 2);

/** P(Z ≤ z) of the standard normal. */
export function normalCdf(z: number): number {
  const tail = upperGamma(0.5, (z * z) / 2) / 2;
  return z > 0 ? 1 - tail : tail;
}

/** The z with P(Z ≤ z) = p, for p in (0, 1). */
export const normalQuantile = (p: number): number => bisect((z) => normalCdf(z) - p, -40, 40);

/** Regularised incomplete beta function I_x(a, b), for a, b > 0 and x in [0, 1]. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const scale = Math.exp(logBetaInverse(a, b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  const fraction = continuedFraction(1, (n) => {
    const m = Math.floor(n / 2);
    const numerator =
      n % 2 === 0
        ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
        : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    return [numerator, 1];
  });
  return scale / fraction;
}

/** The x with I_x(a, b) = p, for p in [0, 1]. */
export function betaQuantile(p: number, a: number, b: number): number {
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  return bisect((x) => incompleteBeta(x, a, b) - p, 0, 1);
}

/** −ln B(a, b). */
const logBetaInverse = (a: number, b: number) => gammaln(a + b) - gammaln(a) - gammaln(b);
export const logBeta = (a: number, b: number): number => -logBetaInverse(a, b);

/** b0 + a1 / (b1 + a2 / (b2 + …)), the n-th pair from n = 1 by `next`. */
function continuedFraction(b0: number, next: (n: number) => readonly [a: number, b: number]): number {
  let value = b0 === 0 ? tiny : b0;
  let c = value;
  let d = 0;
  for (let n = 1; n < mostTerms; n++) {
    const [a, b] = next(n);
    d = b + a * d;
    d = 1 / (d === 0 ? tiny : d);
    c = b + a / c;
    if (c === 0) c = tiny;
    value *= c * d;
    if (Math.abs(c * d - 1) < precision) break;
  }
  return value;
}

/** Where a rising function crosses 0, to the last bit; an end of the interval when it does not. */
export function bisect(rising: (x: number) => number, low: number, high: number): number {
  let [from, to] = [low, high];
  for (;;) {
    const middle = (from + to) / 2;
    if (middle <= from || middle >= to) return middle;
    if (rising(middle) < 0) from = middle;
    else to = middle;
  }
}
