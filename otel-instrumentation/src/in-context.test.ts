import { createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { decisionOf, withDecision, type PartOfDecision } from './in-context.ts';

const decision = (id: string) => ({ id }) as unknown as PartOfDecision;

it('is found within, and what is put above, beneath or in its place is as in any context', () => {
  const key = createContextKey('a key');
  const below = ROOT_CONTEXT.setValue(key, 'below');
  const first = withDecision(below, decision('first'));
  expect([decisionOf(below), decisionOf(first), first.getValue(key)]).toEqual([null, { id: 'first' }, 'below']);
  const above = first.setValue(key, 'above');
  const nested = withDecision(above, decision('nested'));
  expect([decisionOf(above), decisionOf(nested), nested.getValue(key)]).toEqual([
    { id: 'first' },
    { id: 'nested' },
    'above',
  ]);
  const without = nested.deleteValue(key);
  expect([without.getValue(key), decisionOf(without)]).toEqual([undefined, { id: 'nested' }]);
  // None of them has changed.
  expect([nested.getValue(key), first.getValue(key), decisionOf(first)]).toEqual(['above', 'below', { id: 'first' }]);
});

it('is no deeper however long work goes on from work', () => {
  let context = withDecision(ROOT_CONTEXT, decision('first'));
  const keys = [createContextKey('one'), createContextKey('two')] as const;
  for (let nth = 0; nth < 100_000; nth++) context = context.setValue(keys[nth % 2 === 0 ? 0 : 1], nth);
  expect([context.getValue(keys[1]), context.getValue(createContextKey('none'))]).toEqual([99_999, undefined]);
  for (let nth = 0; nth < 50_000; nth++) context = withDecision(context, decision('nested')).setValue(keys[0], nth);
  expect([decisionOf(context), context.getValue(keys[0])]).toEqual([{ id: 'nested' }, 49_999]);
  expect(context.getValue(createContextKey('none'))).toBeUndefined();
});
