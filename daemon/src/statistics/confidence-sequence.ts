import { assertBetween } from './input.ts';
import type { Interval } from './intervals.ts';
import { bisect, logBeta } from './special-functions.ts';

/**
 * Confidence sequence for a Bernoulli rate: intervals that all cover the rate at once, however often one looks, with
 * probability 1 − `alpha`. Those rates p are in it at which the mixture of all alternatives, uniform on [0, 1], is less
 * than 1 / alpha times as likely as p. [0, 1] without trials. Source: Robbins (1970), Ville's inequality.
 */
export function confidenceSequence(successes: number, trials: number, alpha = 0.05): Interval {
  assertBetween(alpha, 'alpha', 0, 1);
  const failures = trials - successes;
  if (!(successes >= 0 && failures >= 0 && Number.isFinite(trials))) {
    throw new RangeError(`${successes} successes in ${trials} trials; give 0 ≤ successes ≤ trials`);
  }
  if (trials === 0) return { lower: 0, upper: 1 };
  const mixture = logBeta(successes + 1, failures + 1) + Math.log(alpha);
  /** Above 0 where p is refuted. */
  const against = (p: number) => mixture - (product(successes, Math.log(p)) + product(failures, Math.log1p(-p)));
  const rate = successes / trials;
  return {
    lower: successes === 0 ? 0 : bisect((p) => -against(p), 0, rate),
    upper: failures === 0 ? 1 : bisect(against, rate, 1),
  };
}

const product = (count: number, log: number) => (count === 0 ? 0 : count * log);
