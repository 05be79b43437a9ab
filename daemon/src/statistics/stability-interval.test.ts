import { describe, expect, it } from 'vitest';
import { chiSquareSurvival, populationStabilityIndex, stabilityInterval, uniform } from './index.ts';

/** So many draws from a distribution. */
function counted(shares: readonly number[], draws: number, next: () => number): number[] {
  const counts = shares.map(() => 0);
  for (let i = 0; i < draws; i++) {
    let [left, bin] = [next(), 0];
    while (left >= (shares[bin] ?? 1) && bin < shares.length - 1) left -= shares[bin++] ?? 0;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

const even = Array.from({ length: 10 }, () => 0.1);
const shifted = (by: number) => even.map((share, i) => share + (i < 5 ? by : -by));
const between = (p: readonly number[], q: readonly number[]) =>
  p.reduce((sum, share, i) => sum + ((q[i] ?? 0) - share) * Math.log((q[i] ?? 0) / share), 0);

describe('the interval of a stability index', () => {
  it.each([
    ['no drift', 0],
    ['little', 0.01],
    ['some', 0.03],
    ['much', 0.05],
  ])('holds the true one nineteen times in twenty, of %s', (_what, by) => {
    const next = uniform(7);
    const truth = between(even, shifted(by));
    const runs = 2_000;
    let held = 0;
    for (let i = 0; i < runs; i++) {
      const [reference, current] = [counted(even, 2_000, next), counted(shifted(by), 500, next)];
      const psi = populationStabilityIndex(reference, current) ?? 0;
      const { lower, upper } = stabilityInterval(psi, { reference: 2_000, current: 500, bins: 10 });
      expect(lower).toBeLessThanOrEqual(upper);
      if (lower <= truth && truth <= upper) held += 1;
    }
    // Without drift half of what misses cannot miss: nothing is below 0.
    expect(held / runs).toBeGreaterThan(0.93);
    expect(held / runs).toBeLessThan(by === 0 ? 0.99 : 0.97);
  });

  it('begins at 0 when the samples may be of one distribution, and where the test says that they may', () => {
    const sample = { reference: 1_000, current: 1_000, bins: 5 };
    const scale = 2 / 1_000;
    // P(χ²(4) > x) = 0.025 at x = 11.14.
    const critical = 11.143_287;
    expect(chiSquareSurvival(critical, 4)).toBeCloseTo(0.025, 6);
    expect(stabilityInterval(scale * critical * 0.98, sample).lower).toBeCloseTo(0, 6);
    expect(stabilityInterval(scale * critical * 1.05, sample).lower).toBeGreaterThan(0);
  });

  it('narrows with more counts, and widens with more confidence', () => {
    const width = (counts: number, confidence?: number) => {
      const { lower, upper } = stabilityInterval(0.2, { reference: counts, current: counts, bins: 10 }, confidence);
      return upper - lower;
    };
    expect(width(10_000)).toBeLessThan(width(1_000) / 2);
    expect(width(1_000, 0.99)).toBeGreaterThan(width(1_000, 0.95));
  });

  it('has an end for whatever is measured', () => {
    for (const psi of [0, 1e-9, 1e-3, 1, 20]) {
      const { lower, upper } = stabilityInterval(psi, { reference: 5_000, current: 200, bins: 12 });
      expect([Number.isFinite(upper), lower >= 0, lower <= psi, psi <= upper]).toEqual([true, true, true, true]);
    }
  });

  it('says what is wrong with what it is given', () => {
    expect(() => stabilityInterval(-1, { reference: 1, current: 1, bins: 2 })).toThrow(/psi -1/);
    expect(() => stabilityInterval(1, { reference: 1, current: 1, bins: 1 })).toThrow(/1 bins/);
  });
});
