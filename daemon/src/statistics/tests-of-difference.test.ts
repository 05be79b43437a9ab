import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { benjaminiHochberg } from './benjamini-hochberg.ts';
import { chiSquareHomogeneity } from './chi-square.ts';
import { kolmogorovSmirnov } from './kolmogorov-smirnov.ts';
import { uniform } from './random.ts';

const line = (from: number, to: number, n: number) =>
  Array.from({ length: n }, (_, i) => from + ((to - from) * i) / (n - 1));

describe('Kolmogorov and Smirnov', () => {
  it('published figures', () => {
    const shifted = line(1, 100, 110).map((x) => x + 20.1);
    const wide = kolmogorovSmirnov(line(1, 100, 100), shifted);
    expect(wide.statistic).toBeCloseTo(232 / 1100, 12);
    expect(wide.pValue).toBeCloseTo(0.0157391839, 10);
    const small = kolmogorovSmirnov(
      [38.7, 41.5, 43.8, 44.5, 45.5, 46, 47.7, 58],
      [39.2, 39.3, 39.7, 41.4, 41.8, 42.9, 43.3, 45.8],
    );
    expect(small).toEqual({ statistic: 0.625, pValue: expect.closeTo(0.087024, 6) as number });
  });

  it('p is the share of all orders of the pooled sample that are so far apart, ties included', () => {
    const sample = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const pooled = [...a, ...b];
        const found = kolmogorovSmirnov(a, b).statistic as number;
        let [all, further] = [0, 0];
        for (let mask = 0; mask < 2 ** pooled.length; mask++) {
          const mine = pooled.filter((_, i) => (mask >> i) % 2 === 1);
          if (mine.length !== a.length) continue;
          all += 1;
          const others = pooled.filter((_, i) => (mask >> i) % 2 === 0);
          if (distance(mine, others) >= found - 1e-12) further += 1;
        }
        expect(found).toBeCloseTo(distance(a, b), 12);
        expect(kolmogorovSmirnov(a, b).pValue).toBeCloseTo(further / all, 9);
      }),
    );
  });

  it('the limit for large samples agrees with the exact value where they meet', () => {
    const next = uniform(1);
    const [a, b] = [Array.from({ length: 4_400 }, next), Array.from({ length: 4_400 }, () => next() * 0.975)];
    const exact = kolmogorovSmirnov(a, b);
    const limit = kolmogorovSmirnov(a, [...b, ...Array.from({ length: 200 }, () => next() * 0.975)]);
    expect(limit.statistic).toBeCloseTo(exact.statistic as number, 2);
    expect(Math.abs(Math.log((limit.pValue as number) / (exact.pValue as number)))).toBeLessThan(0.4);
    // Three against very many: nearly the one-sample test, P(all above .95) and the mirror image.
    const few = kolmogorovSmirnov(
      [0.95, 0.96, 0.97],
      Array.from({ length: 1_500_000 }, (_, i) => i / 1_500_000),
    );
    expect(few.pValue).toBeCloseTo(2 * 0.05 ** 3, 4);
    expect(kolmogorovSmirnov(a, [...a, ...a, ...a]).pValue).toBeCloseTo(1, 6);
  });

  it('says why there is nothing for an empty sample, and that equal samples are no news', () => {
    expect(kolmogorovSmirnov([], [1])).toEqual({ statistic: null, pValue: null, reason: 'a sample is empty' });
    expect(kolmogorovSmirnov([1, 1], [1])).toEqual({ statistic: 0, pValue: 1 });
  });
});

function distance(a: readonly number[], b: readonly number[]): number {
  const below = (values: readonly number[], x: number) => values.filter((v) => v <= x).length / values.length;
  return Math.max(...[...a, ...b].map((x) => Math.abs(below(a, x) - below(b, x))));
}

describe('χ² of homogeneity', () => {
  it('published figure', () => {
    const { degreesOfFreedom, pValue } = chiSquareHomogeneity([16, 18, 16, 14, 12, 12], [16, 16, 16, 16, 16, 8]);
    expect(degreesOfFreedom).toBe(5);
    expect(pValue).toBeCloseTo(0.898526, 6);
  });

  it('stands a category that the reference never had, and pools rare ones', () => {
    expect(chiSquareHomogeneity([1000, 1000, 0], [1000, 1000, 40]).pValue).toBeLessThan(1e-8);
    // 40 categories seen once each are one cell.
    const rare = Array.from({ length: 40 }, () => 1);
    expect(chiSquareHomogeneity([1000, ...rare], [1000, ...rare])).toMatchObject({ degreesOfFreedom: 1, statistic: 0 });
  });

  it('says why there is nothing', () => {
    expect(chiSquareHomogeneity([0, 0], [1, 2])).toMatchObject({ pValue: null, reason: 'a side has no counts' });
    expect(chiSquareHomogeneity([5, 0], [5, 0]).reason).toBe('fewer than two categories have enough counts');
    expect(chiSquareHomogeneity([2, 1], [1, 2]).reason).toBe('fewer than two categories have enough counts');
  });
});

describe('Benjamini and Hochberg', () => {
  it('their own example: four of fifteen at 5 %', () => {
    const p = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
    ];
    expect(benjaminiHochberg(p, 0.05).filter(Boolean)).toHaveLength(4);
    const reversed = benjaminiHochberg(p.toReversed(), 0.05);
    expect(reversed.toReversed()).toEqual(benjaminiHochberg(p, 0.05));
  });

  it('counts what is just at the bound, however it is rounded', () => {
    for (let n = 1; n < 300; n++) {
      const p = Array.from({ length: n }, () => 0.01);
      expect(benjaminiHochberg(p, 0.01).every(Boolean)).toBe(true);
    }
    expect(() => benjaminiHochberg([0.1], 5)).toThrow(/alpha is 5/);
  });

  it('treats equals equally, takes an empty list and refuses what is no p-value', () => {
    expect(benjaminiHochberg([0.04, 0.04], 0.05)).toEqual([true, true]);
    expect(benjaminiHochberg([], 0.05)).toEqual([]);
    expect(() => benjaminiHochberg([0.1, Number.NaN], 0.05)).toThrow(/pValues\[1\] is NaN/);
  });
});
