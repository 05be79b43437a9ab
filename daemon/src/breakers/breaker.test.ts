import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canaryShare, step, type BreakerEvent, type BreakerState } from './breaker.ts';

const phases = [
  { share: 0.1, verified: 3, overrides_at_most: 0.34 },
  { share: 0.5, verified: 2, overrides_at_most: 0 },
];
const rules = (nextEpoch: number) => ({ phases, nextEpoch });
const closed: BreakerState = { is: 'closed', epoch: 0 };

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
    const canary = (epoch: number): BreakerEvent => ({ is: 'canary', epoch, overridden: false });
    const states = run([
      { is: 'alarm', reason: 'overrides' },
      { is: 'retry', by: 'ann', reason: 'rolled back' },
      canary(2),
      canary(2),
      canary(2),
      canary(3),
      canary(3),
    ]);
    expect(states.map((s) => s.is)).toEqual([
      'closed',
      'open',
      'half_open',
      'half_open',
      'half_open',
      'half_open',
      'half_open',
      'closed',
    ]);
    expect(states.map((s) => canaryShare(s, phases))).toEqual([1, 0, 0.1, 0.1, 0.1, 0.5, 0.5, 1]);
  });

  it('opens again when people change too many canaries', () => {
    const bad: BreakerEvent = { is: 'canary', epoch: 5, overridden: true };
    const states = run([bad, bad, bad], { is: 'half_open', epoch: 5, phase: 0, verified: 0, overrides: 0 });
    expect(states.at(-1)).toEqual({ is: 'open', epoch: 6 });
  });

  it('does not count a canary of another epoch', () => {
    const state: BreakerState = { is: 'half_open', epoch: 5, phase: 0, verified: 0, overrides: 0 };
    expect(step(state, { is: 'canary', epoch: 4, overridden: true }, rules(6))).toEqual({
      is: 'unchanged',
      reason: 'decided under epoch 4, now is 5',
    });
  });

  it('takes two people, neither the first, to reset what a person tripped', () => {
    const retry = (by: string): BreakerEvent => ({ is: 'retry', by, reason: 'fixed' });
    const states = run([
      { is: 'trip', by: 'ann', reason: 'harm' },
      retry('ann'),
      retry('ben'),
      retry('ben'),
      retry('cyd'),
    ]);
    expect(states.map((s) => s.is)).toEqual([
      'closed',
      'forced_open',
      'forced_open',
      'forced_open',
      'forced_open',
      'half_open',
    ]);
  });
});

it('starts the canaries anew for the version that was restored, and does not touch what is held open by hand', () => {
  const restored: BreakerEvent = { is: 'restored', by: 'ben', reason: 'rolled back' };
  const halfWay: BreakerState = { is: 'half_open', epoch: 5, phase: 1, verified: 1, overrides: 1 };
  expect(step(halfWay, restored, rules(6))).toMatchObject({
    is: 'moved',
    state: { is: 'half_open', epoch: 6, phase: 0, verified: 0, overrides: 0 },
  });
  const held: BreakerState = { is: 'forced_open', epoch: 5, by: 'ann', approvals: [] };
  expect(step(held, restored, rules(6)).is).toBe('unchanged');
  expect(step(closed, restored, rules(6)).is).toBe('unchanged');
});

describe('whatever happens', () => {
  const person = fc.constantFrom('ann', 'ben', 'cyd');
  const event: fc.Arbitrary<BreakerEvent> = fc.oneof(
    fc.record({ is: fc.constant('alarm' as const), reason: fc.constant('r') }),
    fc.record({ is: fc.constant('trip' as const), by: person, reason: fc.constant('r') }),
    fc.record({ is: fc.constant('retry' as const), by: person, reason: fc.constant('r') }),
    fc.record({ is: fc.constant('restored' as const), by: person, reason: fc.constant('r') }),
    fc.record({ is: fc.constant('canary' as const), epoch: fc.nat(8), overridden: fc.boolean() }),
  );

  it('epochs only rise, nothing closes but from half-open, and forced_open is left only by two others', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const states = run(events);
        for (let i = 1; i < states.length; i++) {
          const [before, after] = [states[i - 1]!, states[i]!];
          const sameState = before.is === after.is && (before.is !== 'half_open' || after.epoch === before.epoch);
          expect(after.epoch).toBeGreaterThanOrEqual(before.epoch);
          if (!sameState) expect(after.epoch).toBeGreaterThan(before.epoch);
          if (after.is === 'closed' && before.is !== 'closed') expect(before.is).toBe('half_open');
          if (before.is === 'forced_open' && after.is !== 'forced_open') {
            const by = events[i - 1]!;
            expect(by.is).toBe('retry');
            expect(before.approvals).toHaveLength(1);
            expect(before.approvals).not.toContain(before.by);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
