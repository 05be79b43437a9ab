import { assertCounts, assertSameLength, at, total } from './input.ts';
import type { Counts } from './distances.ts';
import { chiSquareSurvival } from './special-functions.ts';

export interface ChiSquare {
  /** Pearson's χ². Range [0, ∞). */
  readonly statistic: number | null;
  readonly degreesOfFreedom: number | null;
  readonly pValue: number | null;
  /** Why the others are null. */
  readonly reason?: string;
}

/** Below so many expected counts the χ² distribution is no good approximation. Source: Cochran (1954). */
const fewestExpected = 5;

/**
 * Pearson's χ² test of homogeneity of two rows of counts over the same categories. Categories with fewer than 5 expected
 * counts are pooled, with the next smallest if need be; so a category that only one side has does no harm. Nulls when a
 * side has no counts, or when fewer than two categories are left. Source: Pearson (1900), Cochran (1954).
 */
export function chiSquareHomogeneity(referenceCounts: Counts, currentCounts: Counts): ChiSquare {
  assertSameLength(referenceCounts, currentCounts, 'the counts');
  assertCounts(referenceCounts, 'referenceCounts');
  assertCounts(currentCounts, 'currentCounts');
  const [n, m] = [total(referenceCounts), total(currentCounts)];
  if (n === 0 || m === 0) return none('a side has no counts');
  const cells = pooled(referenceCounts, currentCounts, n, m);
  if (cells.length < 2) return none('fewer than two categories have enough counts');
  const statistic = cells.reduce((sum, [a, b]) => {
    const [expectedA, expectedB] = [((a + b) * n) / (n + m), ((a + b) * m) / (n + m)];
    return sum + (a - expectedA) ** 2 / expectedA + (b - expectedB) ** 2 / expectedB;
  }, 0);
  const degreesOfFreedom = cells.length - 1;
  return { statistic, degreesOfFreedom, pValue: chiSquareSurvival(statistic, degreesOfFreedom) };
}

function pooled(a: Counts, b: Counts, n: number, m: number): [number, number][] {
  const smallerSide = Math.min(n, m) / (n + m);
  const isSparse = ([x, y]: readonly [number, number]) => (x + y) * smallerSide < fewestExpected;
  const cells = a
    .map((count, i): [number, number] => [count, at(b, i)])
    .filter(([x, y]) => x + y > 0)
    .toSorted(([x, y], [v, w]) => x + y - v - w);
  const rare = cells.filter(isSparse);
  const rest = cells.slice(rare.length);
  if (rare.length === 0) return rest;
  const pool: [number, number] = [total(rare.map(([x]) => x)), total(rare.map(([, y]) => y))];
  if (!isSparse(pool)) return [pool, ...rest];
  const smallest = rest.shift();
  return smallest === undefined ? [pool] : [[pool[0] + smallest[0], pool[1] + smallest[1]], ...rest];
}

const none = (reason: string): ChiSquare => ({ statistic: null, degreesOfFreedom: null, pValue: null, reason });
