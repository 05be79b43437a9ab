/** One decision all the way round, against real servers, through the package that services use. */
import { createHash } from 'node:crypto';
import * as service from '@countersign/otel-instrumentation';
import { fromBase64, verifyCheckpoint, parseVerifierKey } from '@countersign/contract/note';
import { leafHash, verifyInclusion } from '@countersign/contract/merkle';
import { metrics as metricTable } from '@countersign/contract';
import type { AuditPage, AuditProof, Claim, Decided, Queue, ReviewCase, Verdict } from '@countersign/contract';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { eventually, passwords, startTestLoop, type TestLoop } from '../../stack/test-loop.ts';
import { readConfig } from './config.ts';
import { startDaemon, type Daemon } from './main.ts';

let loop: TestLoop;
let daemon: Daemon;

beforeAll(async () => {
  loop = await startTestLoop(inject('postgresUrl'), inject('natsServer'));
  daemon = await startDaemon(readConfig(loop.env()));
  await service.start({ source: 'test', natsUrl: loop.nats.url, user: 'service', password: passwords.service });
});

afterAll(async () => {
  await service.shutdown();
  await daemon?.stop();
  await loop?.stop();
});

const workflow = 'mail-moderation';
const model = { name: 'spam-logit', version: '1.0.0', hash: `sha256:${'0'.repeat(64)}` };

async function get<T>(path: string, grant: string): Promise<T> {
  const response = await fetch(`${daemon.address}${path}`, { headers: await loop.headers('ann', grant) });
  expect([response.status, path]).toEqual([200, path]);
  return (await response.json()) as T;
}

