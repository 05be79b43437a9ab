/** A version that takes a share of the cases: what its canaries say, phase by phase. Pure. */
import { defaultPhaseWithin, type CanaryPhase } from '@countersign/contract';
import { durationOf } from '../policies/index.ts';
import { judge } from './canaries.ts';

export interface Rollout {
  /** Which of the policy's phases, from 0; as many as there are when the last has passed. */
  readonly phase: number;
  /** When it began (ms, of a clock that never goes back). */
  readonly sinceMs: number;
  readonly verified: number;
  readonly overrides: number;
}

export type RolloutMove =
  | { readonly is: 'counted'; readonly rollout: Rollout }
  | { readonly is: 'widened'; readonly rollout: Rollout; readonly reason: string }
  /** Back to where people approve each: it failed, or came to no conclusion. */
  | { readonly is: 'fell_back'; readonly reason: string };

export const startRollout = (nowMs: number, phase = 0): Rollout => ({
  phase,
  sinceMs: nowMs,
  verified: 0,
  overrides: 0,
});

/** The share that it takes: that of its phase, and of the last one until it is promoted. */
export const rolloutShare = ({ phase }: Rollout, phases: readonly CanaryPhase[]): number =>
  phases[Math.min(phase, phases.length - 1)]?.share ?? 0;

/** A person has checked one of its canaries. */
export function weigh(
  rollout: Rollout,
  overridden: boolean,
  phases: readonly CanaryPhase[],
  nowMs: number,
): RolloutMove {
  const seen = { ...rollout, verified: rollout.verified + 1, overrides: rollout.overrides + Number(overridden) };
  const phase = phases[Math.min(rollout.phase, phases.length - 1)];
  if (phase === undefined) return { is: 'counted', rollout: seen };
  const { verdict, found } = judge(phase, seen.verified, seen.overrides);
  if (verdict === 'failed' || verdict === 'inconclusive') return { is: 'fell_back', reason: found };
  // The last phase goes on until somebody promotes the version; it may still fail.
  if (verdict === 'more' || rollout.phase >= phases.length) return { is: 'counted', rollout: seen };
  return { is: 'widened', rollout: startRollout(nowMs, rollout.phase + 1), reason: found };
}

/** No evidence is never good evidence: a phase that came to no end is left. Null while its time is not over. */
export function expire(rollout: Rollout, phases: readonly CanaryPhase[], nowMs: number): RolloutMove | null {
  const within = phases[rollout.phase]?.within ?? defaultPhaseWithin;
  if (rollout.phase >= phases.length || nowMs - rollout.sinceMs < durationOf(within)) return null;
  return {
    is: 'fell_back',
    reason: `people have checked ${rollout.verified} canaries in ${within}: not enough to tell.`,
  };
}
