import { calibrationBins, type BinStrategy, type CalibrationBin } from './calibration-bins.ts';
import { total } from './input.ts';
import { brierScore } from './scores.ts';

export type CalibrationNorm = 'l1' | 'l2' | 'max';

export interface CalibrationErrorOptions {
  readonly bins?: number;
  readonly strategy?: BinStrategy;
  readonly norm?: CalibrationNorm;
}

/**
 * Expected calibration error: the gap between mean forecast and rate of the bins, weighted by how many are in each (l1,
 * l2), or the largest (max). Range [0, 1]. `null` when there are no forecasts. It is above 0 under perfect calibration:
 * judge it against its null. Sources: Naeini et al. (2015), Kumar et al. (2019).
 */
export function expectedCalibrationError(
  p: readonly number[],
  y: readonly number[],
  { bins = 15, strategy = 'equal_width', norm = 'l1' }: CalibrationErrorOptions = {},
): number | null {
  return calibrationErrorOf(calibrationBins(p, y, bins, strategy), norm);
}

/** The same of bins that are counted already. */
export function calibrationErrorOf(bins: readonly CalibrationBin[], norm: CalibrationNorm): number | null {
  const filled = bins.filter(({ count }) => count > 0);
  const n = total(filled.map(({ count }) => count));
  if (n === 0) return null;
  const gaps = filled.map(({ forecast, rate }) => Math.abs(forecast - rate));
  if (norm === 'max') return gaps.reduce((most, gap) => Math.max(most, gap), 0);
  const power = norm === 'l1' ? 1 : 2;
  const mean = total(filled.map(({ count }, i) => (count / n) * (gaps[i] ?? 0) ** power));
  return norm === 'l1' ? mean : Math.sqrt(mean);
}

export interface BrierDecomposition {
  /** The Brier score. */
  readonly score: number | null;
  /** Mean squared gap between forecast and rate: 0 is perfect. */
  readonly reliability: number | null;
  /** How far the rates of the bins are from the base rate: more is better. */
  readonly resolution: number | null;
  /** Variance of the outcomes; 0 when all are the same. */
  readonly uncertainty: number | null;
  /** What varies within bins; 0 when the forecasts of each bin are equal. */
  readonly withinBins: number | null;
  /** Why the others are null. */
  readonly reason?: string;
}

/**
 * Murphy's decomposition over bins of equal width: score = reliability − resolution + uncertainty + withinBins. Nulls
 * when there are no forecasts. Sources: Murphy (1973); Stephenson, Coelho and Jolliffe (2008) for what is within bins.
 */
export function brierDecomposition(p: readonly number[], y: readonly number[], bins: number): BrierDecomposition {
  const filled = calibrationBins(p, y, bins, 'equal_width').filter(({ count }) => count > 0);
  const score = brierScore(p, y);
  if (score === null) {
    const reason = 'there are no forecasts';
    return { score: null, reliability: null, resolution: null, uncertainty: null, withinBins: null, reason };
  }
  const mean = (term: (bin: CalibrationBin) => number) => total(filled.map((bin) => bin.count * term(bin))) / p.length;
  const base = mean(({ rate }) => rate);
  const reliability = mean(({ forecast, rate }) => (forecast - rate) ** 2);
  const resolution = mean(({ rate }) => (rate - base) ** 2);
  const uncertainty = base * (1 - base);
  return { score, reliability, resolution, uncertainty, withinBins: score - reliability + resolution - uncertainty };
}
