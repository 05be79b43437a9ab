import type { BreakerStateName, BreakerView, LoopMap, RiskTier } from '@countersign/contract';
import { expect, it } from 'vitest';
import { boxesOf, linksOf, type LinkName } from './structure';

const map: LoopMap = {
  workflow_id: 'mail',
  title: 'Mail',
  owner: 'mail team',
  loop: {
    decision_points: [{ name: 'spam', asks: 'Is it spam?', model: 'spam-logit' }],
    data_sources: [{ name: 'inbox' }, { name: 'inbox' }],
    harms: [{ name: 'A message is hidden', to: 'its reader', risk_tier: 'medium' }],
    human_roles: [{ name: 'moderator', does: 'decides' }],
  },
  automation: {
    low: { reversible: 'automatic', irreversible: 'approval', confidence_at_least: 0.9 },
    medium: { reversible: 'automatic', irreversible: 'automatic', confidence_at_least: 0.9 },
    high: { reversible: 'approval', irreversible: 'human', confidence_at_least: 1 },
  },
  priorities: [{ priority: 'P1', risk_tiers: ['low', 'medium', 'high'], within: '1 hour' }],
  escalation: { opens_on: 'incident', tiers: ['Expert', 'Head', 'Board'].map((name) => ({ name, notify: [] })) },
  breaker_opens_on: { low: 'incident', medium: 'incident', high: 'incident' },
  waiting: 0,
  claimed: 0,
  overdue: 0,
  breakers: [],
};
const breaker = (state: BreakerStateName, risk_tier: RiskTier | null = null): BreakerView => ({
  model_name: 'spam-logit',
  risk_tier,
  state,
  epoch: 1,
  canary_share: state === 'closed' ? 1 : state === 'half_open' ? 0.25 : 0,
});

/** What flows of a kind, by the box where it begins. */
const flows = (kind: LinkName, breakers: readonly BreakerView[]) =>
  Object.fromEntries(
    linksOf({ ...map, breakers: [...breakers] })
      .filter((link) => link.kind === kind)
      .map((link) => [link.from, link.flows]),
  );

it('tells boxes apart, also of one name, and links none that is not there', () => {
  const ids = boxesOf(map).map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { from, to } of linksOf(map)) expect(ids).toEqual(expect.arrayContaining([from, to]));
});

it('leads every source to the decision, every rule to people, and what the AI may do alone to the breaker', () => {
  expect(flows('reads', [])).toEqual({ 'source-0': true, 'source-1': true });
  expect(Object.keys(flows('asks', []))).toEqual(['rule-high', 'rule-medium', 'rule-low']);
  expect(flows('permits', [])).toEqual({ 'rule-medium': true, 'rule-low': true });
  const never = { reversible: 'human', irreversible: 'human', confidence_at_least: 1 } as const;
  const links = linksOf({ ...map, automation: { low: never, medium: never, high: never } });
  expect(links.filter(({ kind }) => kind === 'permits')).toEqual([]);
  expect(links.find(({ kind }) => kind === 'passes')?.flows).toBe(false);
});

it('climbs from one that is told to the next', () => {
  const climbs = linksOf(map).filter(({ kind }) => kind === 'climbs');
  expect(climbs.map(({ from, to }) => `${from} ${to}`)).toEqual(['told-0 told-1', 'told-1 told-2']);
});

it.each([
  ['closed', { passes: true, stops: false }],
  ['half_open', { passes: true, stops: true }],
  ['open', { passes: false, stops: true }],
  ['forced_open', { passes: false, stops: true }],
] as const)('shows what a breaker that is %s lets pass', (state, { passes, stops }) => {
  const breakers = [breaker(state)];
  expect(flows('permits', breakers)).toEqual({ 'rule-medium': passes, 'rule-low': passes });
  expect(flows('passes', breakers)).toEqual({ 'breaker-0': passes });
  expect(flows('stops', breakers)).toEqual({ 'breaker-0': stops });
});

it('shows that a breaker of one risk tier stops that tier alone', () => {
  const breakers = [breaker('closed'), breaker('open', 'low')];
  expect(flows('permits', breakers)).toEqual({ 'rule-medium': true, 'rule-low': false });
  expect(flows('passes', breakers)).toEqual({ 'breaker-0': true });
  expect(flows('stops', breakers)).toEqual({ 'breaker-0': true });
});
