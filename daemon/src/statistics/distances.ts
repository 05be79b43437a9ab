/** How far two distributions over the same bins, or two samples, are apart. */
import { ascending, assertCounts, assertFinite, assertSameLength, at, total } from './input.ts';

export type Counts = readonly number[];

/**
 * Population stability index of `current` against `reference`, both counts over the same frozen bins:
 * Σ (q − p) · ln(q / p). Where a bin is empty on either side, each bin gets half a count (Jeffreys), so that it costs
 * little instead of everything.
 * Range [0, ∞), nats. `null` when a side has no counts. Source: Siddiqi, Credit Risk Scorecards (2006).
 */
export function populationStabilityIndex(referenceCounts: Counts, currentCounts: Counts): number | null {
  checkPair(referenceCounts, currentCounts);
  const [n, m] = [total(referenceCounts), total(currentCounts)];
  if (n === 0 || m === 0) return null;
  const more = [...referenceCounts, ...currentCounts].includes(0) ? 0.5 : 0;
  const moreInAll = more * referenceCounts.length;
  return referenceCounts.reduce((sum, count, i) => {
    const p = (count + more) / (n + moreInAll);
    const q = (at(currentCounts, i) + more) / (m + moreInAll);
    return sum + (q - p) * Math.log(q / p);
  }, 0);
}

/**
 * Jensen–Shannon distance: the square root of the mean divergence of both from their mean. `p` and `q` are counts or
 * probabilities and are normalised. Range [0, 1] with base 2. `null` when a side sums to 0. Source: Lin (1991), Endres
 * and Schindelin (2003).
 */
export function jensenShannonDistance(p: Counts, q: Counts, base = 2): number | null {
  checkPair(p, q);
  if (!(base > 1)) throw new RangeError(`base is ${base}; give a number above 1`);
  const [n, m] = [total(p), total(q)];
  if (n === 0 || m === 0) return null;
  const divergence = p.reduce((sum, count, i) => {
    const [a, b] = [count / n, at(q, i) / m];
    const middle = (a + b) / 2;
    return sum + (entropyTerm(a, middle) + entropyTerm(b, middle)) / 2;
  }, 0);
  return Math.sqrt(Math.min(Math.max(divergence, 0), Math.LN2) / Math.log(base));
}

const entropyTerm = (share: number, of: number) => (share === 0 ? 0 : share * Math.log(share / of));

/**
 * Hellinger distance, √(½ Σ (√p − √q)²). `p` and `q` are counts or probabilities and are normalised. Range [0, 1].
 * `null` when a side sums to 0. Source: Hellinger (1909).
 */
export function hellingerDistance(p: Counts, q: Counts): number | null {
  checkPair(p, q);
  const [n, m] = [total(p), total(q)];
  if (n === 0 || m === 0) return null;
  const sum = p.reduce((s, count, i) => s + (Math.sqrt(count / n) - Math.sqrt(at(q, i) / m)) ** 2, 0);
  return Math.sqrt(Math.min(sum / 2, 1));
}

/**
 * First Wasserstein distance of two samples: the area between their distribution functions. In the unit of the samples,
 * range [0, ∞). `null` when a sample is empty. Ties need nothing special. Source: Vallender (1974).
 */
export function wassersteinDistance(a: readonly number[], b: readonly number[]): number | null {
  assertFinite(a, 'a');
  assertFinite(b, 'b');
  if (a.length === 0 || b.length === 0) return null;
  const [x, y] = [a.toSorted(ascending), b.toSorted(ascending)];
  let [i, j, area] = [0, 0, 0];
  let before = Math.min(at(x, 0), at(y, 0));
  while (i < x.length || j < y.length) {
    const next = Math.min(x[i] ?? Infinity, y[j] ?? Infinity);
    const apart = Math.abs(i / x.length - j / y.length);
    if (apart > 0) area += apart * (next - before);
    while (i < x.length && at(x, i) === next) i += 1;
    while (j < y.length && at(y, j) === next) j += 1;
    before = next;
  }
  return area;
}

function checkPair(a: Counts, b: Counts): void {
  assertSameLength(a, b, 'the two distributions');
  assertCounts(a, 'the first distribution');
  assertCounts(b, 'the second distribution');
}
