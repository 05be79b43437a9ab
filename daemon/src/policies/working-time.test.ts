import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import type { Policy } from '@countersign/contract';
import { parse } from 'yaml';
import { dueAt, workingMs } from './business-hours.ts';

const demo = parse(readFileSync(new URL('../../../policies/mail-moderation.yaml', import.meta.url), 'utf8')) as Policy;
const hour = 3_600_000;
const at = (text: string) => Date.parse(text);
const policy: Policy = {
  ...demo,
  sla: {
    ...demo.sla,
    P1: { risk_tiers: ['high'], within: '2 business hours' },
    calendar: {
      time_zone: 'Europe/Berlin',
      days: ['mon', 'tue', 'wed', 'thu', 'fri'],
      from: '09:00',
      to: '17:00',
      holidays: ['2026-12-25'],
    },
  },
};

describe('working time', () => {
  it('is the time itself where the service level counts all of it', () => {
    expect(workingMs(policy, 'P2', 0, 5_000)).toBe(5_000);
    expect(workingMs(policy, 'P2', 5_000, 0)).toBe(0);
  });

  it('leaves out nights, weekends and holidays', () => {
    // From Thursday the 24th, 16:00 in Berlin, over Christmas Day and the weekend, to Monday, 10:30.
    expect(workingMs(policy, 'P1', at('2026-12-24T15:00:00Z'), at('2026-12-28T09:30:00Z'))).toBe(2.5 * hour);
    expect(workingMs(policy, 'P1', at('2026-12-26T08:00:00Z'), at('2026-12-27T20:00:00Z'))).toBe(0);
  });

  it('agrees with when a case is due: in time is not longer than promised', () => {
    const moments = fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2026-12-01T00:00:00Z') });
    fc.assert(
      fc.property(moments, fc.integer({ min: 0, max: 7 * 24 }), (from, hours) => {
        const to = from + hours * hour;
        expect(workingMs(policy, 'P1', from, to) <= 2 * hour).toBe(
          to <= dueAt(policy, 'P1', from) || workingMs(policy, 'P1', from, to) === 2 * hour,
        );
      }),
    );
  });
});
