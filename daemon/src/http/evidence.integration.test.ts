/** Who may read what was decided: auditors everything, reviewers the workflows they review, nobody else anything. */
import pg from 'pg';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as service from '@countersign/otel-instrumentation';
import type { AuditPage, AuditProof, Queue } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually, passwords, repository, startTestLoop, type TestLoop } from '../../../stack/test-loop.ts';
import { readConfig } from '../config.ts';
import { startDaemon, type Daemon } from '../main.ts';

const auditToken = 'a-token-of-an-auditor-of-40-characters--';
let loop: TestLoop;
let daemon: Daemon;
/** By workflow. */
const records = new Map<string, AuditPage['records'][number]>();

beforeAll(async () => {
  loop = await startTestLoop(inject('postgresUrl'), inject('natsServer'));
  const policies = mkdtempSync(join(tmpdir(), 'countersign-policies-'));
  const text = readFileSync(join(repository, 'policies/mail-moderation.yaml'), 'utf8');
  const only = (workflow: string, login: string) =>
    text
      .replace('workflow: mail-moderation', `workflow: ${workflow}`)
      .replace('review:\n', `review:\n  reviewers: [${login}]\n`);
  writeFileSync(join(policies, 'mail.yaml'), only('mail-moderation', 'ann'));
  writeFileSync(join(policies, 'refunds.yaml'), only('refunds', 'ben'));
  daemon = await startDaemon(
    readConfig({ ...loop.env(), COUNTERSIGN_POLICIES: policies, COUNTERSIGN_AUDIT_TOKEN: auditToken }),
  );
  await service.start({ source: 'test', natsUrl: loop.nats.url, user: 'service', password: passwords.service });
  for (const workflow of ['mail-moderation', 'refunds']) {
    service.decision(
      {
        workflow,
        task: `of-${workflow}`,
        model: { name: 'm', version: '1', hash: `sha256:${'0'.repeat(64)}` },
        riskTier: 'high',
        reversible: false,
        input: { content: `input of ${workflow}`, capture: true },
      },
      (decision) => {
        decision.output({ label: 'spam' }, 0.5);
        decision.propose('reject', `because of ${workflow}`);
      },
    );
  }
  await service.flush();
  await eventually('both records', async () => {
    const { body } = await ask('/v1/audit/records?actor=ai', 'cleo', 'audit');
    for (const record of (body as AuditPage).records) records.set(record.workflow_id, record);
    return records.size === 2 ? true : null;
  });
  // Covered by a checkpoint a moment later.
  for (const { event_id } of records.values()) {
    await eventually('a proof', async () =>
      (await ask(`/v1/audit/records/${event_id}/proof`, 'cleo', 'audit')).status === 200 ? true : null,
    );
  }
});
afterAll(async () => {
  await service.shutdown();
  await daemon?.stop();
  await loop?.stop();
});

async function ask(path: string, login: string, grant: string, more: Record<string, string> = {}) {
  const headers = {
    ...(await loop.headers(login, grant)),
    'x-grafana-id': await loop.token(login, { username: login }),
    ...more,
  };
  const response = await fetch(`${daemon.address}${path}`, { headers });
  const text = await response.text();
  const isJson = /^application\/json(;|$)/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, text, body: (isJson ? JSON.parse(text) : null) as unknown };
}

