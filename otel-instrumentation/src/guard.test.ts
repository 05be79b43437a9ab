import type { Authority, Autonomy, BreakerView } from '@countersign/contract';
import { describe, expect, it } from 'vitest';
import { Guard, type Question } from './guard.ts';

const authority = (change: Partial<Authority> = {}): Authority => ({
  v: 1,
  workflow_id: 'w',
  epoch: 7,
  policy_epoch: 0,
  lease_ms: 1_000,
  when_unreachable: { low: 'human', medium: 'human', high: 'human' },
  intake: 'open',
  change_control: false,
  automation: {
    low: { reversible: 'automatic', irreversible: 'automatic', confidence_at_least: 0.5 },
    medium: { reversible: 'automatic', irreversible: 'approval', confidence_at_least: 0.9 },
    high: { reversible: 'approval', irreversible: 'human', confidence_at_least: 1 },
  },
  breakers: [],
  models: [],
  ...change,
});
const breaker = (change: Partial<BreakerView>): BreakerView => ({
  model_name: 'm',
  risk_tier: null,
  state: 'closed',
  epoch: 3,
  canary_share: 1,
  ...change,
});
const question: Question = {
  workflow: 'w',
  task: 't',
  model: { name: 'm', version: '1' },
  riskTier: 'medium',
  reversible: true,
  confidence: 0.95,
};

function guardWith(document: Authority | null) {
  let now = 0;
  const guard = new Guard(() => now);
  if (document !== null) guard.hear(document, 0);
  return { guard, wait: (ms: number) => (now += ms) };
}

