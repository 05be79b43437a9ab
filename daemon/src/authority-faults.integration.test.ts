/** Authority when things break: NATS gone and back, two daemons, PostgreSQL failing in the middle of a transition. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { parse } from 'yaml';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import type { BreakerStep, Policy, ResponseOverview } from '@countersign/contract';
import * as countersign from '@countersign/otel-instrumentation';
import { startNats, type Nats } from '../../stack/nats.ts';
import { startReceiver, type Receiver } from '../../stack/test-receiver.ts';
import { eventually, passwords, repository, startTestLoop, type TestLoop } from '../../stack/test-loop.ts';
import { readConfig, type Config } from './config.ts';
import { startDaemon, type Daemon } from './main.ts';

const workflow = 'mail-moderation';
const model = { name: 'spam-logit', version: '1.0.0', hash: `sha256:${'0'.repeat(64)}` };
const question = { workflow, task: 't', model, riskTier: 'medium' as const, reversible: true, confidence: 1 };
let loop: TestLoop;
let nats: Nats;
let config: Config;
let daemon: Daemon;
let owner: pg.Client;
let slack: Receiver;

beforeAll(async () => {
  loop = await startTestLoop(inject('postgresUrl'), inject('natsServer'));
  nats = loop.nats;
  const policies = join(loop.directory, 'policies');
  mkdirSync(policies);
  const demo = parse(readFileSync(join(repository, 'policies/mail-moderation.yaml'), 'utf8')) as Policy;
  const breaker = { ...demo.breaker, authority_lease: '2 seconds' };
  slack = await startReceiver();
  const channels = join(loop.directory, 'channels.yaml');
  writeFileSync(channels, 'channels: { slack: { kind: slack_webhook, url: { env: TEST_HOOK } } }');
  process.env['TEST_HOOK'] = `${slack.url}/hook`;
  writeFileSync(join(policies, 'mail.yaml'), JSON.stringify({ ...demo, breaker }));
  const own = { COUNTERSIGN_POLICIES: policies, COUNTERSIGN_CHANNELS: channels, COUNTERSIGN_LOG_LEVEL: 'silent' };
  config = readConfig({ ...loop.env(), ...own });
  owner = new pg.Client(loop.databaseUrl);
  await owner.connect();
});
afterAll(async () => {
  await owner?.end();
  await slack?.stop();
  await nats?.stop();
  await loop?.stop();
});
beforeEach(() =>
  sayingWhereItHangs(async (at) => {
    at('the daemon');
    daemon = await startDaemon(config);
    at('the package');
    const login = { natsUrl: loop.nats.url, user: 'service', password: passwords.service };
    await countersign.start({ source: 'test', ...login, onTrouble: () => undefined });
    at('TRUNCATE');
    await owner.query('TRUNCATE breaker, notification, incident, alert');
    at('the model');
    // A model has to be known to be stopped.
    const input = { content: 'x' };
    countersign.decision({ ...question, input }, (decision) => decision.output({ label: 'spam' }, 0.5));
    await countersign.flush();
    await eventually('the model', async () => ((await overview()).models.length > 0 ? true : null));
  }),
);
/** It has hung, seldom, on a machine with much to do: before the time is over it says where, and what PostgreSQL is doing. */
async function sayingWhereItHangs(work: (at: (step: string) => void) => Promise<void>): Promise<void> {
  let step = '';
  let timer: NodeJS.Timeout | undefined;
  const hangs = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const asking = new pg.Client(loop.databaseUrl);
      const sql = `SELECT state, wait_event_type, wait_event, query FROM pg_stat_activity WHERE datname = current_database()`;
      asking
        .connect()
        .then(() => asking.query(sql))
        .then(({ rows }) => reject(new Error(`it hangs at ${step}: ${JSON.stringify(rows)}`)), reject)
        .finally(() => void asking.end())
        .catch(reject);
    }, 50_000);
  });
  await Promise.race([work((at) => (step = at)), hangs]).finally(() => clearTimeout(timer));
}
afterEach(async () => {
  await countersign.shutdown(1_000);
  await daemon.stop();
});

