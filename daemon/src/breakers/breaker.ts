/**
 * A breaker is decision authority: may the AI act alone? States carry only their own data, `step` is pure, and every
 * answer says why. Each transition has its own epoch; what was decided under another epoch changes nothing.
 */
import { defaultPhaseWithin, type CanaryPhase } from '@countersign/contract';
import { judge } from '../models/index.ts';
import { durationOf } from '../policies/index.ts';

export type BreakerState =
  | { readonly is: 'closed'; readonly epoch: number }
  | { readonly is: 'open'; readonly epoch: number }
  | HalfOpen
  | {
      readonly is: 'forced_open';
      readonly epoch: number;
      readonly by: string;
      /** Who has agreed to give authority back, and why; a reset takes two, neither of them the one who tripped it. */
      readonly approvals: readonly { readonly by: string; readonly reason: string }[];
    };

interface HalfOpen {
  readonly is: 'half_open';
  readonly epoch: number;
  /** Which of the policy's phases, from 0. */
  readonly phase: number;
  /** When it began (ms, of a clock that never goes back). */
  readonly sinceMs: number;
  /** Canaries of this phase that a person has checked, and how many of those were changed. */
  readonly verified: number;
  readonly overrides: number;
  /** It came to no conclusion in time: the AI takes nothing alone until a person tries again. */
  readonly paused: boolean;
}

export type BreakerEvent =
  /** An alert reached the policy's tier. */
  | { readonly is: 'alarm'; readonly reason: string }
  /** A person takes authority away. */
  | { readonly is: 'trip'; readonly by: string; readonly reason: string }
  /** A person wants to try the AI again, after a rollback, an open breaker or a pause, having seen it under an epoch. */
  | { readonly is: 'retry'; readonly by: string; readonly reason: string; readonly seen?: number | undefined }
  /** The version in use was rolled back: what was held against it does not hold against the one before. */
  | { readonly is: 'restored'; readonly by: string; readonly reason: string }
  /** A person checked a canary that was decided under `epoch`. */
  | { readonly is: 'canary'; readonly epoch: number; readonly overridden: boolean }
  /** Time has passed. */
  | { readonly is: 'time' };

export type Step =
  | { readonly is: 'moved'; readonly state: BreakerState; readonly by: string; readonly reason: string }
  /** Only the evidence grew; no transition, no record, same epoch. */
  | { readonly is: 'counted'; readonly state: BreakerState }
  | { readonly is: 'unchanged'; readonly reason: string };

export interface BreakerRules {
  readonly phases: readonly CanaryPhase[];
  /** The epoch of the next transition; larger than every one before. */
  readonly nextEpoch: number;
  /** Now, on the clock of `sinceMs`. */
  readonly nowMs: number;
}

/** The next state, and the reason there is one; `unchanged` when the event does not concern this state or epoch. */
export function step(state: BreakerState, event: BreakerEvent, rules: BreakerRules): Step {
  const epoch = rules.nextEpoch;
  switch (event.is) {
    case 'alarm':
      if (state.is !== 'closed' && state.is !== 'half_open') return unchanged(`it is ${state.is} already`);
      return moved({ is: 'open', epoch }, 'daemon', event.reason);
    case 'trip':
      if (state.is === 'forced_open') return unchanged('it is stopped by hand already');
      return moved({ is: 'forced_open', epoch, by: event.by, approvals: [] }, event.by, event.reason);
    case 'retry':
      if (event.seen !== undefined && event.seen !== state.epoch) {
        return unchanged(`it has moved since you looked, and is ${state.is} now; look at it again`);
      }
      return retry(state, event.by, event.reason, rules);
    case 'restored':
      // Held open by hand stays so; canaries of the version before do not count for this one.
      if (state.is !== 'open' && state.is !== 'half_open') return unchanged(`it is ${state.is}`);
      return moved(phaseFrom(0, rules), event.by, event.reason);
    case 'canary':
      return weigh(state, event.epoch, event.overridden, rules);
    case 'time':
      return expire(state, rules);
  }
}

