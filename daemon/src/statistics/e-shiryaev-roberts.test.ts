import { describe, expect, it } from 'vitest';
import { evidence, observeBernoulli, startShiryaevRoberts, type Rates } from './e-shiryaev-roberts.ts';

const rates: Rates = { baseline: 0.1, alternatives: [0.2, 0.3] };

/** Deterministic, uniform on [0, 1): mulberry32. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Number of observations until the evidence reaches `threshold`, or `limit`. */
function timeToAlarm(rate: number, threshold: number, limit: number, seed: number): number {
  const next = uniform(seed);
  let state = startShiryaevRoberts(rates);
  for (let n = 1; n <= limit; n++) {
    state = observeBernoulli(state, next() < rate, rates);
    if (evidence(state) >= threshold) return n;
  }
  return limit;
}

describe('evidence', () => {
  it('is worked out by hand for two observations', () => {
    // First true: M = 1·0.2/0.1 = 2 and 1·0.3/0.1 = 3. Then false: (2+1)·0.8/0.9 and (3+1)·0.7/0.9.
    const first = observeBernoulli(startShiryaevRoberts(rates), true, rates);
    expect(evidence(first)).toBeCloseTo(2.5, 12);
    const second = observeBernoulli(first, false, rates);
    expect(evidence(second)).toBeCloseTo((3 * (8 / 9) + 4 * (7 / 9)) / 2, 12);
  });

  it('is 0 before anything is known and stays finite for ever', () => {
    let state = startShiryaevRoberts(rates);
    expect(evidence(state)).toBe(0);
    for (let i = 0; i < 2_000; i++) state = observeBernoulli(state, true, rates);
    expect(evidence(state)).toBeLessThanOrEqual(1e300);
    expect(observeBernoulli(state, false, rates).every(Number.isFinite)).toBe(true);
  });

  it('alarms no more often than promised at the baseline rate', () => {
    // Mean time to a false alarm is at least A = 200. Capping each run at 4,000 can only lower the mean.
    const runs = Array.from({ length: 400 }, (_, seed) => timeToAlarm(0.1, 200, 4_000, seed + 1));
    expect(runs.reduce((a, b) => a + b) / runs.length).toBeGreaterThan(200);
  });

  it('finds a doubled rate soon', () => {
    const runs = Array.from({ length: 200 }, (_, seed) => timeToAlarm(0.3, 1e4, 5_000, seed + 1)).toSorted(
      (a, b) => a - b,
    );
    expect(runs[100]).toBeLessThan(80);
  });
});
