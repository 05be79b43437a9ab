import type { Inspection } from '@countersign/contract';
import { expect, it } from 'vitest';
import { isCovered, lastQuarter, utcField } from './quarters';

it.each([
  ['2026-11-30T10:00:00Z', '2026 Q3', '2026-07-01T00:00:00', '2026-10-01T00:00:00'],
  ['2026-01-01T00:00:00Z', '2025 Q4', '2025-10-01T00:00:00', '2026-01-01T00:00:00'],
  ['2026-03-31T23:59:59Z', '2025 Q4', '2025-10-01T00:00:00', '2026-01-01T00:00:00'],
])('the quarter before %s is %s', (now, name, from, to) => {
  expect(lastQuarter(new Date(now))).toEqual({ name, from, to });
});

it('keeps the milliseconds of a time that has them', () => {
  expect(utcField('2026-11-30T10:00:00.250Z')).toBe('2026-11-30T10:00:00.250');
});

it('is covered by an audit of the whole of it and of the same workflow, when it is signed off', () => {
  const quarter = lastQuarter(new Date('2026-11-30T10:00:00Z'));
  const signed_off = { by: { id: 'user:3', name: 'Cleo' }, at: '2026-11-01T00:00:00Z', statement: 'good' };
  const sampled = [{ risk_tier: 'low', sample: 1, of: 5 }];
  const drawn = (workflow_id: string, from: string, to: string, more: object = {}) => [
    { workflow_id, from, to, signed_off, drawn: sampled, ...more } as Inspection,
  ];
  const [from, to] = ['2026-07-01T00:00:00.000Z', '2026-10-01T00:00:00.000Z'];
  expect(isCovered('a', quarter, drawn('a', from, to, { signed_off: null }))).toBe(false);
  const without = [...sampled, { risk_tier: 'high', sample: 0, of: 3 }];
  expect(isCovered('a', quarter, drawn('a', from, to, { drawn: without }))).toBe(false);
  expect(isCovered('a', quarter, drawn('a', '2026-07-01T00:00:00.000Z', '2026-10-01T00:00:00.000Z'))).toBe(true);
  expect(isCovered('a', quarter, drawn('a', '2026-01-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'))).toBe(true);
  expect(isCovered('a', quarter, drawn('b', '2026-07-01T00:00:00.000Z', '2026-10-01T00:00:00.000Z'))).toBe(false);
  expect(isCovered('a', quarter, drawn('a', '2026-07-01T00:00:00.000Z', '2026-09-30T00:00:00.000Z'))).toBe(false);
});