const post = async (path: string, body: unknown, grant: string, person = 'ann') =>
  fetch(`${daemon.address}${path}`, {
    method: 'POST',
    headers: { ...(await loop.headers(person, grant)), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** A decision of `confidence`, on record when this resolves. */
async function decide(task: string, confidence: number) {
  const ref = service.decision(
    {
      workflow,
      task,
      title: `Case ${task}`,
      model,
      riskTier: 'medium',
      reversible: true,
      input: { content: `content of ${task}`, mediaType: 'text/plain', capture: true },
      features: { length: 12, has_html: false },
    },
    (decision) => {
      decision.output({ label: 'spam', scores: { spam: confidence, ham: 1 - confidence } }, confidence);
      decision.propose('accept', 'looks like spam');
      return { ...decision.ref(), route: decision.authority().route };
    },
  );
  expect(await service.flush()).toBe(true);
  return ref;
}

it('takes an unsure decision to a person, back to the service, and into the log', async () => {
  const verdicts: Verdict[] = [];
  await service.verdicts(workflow, (verdict) => void verdicts.push(verdict));
  const ref = await decide('task-1', 0.6);
  expect(ref.route).toBe('human');

  const item = await eventually('the case in the queue', async () => {
    const queue = await get<Queue>('/v1/reviews/queue', 'read');
    return queue.items.find((i) => i.decision_id === ref.decision_id);
  });
  expect(item).toMatchObject({ reason: 'low_confidence', priority: 'P2', title: 'Case task-1', state: 'waiting' });

  const claim = (await (await post(`/v1/reviews/cases/${ref.decision_id}/claim`, {}, 'decide')).json()) as Claim;
  expect(claim.item.claimed_by?.name).toBe('ann');
  const opened = await get<ReviewCase>(`/v1/evidence/cases/${ref.decision_id}`, 'decide');
  expect(opened.decision.features).toEqual({ length: 12, has_html: false });
  const input = await eventually('the input', async () => {
    const response = await fetch(`${daemon.address}/v1/evidence/snapshots/${opened.decision.input_snapshot.hash}`, {
      headers: await loop.headers('ann', 'decide'),
    });
    return response.ok ? Buffer.from(await response.arrayBuffer()) : null;
  });
  const { input_snapshot } = opened.decision;
  expect(`sha256:${createHash('sha256').update(input).digest('hex')}`).toBe(input_snapshot.hash);
  expect(input.subarray(input_snapshot.salt_bytes).toString()).toBe('content of task-1');

  const request = {
    action: 'reject',
    justification: 'a newsletter I asked for',
    lease_epoch: claim.lease.epoch,
    case_version: claim.item.version,
    evidence_hash: opened.evidence_hash,
    idempotency_key: '01890000-0000-7000-8000-000000000001',
    review_ms: 4200,
  };
  const taken = await post(`/v1/reviews/cases/${ref.decision_id}/decide`, request, 'decide');
  expect(taken.status).toBe(200);
  const decided = (await taken.json()) as Decided;
  const again = await post(`/v1/reviews/cases/${ref.decision_id}/decide`, request, 'decide');
  expect(await again.json()).toEqual(decided);

  const verdict = await eventually('the verdict', async () => verdicts.find((v) => v.decision_id === ref.decision_id));
  expect(verdict).toMatchObject({ verdict_id: decided.event_id, action: 'reject', task_id: 'task-1', executed: false });

  const found = await get<AuditPage>('/v1/audit/records?actor=human&task=task-1', 'audit');
  expect(found.records[0]).toMatchObject({
    event_id: decided.event_id,
    decision_action: 'reject',
    model_version: '1.0.0',
  });
  const proof = await eventually('a checkpoint over the record', async () => {
    const proven = await get<AuditProof>(`/v1/audit/records/${decided.event_id}`, 'audit');
    return proven.checkpoint === null ? null : proven;
  });
  const checkpoint = verifyCheckpoint(proof.checkpoint!, parseVerifierKey(proof.verifier_key)!)!;
  expect(
    verifyInclusion({
      index: proof.record.log_index,
      size: checkpoint.size,
      leafHash: leafHash(fromBase64(proof.entry)!),
      proof: proof.proof!.map((hash) => fromBase64(hash)!),
      root: checkpoint.root,
    }),
  ).toBe(true);
});

it('lets one person win and tells the other who it was', async () => {
  const ref = await decide('task-2', 0.6);
  await eventually('the case', async () => {
    const queue = await get<Queue>('/v1/reviews/queue', 'read');
    return queue.items.find((i) => i.decision_id === ref.decision_id);
  });
  const claim = (await (await post(`/v1/reviews/cases/${ref.decision_id}/claim`, {}, 'decide')).json()) as Claim;
  const opened = await get<ReviewCase>(`/v1/evidence/cases/${ref.decision_id}`, 'decide');
  const second = await post(`/v1/reviews/cases/${ref.decision_id}/claim`, {}, 'decide', 'ben');
  expect(second.status).toBe(409);
  expect(await second.json()).toMatchObject({ error: 'claimed_by_other', winner: { name: 'ann' } });

  const request = {
    action: 'accept',
    justification: '',
    lease_epoch: claim.lease.epoch,
    case_version: claim.item.version,
    evidence_hash: opened.evidence_hash,
    review_ms: 10,
  };
  const keys = ['01890000-0000-7000-8000-000000000002', '01890000-0000-7000-8000-000000000003'];
  const answers = await Promise.all(
    keys.map((idempotency_key) =>
      post(`/v1/reviews/cases/${ref.decision_id}/decide`, { ...request, idempotency_key }, 'decide'),
    ),
  );
  expect(answers.map((a) => a.status).toSorted((a, b) => a - b)).toEqual([200, 409]);
  const loser = (await answers.find((a) => a.status === 409)!.json()) as unknown;
  expect(loser).toMatchObject({ error: 'already_decided', winner: { name: 'ann', action: 'accept' } });
});

it('records what was decided alone without queueing it', async () => {
  const ref = await decide('task-3', 0.999);
  expect(ref.route).toBe('auto');
  const records = await eventually('the record', async () => {
    const page = await get<AuditPage>('/v1/audit/records?task=task-3', 'audit');
    return page.records.length > 0 ? page.records : null;
  });
  expect(records[0]?.decision_actor).toEqual({ type: 'ai', id: 'spam-logit@1.0.0' });
  const queue = await get<Queue>('/v1/reviews/queue', 'read');
  expect(queue.items.map((i) => i.task_id)).not.toContain('task-3');
});

it('describes itself to those who run it', async () => {
  const open = async (path: string) => {
    const response = await fetch(`${daemon.address}${path}`);
    expect([path, response.status]).toEqual([path, 200]);
    return response.text();
  };
  expect(JSON.parse(await open('/healthz'))).toEqual({ status: 'ok' });
  expect(JSON.parse(await open('/readyz'))).toEqual({ status: 'ready' });
  const api = JSON.parse(await open('/openapi.json')) as { openapi: string; paths: Record<string, object> };
  expect(api.openapi).toBe('3.1.0');
  expect(Object.keys(api.paths)).toEqual(
    expect.arrayContaining([
      '/v1/reviews/queue',
      '/v1/reviews/cases/{decision_id}/decide',
      '/v1/audit/records',
      '/v1/approvals/rollback',
    ]),
  );
  const metrics = await open('/metrics');
  for (const [name, { type }] of Object.entries(metricTable)) expect(metrics).toContain(`# TYPE ${name} ${type}`);
  const checkpoint = verifyCheckpoint(await open('/checkpoint'), parseVerifierKey(await verifierKey())!);
  expect(checkpoint?.size).toBeGreaterThan(0);
});

/** As any proof names it. */
async function verifierKey(): Promise<string> {
  const { records } = await get<AuditPage>('/v1/audit/records?limit=1', 'audit');
  return (await get<AuditProof>(`/v1/audit/records/${records[0]?.event_id}`, 'audit')).verifier_key;
}
