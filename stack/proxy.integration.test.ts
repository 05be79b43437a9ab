/** What a client says of itself does not count: attempts to get past the plugin proxy, through a real host to a real daemon. */
import { createServer, request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Claim, Queue } from '@countersign/contract';
import { pluginSecret } from './test-loop.ts';
import { startTestPage, type TestPage } from './test-page.ts';

const app = 'countersign-decisions-app';
let stage: TestPage;
let waiting: string;

beforeAll(async () => {
  stage = await startTestPage(inject('postgresUrl'), inject('natsServer'), (demo) => ({
    review: { ...demo.review, gold: 0 },
  }));
  waiting = await stage.decided('A case');
});
afterAll(async () => {
  await stage?.stop();
});

interface Sent {
  readonly method?: 'GET' | 'POST';
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: object;
}

/** As a person of the host, with path and headers as they are written here: fetch would fold the one and forbid some others. */
async function send(login: string, path: string, { method = 'GET', headers = {}, body }: Sent = {}) {
  const { hostname, port } = new URL(stage.url(''));
  const cookie = `countersign_user=${login}`;
  return new Promise<{ status: number; body: unknown }>((resolve, reject) => {
    const sent = request(
      { hostname, port, path, method, headers: { 'content-type': 'application/json', ...headers, cookie } },
      (response) => {
        text(response)
          .then((said) => ({ status: response.statusCode ?? 0, body: JSON.parse(said) as unknown }))
          .then(resolve, reject);
      },
    );
    sent.once('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
const throughProxy = (login: string, path: string, sent: Sent = {}) =>
  send(login, `/api/plugin-proxy/${app}/${path}`, sent);

/** What arrives where the daemon is, when this is sent. */
async function arriving(login: string, path: string, sent: Sent = {}): Promise<IncomingHttpHeaders> {
  let heard: IncomingHttpHeaders = {};
  const spy = createServer((incoming, response) => {
    heard = incoming.headers;
    response.end('{}');
  });
  await new Promise<void>((resolve) => spy.listen(0, '127.0.0.1', resolve));
  await pointTo(`http://127.0.0.1:${(spy.address() as AddressInfo).port}`);
  try {
    await throughProxy(login, path, sent);
  } finally {
    await pointTo(stage.daemon.address);
    spy.close();
  }
  return heard;
}
const pointTo = (daemonUrl: string) =>
  send('ada', `/api/plugins/${app}/settings`, { method: 'POST', body: { enabled: true, jsonData: { daemonUrl } } });

describe('a grant that a viewer gives to himself', () => {
  const headers = { 'X-Countersign-Grant': 'decide' };

  it('lets him decide nothing', async () => {
    const decision = { action: 'accept', justification: 'mine', lease_epoch: 1, case_version: 1 };
    for (const verb of ['claim', 'decide']) {
      const path = `v1/reviews/cases/${waiting}/${verb}`;
      const { status } = await throughProxy('vic', path, { method: 'POST', headers, body: decision });
      expect([verb, status]).toEqual([verb, 403]);
    }
    const { items } = (await throughProxy('vic', 'v1/reviews/queue')).body as Queue;
    expect(items.map(({ decision_id, state, claimed_by }) => [decision_id, state, claimed_by])).toEqual([
      [waiting, 'waiting', null],
    ]);
  });

  it.each(['decide', 'read, decide', ['read', 'decide'], ''])(
    'is replaced by what the route gives: %j',
    async (given) => {
      const own = { headers: { 'X-Countersign-Grant': given } };
      expect((await arriving('vic', 'v1/reviews/queue', own))['x-countersign-grant']).toBe('read');
      // With another grant than its own the daemon refuses a route.
      expect((await throughProxy('vic', 'v1/reviews/queue', own)).status).toBe(200);
    },
  );

  it.each(['v1/evidence/cases/x', 'v1/audit/records', 'v1/inspections'])('does not open %s', async (path) => {
    expect((await throughProxy('vic', path, { headers: { 'X-Countersign-Grant': 'audit' } })).status).toBe(403);
  });
});

it('does not pass on what a client says of who it is, and of what it knows', async () => {
  const adas = (await arriving('ada', 'v1/reviews/queue'))['x-grafana-id'] as string;
  const heard = await arriving('vic', 'v1/reviews/queue', {
    headers: {
      'X-Countersign-Secret': 'a guess',
      'X-Grafana-Id': adas,
      'X-Grafana-User': 'ada',
      'X-Grafana-Context': '{"login":"ada"}',
      authorization: 'Bearer a token',
      origin: 'http://elsewhere.example',
    },
  });
  expect(heard['x-countersign-secret']).toBe(pluginSecret);
  expect(decodeJwt(adas)).toMatchObject({ sub: 'user:7', username: 'ada' });
  expect(decodeJwt(heard['x-grafana-id'] as string)).toMatchObject({ sub: 'user:6', username: 'vic' });
  expect(heard['x-grafana-context']).toContain('"vic"');
  for (const name of ['x-grafana-user', 'authorization', 'cookie', 'origin'])
    expect([name, heard[name]]).toEqual([name, undefined]);
});

it('knows a person by the host’s token, also when the client sends somebody else’s', async () => {
  const bens = (await arriving('ben', 'v1/reviews/queue'))['x-grafana-id'];
  const { status, body } = await throughProxy('ann', `v1/reviews/cases/${waiting}/claim`, {
    method: 'POST',
    headers: { 'X-Grafana-Id': bens, 'X-Countersign-Secret': 'a guess' },
    body: {},
  });
  expect(status).toBe(200);
  expect((body as Claim).item.claimed_by?.name).toBe('Ann');
});

describe('a path that climbs', () => {
  const records = [
    '..%2Faudit%2Frecords',
    '..%2faudit/records',
    '../audit/records',
    '%2e%2e/audit/records',
    '..\\audit\\records',
  ];

  it.each(records)('does not come to the audit trail by the route of the queue: %s', async (path) => {
    const { status, body } = await throughProxy('vic', `v1/reviews/${path}`);
    expect([status, body]).toEqual([400, expect.objectContaining({ error: 'bad_request' })]);
  });

  it.each(['..%2Fbreakers%2Ftrip', '../breakers/trip', '%2e%2e/breakers/trip'])(
    'does not stop the AI by the route of decisions: %s',
    async (path) => {
      const body = { workflow_id: 'mail-moderation', model_name: 'spam-logit', risk_tier: null, reason: 'mine' };
      const { status } = await throughProxy('ann', `v1/reviews/${path}`, { method: 'POST', body });
      expect(status).toBe(400);
      expect((await stage.ask('ann', 'v1/response')).body).toMatchObject({ breakers: [] });
    },
  );

  it.each([
    'metrics',
    'v1/reviews/..%2F..%2Fmetrics',
    'v1/reviews/../../metrics',
    '/v1/reviews/queue',
    'V1/reviews/queue',
  ])('comes to no page of the daemon that is not in plugin.json: %s', async (path) => {
    expect([400, 404]).toContain((await throughProxy('vic', path)).status);
  });
});
