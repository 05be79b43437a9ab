import fc from 'fast-check';
import { expect, it } from 'vitest';
import { confidenceSequence } from './confidence-sequence.ts';
import { jeffreysInterval, wilsonInterval } from './intervals.ts';
import { uniform } from './random.ts';
import { chiSquareSurvival, normalCdf, normalQuantile } from './special-functions.ts';

it('published figures', () => {
  expect(wilsonInterval(1, 20)?.lower).toBeCloseTo(0.008881, 6);
  expect(wilsonInterval(1, 20)?.upper).toBeCloseTo(0.236131, 6);
  expect(jeffreysInterval(1, 20)?.lower).toBeCloseTo(0.005449, 6);
  expect(jeffreysInterval(1, 20)?.upper).toBeCloseTo(0.210819, 6);
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12);
  expect(normalCdf(-6) / 9.865876450376946e-10).toBeCloseTo(1, 9);
  expect(chiSquareSurvival(18.307038, 10)).toBeCloseTo(0.05, 8);
});

it('holds the rate, and is closed where there is nothing on one side', () => {
  fc.assert(
    fc.property(fc.nat(200), fc.integer({ min: 1, max: 200 }), (a, n) => {
      const successes = Math.min(a, n);
      for (const { lower, upper } of [
        wilsonInterval(successes, n),
        jeffreysInterval(successes, n),
        confidenceSequence(successes, n),
      ].filter((i) => i !== null)) {
        expect(lower).toBeLessThanOrEqual(successes / n);
        expect(upper).toBeGreaterThanOrEqual(successes / n);
        expect(lower >= 0 && upper <= 1).toBe(true);
        expect(successes > 0 || lower === 0).toBe(true);
        expect(successes < n || upper === 1).toBe(true);
      }
    }),
  );
});

it('is null without trials; the sequence is everything', () => {
  expect(wilsonInterval(0, 0)).toBeNull();
  expect(jeffreysInterval(0, 0)).toBeNull();
  expect(confidenceSequence(0, 0)).toEqual({ lower: 0, upper: 1 });
  expect(() => wilsonInterval(3, 2)).toThrow(/3 successes in 2 trials/);
});

it('the sequence covers the rate at every look at once, as often as it says; an interval looked at so often does not', () => {
  let [sequenceMissed, intervalMissed] = [0, 0];
  const runs = 300;
  for (let seed = 1; seed <= runs; seed++) {
    const next = uniform(seed);
    let [successes, missed, naive] = [0, false, false];
    for (let n = 1; n <= 1_000; n++) {
      successes += Number(next() < 0.2);
      if (n % 10 !== 0) continue;
      const { lower, upper } = confidenceSequence(successes, n, 0.1);
      missed ||= lower > 0.2 || upper < 0.2;
      const wilson = wilsonInterval(successes, n, 0.9);
      naive ||= wilson !== null && (wilson.lower > 0.2 || wilson.upper < 0.2);
    }
    sequenceMissed += Number(missed);
    intervalMissed += Number(naive);
  }
  expect(sequenceMissed / runs).toBeLessThan(0.1);
  expect(intervalMissed / runs).toBeGreaterThan(0.3);
});
