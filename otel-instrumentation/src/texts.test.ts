import { BuiltInPattern, type AiDecision } from '@countersign/contract';
import { expect, it } from 'vitest';
import { redactorOf } from './redaction/redactor.ts';
import { redactedText, redactedTexts, withheldText } from './texts.ts';

const redact = redactorOf(BuiltInPattern.enum, []);
const who = 'ann@example.org';
const data: AiDecision = {
  workflow_id: 'mail',
  task_id: 't',
  decision_id: '01930000-0000-7000-8000-000000000000',
  title: `from ${who}`,
  model: { name: 'm', version: '1', hash: `sha256:${'0'.repeat(64)}` },
  input_snapshot: { hash: `sha256:${'0'.repeat(64)}`, uri: 'urn:x' },
  output: { label: 'ham', value: { reply: `dear ${who}` } },
  confidence: 0.9,
  risk_tier: 'low',
  reversible: true,
  features: { sender: who, length: 12, language: 'en', known: true, before: null },
  explanation: {
    rationale: `because of ${who}`,
    relevance: [{ feature: who, value: who, weight: 1 }],
    counterfactuals: [{ change: { [who]: 0, sender: who }, output: { label: 'spam' } }],
  },
  action: 'accept',
  justification: `${who} is known`,
  route: 'auto',
  breaker_epoch: 1,
  latency_ms: 1,
};

it('goes as it was written where the policy says so', () => expect(redactedTexts(data, null)).toBe(data));

it('is redacted in everything that people or models have worded, and not in what the service acts on', () => {
  expect(redactedTexts(data, redact)).toEqual({
    ...data,
    title: 'from [email]',
    features: { sender: '[email]', length: 12, language: 'en', known: true, before: null },
    explanation: {
      rationale: 'because of [email]',
      relevance: [{ feature: '[email]', value: '[email]', weight: 1 }],
      counterfactuals: [{ change: { '[email]': 0, sender: '[email]' }, output: { label: 'spam' } }],
    },
    justification: '[email] is known',
  });
  const { title: _t, features: _f, explanation: _e, ...least } = data;
  expect(redactedTexts(least, redact)).toEqual({ ...least, justification: '[email] is known' });
});

it('is withheld when it cannot be redacted', () => {
  const fails = () => {
    throw new Error('no');
  };
  expect(redactedTexts(data, fails)).toMatchObject({
    title: withheldText,
    justification: withheldText,
    features: { sender: withheldText, length: 12, known: true },
    explanation: { rationale: withheldText },
  });
});

it('stays as long as may be recorded, and well-formed', () => {
  const own = redactorOf([], [{ name: 'x', regex: 'x', replacement: '😀😀😀' }]);
  const text = redactedText('x'.repeat(200), own, 199);
  expect(text).toHaveLength(199);
  expect(text.isWellFormed()).toBe(true);
});
