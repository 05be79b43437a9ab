import type { Model, Verdict } from '@countersign/contract';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { Decider, DeciderOptions } from './decider.ts';
import type { DecisionHandle, DecisionOptions } from './decision.ts';
import type { GuardVerdict, Question } from './guard.ts';
import type { DecisionRef } from './ref.ts';
import type { StartedDecision } from './taking.ts';
import { boundTo, type Functions, type Workflow, type WorkflowTypes } from './workflow.ts';

/** As `countersign policy types` prints it. */
interface Refunds extends WorkflowTypes {
  readonly workflow: 'refunds';
  readonly label: 'grant' | 'refuse';
  readonly value: { readonly cents: number };
  readonly reasonCode: 'too late' | 'fraud';
  readonly model: 'refund-tree';
  readonly features: { readonly amount: number | null; readonly country: 'de' | 'fr' | null };
}

const model = { name: 'refund-tree', version: '1', hash: `sha256:${'0'.repeat(64)}` } as const;
const ref: DecisionRef = {
  v: 1,
  traceparent: null,
  tracestate: null,
  decision_id: 'd',
  workflow_id: 'refunds',
  task_id: 't',
};

describe('workflow', () => {
  it('calls the functions with its name, and gives back what they give back', async () => {
    const calls: unknown[][] = [];
    const stop = () => Promise.resolve();
    const begun = {} as StartedDecision;
    const made: unknown = Object.assign(() => Promise.reject(new Error('no')), { ready: Promise.resolve(stop) });
    const answer: GuardVerdict = { route: 'auto', reason: 'allowed', epoch: 1, useVersion: null };
    const functions: Functions = {
      decision: <T>(options: DecisionOptions, work: (decision: DecisionHandle) => T) => {
        calls.push(['decision', options]);
        return work({} as DecisionHandle);
      },
      startDecision: (options) => (calls.push(['startDecision', options]), begun),
      decider: <Result>(options: DeciderOptions<Result>) => (calls.push(['decider', options]), made as Decider<Result>),
      guard: (question: Question) => (calls.push(['guard', question]), answer),
      humanDecision: (...of) => (calls.push(['humanDecision', ...of]), 'human'),
      recordOutcome: (...of) => (calls.push(['recordOutcome', ...of]), 'outcome'),
      verdicts: (...of) => (calls.push(['verdicts', ...of]), Promise.resolve(stop)),
      compensations: (...of) => void calls.push(['compensations', ...of]),
    };
    const refunds = boundTo(functions)<Refunds>('refunds');
    const question = { task: 't', model, riskTier: 'low', reversible: true } as const;
    const options = { ...question, input: { content: 'x' } };
    const verdict = { reviewer: 'ana', action: 'reject', justification: 'late', reasonCode: 'too late' } as const;
    const handler = () => undefined;
    const loop = { execute: () => 1, compensate: () => undefined };

    expect(refunds.decision(options, () => 42)).toBe(42);
    expect(refunds.startDecision(options)).toBe(begun);
    expect(refunds.decider(loop)).toBe(made);
    expect(refunds.guard(question)).toBe(answer);
    expect(refunds.humanDecision(ref, verdict)).toBe('human');
    expect(refunds.recordOutcome(ref, { label: 'grant' })).toBe('outcome');
    await expect(refunds.verdicts(handler)).resolves.toBe(stop);
    refunds.compensations({});
    expect(calls).toEqual([
      ['decision', { ...options, workflow: 'refunds' }],
      ['startDecision', { ...options, workflow: 'refunds' }],
      ['decider', { ...loop, workflow: 'refunds' }],
      ['guard', { ...question, workflow: 'refunds' }],
      ['humanDecision', 'refunds', ref, verdict],
      ['recordOutcome', 'refunds', ref, { label: 'grant' }],
      ['verdicts', 'refunds', handler],
      ['compensations', 'refunds', {}],
    ]);
  });
});

// Held by the compiler.
describe('its types', () => {
  type Options = Parameters<Workflow<Refunds>['decision']>[0];
  type Handle = Parameters<Parameters<Workflow<Refunds>['decision']>[1]>[0];
  type Answer = Parameters<Handle['output']>[0];
  type Verdicts = Parameters<Parameters<Workflow<Refunds>['verdicts']>[0]>[0];

  it('are those of the policy', () => {
    expectTypeOf<Parameters<ReturnType<typeof boundTo>>[0]>().toEqualTypeOf<string>();
    expectTypeOf<Options['features']>().toEqualTypeOf<Refunds['features'] | undefined>();
    expectTypeOf<Options['model']['name']>().toEqualTypeOf<'refund-tree'>();
    expectTypeOf<Options>().not.toHaveProperty('workflow');
    expectTypeOf<Answer['label']>().toEqualTypeOf<'grant' | 'refuse' | null>();
    expectTypeOf<{ label: 'grant'; value: { cents: 5 }; scores: { grant: 1 } }>().toExtend<Answer>();
    expectTypeOf<{ label: 'granted' }>().not.toExtend<Answer>();
    expectTypeOf<{ label: 'grant'; value: { cents: '5' } }>().not.toExtend<Answer>();
    expectTypeOf<{ label: 'grant'; scores: { granted: 1 } }>().not.toExtend<Answer>();
    expectTypeOf<Verdicts['output']['value']>().toEqualTypeOf<{ readonly cents: number } | undefined>();
    expectTypeOf<Verdicts['task_id']>().toEqualTypeOf<Verdict['task_id']>();
  });

  it('are those of the policy in a loop in one call, too', () => {
    type Carries = Parameters<Workflow<Refunds>['decider']>[0]['execute'];
    type Judge = Parameters<ReturnType<Workflow<Refunds>['decider']>>[0]['judge'];
    type Started = ReturnType<Workflow<Refunds>['startDecision']>;
    expectTypeOf<Parameters<Carries>[0]['output']['label']>().toEqualTypeOf<'grant' | 'refuse' | null>();
    expectTypeOf<Parameters<Judge>[0]['output']>().toEqualTypeOf<Handle['output']>();
    expectTypeOf<Started['output']>().toEqualTypeOf<Handle['output']>();
    expectTypeOf<Started>().toExtend<Disposable>();
  });

  it('are those of the plain functions where a policy says nothing', () => {
    type Any = Parameters<Workflow<WorkflowTypes>['decision']>[0];
    expectTypeOf<Any['features']>().toEqualTypeOf<DecisionOptions['features']>();
    expectTypeOf<Any['model']>().toExtend<Model>();
    expectTypeOf<Model>().toExtend<Any['model']>();
  });
});
