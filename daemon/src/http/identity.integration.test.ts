/** Attempts to get in without being who one says. Every one is answered 403, and never 401. */
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { pluginSecret, startTestLoop, type TestLoop } from '../../../stack/test-loop.ts';
import { readConfig } from '../config.ts';
import { startDaemon, type Daemon } from '../main.ts';

let loop: TestLoop;
let daemon: Daemon;

beforeAll(async () => {
  loop = await startTestLoop(inject('postgresUrl'), inject('natsServer'));
  daemon = await startDaemon(readConfig(loop.env()));
});

afterAll(async () => {
  await daemon?.stop();
  await loop?.stop();
});

/** A server of the attacker's own, and whether anybody has asked it. */
let hostile: Server | undefined;
let asked = 0;
async function keysAt(jwks: object): Promise<string> {
  hostile = createServer((_request, response) => {
    asked += 1;
    response.end(JSON.stringify(jwks));
  });
  await new Promise<void>((resolve) => hostile?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(hostile.address() as AddressInfo).port}/keys`;
}
afterAll(() => void hostile?.close());

const ask = (headers: Record<string, string>, path = '/v1/reviews/queue') =>
  fetch(`${daemon.address}${path}`, { headers });
const door = { 'x-countersign-secret': pluginSecret, 'x-countersign-grant': 'read' };

it('lets a person in', async () => {
  expect((await ask(await loop.headers('ann', 'read'))).status).toBe(200);
});

describe('refuses', () => {
  const attacks: Record<string, () => Promise<Record<string, string>>> = {
    'a request without anything': async () => ({}),
    'a replayed token without the secret': async () => ({
      'x-grafana-id': await loop.token('ann'),
      'x-countersign-grant': 'read',
    }),
    'a wrong secret': async () => ({ ...(await loop.headers('ann', 'read')), 'x-countersign-secret': 'guess' }),
    'an empty secret': async () => ({ ...(await loop.headers('ann', 'read')), 'x-countersign-secret': '' }),
    'no token': async () => door,
    'user and context headers instead of a token': async () => ({
      ...door,
      'x-grafana-user': 'ann',
      'x-grafana-context': '{"UserID":1}',
    }),
    'another grant': async () => loop.headers('ann', 'decide'),
    'an expired token': async () => ({ ...door, 'x-grafana-id': await loop.token('ann', { exp: 1_000_000 }) }),
    'a token for another organisation': async () => ({
      ...door,
      'x-grafana-id': await loop.token('ann', { aud: 'org:2' }),
    }),
    'a token of another issuer': async () => ({
      ...door,
      'x-grafana-id': await loop.token('ann', { iss: 'http://evil.example' }),
    }),
    'a service account': async () => ({
      ...door,
      'x-grafana-id': await loop.token('agent', { type: 'service-account' }),
    }),
    'a token signed by nobody': async () => {
      const [header, body] = (await loop.token('ann')).split('.');
      return { ...door, 'x-grafana-id': `${header}.${body}.AAAA` };
    },
    'the algorithm none': async () => {
      const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const claims = { iss: loop.issuer, aud: 'org:1', sub: 'user:1', type: 'user', exp: 9_999_999_999 };
      return { ...door, 'x-grafana-id': `${encode({ alg: 'none' })}.${encode(claims)}.` };
    },
    'a symmetric algorithm': async () => {
      const token = new SignJWT({ type: 'user' })
        .setProtectedHeader({ alg: 'HS256', kid: 'id-test-es256' })
        .setIssuer(loop.issuer)
        .setAudience('org:1')
        .setSubject('user:1')
        .setExpirationTime('1h');
      return { ...door, 'x-grafana-id': await token.sign(Buffer.from('a secret of thirty-two bytes, or')) };
    },
    'a key id that Grafana does not have': async () => {
      const { privateKey } = await generateKeyPair('ES256');
      const token = new SignJWT({ type: 'user' })
        .setProtectedHeader({ alg: 'ES256', kid: 'id-other-es256' })
        .setIssuer(loop.issuer)
        .setAudience('org:1')
        .setSubject('user:1')
        .setExpirationTime('1h');
      return { ...door, 'x-grafana-id': await token.sign(privateKey) };
    },
    // A client's own header beside the one that Grafana sets.
    'two grants': async () => ({ ...(await loop.headers('ann', 'read')), 'x-countersign-grant': 'read, decide' }),
    'a token that brings its own key along': async () => {
      const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
      const jwk = await exportJWK(publicKey);
      const token = new SignJWT({ type: 'user' })
        .setProtectedHeader({ alg: 'ES256', kid: 'id-test-es256', jwk })
        .setIssuer(loop.issuer)
        .setAudience('org:1')
        .setSubject('user:1')
        .setExpirationTime('1h');
      return { ...door, 'x-grafana-id': await token.sign(privateKey) };
    },
    'a token that says where its key is': async () => {
      const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
      const jwk = { ...(await exportJWK(publicKey)), kid: 'id-mine-es256', alg: 'ES256', use: 'sig' };
      const token = new SignJWT({ type: 'user' })
        .setProtectedHeader({ alg: 'ES256', kid: 'id-mine-es256', jku: await keysAt({ keys: [jwk] }) })
        .setIssuer(loop.issuer)
        .setAudience('org:1')
        .setSubject('user:1')
        .setExpirationTime('1h');
      return { ...door, 'x-grafana-id': await token.sign(privateKey) };
    },
    'a key that nobody knows': async () => {
      const { privateKey } = await generateKeyPair('ES256');
      const token = new SignJWT({ type: 'user' })
        .setProtectedHeader({ alg: 'ES256', kid: 'id-test-es256' })
        .setIssuer(loop.issuer)
        .setAudience('org:1')
        .setSubject('user:1')
        .setExpirationTime('1h');
      return { ...door, 'x-grafana-id': await token.sign(privateKey) };
    },
  };
  it.each(Object.keys(attacks))('%s', async (name) => {
    const answer = await ask(await attacks[name]!());
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ error: 'forbidden' });
  });

  it('and asks for keys nowhere but where its own configuration says', () => {
    expect([hostile?.listening, asked]).toEqual([true, 0]);
  });
});

it.each([
  '/v1/breakers/trip',
  '/v1/approvals/rollback',
  '/v1/incidents/acknowledge',
  '/v1/silences/begin',
  '/v1/reviews/claim-next',
  `/v1/reviews/cases/${crypto.randomUUID()}/decide`,
])('changes nothing by GET or HEAD: %s', async (path) => {
  for (const method of ['GET', 'HEAD']) {
    for (const grant of ['operate', 'approve', 'decide']) {
      const headers = await loop.headers('ann', grant);
      expect((await fetch(`${daemon.address}${path}`, { method, headers })).status).toBe(404);
    }
  }
});

it('takes two people who have one name and one login for two', async () => {
  const as = async (sub: string) => {
    const token = await loop.token('ann', { sub, username: 'ann' });
    const headers = { ...(await loop.headers('ann', 'read')), 'x-grafana-id': token };
    return ((await (await ask(headers)).json()) as { asker: string }).asker;
  };
  const [one, other] = [await as('user:1'), await as('user:2')];
  expect([one, other]).toEqual([expect.stringContaining('user:1'), expect.stringContaining('user:2')]);
});

it.each(['/v1/reviews/..%2Fbreakers/trip', '/v1/reviews/../audit/records', '/v1//reviews/queue', '/v1/reviews\\queue'])(
  'does not fold the path %s into another',
  async (path) => {
    expect((await rawStatus(path, await loop.headers('ann', 'read'))).startsWith('HTTP/1.1 400')).toBe(true);
  },
);

it.each([
  ['/v1/approvals/rollback', 'approve'],
  ['/v1/reviews/claim-next', 'decide'],
  ['/v1/breakers/trip', 'operate'],
  ['/v1/inspections', 'audit'],
])('lets no service account post to %s', async (path, grant) => {
  const headers = {
    ...(await loop.headers('agent', grant)),
    'x-grafana-id': await loop.token('agent', { type: 'service-account', sub: 'service-account:7' }),
    'content-type': 'application/json',
  };
  const answer = await fetch(`${daemon.address}${path}`, { method: 'POST', headers, body: '{}' });
  expect([answer.status, ((await answer.json()) as { error: string }).error]).toEqual([403, 'forbidden']);
});

it("lets in whoever Grafana names, with its root URL's slash at the end as Grafana writes it, or without", async () => {
  for (const iss of [loop.issuer, `${loop.issuer}/`]) {
    const headers = { ...(await loop.headers('ann', 'read')), 'x-grafana-id': await loop.token('ann', { iss }) };
    expect((await fetch(`${daemon.address}/v1/reviews/queue`, { headers })).status).toBe(200);
  }
});

it('does not upgrade', async () => {
  const headers = { ...(await loop.headers('ann', 'read')), upgrade: 'websocket', connection: 'upgrade' };
  expect(await rawStatus('/v1/reviews/queue', headers)).toMatch(/^HTTP\/1\.1 400/);
});

it('refuses to start with an empty secret', async () => {
  expect(() => readConfig({ ...loop.env(), COUNTERSIGN_PLUGIN_SECRET: '' })).toThrow(
    'COUNTERSIGN_PLUGIN_SECRET is not set',
  );
});

/** The status line for a path that is sent as it stands; fetch would fold it. */
function rawStatus(path: string, headers: Record<string, string>): Promise<string> {
  const { hostname, port } = new URL(daemon.address);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      const lines = Object.entries({ connection: 'close', ...headers }).map(([name, value]) => `${name}: ${value}`);
      socket.write(`GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\n${lines.join('\r\n')}\r\n\r\n`);
    });
    socket.once('data', (bytes) => {
      socket.destroy();
      resolve(bytes.toString().split('\r\n')[0] ?? '');
    });
    socket.once('error', reject);
  });
}
