import { BuiltInPattern, privacyRulesOf, type AiDecision, type PrivacyPolicy } from '@countersign/contract';
import { describe, expect, it } from 'vitest';
import { redactorOf } from './redaction/redactor.ts';
import { contentRules, staleRules, unheardRules } from './content-rules.ts';
import { redactedText, redactedTexts, toldText, withheldText } from './texts.ts';

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
  features: { sender: who, [who]: 1, card: 4111111111111111, length: 12, language: 'en', known: true, before: null },
  explanation: {
    rationale: `because of ${who}`,
    relevance: [
      { feature: who, value: who, weight: 1 },
      { feature: 'card', value: 4111111111111111, weight: 1 },
    ],
    counterfactuals: [{ change: { [who]: 0, sender: who, card: 4111111111111111 }, output: { label: `to ${who}` } }],
  },
  provenance: { trained_at: '2026-01-01T00:00:00Z', sources: [{ name: `inbox of ${who}` }] },
  action: 'accept',
  justification: `${who} is known`,
  route: 'auto',
  breaker_epoch: 1,
  latency_ms: 1,
};

it('goes as it was written where the policy says so', () => expect(redactedTexts(data, null)).toBe(data));

it('is redacted in everything but what the service acts on; numbers that are found are left out', () => {
  expect(redactedTexts(data, redact)).toEqual({
    ...data,
    title: 'from [email]',
    features: { sender: '[email]', '[email]': 1, length: 12, language: 'en', known: true, before: null },
    explanation: {
      rationale: 'because of [email]',
      relevance: [{ feature: '[email]', value: '[email]', weight: 1 }],
      counterfactuals: [{ change: { '[email]': 0, sender: '[email]' }, output: { label: 'to [email]' } }],
    },
    provenance: { trained_at: '2026-01-01T00:00:00Z', sources: [{ name: 'inbox of [email]' }] },
    justification: '[email] is known',
  });
  const { title: _t, features: _f, explanation: _e, provenance: _p, ...least } = data;
  expect(redactedTexts(least, redact)).toEqual({ ...least, justification: '[email] is known' });
});

it('tells two names apart that are redacted alike, and calls each the same everywhere', () => {
  const features = {
    [who]: 1,
    'bob@example.org': 2,
    [`${'w'.repeat(190)} ${who}`]: 3,
    [`${'w'.repeat(190)} bob@example.org`]: 4,
  };
  const relevance = Object.keys(features).map((feature) => ({ feature, value: 1, weight: 1 }));
  const left = redactedTexts({ ...data, features, explanation: { relevance: relevance.toReversed() } }, redact);
  const names = ['[email]', '[email] (2)', `${'w'.repeat(190)} [email]`, `${'w'.repeat(190)} [emai (2)`];
  expect(Object.entries(left.features ?? {})).toEqual(names.map((name, i) => [name, i + 1]));
  expect(left.explanation?.relevance?.map(({ feature }) => feature)).toEqual(names.toReversed());
});

it('knows a credential among features by its name', () => {
  const features = { authorization: 'Basic dXNlcjpw', aws_secret_access_key: 'aB3'.repeat(14).slice(0, 40) };
  expect(redactedTexts({ ...data, features }, redact).features).toEqual({
    authorization: 'Basic [bearer_token]',
    aws_secret_access_key: '[api_key]',
  });
});

it('is withheld when it cannot be redacted', () => {
  const fails = () => {
    throw new Error('no');
  };
  expect(redactedTexts(data, fails)).toMatchObject({
    title: withheldText,
    justification: withheldText,
    features: { [withheldText]: withheldText, [`${withheldText} (2)`]: withheldText },
    explanation: { rationale: withheldText },
  });
});

it('stays as long as may be recorded, and well-formed', () => {
  const own = redactorOf([], [{ name: 'x', regex: 'x', replacement: '😀😀😀' }]);
  const text = redactedText('x'.repeat(200), own, 199);
  expect(text).toHaveLength(199);
  expect(text.isWellFormed()).toBe(true);
});

describe('what is told to traces and logs', () => {
  const rules = (policy: PrivacyPolicy) => contentRules(privacyRulesOf(policy), undefined);
  it.each<[PrivacyPolicy, string | null]>([
    [{}, null],
    [{ text: 'redacted' }, null],
    [{ capture: 'redacted' }, 'of [email]'],
    [{ capture: 'as_is' }, `of ${who}`],
    [{ capture: 'as_is', text: 'redacted' }, 'of [email]'],
  ])('follows what is captured: %j', (policy, told) => {
    expect(toldText(`of ${who}`, rules(policy), 'low')).toBe(told);
    expect(toldText(`of ${who}`, rules(policy))).toBe(told);
  });

  it('is what the risk tier lets it be, or else the strictest of them', () => {
    const some = rules({ capture: 'as_is', by_risk_tier: { medium: 'redacted', high: 'none' }, text: 'as_is' });
    expect([toldText(who, some, 'low'), toldText(who, some, 'medium'), toldText(who, some, 'high')]).toEqual([
      who,
      '[email]',
      null,
    ]);
    expect(toldText(who, some)).toBeNull();
    expect(toldText(who, rules({ capture: 'as_is', by_risk_tier: { low: 'redacted' }, text: 'as_is' }))).toBe(
      '[email]',
    );
  });

  it('is nothing when the policy is not known', () => {
    expect(toldText('x', unheardRules(), 'low')).toBeNull();
    expect(toldText('x', staleRules(rules({ capture: 'as_is' })), 'low')).toBeNull();
    expect(toldText('x', contentRules(undefined, undefined), 'low')).toBeNull();
    expect(toldText('x', contentRules('nonsense', undefined), 'low')).toBeNull();
  });
});
