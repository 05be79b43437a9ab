import { assertForecasts, at, total } from './input.ts';

export interface CalibrationLine {
  /** 1 when well calibrated; below 1 when forecasts are too extreme, above 1 when too timid. */
  readonly slope: number | null;
  /** On the logit scale, with the slope; 0 when well calibrated. */
  readonly intercept: number | null;
  /** Mean outcome minus mean forecast: how much too low the forecasts are on the whole. Range [−1, 1]. */
  readonly inTheLarge: number | null;
  /** Standard errors of slope and intercept. */
  readonly slopeError: number | null;
  readonly interceptError: number | null;
  /** Why slope and intercept are null. */
  readonly reason?: string;
}

const furthestLogit = 20;
/** A slope beyond it is a sample that some forecast parts without an error. */
const largestSlope = 1e3;

/**
 * Logistic recalibration: logit P(y = 1) = intercept + slope · logit p, by maximum likelihood. Forecasts are kept
 * 2e-9 away from 0 and 1. Slope and intercept are null when outcomes are all the same, when forecasts are all the
 * same, or when the forecasts part the outcomes perfectly; everything is null without forecasts. Sources: Cox (1958),
 * Miller et al. (1991).
 */
export function calibrationLine(p: readonly number[], y: readonly number[]): CalibrationLine {
  assertForecasts(p, y);
  if (p.length === 0) return without(null, 'there are no forecasts');
  const inTheLarge = (total(y) - total(p)) / p.length;
  if (y.every((outcome) => outcome === y[0])) return without(inTheLarge, 'all outcomes are the same');
  const x = p.map((forecast) => clamp(Math.log(forecast) - Math.log1p(-forecast)));
  if (x.every((logit) => logit === x[0])) return without(inTheLarge, 'all forecasts are the same');

  let [slope, intercept] = [1, 0];
  for (let round = 0; round < 100; round++) {
    const { gradient, information } = derivatives(x, y, slope, intercept);
    const inverse = invert(information);
    if (inverse === null) break;
    const stepSlope = inverse.aa * gradient[0] + inverse.ab * gradient[1];
    const stepIntercept = inverse.ab * gradient[0] + inverse.bb * gradient[1];
    // Newton's steps overshoot far from the maximum.
    const damping = Math.min(1, 1 / Math.max(Math.abs(stepSlope), Math.abs(stepIntercept) / 2));
    slope += damping * stepSlope;
    intercept += damping * stepIntercept;
    if (Math.abs(slope) > largestSlope) break;
    if (Math.abs(stepSlope) + Math.abs(stepIntercept) > 1e-10) continue;
    return {
      slope,
      intercept,
      inTheLarge,
      slopeError: Math.sqrt(inverse.aa),
      interceptError: Math.sqrt(inverse.bb),
    };
  }
  return without(inTheLarge, 'the forecasts part the outcomes perfectly');
}

const clamp = (logit: number) => Math.min(Math.max(logit, -furthestLogit), furthestLogit);

interface Symmetric {
  readonly aa: number;
  readonly ab: number;
  readonly bb: number;
}

function derivatives(x: readonly number[], y: readonly number[], slope: number, intercept: number) {
  let [gradientA, gradientB, aa, ab, bb] = [0, 0, 0, 0, 0];
  x.forEach((logit, i) => {
    const forecast = 1 / (1 + Math.exp(-(slope * logit + intercept)));
    const error = at(y, i) - forecast;
    const weight = forecast * (1 - forecast);
    gradientA += error * logit;
    gradientB += error;
    aa += weight * logit * logit;
    ab += weight * logit;
    bb += weight;
  });
  return { gradient: [gradientA, gradientB] as const, information: { aa, ab, bb } };
}

function invert({ aa, ab, bb }: Symmetric): Symmetric | null {
  const determinant = aa * bb - ab * ab;
  if (!(determinant > 1e-12 * aa * bb)) return null;
  return { aa: bb / determinant, ab: -ab / determinant, bb: aa / determinant };
}

const without = (inTheLarge: number | null, reason: string): CalibrationLine => ({
  slope: null,
  intercept: null,
  inTheLarge,
  slopeError: null,
  interceptError: null,
  reason,
});
