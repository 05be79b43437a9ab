/** What an integration test stands on: a database and a NATS of its own, a Grafana that signs tokens, and a daemon. */
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Policy, PrivacyPolicy } from '@countersign/contract';
import pg from 'pg';
import { parse } from 'yaml';
import { migrate } from '../daemon/src/database/index.ts';
import { startNats, type Nats } from './nats.ts';

const { Client } = pg;
export const passwords = { daemon: 'daemon-password', service: 'service-password' };
export const pluginSecret = 'secret-of-the-test';
export const repository = join(import.meta.dirname, '..');

export interface TestLoop {
  /** Of the database's owner, for what a daemon may not do. */
  readonly databaseUrl: string;
  /** Of a login that is a writer and nothing more. */
  readonly daemonDatabaseUrl: string;
  readonly nats: Nats;
  readonly directory: string;
  readonly issuer: string;
  /** An X-Grafana-Id token. Claims given here replace the usual ones. */
  token(person: string, claims?: Record<string, unknown>): Promise<string>;
  /** What the plugin proxy adds to a request. */
  headers(person: string, grant: string): Promise<Record<string, string>>;
  /** Environment of a daemon. */
  env(): NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

export async function startTestLoop(postgresUrl: string, natsServer: string): Promise<TestLoop> {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-loop-'));
  const database = await createTestDatabase(postgresUrl);
  const nats = await startNats(natsServer, join(directory, 'nats'), passwords);

  const policies = policiesWithoutChance(directory);

  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'id-test-es256', alg: 'ES256', use: 'sig' }] };
  const grafana = await serveJson(jwks);
  const issuer = `http://127.0.0.1:${(grafana.address() as AddressInfo).port}`;
  const token = (person: string, claims: Record<string, unknown> = {}) =>
    new SignJWT({ type: 'user', username: person, name: person, identifier: person, namespace: 'default', ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'id-test-es256', typ: 'jwt' })
      .setIssuer((claims['iss'] as string | undefined) ?? issuer)
      .setAudience((claims['aud'] as string | undefined) ?? 'org:1')
      .setSubject((claims['sub'] as string | undefined) ?? `user:${person}`)
      .setIssuedAt()
      .setExpirationTime((claims['exp'] as number | undefined) ?? '10m')
      .sign(privateKey);
  return {
    databaseUrl: database.url,
    daemonDatabaseUrl: database.writerUrl,
    nats,
    directory,
    issuer,
    token,
    headers: async (person, grant) => ({
      'x-grafana-id': await token(person),
      'x-countersign-secret': pluginSecret,
      'x-countersign-grant': grant,
      'idempotency-key': randomUUID(),
    }),
    env: () => ({
      DATABASE_URL: database.writerUrl,
      NATS_URL: nats.url,
      NATS_USER: 'daemon',
      NATS_PASSWORD: passwords.daemon,
      COUNTERSIGN_HTTP_PORT: '0',
      COUNTERSIGN_PLUGIN_SECRET: pluginSecret,
      COUNTERSIGN_GRAFANA_URL: issuer,
      COUNTERSIGN_SIGNING_KEY_FILE: join(directory, 'signing-key.pem'),
      COUNTERSIGN_POLICIES: policies,
      COUNTERSIGN_LOG_LEVEL: 'error',
    }),
    stop: async () => {
      grafana.close();
      await nats.stop();
      await database.drop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Inputs are shown as they were sent, so that a test can tell; those of low risk are redacted. */
export const testPrivacy: PrivacyPolicy = { capture: 'as_is', by_risk_tier: { low: 'redacted' }, text: 'as_is' };

/** Those of the demo, but for what is drawn by chance: some cases would be decided in another way than a test means. */
function policiesWithoutChance(directory: string): string {
  const policies = join(directory, 'demo-policies');
  mkdirSync(policies);
  const { review, ...demo } = parse(readFileSync(join(repository, 'policies/mail-moderation.yaml'), 'utf8')) as Policy;
  const without = {
    ...demo,
    privacy: testPrivacy,
    review: { ...review, commit_first: {}, two_people: {}, gold: 0 },
  };
  writeFileSync(join(policies, 'mail-moderation.yaml'), JSON.stringify(without));
  return policies;
}

export interface TestDatabase {
  /** Of a superuser. */
  readonly url: string;
  /** Of a login that is a writer and nothing more. */
  readonly writerUrl: string;
  /** Another with the same contents; nobody may be connected to this one. */
  clone(): Promise<TestDatabase>;
  drop(): Promise<void>;
}

/** A database of its own, with schema and roles. */
export async function createTestDatabase(postgresUrl: string): Promise<TestDatabase> {
  const database = await newDatabase(postgresUrl, null);
  await migrate(database.url);
  await makeWriterLogin(postgresUrl);
  return database;
}

async function newDatabase(postgresUrl: string, template: string | null): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onServer(postgresUrl, `CREATE DATABASE ${name} ${template === null ? '' : `TEMPLATE ${template}`}`);
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  const writerUrl = new URL(url);
  writerUrl.username = 'test_daemon';
  writerUrl.password = passwords.daemon;
  return {
    url: url.href,
    writerUrl: writerUrl.href,
    clone: () => newDatabase(postgresUrl, name),
    drop: () => onServer(postgresUrl, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

/** One login for all tests of a server: it has what the role of a writer has. */
const makeWriterLogin = (postgresUrl: string): Promise<void> =>
  onServer(
    postgresUrl,
    `DO $$ BEGIN
       CREATE ROLE test_daemon LOGIN PASSWORD '${passwords.daemon}' IN ROLE countersign_writer;
     EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`,
  );

async function onServer(url: string, statement: string): Promise<void> {
  const client = new Client(url);
  await client.connect();
  await client.query(statement);
  await client.end();
}

const serveJson = (body: unknown): Promise<Server> =>
  new Promise((resolve) => {
    const server = createServer((_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(body));
    });
    server.listen(0, '127.0.0.1', () => resolve(server));
  });

/** Asks again and again until the answer is not null, or gives up with what it was waiting for. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | null | undefined>,
  timeoutMs = 10_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
