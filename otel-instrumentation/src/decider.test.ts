/** A guard that changes its mind at a moment that no server can be made to hit: whatever is asked, the last answer counts. */
import { trace } from '@opentelemetry/api';
import type { AiDecision, CompensationReport, Verdict } from '@countersign/contract';
import { expect, it, vi } from 'vitest';
import type { CompensationHandlers } from './compensations.ts';
import { unheardRules } from './content-rules.ts';
import { makeDecider, type Loop } from './decider.ts';
import type { Deciding, DecisionHandle } from './decision.ts';
import type { GuardVerdict } from './guard.ts';
import { Inputs } from './inputs.ts';
import { begin } from './taking.ts';
import type { VerdictHandler } from './verdicts.ts';

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

it('takes back what is being carried out when it has been, and does not carry out what was taken back', async () => {
  const happened: string[] = [];
  let carriedOut = () => {};
  let recordedNow = () => {};
  let order: CompensationHandlers[string] | undefined;
  const deciding: Deciding = {
    source: 'test',
    inputs: new Inputs(null, nothing, nothing),
    ask: () => ({ route: 'auto', reason: 'allowed', epoch: 1, useVersion: null }),
    privacyOf: unheardRules,
    register: () => Promise.reject(new Error('it registers by itself')),
    measured: nothing,
  };
  const states: string[] = [];
  let waits = false;
  const loop: Loop = {
    begin: (options) => begin({ tracer: trace.getTracer('test'), deciding }, options),
    record: () => (waits ? new Promise((resolve) => (recordedNow = () => resolve(true))) : Promise.resolve(true)),
    report: async ({ state }) => void states.push(state),
    reportInTurn: ({ state }) => void states.push(state),
    compensations: (_workflow, handlers) => (order = handlers['execute']),
    verdicts: () => Promise.resolve(() => Promise.resolve()),
    trouble: nothing,
    privacyOf: unheardRules,
  };
  const decide = makeDecider(loop, {
    workflow: 'w',
    execute: ({ task }) => {
      happened.push(`${task} begins`);
      return new Promise<void>((resolve) => (carriedOut = resolve)).then(() => void happened.push(`${task} is done`));
    },
    compensate: ({ task }) => void happened.push(`${task} is undone`),
  });
  const judge = (decision: DecisionHandle) => decision.output({ label: 'pay' }, 0.99);
  const about = { model, riskTier: 'low', reversible: true, input: { content: 'x' }, judge } as const;
  const orderOf = (task: string, decisionId: string) =>
    order?.({ compensationId: decisionId, task, decisionId, payload: null });

  let key = '';
  const judged = {
    ...about,
    judge: (decision: DecisionHandle) => ((key = decision.ref().decision_id), judge(decision)),
  };
  const deciding1 = decide({ ...judged, task: 'slow' });
  await vi.waitFor(() => expect(happened).toEqual(['slow begins']));
  const undone = orderOf('slow', key);
  carriedOut();
  await Promise.all([deciding1, undone]);
  expect(happened).toEqual(['slow begins', 'slow is done', 'slow is undone']);

  waits = true;
  const deciding2 = decide({ ...judged, task: 'late' });
  await vi.waitFor(() => expect(states.filter((state) => state === 'registered')).toHaveLength(2));
  await orderOf('late', key);
  waits = false;
  recordedNow();
  expect((await deciding2).route).toBe('human');
  expect(happened.slice(3)).toEqual(['late is undone']);
});

it('does not do again what was taken back, when its verdict comes once more', async () => {
  let hear: VerdictHandler = nothing;
  let handlers: CompensationHandlers = {};
  const done: string[] = [];
  const loop = {
    report: async (step: CompensationReport) => void done.push(step.state),
    reportInTurn: nothing,
    compensations: (_workflow: string, given: CompensationHandlers) => (handlers = given),
    verdicts: (_workflow: string, handler: VerdictHandler) => {
      hear = handler;
      return Promise.resolve(() => Promise.resolve());
    },
    trouble: nothing,
    privacyOf: unheardRules,
  } as unknown as Loop;
  makeDecider(loop, {
    workflow: 'w',
    execute: () => {
      done.push('execute');
      throw new Error('not now');
    },
    compensate: () => void done.push('compensate'),
  });
  const verdict = {
    v: 1,
    verdict_id: 'v',
    workflow_id: 'w',
    task_id: 't',
    decision_id: 'd',
    action: 'accept',
    output: { label: 'pay' },
    reviewer: 'ann',
    justification: 'so it is',
  } as unknown as Verdict;
  await expect(hear(verdict)).rejects.toThrow('not now');
  await handlers['execute']?.({ compensationId: 'v', task: 't', decisionId: 'd', payload: undefined });
  await hear(verdict);
  expect(done).toEqual(['registered', 'execute', 'compensate']);
});
