import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Policy } from '@countersign/contract';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { loopMaps } from './loops.ts';
import type { Policies } from './policies/index.ts';

const file = join(import.meta.dirname, '../../policies/mail-moderation.yaml');
const demo = parse(readFileSync(file, 'utf8')) as Policy;

async function mapOf(policy: Policy) {
  const policies: Policies = new Map([[policy.workflow, { policy, hash: '', text: '' }]]);
  const [map] = await loopMaps({ policies, breakers: async () => [], countCases: async () => [] });
  return map;
}

it('says within how long people decide, and who is told in turn and when', async () => {
  const map = await mapOf(demo);
  expect(map?.priorities[0]).toEqual({ priority: 'P1', risk_tiers: ['high'], within: '5 minutes' });
  expect(map?.escalation.opens_on).toBe('incident');
  expect(map?.escalation.tiers.map(({ name, wait }) => [name, wait])).toEqual([
    ['Automated mitigation', '10 seconds'],
    ['On-call expert', '10 seconds'],
    ['Executives', undefined],
  ]);
});

it('says what holds of escalation where the policy says nothing', async () => {
  const { escalation: _, ...rest } = demo;
  expect((await mapOf(rest))?.escalation.tiers.map(({ wait }) => wait)).toEqual([
    '10 minutes',
    '30 minutes',
    undefined,
  ]);
});

it('says what opens the breaker of each risk tier: a rule of its own only where it is stricter', async () => {
  const by_risk_tier = { high: { opens_on: 'action_required' }, low: { opens_on: 'incident' } } as const;
  const breaker = { ...demo.breaker, opens_on: 'action_required', by_risk_tier } as const;
  expect((await mapOf({ ...demo, breaker: { ...breaker, opens_on: 'incident' } }))?.breaker_opens_on).toEqual({
    low: 'incident',
    medium: 'incident',
    high: 'action_required',
  });
  expect((await mapOf({ ...demo, breaker }))?.breaker_opens_on.low).toBe('action_required');
});
