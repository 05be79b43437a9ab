/**
 * What people's verdicts on canaries say of the rate at which they would change all of them: Successful, Failed, or
 * Inconclusive, as in progressive delivery. Pure. The share that people change is taken to be Beta distributed after
 * Jeffreys' prior, Beta(1/2, 1/2).
 */
import type { CanaryPhase } from '@countersign/contract';
import { incompleteBeta } from '../statistics/index.ts';

interface Judged {
  /** `more`: it is too early to say. */
  readonly verdict: 'passed' | 'failed' | 'inconclusive' | 'more';
  readonly found: string;
}

/** How sure one has to be that the share is below the limit to go on, or above it to stop. */
const sure = 0.8;
/** How sure to stop before all that the phase wants have been seen, and from how many on. */
const [surely, fewest] = [0.95, 3];
/** After so many times what the phase wants, it is not going to become clear. */
const patience = 4;

/** `verified` canaries have been checked, of which people changed `overrides`. */
export function judge(
  { verified: wanted, overrides_at_most: limit, share }: Pick<CanaryPhase, 'verified' | 'overrides_at_most' | 'share'>,
  verified: number,
  overrides: number,
): Judged {
  const below = incompleteBeta(limit, overrides + 0.5, verified - overrides + 0.5);
  const said = (verdict: Judged['verdict'], how: string): Judged => ({
    verdict,
    found:
      `People changed ${overrides} of ${verified} canaries at ${Math.round(share * 100)} %: ` +
      `${how} that it is at most ${Math.round(limit * 100)} % of all.`,
  });
  const percent = `${Math.round(below * 100)} % sure`;
  if (verified >= fewest && 1 - below >= surely) return said('failed', percent);
  if (verified < wanted) return said('more', percent);
  if (below >= sure) return said('passed', percent);
  if (1 - below >= sure) return said('failed', percent);
  return said(verified >= wanted * patience ? 'inconclusive' : 'more', percent);
}
