/** Which inputs leave a service: by policy, and closed wherever the policy cannot be gone by. */
import { createHash, createHmac, createSecretKey } from 'node:crypto';
import { privacyRulesOf, type Authority, type PrivacyPolicy } from '@countersign/contract';
import { describe, expect, it } from 'vitest';
import type { DecisionOptions } from './decision.ts';
import { Guard } from './guard.ts';
import { Inputs } from './inputs.ts';

const hour = 3_600_000;
const leaseMs = 15_000;
const rule = { reversible: 'automatic', irreversible: 'approval', confidence_at_least: 0.8 } as const;
const authority = (privacy: unknown, epoch = 1): Authority => ({
  v: 1,
  workflow_id: 'mail',
  epoch,
  policy_epoch: epoch,
  lease_ms: leaseMs,
  when_unreachable: { low: 'human', medium: 'human', high: 'human' },
  intake: 'open',
  change_control: false,
  automation: { low: rule, medium: rule, high: rule },
  breakers: [],
  models: [],
  ...(privacy === undefined ? {} : { privacy: privacy as NonNullable<Authority['privacy']> }),
});

const content = 'to ann@example.org, case C-123456';
const decisionOn = (input: Partial<DecisionOptions['input']> = {}): DecisionOptions => ({
  workflow: 'mail',
  task: 't',
  model: { name: 'm', version: '1', hash: `sha256:${'0'.repeat(64)}` },
  riskTier: 'medium',
  reversible: true,
  input: { content, capture: true, ...input },
});
const sha256 = (bytes: Uint8Array | string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** A service, its clock, and what it said was wrong. */
function service(key: Uint8Array | null = null) {
  const clock = { now: 0 };
  const troubles: string[] = [];
  const guard = new Guard(() => clock.now);
  const withheld: string[] = [];
  const inputs = new Inputs(
    key === null ? null : createSecretKey(key),
    (trouble) => {
      troubles.push(String(typeof trouble === 'function' ? trouble() : trouble));
    },
    (why) => withheld.push(why),
  );
  const record = (input?: Partial<DecisionOptions['input']>) => {
    const { hash, content: sent, redacted } = inputs.record(decisionOn(input), guard.privacyOf('mail'));
    if (sent !== null) expect(hash).toBe(sha256(sent));
    return { hash, redacted, sent: sent === null ? null : Buffer.from(sent.subarray(32)).toString() };
  };
  const hear = (privacy: PrivacyPolicy, epoch = 1) => guard.hear(authority(privacyRulesOf(privacy), epoch), 0);
  return { clock, troubles, withheld, guard, record, hear };
}
const onlyTheHash = { hash: sha256(content), redacted: false, sent: null };

describe('an input that the service offers', () => {
  it('leaves it as it is, redacted, or not at all, as the policy says', () => {
    const { record, hear, troubles } = service();
    hear({});
    expect(record()).toEqual(onlyTheHash);
    expect(record()).toEqual(onlyTheHash);
    expect(troubles).toEqual(['inputs of mail are not captured: its policy has no privacy.capture that lets them']);
    hear({ capture: 'as_is' });
    expect(record()).toMatchObject({ redacted: false, sent: content });
    hear({ capture: 'redacted' });
    expect(record()).toMatchObject({ redacted: true, sent: 'to [email], case C-123456' });
    hear({ capture: 'redacted', redact: { patterns: [], own: [{ name: 'case', regex: 'C-\\d{6}' }] } });
    expect(record()).toMatchObject({ redacted: true, sent: 'to ann@example.org, case [case]' });
    hear({ capture: 'as_is', by_risk_tier: { medium: 'none' } });
    expect(record()).toEqual(onlyTheHash);
  });

  it('stays when nobody offers it', () => {
    const { record, hear, troubles } = service();
    hear({ capture: 'as_is' });
    expect(record({ capture: false })).toEqual(onlyTheHash);
    expect(troubles).toEqual([]);
  });

  it('is named by the hash of what is stored, with a salt of its own', () => {
    const { record, hear } = service();
    hear({ capture: 'as_is' });
    expect(record().hash).not.toBe(record().hash);
  });
});

describe('only the hash leaves the service', () => {
  it('when nothing was heard', () => {
    const { record, troubles, withheld } = service();
    expect(record()).toEqual(onlyTheHash);
    expect(withheld).toEqual(['no_authority']);
    expect(troubles).toEqual([
      'an input of mail was not captured: nothing was heard of its policy yet; its hash is recorded',
    ]);
  });

  it.each([
    ['of another kind', 'as_is'],
    ['null', null],
    ['without patterns', { ...privacyRulesOf({ capture: 'as_is' }), patterns: undefined }],
    ['with a pattern of a later version', { ...privacyRulesOf({ capture: 'redacted' }), patterns: ['iris_scan'] }],
    [
      'with a way to capture of a later version',
      { ...privacyRulesOf({}), capture: { low: 'x', medium: 'x', high: 'x' } },
    ],
    [
      'with a pattern that cannot be compiled',
      privacyRulesOf({ capture: 'redacted', redact: { own: [{ name: 'x', regex: '(' }] } }),
    ],
    [
      'with a pattern without bound',
      privacyRulesOf({ capture: 'redacted', redact: { own: [{ name: 'x', regex: 'a+' }] } }),
    ],
  ])('when the privacy rules are %s', (_what, privacy) => {
    const { guard, record, hear, troubles } = service();
    hear({ capture: 'as_is' });
    guard.hear(authority(privacy, 2), 0);
    expect(record()).toEqual(onlyTheHash);
    expect(troubles).toEqual([expect.stringContaining('its privacy rules cannot be used')]);
  });

  it('when a document has none', () => {
    const { guard, record, hear } = service();
    hear({ capture: 'as_is' });
    guard.hear(authority(undefined, 2), 0);
    expect(record()).toEqual(onlyTheHash);
  });

  it('when the policy was last heard of an hour before its lease ran out, and not in a shorter silence', () => {
    const { record, hear, clock, troubles } = service();
    hear({ capture: 'redacted' });
    clock.now = leaseMs + hour;
    expect(record()).toMatchObject({ redacted: true });
    clock.now += 1;
    expect(record()).toEqual(onlyTheHash);
    expect(troubles).toEqual([expect.stringContaining('nothing was heard of its policy for an hour beyond its lease')]);
    hear({ capture: 'redacted' });
    expect(record()).toMatchObject({ redacted: true });
  });

  it.each([
    ['is no text', 'redacted', { content: Uint8Array.of(0xff) }, 'it is no text'],
    ['is an image', 'redacted', { mediaType: 'image/png' }, 'it is no text'],
    ['is too large to be redacted', 'redacted', { content: 'a'.repeat(1_048_577) }, 'it is too large'],
    ['is larger than what is kept', 'as_is', { content: new Uint8Array(16 * 1_048_576) }, 'it is too large'],
    [
      'is too large for own patterns beside the others',
      'redacted',
      { content: 'a'.repeat(1_000_000) },
      'it is too large',
    ],
    [
      'never ends being redacted',
      'redacted',
      // To take the innermost out brings forth the next.
      { content: '<'.repeat(12) + '>'.repeat(12) },
      'it could not be redacted',
    ],
  ] as const)('when it %s', (_what, capture, input, trouble) => {
    const { record, hear, troubles } = service();
    hear({ capture, redact: { own: [{ name: 'x', regex: '<[.]?>', replacement: '.' }] } });
    expect(record(input)).toEqual({ ...onlyTheHash, hash: sha256('content' in input ? input.content : content) });
    expect(troubles).toEqual([expect.stringContaining(trouble)]);
  });
});

it('with a key of the service, the hash of what stays is an HMAC', () => {
  const key = Buffer.alloc(32, 7);
  const { record, hear } = service(key);
  const hmac = `hmac-sha256:${createHmac('sha256', key).update(content).digest('hex')}`;
  expect(record()).toEqual({ ...onlyTheHash, hash: hmac });
  hear({ capture: 'as_is' });
  expect(record({ capture: false }).hash).toBe(hmac);
  // What is sent can be checked by whoever reads it.
  expect(record().hash).toMatch(/^sha256:/);
});
