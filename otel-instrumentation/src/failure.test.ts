/** What a failed span says of an error. */
import { privacyRulesOf } from '@countersign/contract';
import { expect, it } from 'vitest';
import { contentRules } from './content-rules.ts';
import { errorTypeOf, failedStatus } from './failure.ts';

const error = new TypeError('cannot parse the message of ann@example.org');

it('has its class, and its words only where the policy captures content', () => {
  expect(errorTypeOf(error)).toBe('TypeError');
  expect(errorTypeOf('a text that was thrown')).toBe('_OTHER');
  expect(errorTypeOf(new (class NoCredit extends Error {})('x'))).toBe('NoCredit');
  expect(errorTypeOf(Object.assign(new Error('x'), { name: 'ann@example.org was not found' }))).toBe('_OTHER');
  const captured = contentRules(privacyRulesOf({ capture: 'redacted', by_risk_tier: { high: 'none' } }), undefined);
  expect(failedStatus(error, contentRules(undefined, undefined), 'low')).toEqual({ code: 2 });
  expect(failedStatus(error, captured, 'high')).toEqual({ code: 2 });
  expect(failedStatus(error, captured)).toEqual({ code: 2 });
  expect(failedStatus(error, captured, 'low')).toEqual({ code: 2, message: 'cannot parse the message of [email]' });
  expect(failedStatus('to ann@example.org', captured, 'low')).toEqual({ code: 2, message: 'to [email]' });
});
