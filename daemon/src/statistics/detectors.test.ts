import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Adwin } from './adwin.ts';
import { Cusum } from './cusum.ts';
import { Ddm } from './ddm.ts';
import type { Detection } from './detector.ts';
import { HddmA } from './hddm-a.ts';
import { PageHinkley } from './page-hinkley.ts';
import { uniform } from './random.ts';
import { BernoulliShiryaevRoberts } from './shiryaev-roberts.ts';

interface Detector {
  update(x: number): Detection;
  toJSON(): unknown;
}

const streams = JSON.parse(readFileSync(new URL('goldens/streams.json', import.meta.url), 'utf8')) as Record<
  'docsA' | 'docsB' | 'S2',
  string
>;

function answers(detector: Detector, stream: string) {
  const found = stream.split('').map((digit) => detector.update(Number(digit)));
  return {
    fires: found.flatMap(({ drift }, i) => (drift ? [i] : [])),
    firstWarning: found.findIndex(({ warning }) => warning),
  };
}

describe('fires where river does', () => {
  it.each([
    ['ADWIN', new Adwin({ delta: 0.002, clock: 32 }), streams.docsA, [1023], -1],
    ['Page–Hinkley', new PageHinkley(), streams.docsA, [1006], -1],
    ['DDM', new Ddm(), streams.docsB, [1334], 1084],
    ['HDDM_A', new HddmA(), streams.docsB, [1206], 451],
    ['DDM', new Ddm(), streams.S2, [1049], null],
    ['HDDM_A', new HddmA(), streams.S2, [1047], null],
  ] as [string, Detector, string, number[], number | null][])('%s', (_name, detector, stream, fires, firstWarning) => {
    const found = answers(detector, stream);
    expect(found.fires).toEqual(fires);
    expect(firstWarning === null || found.firstWarning === firstWarning).toBe(true);
  });
});

const kinds: [string, () => Detector, (state: never) => Detector][] = [
  ['ADWIN', () => new Adwin({ clock: 1 }), (state) => Adwin.from(state)],
  ['Page–Hinkley', () => new PageHinkley({ threshold: 5 }), (state) => PageHinkley.from(state)],
  ['DDM', () => new Ddm(), (state) => Ddm.from(state)],
  ['HDDM_A', () => new HddmA({ twoSided: true }), (state) => HddmA.from(state)],
  ['CUSUM', () => new Cusum(), (state) => Cusum.from(state)],
  [
    'Shiryaev–Roberts',
    () => new BernoulliShiryaevRoberts({ baseline: 0.2, alternatives: [0.4], threshold: 100 }),
    (state) => BernoulliShiryaevRoberts.from(state),
  ],
];

describe.each(kinds)('%s', (_kind, make, from) => {
  it('goes on from a saved state as if nothing had been', () => {
    const bits = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 2, maxLength: 400 });
    fc.assert(
      fc.property(bits, fc.nat(400), (stream, cut) => {
        const whole = make();
        const before = make();
        const wanted = stream.map((x) => whole.update(x));
        const head = stream.slice(0, cut).map((x) => before.update(x));
        const saved = JSON.stringify(before);
        const after = from(JSON.parse(saved) as never);
        before.update(1);
        expect([...head, ...stream.slice(cut).map((x) => after.update(x))]).toEqual(wanted);
        expect(JSON.stringify(after)).toBe(JSON.stringify(whole));
      }),
      { numRuns: 50 },
    );
  });

  it('refuses what is no number, and is none the worse', () => {
    const [spoilt, clean] = [make(), make()];
    expect(() => spoilt.update(Number.NaN)).toThrow(/x is NaN/);
    expect(() => spoilt.update(Number.POSITIVE_INFINITY)).toThrow(/x is Infinity/);
    spoilt.update(1);
    clean.update(1);
    expect(JSON.stringify(spoilt)).toBe(JSON.stringify(clean));
  });

  it('finds a rate that goes from .1 to .9', () => {
    const next = uniform(11);
    const detector = make();
    for (let i = 0; i < 300; i++) detector.update(Number(next() < 0.1));
    const late = Array.from({ length: 300 }, () => detector.update(Number(next() < 0.9)).drift);
    expect(late.some(Boolean)).toBe(true);
  });
});

describe('ADWIN', () => {
  it('finds a small rise after a fall from very large numbers', () => {
    const next = uniform(1);
    const adwin = new Adwin();
    const fires: number[] = [];
    for (let i = 0; i < 6_000; i++) {
      const level = i < 2_000 ? 1e9 : i < 4_000 ? 0 : 5;
      if (adwin.update(level + next()).drift) fires.push(i);
    }
    expect(fires.some((i) => i >= 4_000 && i < 4_100)).toBe(true);
    expect(adwin.toJSON().variance).toBeGreaterThan(0);
  });
});

