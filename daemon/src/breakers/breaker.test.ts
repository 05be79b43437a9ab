import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canaryShare, step, type BreakerEvent, type BreakerState } from './breaker.ts';

const phases = [
  { share: 0.1, verified: 3, overrides_at_most: 0.34, within: '1 hour' },
  { share: 0.5, verified: 2, overrides_at_most: 0.4, within: '1 hour' },
];
const hour = 3_600_000;
const rules = (nextEpoch: number, nowMs = 0) => ({ phases, nextEpoch, nowMs });
const closed: BreakerState = { is: 'closed', epoch: 0 };
const halfOpen = (change: Partial<Extract<BreakerState, { is: 'half_open' }>> = {}): BreakerState => ({
  is: 'half_open',
  epoch: 5,
  phase: 0,
  sinceMs: 0,
  verified: 0,
  overrides: 0,
  paused: false,
  ...change,
});
const canary = (epoch: number, overridden = false): BreakerEvent => ({ is: 'canary', epoch, overridden });

/** Runs events one after another, each transition under the next epoch. */
function run(events: readonly BreakerEvent[], from: BreakerState = closed) {
  let state = from;
  const states = [state];
  for (const event of events) {
    const taken = step(state, event, rules(state.epoch + 1));
    if (taken.is !== 'unchanged') state = taken.state;
    states.push(state);
  }
  return states;
}

describe('step', () => {
  it('opens on an alarm and comes back only through every canary phase', () => {
    const states = run([
      { is: 'alarm', reason: 'overrides' },
      { is: 'retry', by: 'ann', reason: 'rolled back' },
      ...[2, 2, 2, 3, 3].map((epoch) => canary(epoch)),
    ]);
    expect(states.map((s) => [s.is, canaryShare(s, phases)])).toEqual([
      ['closed', 1],
      ['open', 0],
      ['half_open', 0.1],
      ['half_open', 0.1],
      ['half_open', 0.1],
      ['half_open', 0.5],
      ['half_open', 0.5],
      ['closed', 1],
    ]);
  });

  it('opens again when people change too many canaries, before it has seen all that it wants', () => {
    const few = { ...rules(6), phases: [{ share: 0.1, verified: 20, overrides_at_most: 0.25 }] };
    let state: BreakerState = halfOpen();
    const seen: string[] = [];
    for (let i = 0; i < 3; i++) {
      const taken = step(state, canary(5, true), few);
      seen.push(taken.is);
      if (taken.is !== 'unchanged') state = taken.state;
    }
    expect([seen, state.is]).toEqual([['counted', 'counted', 'moved'], 'open']);
  });

  it('widens only when it is sure enough, and pauses when it does not become clear', () => {
    let state: BreakerState = halfOpen();
    // A third is what the phase lets pass: neither above nor below.
    for (let i = 0; i < 12 && state.is === 'half_open' && !state.paused; i++) {
      const taken = step(state, canary(state.epoch, i % 3 === 0), rules(state.epoch + 1));
      if (taken.is !== 'unchanged') state = taken.state;
    }
    expect(state).toMatchObject({ is: 'half_open', phase: 0, paused: true, verified: 12, overrides: 4, epoch: 6 });
    expect(canaryShare(state, phases)).toBe(0);
    // A person tries the same phase again, with nothing held for or against it.
    const again = step(state, { is: 'retry', by: 'ann', reason: 'once more' }, rules(7));
    expect(again).toMatchObject({ state: { is: 'half_open', phase: 0, paused: false, verified: 0, epoch: 7 } });
  });

  it('pauses a phase of which nobody checks the canaries', () => {
    expect(step(halfOpen(), { is: 'time' }, rules(6, hour - 1)).is).toBe('unchanged');
    expect(step(halfOpen(), { is: 'time' }, rules(6, hour))).toMatchObject({
      is: 'moved',
      state: { is: 'half_open', paused: true, epoch: 6 },
    });
    expect(step(closed, { is: 'time' }, rules(1, 10 * hour)).is).toBe('unchanged');
  });

  it('does not count a canary of another epoch, nor one of an epoch that never was', () => {
    expect(step(halfOpen(), canary(4, true), rules(6))).toEqual({
      is: 'unchanged',
      reason: 'decided under epoch 4, now is 5',
    });
    expect(step(halfOpen(), canary(6, true), rules(6)).is).toBe('unchanged');
    // A breaker elsewhere in the workflow moved since: the canary is of this phase all the same.
    expect(step(halfOpen(), canary(7, true), rules(8)).is).toBe('counted');
  });

  it('is tried again by nobody who has seen it only before it moved', () => {
    const open = run([{ is: 'alarm', reason: 'overrides' }]).at(-1);
    const seen = (epoch: number) =>
      step(open!, { is: 'retry', by: 'ann', reason: 'it is fine', seen: epoch }, rules(9));
    expect(seen(open!.epoch - 1)).toMatchObject({
      is: 'unchanged',
      reason: expect.stringContaining('since you looked'),
    });
    expect(seen(open!.epoch)).toMatchObject({ is: 'moved', state: { is: 'half_open' } });
  });

  it('takes two people, neither the first, to reset what a person tripped, and keeps their reasons', () => {
    const retry = (by: string): BreakerEvent => ({ is: 'retry', by, reason: `${by} is sure` });
    const states = run([
      { is: 'trip', by: 'ann', reason: 'harm' },
      retry('ann'),
      retry('ben'),
      retry('ben'),
      { is: 'alarm', reason: 'more' },
      { is: 'time' },
    ]);
    expect(states.slice(1).every(({ is }) => is === 'forced_open')).toBe(true);
    expect(step(states.at(-1)!, retry('cyd'), rules(9))).toMatchObject({
      is: 'moved',
      state: { is: 'half_open' },
      reason: 'two people agree: ben is sure; cyd is sure',
    });
  });
});