describe('a reviewer', () => {
  it('sees the queue, the cases, the inputs and the records of the own workflow', async () => {
    const queue = (await ask('/v1/reviews/queue', 'ann', 'read')).body as Queue;
    expect(queue.items.map(({ workflow_id }) => workflow_id)).toEqual(['mail-moderation']);
    expect(queue.waiting).toBe(1);
    const { decision_id } = queue.items[0]!;
    expect((await ask(`/v1/evidence/cases/${decision_id}`, 'ann', 'decide')).status).toBe(200);
    const record = records.get('mail-moderation')!;
    const input = await eventually('the input', async () => {
      const { status, text } = await ask(`/v1/evidence/snapshots/${record.input_snapshot!.hash}`, 'ann', 'decide');
      return status === 200 ? text : null;
    });
    expect(input.endsWith('input of mail-moderation')).toBe(true);
    // Where cases are planted, what is on record of an open case is not for those who are to decide it.
    const search = '/v1/evidence/records?workflow=mail-moderation&text=because';
    expect((await ask(search, 'ann', 'decide')).body).toMatchObject({ records: [], next: null });
    expect((await ask(`/v1/evidence/records/${record.event_id}`, 'ann', 'decide')).status).toBe(404);
    const owner = new pg.Client(loop.databaseUrl);
    await owner.connect();
    await owner.query("UPDATE review_case SET decided_at = now(), decided_by = 'x', decided_action = 'accept'");
    const page = await ask(search, 'ann', 'decide');
    const proof = await ask(`/v1/evidence/records/${record.event_id}`, 'ann', 'decide');
    expect((proof.body as AuditProof).record.event_id).toBe(record.event_id);
    await owner.query('UPDATE review_case SET decided_at = NULL, decided_by = NULL, decided_action = NULL');
    await owner.end();
    expect((page.body as AuditPage).records.map(({ event_id }) => event_id)).toEqual([record.event_id]);
  });

  it('sees nothing of another workflow, and cannot decide there', async () => {
    const record = records.get('refunds')!;
    const { items } = (await ask('/v1/reviews/queue', 'ben', 'read')).body as Queue;
    const { decision_id } = items[0]!;
    expect(items).toHaveLength(1);
    for (const [path, status] of [
      [`/v1/evidence/cases/${decision_id}`, 404],
      [`/v1/evidence/snapshots/${record.input_snapshot!.hash}`, 404],
      ['/v1/evidence/records?workflow=refunds', 403],
      ['/v1/evidence/records', 403],
      [`/v1/evidence/records/${record.event_id}`, 404],
    ] as const) {
      expect([path, (await ask(path, 'ann', 'decide')).status]).toEqual([path, status]);
    }
    const claim = await fetch(`${daemon.address}/v1/reviews/cases/${decision_id}/claim`, {
      method: 'POST',
      headers: {
        ...(await loop.headers('ann', 'decide')),
        'x-grafana-id': await loop.token('ann', { username: 'ann' }),
        'content-type': 'application/json',
      },
      body: '{}',
    });
    expect(claim.status).toBe(404);
    // Claiming whatever is most urgent gives what one reviews.
    const next = await fetch(`${daemon.address}/v1/reviews/claim-next?workflow=refunds`, {
      method: 'POST',
      headers: {
        ...(await loop.headers('ann', 'decide')),
        'x-grafana-id': await loop.token('ann', { username: 'ann' }),
        'content-type': 'application/json',
      },
      body: '{}',
    });
    expect(next.status).toBe(404);
  });
});

describe('anybody else', () => {
  const paths = () => [
    '/v1/audit/records',
    '/v1/audit/export',
    `/v1/audit/records/${records.get('refunds')!.event_id}`,
    `/v1/audit/records/${records.get('refunds')!.event_id}/proof`,
    `/v1/audit/snapshots/${records.get('refunds')!.input_snapshot!.hash}`,
    '/tile/entries/000.p/1',
  ];

  it('reads no record: not with the grant to read, nor as a reviewer through the door of auditors, nor without any', async () => {
    for (const path of paths()) {
      for (const grant of ['read', 'decide', 'operate', 'approve']) {
        expect([path, grant, (await ask(path, 'sam', grant)).status]).toEqual([path, grant, 403]);
      }
      expect((await fetch(`${daemon.address}${path}`)).status).toBe(403);
    }
    for (const path of [
      '/v1/evidence/records?workflow=refunds',
      `/v1/evidence/records/${records.get('refunds')!.event_id}`,
    ]) {
      expect((await ask(path, 'sam', 'read')).status).toBe(403);
    }
  });

  it('reads hashes and checkpoints, which tell nothing', async () => {
    expect((await fetch(`${daemon.address}/checkpoint`)).status).toBe(200);
    const tile = await fetch(`${daemon.address}/tile/0/000.p/1`);
    expect(tile.status).toBe(200);
    expect(tile.headers.get('cache-control')).toContain('immutable');
    for (const path of ['/tile/0/0', '/tile/0/000', '/tile/0/000.p/257', '/tile/0/000.p/200', '/tile/6/000']) {
      const nothing = await fetch(`${daemon.address}${path}`);
      expect([path, nothing.status, nothing.headers.get('cache-control')]).toEqual([path, 404, 'no-store']);
    }
  });
});

