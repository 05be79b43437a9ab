/** What breaks in operation: connections, daemons, order. Afterwards everything is there, once. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Objm } from '@nats-io/obj';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import pg from 'pg';
import { eventSubject, uuidV7 } from '@countersign/contract';
import { afterAll, afterEach, beforeAll, expect, inject, it } from 'vitest';
import { eventually, passwords, startTestLoop, type TestLoop } from '../../stack/test-loop.ts';
import { readConfig } from './config.ts';
import { startDaemon, type Daemon } from './main.ts';

const workflow = 'mail-moderation';
let loop: TestLoop;
let daemon: Daemon | undefined;
let service: NatsConnection;
/** With the daemon's rights, to look at what it keeps. */
let observer: NatsConnection;
let database: pg.Client;

beforeAll(async () => {
  loop = await startTestLoop(inject('postgresUrl'), inject('natsServer'));
  await start();
  service = await connect({
    servers: loop.nats.url,
    user: 'service',
    pass: passwords.service,
    inboxPrefix: '_INBOX_service',
  });
  observer = await connect({
    servers: loop.nats.url,
    user: 'daemon',
    pass: passwords.daemon,
    inboxPrefix: '_INBOX_daemon',
  });
  database = new pg.Client(loop.databaseUrl);
  await database.connect();
});

afterAll(async () => {
  await service?.close();
  await observer?.close();
  await database?.end();
  await daemon?.stop();
  await loop?.stop();
});

afterEach(async () => {
  daemon ??= await startDaemon(readConfig({ ...loop.env(), COUNTERSIGN_LOG_LEVEL: 'silent' }));
});

async function start(): Promise<Daemon> {
  daemon = await startDaemon(readConfig({ ...loop.env(), COUNTERSIGN_LOG_LEVEL: 'silent' }));
  return daemon;
}

const newId = () => uuidV7(Date.now(), randomBytes(10));
const envelope = (type: string, task: string, data: object) => ({
  specversion: '1.0',
  id: newId(),
  source: 'test',
  type: `countersign.${type}.v1`,
  subject: task,
  time: new Date().toISOString(),
  data: { workflow_id: workflow, task_id: task, ...data },
});
const aiDecision = (task: string, change: object = {}) =>
  envelope('decision.ai', task, {
    decision_id: newId(),
    model: { name: 'spam-logit', version: '1.0.0', hash: `sha256:${'0'.repeat(64)}` },
    input_snapshot: { hash: `sha256:${'1'.repeat(64)}`, uri: 'urn:none' },
    output: { label: 'spam' },
    confidence: 0.99,
    risk_tier: 'medium',
    reversible: true,
    action: 'accept',
    justification: 'sure',
    route: 'auto',
    breaker_epoch: 0,
    latency_ms: 1,
    ...change,
  });
const humanDecision = (task: string, reviews: string, action: string) =>
  envelope('decision.human', task, { decision_id: newId(), reviews, reviewer: 'owner', action, justification: 'so' });
const send = (kind: 'decision_ai' | 'decision_human', event: { id: string }) =>
  jetstream(service).publish(eventSubject(workflow, kind), JSON.stringify(event), { msgID: event.id, timeout: 20_000 });

const count = async (where: string, values: unknown[] = []) => {
  const { rows } = await database.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM audit_record WHERE ${where}`,
    values,
  );
  return rows[0]?.n ?? 0;
};
async function ask(path: string, grant: string, body?: object) {
  const response = await fetch(`${daemon?.address}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...(await loop.headers('ben', grant)), 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as unknown };
}

it('loses and repeats nothing when PostgreSQL ends its connections under load', async () => {
  const sending = Array.from({ length: 1_500 }, (_, i) => send('decision_ai', aiDecision(`cut-${i}`)));
  for (let cut = 0; cut < 4; cut++) {
    await new Promise((resolve) => setTimeout(resolve, 60));
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'countersign' AND datname = current_database()`,
    );
  }
  await Promise.all(sending);
  await eventually('all on record', async () => ((await count(`task_id LIKE 'cut-%'`)) >= 1_500 ? true : null), 25_000);
  expect(await count(`task_id LIKE 'cut-%'`)).toBe(1_500);
  const { rows } = await database.query<{ gaps: number }>(
    'SELECT (max(log_index) + 1 - count(*))::int AS gaps FROM ledger_record',
  );
  expect(rows[0]?.gaps).toBe(0);
  // And the monitors are still with it.
  expect((await ask('/v1/response', 'read')).status).toBe(200);
});

it('gives nothing up while the database takes nothing', async () => {
  const { rows } = await database.query<{ name: string }>('SELECT current_database() AS name');
  const name = rows[0]?.name ?? '';
  const cut = () =>
    database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'countersign' AND datname = current_database()`,
    );
  // As after a failover to a standby, or when a disk is full.
  await database.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
  await cut();
  for (let i = 0; i < 5; i++) await send('decision_ai', aiDecision(`read-only-${i}`));
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  await database.query('SET default_transaction_read_only = off');
  await database.query(`ALTER DATABASE ${name} SET default_transaction_read_only = off`);
  await cut();
  await eventually(
    'all on record',
    async () => ((await count(`task_id LIKE 'read-only-%'`)) === 5 ? true : null),
    20_000,
  );
  const { state } = await (await jetstreamManager(observer)).streams.info('COUNTERSIGN_DEAD');
  expect(state.messages).toBe(0);
});

