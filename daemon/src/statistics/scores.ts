/** Scores of forecasts `p` (probabilities) of outcomes `y` (0 or 1). */
import { assertForecasts, at, total } from './input.ts';

/**
 * Mean squared error of the forecasts. Range [0, 1], 0 is perfect. `null` when there are none. Source: Brier (1950).
 */
export function brierScore(p: readonly number[], y: readonly number[]): number | null {
  assertForecasts(p, y);
  if (p.length === 0) return null;
  return total(p.map((forecast, i) => (forecast - at(y, i)) ** 2)) / p.length;
}

/**
 * Mean negative log-likelihood, in nats. Forecasts are kept 1e-15 away from 0 and 1, so one that was certain and wrong
 * costs 34.5, not everything. Range [0, 34.6]. `null` when there are none. Source: Good (1952).
 */
export function logLoss(p: readonly number[], y: readonly number[]): number | null {
  assertForecasts(p, y);
  if (p.length === 0) return null;
  const losses = p.map((forecast, i) => {
    const kept = Math.min(Math.max(forecast, 1e-15), 1 - 1e-15);
    return at(y, i) === 1 ? -Math.log(kept) : -Math.log1p(-kept);
  });
  return total(losses) / p.length;
}
