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

  it('bytes that are no UTF-8', () => {
    expect(decode(Uint8Array.of(0x7b, 0xff, 0x7d), now)).toMatchObject({ is: 'dead', reason: 'invalid_utf8' });
  });
});
