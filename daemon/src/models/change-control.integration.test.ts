/** Change control from declaration to automatic and back, through the daemon's own doors. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { jetstream } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Kvm } from '@nats-io/kv';
import {
  buckets,
  eventSubject,
  uuidV7,
  type Authority,
  type ModelVersionState,
  type Policy,
  type Queue,
  type ResponseOverview,
} from '@countersign/contract';
import { parse } from 'yaml';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { eventually, passwords, repository, startTestLoop, type TestLoop } from '../../../stack/test-loop.ts';
import { runCountersign } from '../../../stack/test-cli.ts';
import { readConfig } from '../config.ts';
import { startDaemon, type Daemon } from '../main.ts';

const workflow = 'mail-moderation';
const hash = (n: number) => `sha256:${n.toString(16).padStart(64, '0')}`;
const newId = () => uuidV7(Date.now(), randomBytes(10));
let loop: TestLoop;
let daemon: Daemon;
let service: NatsConnection;
let observer: NatsConnection;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  loop = await startTestLoop(inject('postgresUrl'), inject('natsServer'));
  const policies = join(loop.directory, 'policies');
  mkdirSync(policies);
  const demo = parse(readFileSync(join(repository, 'policies/mail-moderation.yaml'), 'utf8')) as Policy;
  const policy: Policy = {
    ...demo,
    review: { ...demo.review, queue_limit: 40 },
    breaker: {
      ...demo.breaker,
      half_open: [
        { share: 0.5, verified: 2, overrides_at_most: 0.5 },
        { share: 1, verified: 2, overrides_at_most: 0.5 },
      ],
    },
    change_control: {
      starts_at: 'shadow',
      roles: [{ name: 'domain expert', people: ['ben', 'ann'] }, { name: 'risk officer' }],
      gates: [
        { to: 'canary', report: 'bias', metric: 'max_gap', at_most: 0.05 },
        { to: 'automatic', signal: 'input_drift', subject: 'length', at_most: 0.25 },
      ],
    },
  };
  writeFileSync(join(policies, 'mail.yaml'), JSON.stringify(policy));
  env = { ...process.env, ...loop.env(), COUNTERSIGN_POLICIES: policies, COUNTERSIGN_LOG_LEVEL: 'silent' };
  daemon = await startDaemon(readConfig(env));
  const nats = (user: 'service' | 'daemon') =>
    connect({ servers: loop.nats.url, user, pass: passwords[user], inboxPrefix: `_INBOX_${user}` });
  [service, observer] = [await nats('service'), await nats('daemon')];
});
afterAll(async () => {
  await service?.close();
  await observer?.close();
  await daemon?.stop();
  await loop?.stop();
});

const countersign = (...args: string[]) => runCountersign(env, args);

/** Asks as a person whom Grafana knows by this login. */
async function ask<T>(login: string, grant: string, method: string, path: string, body?: object): Promise<[number, T]> {
  const response = await fetch(`${daemon.address}${path}`, {
    method,
    headers: {
      ...(await loop.headers(login, grant)),
      'x-grafana-id': await loop.token(login, { username: login }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return [response.status, (await response.json()) as T];
}
const promote = (login: string, role: string, to: string, version = '1.0.0') =>
  ask<{ message: string }>(login, 'approve', 'POST', '/v1/approvals/promote', {
    workflow_id: workflow,
    model_name: 'spam-logit',
    version,
    to,
    role,
    justification: 'it is good',
  });
const authority = async (): Promise<Authority> => {
  const kv = await new Kvm(jetstream(observer)).open(buckets.authority);
  return (await kv.get(workflow))!.json<Authority>();
};
const state = async (version: string): Promise<ModelVersionState> => {
  const [, overview] = await ask<ResponseOverview>('ben', 'read', 'GET', '/v1/response');
  return overview.models.find((model) => model.version === version)!;
};

async function decide(task: string, change: object = {}): Promise<string> {
  const id = newId();
  const event = {
    specversion: '1.0',
    id: newId(),
    source: 'test',
    type: 'countersign.decision.ai.v1',
    subject: task,
    time: new Date().toISOString(),
    data: {
      workflow_id: workflow,
      task_id: task,
      decision_id: id,
      model: { name: 'spam-logit', version: '1.0.0', hash: hash(1) },
      input_snapshot: { hash: hash(9), uri: 'urn:none' },
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
    },
  };
  await jetstream(service).publish(eventSubject(workflow, 'decision_ai'), JSON.stringify(event), { msgID: event.id });
  return id;
}
const reasonOf = (id: string) =>
  eventually('the case', async () => {
    const [, queue] = await ask<Queue>('ben', 'read', 'GET', '/v1/reviews/queue?limit=200');
    return queue.items.find(({ decision_id }) => decision_id === id)?.reason;
  });
const review = async (id: string, action: 'accept' | 'reject') => {
  const event = {
    specversion: '1.0',
    id: newId(),
    source: 'test',
    type: 'countersign.decision.human.v1',
    subject: `task-${id}`,
    time: new Date().toISOString(),
    data: {
      workflow_id: workflow,
      task_id: `task-${id}`,
      decision_id: newId(),
      reviews: id,
      reviewer: 'ann',
      action,
      justification: 'so',
    },
  };
  await jetstream(service).publish(eventSubject(workflow, 'decision_human'), JSON.stringify(event), {
    msgID: event.id,
  });
};
const declare = (version: string, n: number, ...more: string[]) =>
  countersign(
    'model',
    'declare',
    `--workflow=${workflow}`,
    '--model=spam-logit',
    `--version=${version}`,
    `--hash=${hash(n)}`,
    '--author=ann',
    '--why=a new build',
    ...more,
  );

it('gives a version that nobody declared no authority, and sends what it did alone to a person', async () => {
  expect((await authority()).change_control).toBe(true);
  expect(await reasonOf(await decide('undeclared-1'))).toBe('undeclared');
  expect(await state('1.0.0')).toMatchObject({ autonomy: 'undeclared' });
});

it('declares it by its hash, once, and knows another by it', async () => {
  expect(await declare('1.0.0', 2)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('is known as sha256:'),
  });
  expect(await declare('1.0.0', 1)).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('its autonomy is shadow'),
  });
  expect(await declare('1.0.0', 1)).toMatchObject({ status: 1, stderr: expect.stringContaining('declared already') });
  const late = await declare('1.1.0', 3, '--autonomy', 'automatic');
  expect(late).toMatchObject({ status: 1, stderr: expect.stringContaining('only the first version') });
  expect(
    await reasonOf(await decide('other-hash', { model: { name: 'spam-logit', version: '1.0.0', hash: hash(7) } })),
  ).toBe('undeclared');
  const [model] = (await authority()).models;
  expect(model?.versions).toEqual([
    { version: '1.0.0', hash: hash(1), autonomy: 'shadow', canary_share: 0, epoch: expect.any(Number) },
  ]);
});

it('is promoted a step at a time, by two people in two roles, neither of them its author', async () => {
  expect(await promote('ben', 'domain expert', 'automatic')).toMatchObject([
    409,
    { message: 'it is at shadow; the next step is approval.' },
  ]);
  expect(await promote('ann', 'domain expert', 'approval')).toMatchObject([
    409,
    { message: 'you made it; others have to sign it off.' },
  ]);
  expect(await promote('cyd', 'domain expert', 'approval')).toMatchObject([
    409,
    { message: 'you are no domain expert here.' },
  ]);
  expect(await promote('ben', 'boss', 'approval')).toMatchObject([
    409,
    { message: expect.stringContaining('there is no role boss') },
  ]);
  expect(await promote('ben', 'domain expert', 'approval')).toMatchObject([
    200,
    { message: 'Signed. It still takes: risk officer.' },
  ]);
  expect((await state('1.0.0')).sign_offs).toMatchObject([
    { role: 'domain expert', by: expect.stringMatching(/user:ben$/) },
  ]);
  expect(await promote('ben', 'risk officer', 'approval')).toMatchObject([
    409,
    { message: 'you have signed as domain expert; it takes another person.' },
  ]);
  expect(await promote('cyd', 'risk officer', 'approval')).toMatchObject([
    200,
    { message: 'Version 1.0.0 is promoted to approval.' },
  ]);
  expect(await state('1.0.0')).toMatchObject({ autonomy: 'approval', sign_offs: [] });
});

it('passes its gates before people can sign it off, and the gate fails CI when it does not', async () => {
  const gate = (report: object) => {
    const file = join(loop.directory, 'report.json');
    writeFileSync(file, JSON.stringify(report));
    const scope = ['--workflow', workflow, '--model', 'spam-logit', '--version', '1.0.0'];
    return countersign('gate', ...scope, '--to', 'canary', '--report', file);
  };
  expect(await promote('ben', 'domain expert', 'canary')).toMatchObject([
    409,
    { message: expect.stringContaining('were not asked') },
  ]);
  expect(await gate({ bias: { max_gap: 0.08 } })).toMatchObject({
    status: 1,
    stdout: 'FAILS   max_gap of the report bias is 0.08, which is above 0.05\n',
  });
  expect(await promote('ben', 'domain expert', 'canary')).toMatchObject([
    409,
    { message: expect.stringContaining('do not let it pass') },
  ]);
  expect(await gate({})).toMatchObject({ status: 1, stdout: expect.stringContaining('there is no report bias') });
  expect(await gate({ bias: 'none' })).toMatchObject({ status: 1, stderr: expect.stringContaining('.bias:') });
  expect(await gate({ bias: { max_gap: 0.03 } })).toMatchObject({ status: 0 });
  await promote('ben', 'domain expert', 'canary');
  expect(await promote('cyd', 'risk officer', 'canary')).toMatchObject([
    200,
    { message: 'Version 1.0.0 is promoted to canary.' },
  ]);
  const share = await eventually('the new authority', async () => {
    const version = (await authority()).models[0]?.versions[0];
    return version?.autonomy === 'canary' ? version.canary_share : null;
  });
  expect(share).toBe(0.5);
});

it('has every canary checked, widens on evidence, and falls back when people change too many', async () => {
  const canary = async (task: string, action: 'accept' | 'reject') => {
    const { models } = await authority();
    const id = await decide(task, { breaker_epoch: models[0]?.versions[0]?.epoch });
    expect(await reasonOf(id)).toBe('canary');
    await review(id, action);
  };
  // Half may be changed at most: two of two accepted are enough to be sure.
  await canary('canary-1', 'accept');
  await canary('canary-2', 'accept');
  await eventually('the wider phase', async () => ((await state('1.0.0')).canary_share === 1 ? true : null));
  expect(await promote('ben', 'domain expert', 'automatic')).toMatchObject([
    409,
    { message: 'its canary phases are not over.' },
  ]);
  for (let i = 3; i <= 4; i++) await canary(`canary-${i}`, 'reject');
  await eventually('the way back', async () => ((await state('1.0.0')).autonomy === 'approval' ? true : null));
  expect(await reasonOf(await decide('after'))).toBe('stale_authority');
});

it('tells services to take on nothing that needs a person while the queue is full', async () => {
  const waiting = await Promise.all(Array.from({ length: 40 }, (_, i) => decide(`flood-${i}`, { route: 'human' })));
  await eventually('a full queue', async () => ((await authority()).intake === 'full' ? true : null));
  // What comes all the same is not lost.
  expect(await reasonOf(await decide('one-more', { route: 'human' }))).toBe('automation_level');
  await Promise.all(waiting.slice(0, 20).map((id) => review(id, 'accept')));
  await eventually('room again', async () => ((await authority()).intake === 'open' ? true : null));
});
