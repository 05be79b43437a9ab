/** What an event costs the monitors, and the guard its verdict. */
import type { LedgerRecord } from '../../daemon/src/ledger/index.ts';
import { Monitors } from '../../daemon/src/monitors/index.ts';
import { readPolicies } from '../../daemon/src/policies/index.ts';
import { join } from 'node:path';
import { atMost, nanosecondsEach, type Figure } from './figure.ts';

const microseconds = (n: number) => `${(n / 1_000).toFixed(2)} µs`;

export async function benchmarkMonitors(): Promise<Figure[]> {
  const policies = await readPolicies(join(import.meta.dirname, '../../policies'));
  const monitors = new Monitors(policies, null);
  let index = 0;
  const each = nanosecondsEach(100_000, () => monitors.observe([reviewOf(index++)]));
  return [atMost('one review, all monitors', each, 5_000, microseconds)];
}

function reviewOf(index: number): LedgerRecord {
  const data = {
    workflow_id: 'mail-moderation',
    task_id: 't',
    decision_id: '0195f000-0000-7000-8000-000000000001',
    reviews: '0195f000-0000-7000-8000-000000000002',
    reviewer: 'ann',
    action: index % 9 === 0 ? ('reject' as const) : ('accept' as const),
    justification: '',
  };
  return {
    logId: 'main',
    index,
    event: {
      specversion: '1.0',
      id: '0195f000-0000-7000-8000-000000000003',
      source: 'bench',
      type: 'countersign.decision.human.v1',
      subject: 't',
      time: '2026-01-01T00:00:00Z',
      data,
    },
    streamSequence: null,
    body: null,
    recordedAt: '2026-01-01T00:00:00Z',
    actor: { type: 'human', id: 'ann' },
    action: data.action,
    about: {
      decisionId: data.reviews,
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
  };
}
