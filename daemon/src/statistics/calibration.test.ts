import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brierDecomposition, expectedCalibrationError } from './calibration-error.ts';
import { calibrationBins, widthBin } from './calibration-bins.ts';
import { calibrationLine } from './calibration-line.ts';
import { uniform } from './random.ts';
import { brierScore, logLoss } from './scores.ts';

const p = [0.25, 0.25, 0.55, 0.75, 0.75];
const y = [0, 0, 1, 1, 1];

describe('calibration error', () => {
  it.each([
    ['l1', 0.29],
    ['l2', 0.29183],
    ['max', 0.31667],
  ] as const)('published figure, %s', (norm, golden) => {
    expect(expectedCalibrationError(p, y, { bins: 2, norm })).toBeCloseTo(golden, 4);
  });

  it('tells groups of equal forecasts apart, whatever their sizes', () => {
    const a = [...Array.from({ length: 50 }, () => 0.2), ...Array.from({ length: 51 }, () => 0.8)];
    const b = a.map((forecast, i) => Number(forecast === 0.2 ? i < 40 : i < 60));
    expect(expectedCalibrationError(a, b, { bins: 2, strategy: 'equal_mass' })).toBeCloseTo(
      (50 * 0.6 + 51 * (0.8 - 10 / 51)) / 101,
      9,
    );
    for (let i = 0; i <= 100; i++) expect(widthBin(i / 100, 100)).toBe(Math.max(i - 1, 0));
  });

  it('puts a forecast of 1 in the last bin, one of 0 in the first, and never parts equals', () => {
    expect(calibrationBins([0, 0.1, 1], [0, 0, 1], 10, 'equal_width').map(({ count }) => count)).toEqual([
      2, 0, 0, 0, 0, 0, 0, 0, 0, 1,
    ]);
    const mass = calibrationBins([0.1, 0.5, 0.5, 0.5, 0.9, 0.95], [0, 0, 1, 0, 1, 1], 3, 'equal_mass');
    expect(mass.map(({ count }) => count)).toEqual([1, 3, 2]);
  });

  it('is 0 for a single class that was foretold, and null for nothing', () => {
    expect(expectedCalibrationError([1, 1], [1, 1])).toBe(0);
    expect(expectedCalibrationError([], [])).toBeNull();
    expect(() => expectedCalibrationError([1.2], [1])).toThrow(/p\[0\] is 1.2/);
    expect(() => expectedCalibrationError([0.2], [0.5])).toThrow(/y\[0\] is 0.5/);
  });
});

const forecasts = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 1 })), {
  minLength: 1,
  maxLength: 60,
});

describe("Brier's score", () => {
  it('is what its parts come to', () => {
    fc.assert(
      fc.property(forecasts, fc.integer({ min: 1, max: 12 }), (pairs, bins) => {
        const [a, b] = [pairs.map(([forecast]) => forecast), pairs.map(([, outcome]) => outcome)];
        const { score, reliability, resolution, uncertainty, withinBins } = brierDecomposition(a, b, bins);
        expect(score).toBeCloseTo(brierScore(a, b) as number, 12);
        expect((reliability ?? 0) - (resolution ?? 0) + (uncertainty ?? 0) + (withinBins ?? 0)).toBeCloseTo(
          score as number,
          12,
        );
      }),
    );
  });

  it('has nothing within bins when the forecasts of a bin are equal', () => {
    const parts = brierDecomposition([0.2, 0.2, 0.8, 0.8], [0, 1, 1, 1], 2);
    expect(parts.withinBins).toBeCloseTo(0, 12);
    expect(parts).toMatchObject({ uncertainty: 0.1875 });
    // Worked out by hand: (4·(.3)² of the first bin, .2² of the second) / 4.
    expect(parts.reliability).toBeCloseTo((2 * 0.09 + 2 * 0.04) / 4, 12);
    expect(parts.resolution).toBeCloseTo((2 * 0.0625 + 2 * 0.0625) / 4, 12);
  });

  it('says why there is nothing', () => {
    expect(brierDecomposition([], [], 5)).toMatchObject({ score: null, reason: 'there are no forecasts' });
    expect(brierScore([], [])).toBeNull();
  });
});

it('log loss stays finite for one who was certain and wrong', () => {
  expect(logLoss([0.5, 0.5], [0, 1])).toBeCloseTo(Math.LN2, 12);
  expect(logLoss([1], [0])).toBeCloseTo(34.5, 1);
  expect(logLoss([], [])).toBeNull();
});

describe('the calibration line', () => {
  it('finds how outcomes were made from forecasts', () => {
    const next = uniform(7);
    const a = Array.from({ length: 20_000 }, () => 0.02 + 0.96 * next());
    const b = a.map((forecast) => {
      const logit = 0.4 + 0.5 * Math.log(forecast / (1 - forecast));
      return Number(next() < 1 / (1 + Math.exp(-logit)));
    });
    const found = calibrationLine(a, b);
    const off = (value: number | null, truth: number, error: number | null) =>
      Math.abs((value ?? 0) - truth) / (error ?? 0);
    expect(off(found.slope, 0.5, found.slopeError)).toBeLessThan(3);
    expect(off(found.intercept, 0.4, found.interceptError)).toBeLessThan(3);
    expect(found.inTheLarge).toBeCloseTo(
      b.reduce((s, v) => s + v) / b.length - a.reduce((s, v) => s + v) / a.length,
      12,
    );
  });

  it('is found among forecasts that are close to each other', () => {
    const close = [...Array.from({ length: 100 }, () => 0.499), ...Array.from({ length: 100 }, () => 0.501)];
    const mixed = close.map((_, i) => Number(i % 100 < (i < 100 ? 20 : 80)));
    const line = calibrationLine(close, mixed);
    // ln 4 either way, over a difference of the logits of .008.
    expect(line.slope).toBeCloseTo(Math.log(4) / Math.log(0.501 / 0.499), 3);
    expect(line.intercept).toBeCloseTo(0, 6);
  });

  it.each([
    ['no forecasts', [], [], null, 'there are no forecasts'],
    ['a single class', [0.8, 0.7], [1, 1], 0.25, 'all outcomes are the same'],
    ['one forecast throughout', [0.4, 0.4], [0, 1], 0.1, 'all forecasts are the same'],
    ['perfect separation', p, y, 0.09, 'the forecasts part the outcomes perfectly'],
    ['separation but for a tie', [0.2, 0.5, 0.5, 0.8], [0, 0, 1, 1], 0, 'the forecasts part the outcomes perfectly'],
  ])('has no slope for %s', (_name, a, b, inTheLarge, reason) => {
    const line = calibrationLine(a, b);
    expect(line).toMatchObject({ slope: null, intercept: null, reason });
    if (inTheLarge === null) expect(line.inTheLarge).toBeNull();
    else expect(line.inTheLarge).toBeCloseTo(inTheLarge, 12);
  });
});
