import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { needsPostmortem, opened, step, type Incident, type IncidentEvent } from './incident.ts';

const start = new Date('2026-01-05T00:00:00Z');
const later = (minutes: number) => new Date(start.getTime() + minutes * 60_000);
const chain = [
  { name: 'Mitigation', do: ['pause' as const], notify: ['slack'], wait: '10 minutes' },
  { name: 'Expert', notify: ['pager'], wait: '30 minutes' },
  { name: 'Executives', do: ['freeze' as const], notify: ['phone'] },
];
const fresh = (change: Partial<Incident> = {}) =>
  opened(
    {
      incident_id: '0195f000-0000-7000-8000-000000000001',
      workflow_id: 'mail-moderation',
      model_name: 'spam-logit',
      drill: false,
      title: 'Mail moderation',
      highest_tier: 'incident',
      chain,
      quiet_hours: null,
      ...change,
    },
    'too many overrides',
    start,
  );
const postmortem = {
  root_cause: 'a bad build',
  model_version: '1.1.0',
  remediation: 'rolled back',
  test_added: 'none',
};

/** The incident after all of these, each of which has to move it. */
function after(...events: IncidentEvent[]): Incident {
  return events.reduce((incident, event) => {
    const move = step(incident, event, later(1));
    if (move.is === 'unchanged') throw new Error(`${event.is}: ${move.reason}`);
    return move.incident;
  }, fresh().incident);
}
const waited = { is: 'waited', reason: 'nobody came' } as const;
const acknowledge = { is: 'acknowledge', by: 'ann', reason: 'mine' } as const;
const ended = { is: 'ended', reason: 'it is as before' } as const;

describe('an incident', () => {
  it('begins at the first tier: those are told, the policy acts, the wait runs', () => {
    expect(fresh()).toMatchObject({
      step: 'opened',
      tells: 'trigger',
      does: ['pause'],
      incident: { state: 'open', level: 1, climbs_at: later(10) },
    });
  });

  it('climbs tier by tier while nobody acknowledges it, and stays at the last', () => {
    const second = step(fresh().incident, waited, later(10));
    expect(second).toMatchObject({
      step: 'climbed',
      tells: 'trigger',
      does: [],
      incident: { level: 2, climbs_at: later(40) },
    });
    const third = step(after(waited), waited, later(40));
    expect(third).toMatchObject({ does: ['freeze'], incident: { level: 3, climbs_at: null } });
    expect(step(after(waited, waited), waited, later(80))).toMatchObject({ is: 'unchanged' });
  });

  it('climbs no further when somebody has it, and says who when another wants it', () => {
    const incident = after(acknowledge);
    expect(incident).toMatchObject({ state: 'acknowledged', acknowledged_by: 'ann', climbs_at: null });
    expect(step(incident, waited, later(10))).toMatchObject({ is: 'unchanged' });
    expect(step(incident, { ...acknowledge, by: 'ben' }, later(2))).toEqual({
      is: 'unchanged',
      reason: 'ann has acknowledged it',
    });
  });

  it('climbs again when it gets worse than what was acknowledged, and not when more of the same comes', () => {
    const mild = fresh({ highest_tier: 'action_required' }).incident;
    const taken = step(mild, acknowledge, later(1));
    if (taken.is === 'unchanged') throw new Error(taken.reason);
    const more = (tier: 'action_required' | 'incident') =>
      step(taken.incident, { is: 'alert', tier, title: 'another', reason: 'more' }, later(2));
    expect(more('action_required')).toMatchObject({ step: 'joined', tells: null, incident: { state: 'acknowledged' } });
    expect(more('incident')).toMatchObject({
      step: 'reopened',
      tells: 'trigger',
      incident: { state: 'open', level: 1 },
    });
  });

  it('is closed when it is resolved and its postmortem is filled, and never before', () => {
    const close = { is: 'close', by: 'ann', postmortem } as const;
    expect(step(fresh().incident, close, later(1))).toMatchObject({ is: 'unchanged' });
    expect(step(after(ended), { ...close, postmortem: null }, later(1))).toEqual({
      is: 'unchanged',
      reason: 'it has no postmortem',
    });
    expect(after(ended, close)).toMatchObject({ state: 'closed', postmortem });
  });

  it('begins anew at the first tier when it comes back before it is closed', () => {
    const back = step(
      after(waited, ended),
      { is: 'alert', tier: 'incident', title: 'another', reason: 'again' },
      later(60),
    );
    expect(back).toMatchObject({
      step: 'reopened',
      tells: 'trigger',
      incident: { state: 'open', level: 1, resolved_at: null, cycle: 2, title: 'another' },
    });
  });

  it('holds its invariants, whatever comes', () => {
    const event: fc.Arbitrary<IncidentEvent> = fc.oneof(
      fc.constantFrom('info' as const, 'action_required' as const, 'incident' as const).map((tier) => ({
        is: 'alert' as const,
        tier,
        title: 'another',
        reason: 'more',
      })),
      fc.constant(waited),
      fc.constant(acknowledge),
      fc.constant(ended),
      fc.constantFrom(postmortem, null).map((filled) => ({ is: 'close' as const, by: 'ann', postmortem: filled })),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), fc.boolean(), (events, drill) => {
        let incident: Incident = fresh({ drill }).incident;
        for (const [i, next] of events.entries()) {
          const move = step(incident, next, later(i));
          if (move.is === 'unchanged') continue;
          const now = move.incident;
          expect(incident.state, 'what is closed stays so').not.toBe('closed');
          expect(now.steps).toBe(incident.steps + 1);
          expect(now.chain).toBe(incident.chain);
          expect(now.level).toBeLessThanOrEqual(chain.length);
          if (now.level < incident.level) expect(move.step).toBe('reopened');
          if (now.state !== 'open') expect(now.climbs_at).toBeNull();
          if (now.state === 'closed') {
            expect(['resolved', 'acknowledged']).toContain(incident.state);
            expect(now.postmortem !== null || !needsPostmortem(now)).toBe(true);
          }
          if (now.state === 'acknowledged') expect(now.acknowledged_by).toBe('ann');
          // Who is woken up is woken by a tier that is reached, and nothing else.
          if (move.tells === 'trigger') expect(['climbed', 'reopened']).toContain(move.step);
          incident = now;
        }
      }),
    );
  });
});