describe('an auditor', () => {
  it('reads everything, through Grafana and with tools of their own', async () => {
    for (const path of [
      '/v1/audit/records?text=because',
      '/v1/audit/export',
      '/v1/audit/export?format=csv&workflow=refunds',
      `/v1/audit/records/${records.get('refunds')!.event_id}/proof`,
      `/v1/audit/snapshots/${records.get('refunds')!.input_snapshot!.hash}`,
      '/tile/entries/000.p/1',
    ]) {
      expect([path, (await ask(path, 'cleo', 'audit')).status]).toEqual([path, 200]);
      const byToken = await fetch(`${daemon.address}${path}`, { headers: { authorization: `Bearer ${auditToken}` } });
      expect([path, byToken.status]).toEqual([path, 200]);
    }
    // It reads, and does nothing else.
    const draw = await fetch(`${daemon.address}/v1/inspections`, {
      method: 'POST',
      headers: { authorization: `Bearer ${auditToken}`, 'content-type': 'application/json' },
      body: '{}',
    });
    expect(draw.status).toBe(403);
    const wrong = { authorization: `Bearer ${auditToken.slice(1)}-` };
    expect((await fetch(`${daemon.address}/tile/entries/000.p/1`, { headers: wrong })).status).toBe(403);
  });

  it('gets entries compressed when they take it so', async () => {
    for (const [codings, expected] of [
      ['gzip', 'gzip'],
      ['br;q=1.0, GZIP;q=0.5', 'gzip'],
      ['gzip;q=0', null],
      ['not-gzip', null],
      ['identity', null],
    ] as const) {
      const headers = { authorization: `Bearer ${auditToken}`, 'accept-encoding': codings };
      const response = await fetch(`${daemon.address}/tile/entries/000.p/1`, { headers });
      expect([codings, response.headers.get('content-encoding')]).toEqual([codings, expected]);
      expect(response.headers.get('vary')).toBe('accept-encoding');
    }
    const headers = { authorization: `Bearer ${auditToken}` };
    for (const [index, status] of [
      ['0', 404],
      ['99999999999999999999', 400],
      ['-1', 400],
      ['x', 400],
    ] as const) {
      expect([index, (await fetch(`${daemon.address}/v1/audit/bodies/${index}`, { headers })).status]).toEqual([
        index,
        status,
      ]);
    }
  });

  it.each([
    ['audit/records?from=nonsense', 'from is "nonsense". Write a time in UTC, such as 2026-01-31T00:00:00Z.'],
    ['audit/records?from=2026-02-31T00:00:00Z', 'from is "2026-02-31T00:00:00Z", which is no time.'],
    ['audit/records/nope', 'event_id is "nope". Give an id, which is a UUID of version 7.'],
    ['inspections/nope', 'inspection_id is "nope". Give an id, which is a UUID.'],
    [
      'audit/records?actor=cat',
      'querystring.actor must be equal to one of the allowed values, and is "cat". Use ai, human, service, daemon.',
    ],
    ['audit/records?limit=0', 'querystring.limit must be >= 1, and is 0.'],
  ])('says of %s what is wrong, and what it should be', async (path, message) => {
    const { status, body } = await ask(`/v1/${path}`, 'cleo', 'audit');
    expect([status, body]).toEqual([400, { error: 'bad_request', message }]);
  });

  it('does nothing else with the token', async () => {
    const headers = { authorization: `Bearer ${auditToken}` };
    for (const path of ['/v1/reviews/queue', '/v1/response', '/v1/evidence/records?workflow=refunds']) {
      expect((await fetch(`${daemon.address}${path}`, { headers })).status).toBe(403);
    }
  });
});
