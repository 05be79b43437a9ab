/** Forecasts put in bins, as reliability curves and everything computed from them see them. */
import { assertForecasts, at } from './input.ts';

export type BinStrategy = 'equal_width' | 'equal_mass';

export interface CalibrationBin {
  readonly count: number;
  /** Mean forecast of those in it; 0 when it is empty. */
  readonly forecast: number;
  /** Share of 1s among their outcomes; 0 when it is empty. */
  readonly rate: number;
}

/**
 * Bins of equal width hold [0, 1/n], (1/n, 2/n], …; one on an edge belongs to the lower bin, 0 to the first, 1 to the
 * last. Bins of equal mass hold as near to the same number as equal forecasts, which are never parted, allow.
 */
export function calibrationBins(
  p: readonly number[],
  y: readonly number[],
  bins: number,
  strategy: BinStrategy,
): CalibrationBin[] {
  assertForecasts(p, y);
  if (!Number.isInteger(bins) || bins < 1 || bins > mostBins) {
    throw new RangeError(`bins is ${bins}; give a whole number from 1 to ${mostBins}`);
  }
  const binOf = strategy === 'equal_width' ? (i: number) => widthBin(at(p, i), bins) : massBins(p, bins);
  const sums = Array.from({ length: bins }, () => ({ count: 0, forecast: 0, rate: 0 }));
  p.forEach((forecast, i) => {
    const bin = at(sums, binOf(i));
    bin.count += 1;
    bin.forecast += forecast;
    bin.rate += at(y, i);
  });
  return sums.map(({ count, forecast, rate }) =>
    count === 0 ? { count, forecast: 0, rate: 0 } : { count, forecast: forecast / count, rate: rate / count },
  );
}

/** The bin of a forecast among `bins` of equal width. */
export function widthBin(forecast: number, bins: number): number {
  const bin = Math.max(Math.ceil(forecast * bins) - 1, 0);
  // The product may be rounded over an edge.
  if (bin > 0 && forecast <= bin / bins) return bin - 1;
  return bin < bins - 1 && forecast > (bin + 1) / bins ? bin + 1 : bin;
}

const mostBins = 100_000;

/** Each run of equal forecasts goes where its middle is. */
function massBins(p: readonly number[], bins: number): (i: number) => number {
  const order = p.map((_, i) => i).toSorted((a, b) => at(p, a) - at(p, b));
  const binOf = p.map(() => 0);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && at(p, at(order, to)) === at(p, at(order, from))) to += 1;
    const bin = Math.floor((((from + to) / 2) * bins) / p.length);
    for (const i of order.slice(from, to)) binOf[i] = bin;
    from = to;
  }
  return (i) => at(binOf, i);
}