it('starts the canaries anew for the version that was restored, and does not touch what is held open by hand', () => {
  const restored: BreakerEvent = { is: 'restored', by: 'ben', reason: 'rolled back' };
  expect(step(halfOpen({ phase: 1, verified: 1, overrides: 1 }), restored, rules(6))).toMatchObject({
    is: 'moved',
    state: { is: 'half_open', epoch: 6, phase: 0, verified: 0, overrides: 0 },
  });
  const held: BreakerState = { is: 'forced_open', epoch: 5, by: 'ann', approvals: [] };
  expect(step(held, restored, rules(6)).is).toBe('unchanged');
  expect(step(closed, restored, rules(6)).is).toBe('unchanged');
});

describe('whatever happens', () => {
  const person = fc.constantFrom('ann', 'ben', 'cyd');
  const reason = fc.constant('r');
  const event: fc.Arbitrary<BreakerEvent> = fc.oneof(
    fc.record({ is: fc.constant('alarm' as const), reason }),
    fc.record({ is: fc.constant('trip' as const), by: person, reason }),
    fc.record({ is: fc.constant('retry' as const), by: person, reason }),
    fc.record({ is: fc.constant('restored' as const), by: person, reason }),
    // Of the epoch that is, of one before, or of one that never was.
    fc.record({ is: fc.constant('canary' as const), epoch: fc.integer({ min: -2, max: 1 }), overridden: fc.boolean() }),
    fc.record({ is: fc.constant('time' as const) }),
  );
  const timed = fc.tuple(event, fc.integer({ min: 0, max: 2 * hour }));

  it('the invariants of authority hold', () => {
    fc.assert(
      fc.property(fc.array(timed, { maxLength: 80 }), fc.nat(3), (story, gap) => {
        let state: BreakerState = closed;
        let [nowMs, workflowEpoch] = [0, 0];
        for (const [told, passes] of story) {
          nowMs += passes;
          // Other breakers of the workflow take epochs as well.
          const nextEpoch: number = workflowEpoch + 1 + gap;
          const present: number = state.epoch;
          const next: BreakerEvent = told.is === 'canary' ? { ...told, epoch: present + told.epoch } : told;
          const taken = step(state, next, { phases, nextEpoch, nowMs });
          if (taken.is === 'unchanged') continue;
          const after: BreakerState = taken.state;
          if (next.is === 'canary') expect(next.epoch, 'late results change nothing').toBeGreaterThanOrEqual(present);
          if (taken.is === 'moved') {
            expect(after.epoch, 'epochs only rise').toBe(nextEpoch);
            workflowEpoch = nextEpoch;
            if (after.is === 'closed') expect(state.is, 'nothing closes but from half-open').toBe('half_open');
            if (state.is === 'forced_open') {
              expect([next.is, state.approvals.length]).toEqual(['retry', 1]);
              const people = new Set([state.by, ...state.approvals.map(({ by }) => by), taken.by]);
              expect(people.size, 'a reset takes two, neither of them who tripped it').toBe(3);
            }
          } else {
            expect([after.is, after.epoch], 'counting is no transition').toEqual([state.is, state.epoch]);
          }
          const share = canaryShare(after, phases);
          if (after.is === 'open' || after.is === 'forced_open') expect(share).toBe(0);
          expect(share === 1, 'all authority is that of a closed breaker').toBe(after.is === 'closed');
          state = after;
        }
        // A probe that hangs cannot block for ever: time alone ends it, and a person can begin anew.
        if (state.is === 'half_open' && !state.paused) {
          const ended = step(state, { is: 'time' }, { phases, nextEpoch: workflowEpoch + 1, nowMs: nowMs + 10 * hour });
          expect(ended).toMatchObject({ is: 'moved', state: { paused: true } });
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
