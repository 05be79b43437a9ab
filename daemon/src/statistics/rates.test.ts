import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { uniform } from './random.ts';
import { observeRate, startRateDetector } from './rate-detector.ts';
import { hourOfWeek, learnRate, statedRate } from './rate-model.ts';

const hour = 3_600_000;

/** Events an hour's tenth apart; `rate` may depend on the hour of the week and on the event before. */
function events(n: number, seed: number, rate: (hourOfTheWeek: number, before: number) => number) {
  const next = uniform(seed);
  const times = Array.from({ length: n }, (_, i) => (i * hour) / 10);
  let before = 0;
  const x = times.map((time) => (before = Number(next() < rate(hourOfWeek(time), before))));
  return { times, x };
}

describe('what is usual of a rate', () => {
  it('is its level, with bounds, when there is nothing else', () => {
    const { times, x } = events(4_000, 1, () => 0.1);
    const model = learnRate(times, x);
    expect(model.lower).toBeLessThan(0.1);
    expect(model.upper).toBeGreaterThan(0.1);
    expect(model.upper - model.lower).toBeLessThan(0.025);
    expect(model.season).toBeNull();
    expect(model.temper).toBe(1);
  });

  it('is its season', () => {
    const { times, x } = events(6_000, 2, (at) => 0.1 * (1 + 0.6 * Math.sin((2 * Math.PI * at) / 24)));
    const season = learnRate(times, x).season ?? [];
    expect(season[6]).toBeGreaterThan(1.3);
    expect(season[18]).toBeLessThan(0.7);
  });

  it('is how far one event makes the next likelier', () => {
    const { times, x } = events(4_000, 3, (_, before) => 0.3 * before + 0.7 * 0.1);
    const [last = 0] = learnRate(times, x).memory;
    expect(last).toBeGreaterThan(0.2);
    expect(last).toBeLessThan(0.4);
  });

  it('is learnt from any events at all, and is then always a rate', () => {
    const bits = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 10, maxLength: 400 });
    fc.assert(
      fc.property(bits, fc.integer({ min: 0, max: 10 * hour }), (x, gap) => {
        const model = learnRate(
          x.map((_, i) => i * gap),
          x,
        );
        for (const rate of [model.lower, model.mean, model.upper]) expect(rate > 0 && rate < 1).toBe(true);
        expect([...model.memory, ...(model.season ?? []), model.temper].every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('has no season where not two rounds of it were seen', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const next = uniform(seed);
      const x = Array.from({ length: 500 }, () => Number(next() < 0.3));
      const times = (hours: number) => x.map((_, i) => (i * hours * hour) / 500);
      expect(learnRate(times(40), x).season).toBeNull();
      // Of a week only the hours of the day can be told, so Sunday is like Monday.
      const season = learnRate(times(160), x).season ?? [];
      season.slice(0, 24).forEach((factor, i) => expect(factor).toBeCloseTo(season[144 + i] ?? 0, 9));
    }
  });

  it('bounds a rare rate as often as it says', () => {
    let covered = 0;
    for (let seed = 1; seed <= 400; seed++) {
      const { times, x } = events(200, seed, () => 0.005);
      covered += Number(learnRate(times, x).lower <= 0.005);
    }
    expect(covered / 400).toBeGreaterThan(0.85);
  });

  it('is learnt from events that never vary, which say nothing of a memory', () => {
    for (const value of [0, 1]) {
      const model = learnRate(
        Array.from({ length: 1_000 }, (_, i) => i * hour),
        Array.from({ length: 1_000 }, () => value),
      );
      expect(model).toMatchObject({ season: null, memory: [0, 0, 0], temper: 1 });
    }
    expect(() => learnRate([1], [1])).toThrow(/at least 10/);
  });
});

describe('evidence against a rate', () => {
  const run = (rate: number, direction: 'rise' | 'fall', trust?: number) => {
    const model = statedRate(0.2);
    const state = startRateDetector(model, direction);
    const { times, x } = events(1_000, 4, () => rate);
    let evidence = 0;
    x.forEach((value, i) => {
      const event = { x: value, atMs: times[i] ?? 0, weight: 1 / 1_000, ...(trust === undefined ? {} : { trust }) };
      evidence = observeRate(state, model, direction, event);
    });
    return evidence;
  };

  it('grows when the rate is higher, or lower, and in no other case', () => {
    expect(run(0.4, 'rise')).toBeGreaterThan(1e6);
    expect(run(0.05, 'fall')).toBeGreaterThan(1e6);
    expect(run(0.2, 'rise')).toBeLessThan(1);
    expect(run(0.4, 'fall')).toBeLessThan(0.1);
  });

  it('raises no alarm at a baseline near 1', () => {
    const model = statedRate(0.95);
    let alarms = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const state = startRateDetector(model, 'rise');
      const { times, x } = events(1_000, seed, () => 0.95);
      alarms += Number(
        x.some(
          (value, i) => observeRate(state, model, 'rise', { x: value, atMs: times[i] ?? 0, weight: 1 / 1_000 }) >= 100,
        ),
      );
    }
    expect(alarms).toBeLessThanOrEqual(2);
  });

  it('refuses a rate that is none, and a weight that is none', () => {
    expect(() => statedRate(0)).toThrow(/rate is 0/);
    const model = statedRate(0.5);
    const event = { x: 1, atMs: 0, weight: Number.NaN };
    expect(() => observeRate(startRateDetector(model, 'rise'), model, 'rise', event)).toThrow(/weight is NaN/);
    expect(() =>
      learnRate(
        Array.from({ length: 20 }, () => 0),
        Array.from({ length: 20 }, () => 2),
      ),
    ).toThrow(/x\[0\] is 2/);
  });

  it('counts for nothing from one who is not believed', () => {
    expect(run(0.9, 'rise', 0)).toBeCloseTo(1, 9);
  });

  it('is not taken in by bursts once it knows that events come in bursts', () => {
    const bursts = (n: number, seed: number) => events(n, seed, (_, before) => 0.5 * before + 0.5 * 0.1);
    let [naive, knowing] = [0, 0];
    for (let seed = 1; seed <= 40; seed++) {
      const past = bursts(4_000, seed);
      const models = [statedRate(0.11), learnRate(past.times, past.x)] as const;
      const states = models.map((model) => startRateDetector(model, 'rise'));
      const { times, x } = bursts(5_000, seed + 100);
      const highest = [0, 0];
      x.forEach((value, i) => {
        models.forEach((model, m) => {
          const state = states[m];
          if (state === undefined) return;
          const evidence = observeRate(state, model, 'rise', { x: value, atMs: times[i] ?? 0, weight: 1 / 5_000 });
          highest[m] = Math.max(highest[m] ?? 0, evidence);
        });
      });
      naive += Number((highest[0] ?? 0) >= 2);
      knowing += Number((highest[1] ?? 0) >= 2);
    }
    // At threshold 2, half a false alarm in a horizon is promised.
    expect(knowing).toBeLessThanOrEqual(20);
    expect(naive).toBeGreaterThan(30);
  });
});
