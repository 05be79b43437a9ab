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

/**
 * Logistic recalibration: logit P(y = 1) = intercept + slope · logit p, by maximum likelihood. Forecasts are kept
 * 2e-9 away from 0 and 1. Slope and intercept are null when outcomes are all the same, when forecasts are all the
 * same, or when the forecasts part the outcomes, so that the likelihood has no maximum; everything is null without
 * forecasts. Sources: Cox (1958), Miller et al. (1991).
 */
export function calibrationLine(p: readonly number[], y: readonly number[]): CalibrationLine {
  assertForecasts(p, y);
  if (p.length === 0) return without(null, 'there are no forecasts');
  const inTheLarge = (total(y) - total(p)) / p.length;
  if (y.every((outcome) => outcome === y[0])) return without(inTheLarge, 'all outcomes are the same');
  const logits = p.map((forecast) => clamp(Math.log(forecast) - Math.log1p(-forecast)));
  if (logits.every((logit) => logit === logits[0])) return without(inTheLarge, 'all forecasts are the same');
  if (isParted(logits, y)) return without(inTheLarge, 'the forecasts part the outcomes perfectly');

  // In standard units, so that forecasts close to each other are no harder than others.
  const mean = total(logits) / logits.length;
  const deviation = Math.sqrt(total(logits.map((logit) => (logit - mean) ** 2)) / logits.length);
  const x = logits.map((logit) => (logit - mean) / deviation);
  const fit = maximise(x, y);
  if (fit === null) return without(inTheLarge, 'the fit did not converge');
  const { slope, intercept, covariance } = fit;
  const shift = mean / deviation;
  const interceptVariance = covariance.bb + shift ** 2 * covariance.aa - 2 * shift * covariance.ab;
  return {
    slope: slope / deviation,
    intercept: intercept - slope * shift,
    inTheLarge,
    slopeError: Math.sqrt(covariance.aa) / deviation,
    interceptError: Math.sqrt(Math.max(interceptVariance, 0)),
  };
}

const clamp = (logit: number) => Math.min(Math.max(logit, -furthestLogit), furthestLogit);

/** Whether some forecast has all of one outcome on or below it, and all of the other on or above it. */
function isParted(logits: readonly number[], y: readonly number[]): boolean {
  const ends = [0, 1].map((outcome) => {
    const those = logits.filter((_, i) => y[i] === outcome);
    return { low: those.reduce((a, b) => Math.min(a, b)), high: those.reduce((a, b) => Math.max(a, b)) };
  });
  const [zeros, ones] = ends;
  return zeros !== undefined && ones !== undefined && (zeros.high <= ones.low || ones.high <= zeros.low);
}

interface Symmetric {
  readonly aa: number;
  readonly ab: number;
  readonly bb: number;
}

/** Newton's method, each step halved until the likelihood rises. Null when it does not settle. */
function maximise(x: readonly number[], y: readonly number[]) {
  let [slope, intercept] = [0, Math.log(total(y) / (y.length - total(y)))];
  let likelihood = logLikelihood(x, y, slope, intercept);
  for (let round = 0; round < 200; round++) {
    const { gradient, information } = derivatives(x, y, slope, intercept);
    const covariance = invert(information);
    if (covariance === null) return null;
    const stepSlope = covariance.aa * gradient[0] + covariance.ab * gradient[1];
    const stepIntercept = covariance.ab * gradient[0] + covariance.bb * gradient[1];
    let share = 1;
    let next = logLikelihood(x, y, slope + stepSlope, intercept + stepIntercept);
    while (next < likelihood && share > 1e-9) {
      share /= 2;
      next = logLikelihood(x, y, slope + share * stepSlope, intercept + share * stepIntercept);
    }
    const size = Math.abs(slope) + Math.abs(intercept) + 1;
    if (Math.abs(stepSlope) + Math.abs(stepIntercept) <= 1e-11 * size || next < likelihood) {
      return { slope, intercept, covariance };
    }
    slope += share * stepSlope;
    intercept += share * stepIntercept;
    likelihood = next;
  }
  return null;
}

function logLikelihood(x: readonly number[], y: readonly number[], slope: number, intercept: number): number {
  return x.reduce((sum, value, i) => {
    const z = slope * value + intercept;
    const signed = at(y, i) === 1 ? -z : z;
    // ln(1 + e^signed), without overflow.
    return sum - (Math.max(signed, 0) + Math.log1p(Math.exp(-Math.abs(signed))));
  }, 0);
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
