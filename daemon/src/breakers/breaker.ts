/**
 * A breaker is decision authority: may the AI act alone? States carry only their own data, `step` is pure, and every
 * answer says why. Each transition has its own epoch; what was decided under another epoch changes nothing.
 */
import type { CanaryPhase } from '@countersign/contract';

export type BreakerState =
  | { readonly is: 'closed'; readonly epoch: number }
  | { readonly is: 'open'; readonly epoch: number }
  | {
      readonly is: 'half_open';
      readonly epoch: number;
      /** Which of the policy's phases, from 0. */
      readonly phase: number;
      /** Canaries of this epoch that a person has checked, and how many of those were changed. */
      readonly verified: number;
      readonly overrides: number;
    }
  | {
      readonly is: 'forced_open';
      readonly epoch: number;
      readonly by: string;
      /** Who has agreed to give authority back; a reset takes two, neither of them the one who tripped it. */
      readonly approvals: readonly string[];
    };

export type BreakerEvent =
  /** An alert reached the policy's tier. */
  | { readonly is: 'alarm'; readonly reason: string }
  /** A person takes authority away. */
  | { readonly is: 'trip'; readonly by: string; readonly reason: string }
  /** A person wants to try the AI again, after a rollback or an open breaker. */
  | { readonly is: 'retry'; readonly by: string; readonly reason: string }
  /** The version in use was rolled back: what was held against it does not hold against the one before. */
  | { readonly is: 'restored'; readonly by: string; readonly reason: string }
  /** A person checked a canary that was decided under `epoch`. */
  | { readonly is: 'canary'; readonly epoch: number; readonly overridden: boolean };

export type Step =
  | { readonly is: 'moved'; readonly state: BreakerState; readonly by: string; readonly reason: string }
  /** Only the evidence grew; no transition, no record, same epoch. */
  | { readonly is: 'counted'; readonly state: BreakerState }
  | { readonly is: 'unchanged'; readonly reason: string };

export interface BreakerRules {
  readonly phases: readonly CanaryPhase[];
  /** The epoch of the next transition; larger than every one before. */
  readonly nextEpoch: number;
}

/** The next state, and the reason there is one; `unchanged` when the event does not concern this state or epoch. */
export function step(state: BreakerState, event: BreakerEvent, rules: BreakerRules): Step {
  const epoch = rules.nextEpoch;
  switch (event.is) {
    case 'alarm':
      if (state.is !== 'closed' && state.is !== 'half_open') return unchanged(`it is ${state.is} already`);
      return moved({ is: 'open', epoch }, 'daemon', event.reason);
    case 'trip':
      if (state.is === 'forced_open') return unchanged(`${state.by} tripped it already`);
      return moved({ is: 'forced_open', epoch, by: event.by, approvals: [] }, event.by, event.reason);
    case 'retry':
      return retry(state, event.by, event.reason, epoch);
    case 'restored':
      // Held open by hand stays so; canaries of the version before do not count for this one.
      if (state.is !== 'open' && state.is !== 'half_open') return unchanged(`it is ${state.is}`);
      return moved(firstPhase(epoch), event.by, event.reason);
    case 'canary':
      return weigh(state, event.epoch, event.overridden, rules);
  }
}

/** The share of cases that the AI may take alone. */
export function canaryShare(state: BreakerState, phases: readonly CanaryPhase[]): number {
  if (state.is === 'closed') return 1;
  return state.is === 'half_open' ? (phases[state.phase]?.share ?? 0) : 0;
}

function retry(state: BreakerState, by: string, reason: string, epoch: number): Step {
  if (state.is === 'open') return moved(firstPhase(epoch), by, reason);
  if (state.is !== 'forced_open') return unchanged(`it is ${state.is}, there is nothing to give back`);
  if (by === state.by) return unchanged('whoever tripped it cannot reset it');
  if (state.approvals.includes(by)) return unchanged('you have agreed already; it takes a second person');
  const approvals = [...state.approvals, by];
  return approvals.length < 2
    ? { is: 'counted', state: { ...state, approvals } }
    : moved(firstPhase(epoch), by, `${reason} (agreed by ${approvals.join(' and ')})`);
}

function weigh(
  state: BreakerState,
  decidedUnder: number,
  overridden: boolean,
  { phases, nextEpoch }: BreakerRules,
): Step {
  if (state.is !== 'half_open') return unchanged(`it is ${state.is}`);
  if (decidedUnder !== state.epoch) return unchanged(`decided under epoch ${decidedUnder}, now is ${state.epoch}`);
  const phase = phases[state.phase];
  const seen = { ...state, verified: state.verified + 1, overrides: state.overrides + Number(overridden) };
  // The policy lost phases since: the strictest reading is that this one can not pass.
  if (phase === undefined || seen.verified < phase.verified) return { is: 'counted', state: seen };

  const found = `people changed ${seen.overrides} of ${seen.verified} canaries at ${Math.round(phase.share * 100)} %`;
  if (seen.overrides / seen.verified > phase.overrides_at_most)
    return moved({ is: 'open', epoch: nextEpoch }, 'daemon', found);
  return state.phase + 1 < phases.length
    ? moved({ is: 'half_open', epoch: nextEpoch, phase: state.phase + 1, verified: 0, overrides: 0 }, 'daemon', found)
    : moved({ is: 'closed', epoch: nextEpoch }, 'daemon', found);
}

const firstPhase = (epoch: number): BreakerState => ({ is: 'half_open', epoch, phase: 0, verified: 0, overrides: 0 });
const moved = (state: BreakerState, by: string, reason: string): Step => ({ is: 'moved', state, by, reason });
const unchanged = (reason: string): Step => ({ is: 'unchanged', reason });