describe('the guard', () => {
  it('lets the AI act where the policy does', () => {
    expect(guardWith(authority()).guard.ask(question)).toMatchObject({ route: 'auto', reason: 'allowed', epoch: 0 });
  });

  it('sends to people what it knows nothing of', () => {
    expect(guardWith(null).guard.ask(question)).toMatchObject({ route: 'human', reason: 'authority_lost' });
  });

  it('lets authority run out, and come back', () => {
    const { guard, wait } = guardWith(authority());
    wait(1_000);
    expect(guard.ask(question).route).toBe('auto');
    wait(1);
    expect(guard.ask(question)).toMatchObject({ route: 'human', reason: 'authority_lost' });
    guard.hear(authority(), 0);
    expect(guard.ask(question).route).toBe('auto');
  });

  it('takes no fresh lease from an old document', () => {
    const { guard } = guardWith(null);
    guard.hear(authority(), 5_000);
    expect(guard.ask(question)).toMatchObject({ route: 'human', reason: 'authority_lost' });
  });

  it('does what the policy says when the lease has run out', () => {
    const { guard, wait } = guardWith(authority({ when_unreachable: { low: 'human', medium: 'auto', high: 'human' } }));
    wait(5_000);
    expect(guard.ask(question)).toMatchObject({ route: 'auto', reason: 'authority_lost' });
    expect(guard.ask({ ...question, riskTier: 'low' })).toMatchObject({ route: 'human', reason: 'authority_lost' });
  });

  it.each([
    [{ riskTier: 'high' }, 'automation_level'],
    [{ reversible: false }, 'automation_level'],
    [{ confidence: 0.899 }, 'low_confidence'],
    [{ confidence: Number.NaN }, 'low_confidence'],
  ] as const)('asks a person for %j', (change, reason) => {
    expect(guardWith(authority()).guard.ask({ ...question, ...change })).toMatchObject({ route: 'human', reason });
  });

  it('obeys the strictest of the breakers that concern it', () => {
    const breakers = [
      breaker({}),
      breaker({ risk_tier: 'medium', state: 'open', epoch: 9, canary_share: 0 }),
      breaker({ model_name: 'other', state: 'forced_open' }),
    ];
    const { guard } = guardWith(authority({ breakers }));
    expect(guard.ask(question)).toMatchObject({ route: 'human', reason: 'breaker', epoch: 9 });
    expect(guard.ask({ ...question, riskTier: 'low' })).toMatchObject({ route: 'auto', epoch: 3 });
  });

  it('halts a version that was rolled back, and names the one to use', () => {
    const models = [{ model_name: 'm', rolled_back: [{ version: '1', instead: '0' }], versions: [] }];
    const { guard } = guardWith(authority({ models }));
    expect(guard.ask(question)).toMatchObject({ route: 'halt', reason: 'rolled_back', useVersion: '0' });
    expect(guard.ask({ ...question, model: { name: 'm', version: '0' } }).route).toBe('auto');
  });

  it('gives canaries their share, the same tasks each time', () => {
    const { guard } = guardWith(authority({ breakers: [breaker({ state: 'half_open', canary_share: 0.25 })] }));
    const routes = (prefix: string) =>
      Array.from({ length: 4_000 }, (_, i) => guard.ask({ ...question, task: `${prefix}${i}` }).route);
    const share = routes('task-').filter((route) => route === 'auto').length / 4_000;
    expect(share).toBeGreaterThan(0.22);
    expect(share).toBeLessThan(0.28);
    expect(routes('task-')).toEqual(routes('task-'));
  });

  describe('under change control', () => {
    const hash = `sha256:${'1'.repeat(64)}`;
    const asked = { ...question, model: { name: 'm', version: '1', hash } };
    const versioned = (autonomy: Autonomy, canary_share = 0) =>
      guardWith(
        authority({
          change_control: true,
          models: [
            { model_name: 'm', rolled_back: [], versions: [{ version: '1', hash, autonomy, canary_share, epoch: 4 }] },
          ],
        }),
      ).guard;

    it.each([
      ['shadow', 'human', 'shadow'],
      ['approval', 'human', 'automation_level'],
      ['automatic', 'auto', 'allowed'],
    ] as const)('lets a version at %s go %s', (autonomy, route, reason) => {
      expect(versioned(autonomy).ask(asked)).toMatchObject({ route, reason });
    });

    it('gives no authority to a version or a model that nobody declared, or that is another than its hash says', () => {
      const guard = versioned('automatic');
      const undeclared = { route: 'human', reason: 'undeclared' };
      expect(guard.ask({ ...question, model: { name: 'm', version: '2' } })).toMatchObject(undeclared);
      expect(guard.ask({ ...question, model: { name: 'other', version: '1' } })).toMatchObject(undeclared);
      const other = `sha256:${'2'.repeat(64)}`;
      expect(guard.ask({ ...question, model: { name: 'm', version: '1', hash: other } })).toMatchObject(undeclared);
      expect(guard.ask({ ...question, model: { name: 'm', version: '1' } })).toMatchObject(undeclared);
      expect(guard.ask(asked)).toMatchObject({ route: 'auto', epoch: 4 });
    });

    it('gives a canary version its share', () => {
      const guard = versioned('canary', 0.25);
      const auto = Array.from({ length: 4_000 }, (_, i) => guard.ask({ ...asked, task: `t${i}` })).filter(
        ({ route, reason }) => route === 'auto' && reason === 'canary',
      );
      expect(auto.length / 4_000).toBeGreaterThan(0.22);
      expect(auto.length / 4_000).toBeLessThan(0.28);
    });
  });

  it('takes nothing on that needs a person while people have more than they can take', () => {
    const { guard } = guardWith(authority({ intake: 'full' }));
    expect(guard.ask({ ...question, riskTier: 'high' })).toMatchObject({ route: 'halt', reason: 'queue_full' });
    // What needs nobody goes on: it would not be more for people if it waited.
    expect(guard.ask(question)).toMatchObject({ route: 'auto', reason: 'allowed' });
  });

  it('checks no canaries while people have more than they can take', () => {
    const breakers = [breaker({ state: 'half_open', canary_share: 1 })];
    expect(guardWith(authority({ intake: 'full', breakers })).guard.ask(question)).toMatchObject({ route: 'halt' });
  });

  it('answers under the epoch of the newest change: of breakers, version and policy', () => {
    const versions = [{ version: '1', hash: 'h', autonomy: 'automatic' as const, canary_share: 0, epoch: 12 }];
    const models = [{ model_name: 'm', rolled_back: [], versions }];
    expect(guardWith(authority({ models, breakers: [breaker({})] })).guard.ask(question).epoch).toBe(12);
    expect(guardWith(authority({ models, policy_epoch: 15 })).guard.ask(question).epoch).toBe(15);
  });

  it('passes over a document that is older than the one it holds', () => {
    const { guard, wait } = guardWith(
      authority({ epoch: 9, breakers: [breaker({ state: 'forced_open', canary_share: 0 })] }),
    );
    guard.hear(authority({ epoch: 8 }), 0);
    expect(guard.ask(question)).toMatchObject({ route: 'human', reason: 'breaker' });
    // Unless nothing has come for so long that nothing is held any more.
    wait(1_001);
    guard.hear(authority({ epoch: 8 }), 0);
    expect(guard.ask(question).route).toBe('auto');
  });

  describe('without contact', () => {
    const lost = (change: Partial<Authority>, asked: Partial<Question> = {}) => {
      const { guard, wait } = guardWith(
        authority({ when_unreachable: { low: 'auto', medium: 'auto', high: 'auto' }, ...change }),
      );
      wait(60_000);
      return guard.ask({ ...question, ...asked });
    };
    const version = { version: '1', hash: 'h', autonomy: 'automatic' as const, canary_share: 0, epoch: 1 };

    it.each([
      ['a breaker is open', { breakers: [breaker({ state: 'forced_open', canary_share: 0 })] }, {}],
      ['it may not be taken back', {}, { reversible: false }],
      ['it is not sure', {}, { confidence: 0.01 }],
      ['nobody declared it', { change_control: true }, {}],
      [
        'it is another',
        { models: [{ model_name: 'm', rolled_back: [], versions: [version] }] },
        { model: { name: 'm', version: '1', hash: 'other' } },
      ],
    ])('gives no authority that was not there: %s', (_what, change, asked) => {
      expect(lost(change, asked)).toMatchObject({ route: 'human', reason: 'authority_lost' });
    });

    it('a version that was rolled back stays so', () => {
      const models = [{ model_name: 'm', rolled_back: [{ version: '1', instead: '0' }], versions: [] }];
      expect(lost({ models })).toMatchObject({ route: 'halt', useVersion: '0' });
    });
  });

  it('notices that nothing is heard any more', () => {
    const { guard, wait } = guardWith(authority({ lease_ms: 15_000 }));
    wait(15_000);
    expect(guard.isSilent).toBe(false);
    wait(1);
    expect(guard.isSilent).toBe(true);
    guard.hear(authority(), 0);
    expect(guard.isSilent).toBe(false);
  });
});
