import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hellingerDistance,
  jensenShannonDistance,
  populationStabilityIndex,
  wassersteinDistance,
} from './distances.ts';

const reference = [16, 18, 16, 14, 12, 12];
const current = [16, 16, 16, 16, 16, 8];

describe('published figures', () => {
  it.each([
    ['PSI', populationStabilityIndex(reference, current), 0.037218],
    ['Hellinger', hellingerDistance(reference, current), 0.068128],
    ['Jensen–Shannon', jensenShannonDistance(reference, current), 0.081734],
    // Evidently gives .315 or .546 by the constant it fills in; half a count does not depend on one.
    ['PSI with an empty bin', populationStabilityIndex([500, 300, 200, 0], [450, 300, 200, 50]), 0.235547],
    [
      'Wasserstein',
      wassersteinDistance(
        [38.7, 41.5, 43.8, 44.5, 45.5, 46, 47.7, 58],
        [39.2, 39.3, 39.7, 41.4, 41.8, 42.9, 43.3, 45.8],
      ),
      4.1625,
    ],
  ])('%s', (_name, value, golden) => expect(value).toBeCloseTo(golden, 6));
});

it('the largest distances are the ends of the ranges', () => {
  expect(jensenShannonDistance([1, 0], [0, 1])).toBeCloseTo(1, 12);
  expect(jensenShannonDistance([1, 0], [0, 1], Math.E)).toBeCloseTo(Math.sqrt(Math.LN2), 12);
  expect(hellingerDistance([1, 0], [0, 1])).toBeCloseTo(1, 12);
  expect(wassersteinDistance([0, 0], [3])).toBe(3);
});

it('is null where a side is empty', () => {
  for (const distance of [populationStabilityIndex, jensenShannonDistance, hellingerDistance]) {
    expect(distance([0, 0], [1, 2])).toBeNull();
    expect(distance([], [])).toBeNull();
  }
  expect(wassersteinDistance([], [1])).toBeNull();
});

it('refuses what is no count and no number, by name', () => {
  expect(() => populationStabilityIndex([1, Number.NaN], [1, 2])).toThrow(/first distribution\[1\] is NaN/);
  expect(() => hellingerDistance([1, 2], [1])).toThrow(/2 and 1 entries/);
  expect(() => wassersteinDistance([1], [Infinity])).toThrow(/b\[0\] is Infinity/);
});

const counts = fc.array(fc.nat(1000), { minLength: 4, maxLength: 4 }).filter((row) => row.some((n) => n > 0));

it('is 0 from itself, the same both ways, and in its range', () => {
  fc.assert(
    fc.property(counts, counts, (a, b) => {
      for (const distance of [populationStabilityIndex, jensenShannonDistance, hellingerDistance]) {
        expect(distance(a, a)).toBeCloseTo(0, 7);
        const d = distance(a, b);
        expect(d).toBeGreaterThanOrEqual(0);
        // Wherever halves are added, both sides get them.
        expect(distance(b, a)).toBeCloseTo(d as number, 9);
        expect(distance === populationStabilityIndex || (d as number) <= 1 + 1e-12).toBe(true);
      }
    }),
  );
});

const sample = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 20 });

it('Wasserstein is the area between the distribution functions', () => {
  fc.assert(
    fc.property(sample, sample, (a, b) => {
      const below = (values: number[], x: number) => values.filter((v) => v <= x).length / values.length;
      let area = 0;
      for (let x = -5; x < 5; x++) area += Math.abs(below(a, x) - below(b, x));
      expect(wassersteinDistance(a, b)).toBeCloseTo(area, 9);
    }),
  );
});
