/** A version that takes a share of the cases: what its canaries say, phase by phase. Pure. */
import { defaultPhaseWithin, type CanaryPhase } from '@countersign/contract';
import { durationOf } from '../policies/index.ts';
import { judge } from './canaries.ts';

export interface Rollout {
  /** Which of the policy's phases, from 0. */
  readonly phase: number;
  /** When it began (ms, of a clock that never goes back). */
  readonly sinceMs: number;
  readonly verified: number;
  readonly overrides: number;
  /** The last phase has passed: it goes on, and waits for its promotion. */
  readonly passed: boolean;
}

export type RolloutMove =
  | { readonly is: 'counted'; readonly rollout: Rollout }
  /** To the next phase, or through the last. `counted` is the same evidence without that. */
  | { readonly is: 'widened'; readonly rollout: Rollout; readonly counted: Rollout; readonly reason: string }
  /** Back to where people approve each: it failed, or came to no conclusion. */
  | { readonly is: 'fell_back'; readonly reason: string };

export const startRollout = (nowMs: number, phase = 0): Rollout => ({
  phase,
  sinceMs: nowMs,
  verified: 0,
  overrides: 0,
  passed: false,
});

/** The phase that it is in; the last one when the policy has lost phases since. */
const phaseOf = ({ phase }: Rollout, phases: readonly CanaryPhase[]) => phases[Math.min(phase, phases.length - 1)];

/** The share that it takes. */
export const rolloutShare = (rollout: Rollout, phases: readonly CanaryPhase[]): number =>
  phaseOf(rollout, phases)?.share ?? 0;

/** A person has checked one of its canaries. */
export function weigh(
  rollout: Rollout,
  overridden: boolean,
  phases: readonly CanaryPhase[],
  nowMs: number,
): RolloutMove {
  const counted = {
    ...rollout,
    verified: rollout.verified + 1,
    overrides: rollout.overrides + Number(overridden),
  };
  const phase = phaseOf(rollout, phases);
  if (phase === undefined) return { is: 'counted', rollout: counted };
  const { verdict, found } = judge(phase, counted.verified, counted.overrides);
  if (verdict === 'failed' || (verdict === 'inconclusive' && !rollout.passed))
    return { is: 'fell_back', reason: found };
  if (verdict !== 'passed' || rollout.passed) return { is: 'counted', rollout: counted };
  const isLast = rollout.phase >= phases.length - 1;
  const next = isLast ? { ...counted, passed: true } : startRollout(nowMs, rollout.phase + 1);
  return { is: 'widened', rollout: next, counted, reason: found };
}

/** No evidence is never good evidence: a phase that came to no end is left. Null while its time is not over. */
export function expire(rollout: Rollout, phases: readonly CanaryPhase[], nowMs: number): RolloutMove | null {
  if (rollout.passed) return null;
  // It began by a clock that was ahead: its time runs from now on.
  if (nowMs < rollout.sinceMs) return { is: 'counted', rollout: { ...rollout, sinceMs: nowMs } };
  const within = phaseOf(rollout, phases)?.within ?? defaultPhaseWithin;
  if (nowMs - rollout.sinceMs < durationOf(within)) return null;
  return {
    is: 'fell_back',
    reason: `people have checked ${rollout.verified} canaries in ${within}: not enough to tell.`,
  };
}
