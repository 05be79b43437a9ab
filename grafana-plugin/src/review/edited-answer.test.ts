import { expect, it } from 'vitest';
import { answerProblem, textOf, valueOf } from './edited-answer';

const schema = { type: 'object', required: ['amount'], properties: { amount: { type: 'integer', minimum: 0 } } };

it('says what is wrong while somebody types', () => {
  expect(answerProblem(null, { amount: 5 }, schema)).toBeNull();
  expect(answerProblem('{"amount": 4}', { amount: 5 }, schema)).toBeNull();
  expect(answerProblem('{"amount": -4}', { amount: 5 }, schema)).toContain('output.value.amount');
  expect(answerProblem('{"amou', { amount: 5 }, schema)).toMatch(/JSON/);
  expect(answerProblem('{"amou', { amount: 5 }, null)).toMatch(/JSON/);
});

it('takes a text for a text, whatever it looks like', () => {
  expect(valueOf('{"a": 1}', 'Dear Sir')).toBe('{"a": 1}');
  expect(answerProblem('{not JSON', 'Dear Sir', null)).toBeNull();
  expect(answerProblem('x', 'Dear Sir', { type: 'string', minLength: 3 })).toContain('output.value');
  expect(textOf('Dear "Sir"')).toBe('Dear "Sir"');
  expect(valueOf(textOf({ a: [1] }), { a: [] })).toEqual({ a: [1] });
});