it('files an input that was sent while no daemon ran', async () => {
  await daemon?.stop();
  daemon = undefined;
  const content = Buffer.from('sent in the night');
  const hash = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  const store = await new Objm(jetstream(service)).open('countersign_snapshots');
  await store.putBlob({ name: hash }, content);
  await store.putBlob({ name: `sha256:${'e'.repeat(64)}` }, Buffer.from('not what its name says'));
  await start();
  await eventually('the input', async () => {
    const response = await fetch(`${daemon?.address}/v1/audit/snapshots/${hash}`, {
      headers: await loop.headers('cleo', 'audit'),
    });
    return response.ok && Buffer.from(await response.arrayBuffer()).equals(content) ? true : null;
  });
  const { rows } = await database.query('SELECT FROM input_snapshot');
  expect(rows).toHaveLength(1);
});

it('goes on with the log after it was stopped with messages waiting', async () => {
  await daemon?.stop();
  daemon = undefined;
  for (let i = 0; i < 50; i++) await send('decision_ai', aiDecision(`night-${i}`));
  await start();
  await eventually('all on record', async () => ((await count(`task_id LIKE 'night-%'`)) === 50 ? true : null));
  expect(await count(`task_id LIKE 'night-%'`)).toBe(50);
});

it('fences the older of two daemons that write one log', async () => {
  const older = daemon;
  const newer = await start();
  await send('decision_ai', aiDecision('fenced'));
  // Whoever gets the message, it ends on record once, and the older daemon finds out at its next write.
  await eventually('the record', async () => ((await count(`task_id = 'fenced'`)) === 1 ? true : null));
  const before = await count('true');
  await fetch(`${older?.address}/v1/breakers/trip`, {
    method: 'POST',
    headers: { ...(await loop.headers('sam', 'operate')), 'content-type': 'application/json' },
    body: JSON.stringify({ workflow_id: workflow, model_name: 'spam-logit', justification: 'too late' }),
  });
  expect(String(await older?.failed)).toContain('taken over by another daemon');
  expect(await count('true')).toBe(before);
  await older?.stop();
  daemon = newer;
});

it('counts one answer for a case, whoever else says something about it', async () => {
  const decision = aiDecision('answered');
  await send('decision_ai', decision);
  const reviews = (decision.data as unknown as { decision_id: string }).decision_id;
  for (let i = 0; i < 5; i++) await send('decision_human', humanDecision('answered', reviews, 'reject'));
  await eventually('all on record', async () => ((await count(`task_id = 'answered'`)) === 6 ? true : null));
  const { rows } = await database.query('SELECT FROM ledger_record WHERE answers = $1', [reviews]);
  expect(rows).toHaveLength(1);
});

it('queues what the AI did under authority that it no longer had', async () => {
  await send('decision_ai', aiDecision('before'));
  await eventually('the model', async () => ((await count(`task_id = 'before'`)) === 1 ? true : null));
  const order = { workflow_id: workflow, model_name: 'spam-logit', justification: 'stop' };
  expect((await ask('/v1/breakers/trip', 'operate', { ...order, model_name: 'no-such-model' })).status).toBe(409);
  expect((await ask('/v1/breakers/trip', 'operate', order)).status).toBe(200);
  await send('decision_ai', aiDecision('stale'));
  const reason = await eventually('the case', async () => {
    const { rows } = await database.query<{ reason: string }>(`SELECT reason FROM review_case WHERE task_id = 'stale'`);
    return rows[0]?.reason;
  });
  expect(reason).toBe('stale_authority');
  // One who tripped it cannot give it back, and it takes two.
  expect((await ask('/v1/approvals/retry', 'approve', order)).status).toBe(409);
  const page = await ask('/v1/audit/records?type=countersign.breaker.v1', 'audit');
  expect(page.body).toMatchObject({ records: [{ justification: 'closed → forced_open: stop' }] });
});

it('answers text that cannot be stored with 400', async () => {
  const order = { workflow_id: workflow, model_name: 'spam-logit', justification: 'half a \ud83d' };
  expect(await ask('/v1/breakers/trip', 'operate', order)).toMatchObject({
    status: 400,
    body: { error: 'bad_request' },
  });
});

it('does not start on a log that its key has not signed, and leaves no process behind that tries', async () => {
  await daemon?.stop();
  daemon = undefined;
  // As after a backup from before the newest checkpoint was restored.
  const { rows } = await database.query<{ size: string }>('SELECT size FROM ledger_log');
  const key = join(loop.directory, 'signing-key.pem.last');
  const last = readFileSync(key, 'utf8');
  writeFileSync(key, last.replace(/\n\d+\n/, `\n${Number(rows[0]?.size) + 5}\n`));
  await expect(start()).rejects.toThrow(/and this key has signed for \d+, so nothing more is signed/);
  expect(await count('true')).toBe(Number(rows[0]?.size));
  writeFileSync(key, last);
  await start();
});