const overview = async (from = daemon) => {
  const response = await fetch(`${from.address}/v1/response`, { headers: await loop.headers('ann', 'read') });
  return (await response.json()) as ResponseOverview;
};
const post = async (person: string, grant: string, path: string, from = daemon) => {
  const body = { workflow_id: workflow, model_name: model.name, justification: 'a test' };
  const response = await fetch(`${from.address}${path}`, {
    method: 'POST',
    headers: { ...(await loop.headers(person, grant)), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return response.status;
};
/** The transitions on record, and the epochs that they took. */
async function transitions(): Promise<string[]> {
  const { rows } = await owner.query<{ data: BreakerStep }>(
    `SELECT event -> 'data' AS data FROM audit_record WHERE type = 'countersign.breaker.v1' ORDER BY log_index`,
  );
  return rows.map(({ data }) => `${data.from} ${data.to}`);
}
const until = (reason: string) =>
  eventually(`the guard to say ${reason}`, async () => (countersign.guard(question).reason === reason ? true : null));

it('people decide while NATS is gone, and the guard knows on its return what happened meanwhile', async () => {
  await until('allowed');
  const before = (await transitions()).length;
  const port = Number(new URL(nats.url).port);
  await nats.stop();
  // The lease runs out; nobody has to tell the guard.
  await until('authority_lost');
  expect(countersign.guard(question).route).toBe('human');
  // What people order meanwhile is done and on record.
  expect(await post('ann', 'operate', '/v1/breakers/trip')).toBe(200);
  expect((await transitions()).slice(before)).toEqual(['closed forced_open']);
  nats = await startNats(inject('natsServer'), join(loop.directory, 'nats'), passwords, port);
  const seen = new Set<string>();
  await eventually(
    'the guard to know',
    async () => {
      const { route, reason } = countersign.guard(question);
      seen.add(route);
      return reason === 'breaker' ? true : null;
    },
    20_000,
  );
  expect([...seen]).toEqual(['human']);
  expect((await transitions()).slice(before)).toEqual(['closed forced_open']);
}, 60_000);

it('a daemon that was taken over changes nothing any more', async () => {
  const before = (await transitions()).length;
  const newer = await startDaemon(config);
  try {
    expect(await post('ann', 'operate', '/v1/breakers/trip', newer)).toBe(200);
    expect(await post('ben', 'approve', '/v1/approvals/retry')).toBe(500);
    expect(await post('cyd', 'approve', '/v1/approvals/retry')).toBe(500);
    expect((await overview(newer)).breakers).toMatchObject([{ state: 'forced_open' }]);
    expect((await transitions()).slice(before)).toEqual(['closed forced_open']);
  } finally {
    await newer.stop();
  }
});

it('PostgreSQL fails in the middle of a transition: state, epoch and record change together or not at all', async () => {
  const before = (await transitions()).length;
  const epoch = async () => (await owner.query<{ epoch: string }>('SELECT epoch FROM authority')).rows[0]?.epoch;
  const was = await epoch();
  await owner.query(`ALTER TABLE breaker ADD CONSTRAINT broken CHECK (state ->> 'is' <> 'forced_open')`);
  expect(await post('ann', 'operate', '/v1/breakers/trip')).toBe(500);
  expect([await epoch(), (await transitions()).length, (await overview()).breakers]).toEqual([was, before, []]);
  await owner.query('ALTER TABLE breaker DROP CONSTRAINT broken');
  expect(await post('ann', 'operate', '/v1/breakers/trip')).toBe(200);
  expect((await transitions()).slice(before)).toEqual(['closed forced_open']);
  await until('breaker');
});

it('people are told when somebody stops the AI, and when two others let it act again', async () => {
  slack.received.length = 0;
  expect(await post('ann', 'operate', '/v1/breakers/trip')).toBe(200);
  await eventually('Slack', async () => (slack.received.length === 2 ? true : null));
  expect(slack.received[0]?.body).toContain('was stopped by hand: a test');
  // Whoever did it has it: it does not climb.
  expect((await overview()).incidents).toMatchObject([{ state: 'acknowledged', level: 1, needs_postmortem: true }]);
  expect(await post('ben', 'approve', '/v1/approvals/retry')).toBe(200);
  expect((await overview()).incidents).toMatchObject([{ state: 'acknowledged' }]);
  expect(await post('cyd', 'approve', '/v1/approvals/retry')).toBe(200);
  expect(await overview()).toMatchObject({
    incidents: [{ state: 'resolved' }],
    breakers: [{ state: 'half_open' }],
    alerts: [{ signal: 'stopped_by_hand', tier: null }],
  });
});
