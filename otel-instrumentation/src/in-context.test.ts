import { createContextKey, ROOT_CONTEXT, trace, type Span } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { decisionOf, withDecision, type PartOfDecision } from './in-context.ts';

const decision = (id: string) => ({ id }) as unknown as PartOfDecision;
const span = (id: string) => ({ id }) as unknown as Span;

it('is found within, and what is put above, beneath or in its place is as in any context', () => {
  const key = createContextKey('a key');
  const below = ROOT_CONTEXT.setValue(key, 'below');
  const first = withDecision(below, decision('first'), span('first'));
  expect([decisionOf(below), decisionOf(first), first.getValue(key)]).toEqual([null, { id: 'first' }, 'below']);
  expect([trace.getSpan(below), trace.getSpan(first)]).toEqual([undefined, { id: 'first' }]);
  const above = first.setValue(key, 'above');
  const nested = withDecision(above, decision('nested'), span('nested'));
  expect([decisionOf(above), decisionOf(nested), nested.getValue(key)]).toEqual([
    { id: 'first' },
    { id: 'nested' },
    'above',
  ]);
  expect([trace.getSpan(above), trace.getSpan(nested)]).toEqual([{ id: 'first' }, { id: 'nested' }]);
  const without = nested.deleteValue(key);
  expect([without.getValue(key), decisionOf(without)]).toEqual([undefined, { id: 'nested' }]);
  const other = trace.setSpan(nested, span('other'));
  expect([trace.getSpan(other), decisionOf(other), other.getValue(key)]).toEqual([
    { id: 'other' },
    { id: 'nested' },
    'above',
  ]);
  expect(trace.getSpan(trace.deleteSpan(nested))).toBeUndefined();
  // None of them has changed.
  expect([nested.getValue(key), first.getValue(key), decisionOf(first)]).toEqual(['above', 'below', { id: 'first' }]);
  expect([trace.getSpan(nested), trace.getSpan(first)]).toEqual([{ id: 'nested' }, { id: 'first' }]);
});

it('is no deeper however long work goes on from work', () => {
  let context = withDecision(ROOT_CONTEXT, decision('first'), span('first'));
  const keys = [createContextKey('one'), createContextKey('two')] as const;
  for (let nth = 0; nth < 100_000; nth++) context = context.setValue(keys[nth % 2 === 0 ? 0 : 1], nth);
  expect([context.getValue(keys[1]), context.getValue(createContextKey('none'))]).toEqual([99_999, undefined]);
  for (let nth = 0; nth < 50_000; nth++) {
    context = withDecision(context, decision('nested'), span('nested')).setValue(keys[0], nth);
  }
  expect([decisionOf(context), context.getValue(keys[0])]).toEqual([{ id: 'nested' }, 49_999]);
  for (let nth = 0; nth < 50_000; nth++) context = withDecision(context, decision('alone'), span('alone'));
  expect([decisionOf(context), context.getValue(createContextKey('none'))]).toEqual([{ id: 'alone' }, undefined]);
});
