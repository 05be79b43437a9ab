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
