/** A guard that changes its mind at a moment that no server can be made to hit: whatever is asked, the last answer counts. */
import { trace } from '@opentelemetry/api';
import type { AiDecision, CompensationReport } from '@countersign/contract';
import { expect, it } from 'vitest';
import { unheardRules } from './content-rules.ts';
import { makeDecider, type Loop } from './decider.ts';
import type { Deciding } from './decision.ts';
import type { GuardVerdict } from './guard.ts';
import { Inputs } from './inputs.ts';
import { begin } from './taking.ts';

const model = { name: 'm', version: '1', hash: `sha256:${'0'.repeat(64)}` };
const nothing = () => undefined;

/** Decides, while the guard gives these answers, one after another. */
async function decideWith(...routes: GuardVerdict['route'][]) {
  const [recorded, reported]: [AiDecision[], CompensationReport[]] = [[], []];
  let [asked, executed] = [0, 0];
  const deciding: Deciding = {
    source: 'test',
    inputs: new Inputs(null, nothing, nothing),
    ask: () => {
      const route = routes[asked++] ?? 'halt';
      return { route, reason: route === 'auto' ? 'allowed' : 'breaker', epoch: asked, useVersion: null };
    },
    privacyOf: unheardRules,
    register: () => Promise.reject(new Error('it registers by itself')),
    measured: nothing,
  };
  const loop: Loop = {
    begin: (options) => begin({ tracer: trace.getTracer('test'), deciding }, options),
    record: async (outgoing) => {
      recorded.push(outgoing.event().data as AiDecision);
      return true;
    },
    report: async (step) => void reported.push(step),
    reportInTurn: (step) => void reported.push(step),
    compensations: nothing,
    verdicts: () => Promise.resolve(() => Promise.resolve()),
    trouble: nothing,
    privacyOf: unheardRules,
  };
  const decide = makeDecider(loop, { workflow: 'w', execute: () => (executed += 1), compensate: nothing });
  const about = { task: 't', model, riskTier: 'low', reversible: true, input: { content: 'x' } } as const;
  const decided = await decide({ ...about, judge: (decision) => decision.output({ label: 'pay' }, 0.99) });
  return { decided, executed, recorded, states: reported.map(({ state }) => state), asked };
}

it('acts when it may each time that it asks', async () => {
  const { decided, executed, recorded, asked } = await decideWith('auto', 'auto', 'auto');
  expect([decided.route, executed, asked]).toEqual(['auto', 1, 3]);
  // The last answer that can be on record beforehand.
  expect(recorded).toMatchObject([{ route: 'auto', breaker_epoch: 2 }]);
});

it('leaves it to a person when it may not any more once it can be undone', async () => {
  const { decided, executed, recorded } = await decideWith('auto', 'human');
  expect([decided.route, executed]).toEqual(['human', 0]);
  expect(recorded).toMatchObject([{ route: 'human', route_reason: 'breaker', breaker_epoch: 2 }]);
});

it('leaves it to a person when it may not any more once it is on record, and says that it was not done', async () => {
  const { decided, executed, recorded, states } = await decideWith('auto', 'auto', 'human');
  expect([decided.route, executed]).toEqual(['human', 0]);
  expect(states).toEqual(['registered', 'compensated']);
  expect(recorded).toMatchObject([
    { route: 'auto', breaker_epoch: 2 },
    { route: 'human', route_reason: 'breaker', breaker_epoch: 3, decision_id: decided.ref.decision_id },
  ]);
  expect(recorded[0]?.decision_id).not.toBe(decided.ref.decision_id);
});
