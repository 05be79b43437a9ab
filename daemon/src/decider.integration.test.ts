/** The whole loop by one call of the package: at once, by way of people, and back again; against a real daemon and NATS. */
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { Claim, Queue, ResponseOverview, ReviewCase } from '@countersign/contract';
import * as countersign from '@countersign/otel-instrumentation';
import { eventually, passwords, startTestLoop, type TestLoop } from '../../stack/test-loop.ts';
import { readConfig } from './config.ts';
import { startDaemon, type Daemon } from './main.ts';

const workflow = 'mail-moderation';
let loop: TestLoop;
let daemon: Daemon;
let decide: countersign.Decider<string>;
const done: string[] = [];
const executed: countersign.Carried[] = [];

beforeAll(async () => {
  loop = await startTestLoop(inject('postgresUrl'), inject('natsServer'));
  daemon = await startDaemon(readConfig({ ...loop.env(), COUNTERSIGN_LOG_LEVEL: 'silent' }));
  const login = { natsUrl: loop.nats.url, user: 'service', password: passwords.service };
  await countersign.start({ source: 'test', ...login, spool: false, onTrouble: () => undefined });
  decide = countersign.decider({
    workflow,
    step: 'file',
    execute: (what) => {
      executed.push(what);
      done.push(`${what.task} filed as ${what.output.label} by ${what.reviewer === null ? 'the AI' : 'a person'}`);
      return `filed ${what.task}`;
    },
    compensate: ({ task }) => void done.push(`${task} moved back`),
    refused: ({ task_id, action }) => void done.push(`${task_id}: ${action}`),
  });
  await decide.ready;
});
afterAll(async () => {
  await countersign.shutdown(1_000);
  await daemon?.stop();
  await loop?.stop();
});

const take = (task: string, confidence: number) =>
  decide({
    task,
    model: { name: 'spam-logit', version: '1.0.0', hash: `sha256:${'0'.repeat(64)}` },
    riskTier: 'medium',
    reversible: true,
    input: { content: `content of ${task}` },
    judge: (decision) => {
      decision.output({ label: 'spam' }, confidence);
      decision.propose('accept', 'it looks like it');
    },
  });

async function call<T>(person: string, grant: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${daemon.address}${path}`, {
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    headers: { ...(await loop.headers(person, grant)), 'content-type': 'application/json' },
  });
  const answer = (await response.json()) as T;
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer;
}

/** As a person does on the page. */
async function review(task: string, action: string, output?: object): Promise<void> {
  const item = await eventually('the case', async () => {
    const { items } = await call<Queue>('ann', 'read', '/v1/reviews/queue');
    return items.find(({ task_id }) => task_id === task);
  });
  const claim = await call<Claim>('ann', 'decide', `/v1/reviews/cases/${item.decision_id}/claim`, {});
  const { evidence_hash } = await call<ReviewCase>('ann', 'decide', `/v1/evidence/cases/${item.decision_id}`);
  await call('ann', 'decide', `/v1/reviews/cases/${item.decision_id}/decide`, {
    action,
    justification: 'I have read it',
    ...(output === undefined ? {} : { output }),
    lease_epoch: claim.lease.epoch,
    case_version: claim.item.version,
    evidence_hash,
    idempotency_key: crypto.randomUUID(),
    review_ms: 1_000,
  });
}

it('carries out at once what the AI may decide alone, and takes it back when that is ordered', async () => {
  const decided = await take('alone', 0.99);
  expect(decided).toMatchObject({ route: 'auto', result: 'filed alone' });
  expect(done).toEqual(['alone filed as spam by the AI']);
  const ask = {
    workflow_id: workflow,
    scope: { decision_id: decided.ref.decision_id },
    justification: 'it was no spam',
  };
  await eventually('what was registered', () =>
    call('ann', 'operate', '/v1/breakers/ask-rollback', ask).then(
      () => true,
      () => null,
    ),
  );
  const { rollbacks } = await call<ResponseOverview>('ann', 'read', '/v1/response');
  const approval = { rollback_id: rollbacks[0]!.rollback_id, justification: 'agreed' };
  await call('ben', 'approve', '/v1/approvals/approve-rollback', approval);
  await eventually('the end', async () => (done.at(-1) === 'alone moved back' ? true : null), 20_000);
  expect(done).toHaveLength(2);
  // What was done is undone by the key it was done with.
  expect(executed[0]?.key).toMatch(/^[0-9a-f-]{36}$/);
}, 40_000);

it.each([
  ['accept', undefined, 'filed as spam by a person'],
  ['modify', { label: 'ham' }, 'filed as ham by a person'],
  ['reject', undefined, ': reject'],
])(
  'leaves what it is not sure of to a person, who can %s it',
  async (action, output, then) => {
    const before = done.length;
    const task = `asked-to-${action}`;
    const decided = await take(task, 0.6);
    expect(decided).toMatchObject({ route: 'human', verdict: { reason: 'low_confidence' } });
    expect(done).toHaveLength(before);
    await review(task, action, output);
    const last = await eventually('what came of it', async () => done[before]);
    expect(last).toBe(`${task}${then.startsWith(':') ? '' : ' '}${then}`);
    expect(done).toHaveLength(before + 1);
  },
  30_000,
);

it('does not do what it could not undo', async () => {
  const before = done.length;
  await loop.nats.stop();
  // The guard still has its lease; how to undo it can be registered nowhere.
  const decided = await take('cut-off', 0.99);
  expect(decided).toMatchObject({ route: 'human', verdict: { reason: 'authority_lost' } });
  expect(done).toHaveLength(before);
}, 30_000);
