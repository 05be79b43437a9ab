import { ascending, assertFinite, at } from './input.ts';

export interface KolmogorovSmirnov {
  /** D, the largest difference of the two distribution functions. Range [0, 1]. */
  readonly statistic: number | null;
  /** P(D at least so large when both come from one distribution). */
  readonly pValue: number | null;
  /** Why the others are null. */
  readonly reason?: string;
}

/** Up to so many pairs of observations the p-value is exact: up to a quarter of a second. */
const exactUpTo = 20_000_000;

/**
 * Two-sample Kolmogorov–Smirnov test, two-sided. The p-value is exact for samples whose sizes multiply to at most
 * 20,000,000, by counting the lattice paths that leave the band, looked at only where a run of ties ends, so it is exact
 * with ties too; beyond, it is Kolmogorov's limit with Stephens' correction, which is too large where there are many
 * ties. An empty sample gives nulls. Sources: Hodges (1958); Stephens (1970); Schröer and
 * Trenkler (1995) for ties.
 */
export function kolmogorovSmirnov(a: readonly number[], b: readonly number[]): KolmogorovSmirnov {
  assertFinite(a, 'a');
  assertFinite(b, 'b');
  const [m, n] = [a.length, b.length];
  if (m === 0 || n === 0) return { statistic: null, pValue: null, reason: 'a sample is empty' };
  const [x, y] = [a.toSorted(ascending), b.toSorted(ascending)];
  // D · m · n is a whole number, so nothing is lost to rounding.
  let [i, j, largest] = [0, 0, 0];
  const endsOfTies = new Uint8Array(m + n + 1);
  while (i < m || j < n) {
    const next = Math.min(x[i] ?? Infinity, y[j] ?? Infinity);
    while (i < m && at(x, i) === next) i += 1;
    while (j < n && at(y, j) === next) j += 1;
    endsOfTies[i + j] = 1;
    largest = Math.max(largest, Math.abs(i * n - j * m));
  }
  const statistic = largest / (m * n);
  const root = Math.sqrt((m * n) / (m + n));
  const pValue =
    m * n <= exactUpTo
      ? shareOutside(Math.max(m, n), Math.min(m, n), largest, endsOfTies)
      : limit(statistic * (root + 0.12 + 0.11 / root));
  return { statistic, pValue };
}

/** Of all orders of the pooled sample, the share whose path is `largest` or more off the diagonal at an end of ties. */
function shareOutside(m: number, n: number, largest: number, endsOfTies: Uint8Array): number {
  const shares = new Float64Array(n + 1);
  for (let i = 0; i <= m; i++) {
    for (let j = 0; j <= n; j++) {
      if (endsOfTies[i + j] === 1 && Math.abs(i * n - j * m) >= largest) shares[j] = 1;
      else if (i + j > 0) {
        const [below, left] = [i === 0 ? 0 : at2(shares, j), j === 0 ? 0 : at2(shares, j - 1)];
        shares[j] = (i * below + j * left) / (i + j);
      }
    }
  }
  return largest === 0 ? 1 : at2(shares, n);
}

const at2 = (values: Float64Array, i: number) => values[i] as number;

/** 1 − K(x), Kolmogorov (1933); by the theta function's other series where that converges sooner. */
function limit(x: number): number {
  if (x <= 0) return 1;
  let sum = 0;
  if (x < 1) {
    for (let k = 1; k < 20; k++) sum += Math.exp((-((2 * k - 1) ** 2) * Math.PI ** 2) / (8 * x * x));
    return 1 - (Math.sqrt(2 * Math.PI) / x) * sum;
  }
  for (let k = 1; k < 20; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * x * x);
  return Math.min(sum, 1);
}
