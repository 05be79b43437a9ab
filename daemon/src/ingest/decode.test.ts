import { describe, expect, it } from 'vitest';
import { decode } from './decode.ts';

const now = new Date('2026-03-01T12:00:00Z');
const outcome = {
  specversion: '1.0',
  id: '0195f000-0000-7000-8000-000000000001',
  source: 'test',
  type: 'countersign.outcome.v1',
  subject: 'task-1',
  time: '2026-03-01T11:59:00Z',
  data: {
    workflow_id: 'mail-moderation',
    task_id: 'task-1',
    decision_id: '0195f000-0000-7000-8000-000000000002',
    label: 'ham',
  },
};
const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const refusal = (value: unknown) => {
  const decoded = decode(bytes(value), now);
  return decoded.is === 'dead' ? `${decoded.reason}: ${decoded.detail}` : 'accepted';
};

it('accepts an event, and one with fields that it does not know', () => {
  expect(decode(bytes(outcome), now)).toEqual({ is: 'event', event: outcome });
  expect(refusal({ ...outcome, comexample: 1, data: { ...outcome.data, added_later: { deep: true } } })).toBe(
    'accepted',
  );
});

describe('names what is wrong and what to do', () => {
  it.each([
    ['not JSON', '{', /^invalid_json: .*Send one JSON object/],
    ['no object', 'null', /^unknown_type: type is missing/],
    [
      'what is nested too deep',
      `{"a":${'['.repeat(20_000)}"}]"${']'.repeat(20_000)}}`,
      /^invalid_event: .*nested 20001 deep/,
    ],
    ['a day that is none', { ...outcome, time: '2026-02-30T12:00:00Z' }, /^invalid_event: .*no day of the calendar/],
    [
      'another type',
      { ...outcome, type: 'com.example.thing' },
      /^unknown_type: type is "com.example.thing"\. Use one of/,
    ],
    ['a type that only the daemon writes', { ...outcome, type: 'countersign.breaker.v1' }, /^unknown_type/],
    ['a prototype name for a type', { ...outcome, type: 'constructor' }, /^unknown_type/],
    [
      'a missing field',
      { ...outcome, data: { ...outcome.data, label: undefined } },
      /^invalid_event: data must have required properties label/,
    ],
    [
      'a wrong field',
      { ...outcome, data: { ...outcome.data, workflow_id: 'Mail Moderation' } },
      /^invalid_event: data.workflow_id is "Mail Moderation"/,
    ],
    [
      "the log's own workflow",
      { ...outcome, data: { ...outcome.data, workflow_id: 'countersign' } },
      /^invalid_event: data.workflow_id is "countersign", which is the log's own/,
    ],
    ['an id that is no UUIDv7', { ...outcome, id: '550e8400-e29b-41d4-a716-446655440000' }, /^invalid_event: id is/],
    [
      'a subject of another task',
      { ...outcome, subject: 'task-2' },
      /^invalid_event: subject is "task-2", data.task_id is "task-1"/,
    ],
    ['a day that is none', { ...outcome, time: '2026-02-30T25:00:00Z' }, /^invalid_event: time is/],
    ['a clock a year ahead', { ...outcome, time: '2027-03-01T12:00:00Z' }, /^wrong_clock: .*Set the clock/],
    ['a clock a year behind', { ...outcome, time: '2025-03-01T12:00:00Z' }, /^wrong_clock/],
    [
      'a character that cannot be stored',
      JSON.stringify({ ...outcome, source: 'a\u0000b' }),
      /^invalid_event: source holds U\+0000/,
    ],
    [
      'half a character',
      JSON.stringify({ ...outcome, data: { ...outcome.data, extra: { name: 'a\ud83d' } } }),
      /^invalid_event: data\.extra\.name holds U\+0000 or half a character/,
    ],
    ['10 MB', `{"a":"${'x'.repeat(10_000_000)}"}`, /^too_large: the event has 10000008 bytes/],
  ])('%s', (_name, value, wanted) => {
    expect(refusal(value)).toMatch(wanted);
  });

  const decision = {
    ...outcome,
    type: 'countersign.decision.ai.v1',
    data: {
      workflow_id: 'mail-moderation',
      task_id: 'task-1',
      decision_id: '0195f000-0000-7000-8000-000000000002',
      model: { name: 'm', version: '1', hash: `sha256:${'0'.repeat(64)}` },
      input_snapshot: { hash: `sha256:${'0'.repeat(64)}`, uri: 'nowhere:' },
      output: { label: 'ham' },
      confidence: 0.5,
      risk_tier: 'low',
      reversible: true,
      features: { length: 1 },
      action: 'accept',
      justification: '',
      route: 'auto',
      breaker_epoch: 0,
      latency_ms: 1,
    },
  };
  const changed = (from: string, to: string) => refusal(JSON.stringify(decision).replace(from, to));

  it.each([
    ['a confidence above 1', '"confidence":0.5', '"confidence":1.5', /^invalid_event: data\.confidence is 1\.5/],
    ['a confidence below 0', '"confidence":0.5', '"confidence":-0.1', /^invalid_event: data\.confidence is -0\.1/],
    ['NaN', '"confidence":0.5', '"confidence":NaN', /^invalid_json/],
    ['Infinity', '"confidence":0.5', '"confidence":1e999', /^invalid_event: data\.confidence/],
    ['a feature that is infinite', '"length":1', '"length":1e999', /^invalid_event: data\.features/],
    ['a model that is called all models', '"name":"m"', '"name":"*"', /^invalid_event: data\.model\.name is "\*"/],
  ])('%s', (_name, from, to, wanted) => {
    expect(changed('nothing', 'nothing')).toBe('accepted');
    expect(changed(from, to)).toMatch(wanted);
  });

  it('money that no sum could hold', () => {
    const dear = { ...outcome, data: { ...outcome.data, cost: 1e308 } };
    expect(refusal(dear)).toMatch(/^invalid_event: data\.cost is 1e\+308/);
  });

  it('bytes that are no UTF-8', () => {
    expect(decode(Uint8Array.of(0x7b, 0xff, 0x7d), now)).toMatchObject({ is: 'dead', reason: 'invalid_utf8' });
  });
});