/** The share of cases that the AI may take alone. */
export function canaryShare(state: BreakerState, phases: readonly CanaryPhase[]): number {
  if (state.is === 'closed') return 1;
  return state.is === 'half_open' && !state.paused ? (phases[state.phase]?.share ?? 0) : 0;
}

function retry(state: BreakerState, by: string, reason: string, rules: BreakerRules): Step {
  if (state.is === 'open') return moved(phaseFrom(0, rules), by, reason);
  if (state.is === 'half_open' && state.paused) return moved(phaseFrom(state.phase, rules), by, reason);
  if (state.is !== 'forced_open') return unchanged(`it is ${state.is}, there is nothing to give back`);
  if (by === state.by) return unchanged('whoever tripped it cannot reset it');
  if (state.approvals.some((approval) => approval.by === by))
    return unchanged('you have agreed already; it takes a second person');
  const approvals = [...state.approvals, { by, reason }];
  if (approvals.length < 2) return { is: 'counted', state: { ...state, approvals } };
  // Who they are is on record with each.
  const reasons = approvals.map((approval) => approval.reason);
  return moved(phaseFrom(0, rules), by, `two people agree: ${reasons.join('; ')}`);
}

function weigh(state: BreakerState, decidedUnder: number, overridden: boolean, rules: BreakerRules): Step {
  if (state.is !== 'half_open') return unchanged(`it is ${state.is}`);
  // Epochs are of the workflow: one since this phase began may be that of a change elsewhere, an older one is not.
  if (decidedUnder < state.epoch || decidedUnder >= rules.nextEpoch) {
    return unchanged(`decided under epoch ${decidedUnder}, now is ${state.epoch}`);
  }
  if (state.paused) return unchanged('it is paused');
  const phase = rules.phases[state.phase];
  const seen = { ...state, verified: state.verified + 1, overrides: state.overrides + Number(overridden) };
  // The policy lost phases since: the strictest reading is that this one can not pass.
  if (phase === undefined) return { is: 'counted', state: seen };

  const { verdict, found } = judge(phase, seen.verified, seen.overrides);
  switch (verdict) {
    case 'more':
      return { is: 'counted', state: seen };
    case 'failed':
      return moved({ is: 'open', epoch: rules.nextEpoch }, 'daemon', found);
    case 'inconclusive':
      return moved({ ...seen, epoch: rules.nextEpoch, paused: true }, 'daemon', `${found} Paused.`);
    case 'passed':
      return state.phase + 1 < rules.phases.length
        ? moved(phaseFrom(state.phase + 1, rules), 'daemon', found)
        : moved({ is: 'closed', epoch: rules.nextEpoch }, 'daemon', found);
  }
}

/** A phase that comes to no end must not hold authority for ever: no evidence is never good evidence. */
function expire(state: BreakerState, rules: BreakerRules): Step {
  if (state.is !== 'half_open' || state.paused) return unchanged(`it is ${state.is}`);
  const within = rules.phases[state.phase]?.within ?? defaultPhaseWithin;
  // A clock that was ahead when it began: it is given its time from now on at most, by whoever asks again and again.
  if (rules.nowMs < state.sinceMs) return { is: 'counted', state: { ...state, sinceMs: rules.nowMs } };
  if (rules.nowMs - state.sinceMs < durationOf(within)) return unchanged('its time is not over');
  const reason = `people have checked ${state.verified} canaries in ${within}: not enough to tell. Paused.`;
  return moved({ ...state, epoch: rules.nextEpoch, paused: true }, 'daemon', reason);
}

const phaseFrom = (phase: number, { nextEpoch, nowMs }: BreakerRules): HalfOpen => ({
  is: 'half_open',
  epoch: nextEpoch,
  phase,
  sinceMs: nowMs,
  verified: 0,
  overrides: 0,
  paused: false,
});
const moved = (state: BreakerState, by: string, reason: string): Step => ({ is: 'moved', state, by, reason });
const unchanged = (reason: string): Step => ({ is: 'unchanged', reason });