it('options that make no sense are refused, by name', () => {
  expect(() => new Adwin({ delta: Number.NaN })).toThrow(/delta is NaN/);
  expect(() => new Adwin({ clock: 0 })).toThrow(/clock is 0/);
  expect(() => new PageHinkley({ threshold: Number.NaN })).toThrow(/threshold is NaN/);
  expect(() => new Ddm({ driftThreshold: Number.NaN })).toThrow(/driftThreshold is NaN/);
  expect(() => new HddmA({ driftConfidence: 3 })).toThrow(/driftConfidence is 3/);
  expect(() => new Cusum({ threshold: 0 })).toThrow(/threshold is 0/);
});

describe('CUSUM', () => {
  it('finds a fall as well as a rise, and any deviation from what never varied', () => {
    const falling = new Cusum({ minInstances: 5 });
    for (const x of [1, 0, 1, 0, 1]) falling.update(x);
    expect(Array.from({ length: 20 }, () => falling.update(-2).drift).includes(true)).toBe(true);
    const constant = new Cusum({ minInstances: 5 });
    for (let i = 0; i < 50; i++) expect(constant.update(3).drift).toBe(false);
    expect(constant.update(3.001).drift).toBe(true);
  });
});

describe('Shiryaev and Roberts', () => {
  it('is worked out by hand for two numbers', () => {
    const detector = new BernoulliShiryaevRoberts({ baseline: 0.1, alternatives: [0.2, 0.3], threshold: 1e4 });
    expect(detector.evidence).toBe(0);
    // First 1: M = 1·.2/.1 = 2 and 1·.3/.1 = 3. Then 0: (2+1)·.8/.9 and (3+1)·.7/.9.
    detector.update(1);
    expect(detector.evidence).toBeCloseTo(2.5, 12);
    detector.update(0);
    expect(detector.evidence).toBeCloseTo((3 * (8 / 9) + 4 * (7 / 9)) / 2, 12);
  });

  it('alarms no more often than it says at the baseline', () => {
    // At least 200 numbers between false alarms; capping each run at 4,000 can only lower the mean.
    const runs = Array.from({ length: 400 }, (_, seed) => timeToAlarm(0.1, 0.1, [0.2, 0.3], 200, 4_000, seed + 1));
    expect(runs.reduce((a, b) => a + b) / runs.length).toBeGreaterThan(200);
  });

  it('finds a fall, too, when lower rates are looked for', () => {
    const runs = Array.from({ length: 100 }, (_, seed) => timeToAlarm(0.1, 0.3, [0.15, 0.1], 1e4, 5_000, seed + 1));
    expect(runs.toSorted((a, b) => a - b)[50]).toBeLessThan(150);
  });

  it('stays finite for ever, warns first, and starts afresh after drift', () => {
    const detector = new BernoulliShiryaevRoberts({ baseline: 0.1, alternatives: [0.9], threshold: 1e305 });
    for (let i = 0; i < 2_000; i++) detector.update(1);
    expect(detector.evidence).toBe(1e300);
    const quick = new BernoulliShiryaevRoberts({ baseline: 0.1, alternatives: [0.5], threshold: 100, warning: 20 });
    const seen = Array.from({ length: 3 }, () => quick.update(true));
    // 5, 30, 155.
    expect(seen).toEqual([
      { drift: false, warning: false },
      { drift: false, warning: true },
      { drift: true, warning: false },
    ]);
    expect(quick.evidence).toBe(0);
  });

  it('shares nothing with its options and its JSON', () => {
    const alternatives = [0.2, 0.3];
    const detector = new BernoulliShiryaevRoberts({ baseline: 0.1, alternatives, threshold: 1e9 });
    (detector.toJSON().alternatives as number[])[0] = 0.9;
    alternatives[1] = 0.99;
    detector.update(1);
    expect(detector.evidence).toBeCloseTo(2.5, 12);
    expect(() => detector.update(5)).toThrow(/x is 5/);
  });

  it.each([
    [{ baseline: 0 }, /baseline is 0/],
    [{ alternatives: [] }, /alternatives are/],
    [{ alternatives: [0.05, 0.2] }, /all above, or all below/],
    [{ threshold: 0 }, /threshold is 0/],
  ])('refuses %j', (wrong, message) => {
    const right = { baseline: 0.1, alternatives: [0.2], threshold: 100 };
    expect(() => new BernoulliShiryaevRoberts({ ...right, ...wrong })).toThrow(message);
  });
});

function timeToAlarm(
  rate: number,
  baseline: number,
  alternatives: number[],
  threshold: number,
  limit: number,
  seed: number,
) {
  const next = uniform(seed);
  const detector = new BernoulliShiryaevRoberts({ baseline, alternatives, threshold });
  for (let n = 1; n <= limit; n++) if (detector.update(next() < rate).drift) return n;
  return limit;
}
