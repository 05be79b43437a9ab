import type { BusinessCalendar, Policy } from '@countersign/contract';
import { describe, expect, it } from 'vitest';
import { calendarProblem, dueAt } from './business-hours.ts';

const berlin: BusinessCalendar = {
  time_zone: 'Europe/Berlin',
  days: ['mon', 'tue', 'wed', 'thu', 'fri'],
  from: '09:00',
  to: '17:00',
  holidays: ['2026-12-25'],
};
const due = (within: string, from: string, calendar: BusinessCalendar = berlin) => {
  const span = { risk_tiers: ['low' as const], within };
  const policy = { sla: { P1: span, P2: span, P3: span, calendar } } as unknown as Policy;
  return new Date(dueAt(policy, 'P1', Date.parse(from))).toISOString();
};

describe('due', () => {
  it.each([
    ['within the day', '2 business hours', '2026-11-23T09:00:00Z', '2026-11-23T11:00:00.000Z'],
    ['over the night', '2 business hours', '2026-11-23T15:30:00Z', '2026-11-24T09:30:00.000Z'],
    ['before work begins', '30 business minutes', '2026-11-23T03:00:00Z', '2026-11-23T08:30:00.000Z'],
    ['over a weekend', '1 business day', '2026-11-20T12:00:00Z', '2026-11-23T12:00:00.000Z'],
    ['over a holiday and a weekend', '2 business hours', '2026-12-24T15:00:00Z', '2026-12-28T09:00:00.000Z'],
    ['from a Sunday', '1 business hour', '2026-11-22T12:00:00Z', '2026-11-23T09:00:00.000Z'],
    ['to the last minute of the day', '8 business hours', '2026-11-23T08:00:00Z', '2026-11-23T16:00:00.000Z'],
    // Clocks went forward on Sunday, 29 March 2026: 09:00 in Berlin was 08:00Z before and 07:00Z after.
    ['over a change of the clocks', '2 business hours', '2026-03-27T15:00:00Z', '2026-03-30T08:00:00.000Z'],
    ['in plain hours, whatever the calendar', '2 hours', '2026-11-22T12:00:00Z', '2026-11-22T14:00:00.000Z'],
  ])('%s', (_name, within, from, wanted) => expect(due(within, from)).toBe(wanted));

  it('on the other side of the date line', () => {
    const auckland = { ...berlin, time_zone: 'Pacific/Auckland' };
    // Monday, 23 November, 09:00 there.
    expect(due('1 business hour', '2026-11-22T12:00:00Z', auckland)).toBe('2026-11-22T21:00:00.000Z');
  });
});

it('says what is wrong with a calendar', () => {
  expect(calendarProblem(berlin)).toBeNull();
  expect(calendarProblem({ ...berlin, time_zone: 'Mars/Olympus' })).toMatchObject({ field: 'time_zone' });
  expect(calendarProblem({ ...berlin, to: '09:00' })).toMatchObject({ field: 'to' });
  expect(calendarProblem({ ...berlin, holidays: ['2026-02-30'] })).toMatchObject({ field: 'holidays' });
});
