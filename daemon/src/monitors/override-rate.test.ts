import { readFileSync } from 'node:fs';
import type { Policy } from '@countersign/contract';
import { describe, expect, it } from 'vitest';
import type { LedgerRecord } from '../ledger/index.ts';
import { checkPolicy } from '../policies/index.ts';
import { overrideRate } from './override-rate.ts';

const check = checkPolicy(readFileSync(new URL('../../../policies/mail-moderation.yaml', import.meta.url), 'utf8'));
if (check.is === 'bad') throw new Error('the policy of the demo is bad');
const policy: Policy = check.policy;

const decision = {
  workflow_id: 'mail-moderation',
  task_id: 't',
  decision_id: '0195f000-0000-7000-8000-000000000001',
  reviews: '0195f000-0000-7000-8000-000000000002',
  reviewer: 'ann',
  action: 'accept' as const,
  justification: '',
};

/** A review; `change` says in what it is not the usual one. */
const review = (overridden: boolean, change: Partial<LedgerRecord> = {}): LedgerRecord => ({
  logId: 'main',
  index: 0,
  event: {
    specversion: '1.0',
    id: '0195f000-0000-7000-8000-000000000003',
    source: 'test',
    type: 'countersign.decision.human.v1',
    subject: 't',
    time: '2026-01-01T00:00:00Z',
    data: { ...decision, action: overridden ? 'reject' : 'accept' },
  },
  streamSequence: null,
  body: null,
  recordedAt: '2026-01-01T00:00:00Z',
  actor: { type: 'human', id: 'ann' },
  action: overridden ? 'reject' : 'accept',
  about: {
    decisionId: decision.reviews,
    model: { name: 'm', version: '1', hash: `sha256:${'0'.repeat(64)}` },
    label: 'spam',
    confidence: 0.7,
    route: 'human',
    riskTier: 'medium',
    breakerEpoch: 0,
  },
  entry: Buffer.alloc(0),
  leafHash: Buffer.alloc(32),
  signature: null,
  firstAnswer: true,
  ...change,
});

const fold = (records: readonly LedgerRecord[], from = overrideRate.start(policy)) =>
  records.reduce((state, record) => overrideRate.observe(state, record, policy), from);
/** Every n-th review an override. */
const every = (n: number, count: number) => Array.from({ length: count }, (_, i) => review(i % n === 0));
const tiersOver = (records: readonly LedgerRecord[]) => {
  let state = overrideRate.start(policy);
  return records.map((record) => {
    state = overrideRate.observe(state, record, policy);
    return overrideRate.signal(state, policy).tier;
  });
};

describe('the override rate', () => {
  it('climbs through the tiers when people change half of the answers', () => {
    const tiers = tiersOver(every(2, 120)).filter((tier) => tier !== null);
    expect([...new Set(tiers)]).toEqual(['info', 'action_required', 'incident']);
  });

  it('is silent at the usual rate, however long', () => {
    expect(new Set(tiersOver(every(7, 5_000)))).toEqual(new Set([null]));
  });

  it('is inconclusive, not healthy, while there is little data', () => {
    expect(overrideRate.signal(fold(every(7, 10)), policy)).toMatchObject({
      conclusive: false,
      tier: null,
      value: null,
    });
  });

  it('ends when a whole window is healthy, and then starts afresh', () => {
    const bad = fold(every(2, 120));
    const better = fold(every(7, 60), bad);
    expect(overrideRate.signal(bad, policy).tier).toBe('incident');
    expect(overrideRate.signal(better, policy)).toMatchObject({ tier: null, conclusive: true });
    expect(Number(overrideRate.signal(better, policy).evidence['e_value'])).toBeLessThan(
      policy.monitors.override_rate.thresholds.info,
    );
  });

  it('counts no complaint about an automatic decision, no second answer, and no decision that it never saw', () => {
    const usual = review(true);
    const complaint = review(true, { about: { ...usual.about!, route: 'auto' } });
    const state = fold([complaint, review(true, { firstAnswer: false }), review(true, { about: null })]);
    expect(state.reviewed).toBe(0);
    const canary = review(true, { about: { ...usual.about!, route: 'auto' } });
    const asked = {
      ...canary,
      event: { ...usual.event, data: { ...decision, action: 'reject', lease_epoch: 1 } },
    } as LedgerRecord;
    expect(fold([asked])).toMatchObject({ reviewed: 1, overridden: 1 });
  });

  it('is settled when the breaker closes', () => {
    const closing = {
      ...review(false),
      about: null,
      event: { ...review(false).event, type: 'countersign.breaker.v1', data: { to: 'closed' } },
    } as unknown as LedgerRecord;
    expect(overrideRate.signal(fold([closing], fold(every(2, 120))), policy)).toMatchObject({
      tier: null,
      conclusive: false,
    });
  });

  it('comes out the same from a saved state', () => {
    const records = every(3, 200);
    const half = JSON.parse(JSON.stringify(fold(records.slice(0, 100)))) as ReturnType<typeof fold>;
    expect(fold(records.slice(100), half)).toEqual(fold(records));
  });
});
