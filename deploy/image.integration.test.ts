/**
 * The daemon of the image runs: its stage of the Dockerfile is carried out in a folder, then it is started from there with the
 * environment of compose.yaml, on PostgreSQL and NATS that are set up by the files that Compose would mount, with nothing
 * that it may write but its state. What is missing of Docker is the base image.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { findProgram } from '../stack/packages.ts';
import { makeReachableDirectory, startPostgres, type Postgres } from '../stack/postgres.ts';
import { freePort, run, type Running } from '../stack/process.ts';
import { eventually } from '../stack/test-loop.ts';
import { carryOut } from './dockerfile-steps.ts';
import { imageEnvironment, root } from './environment.ts';

const here = import.meta.dirname;
const directory = makeReachableDirectory(join(tmpdir(), 'countersign-image-'));
const image = join(directory, 'image');
const secretsDirectory = join(directory, 'secrets');
const secret = (name: string) => readFileSync(join(secretsDirectory, name), 'utf8');
const nobody = 65_534;
const isRoot = process.getuid?.() === 0;
let postgres: Postgres;
let nats: Running;
let natsUrl = '';
let daemon: Running | undefined;
let said = '';

beforeAll(async () => {
  carryOut(directory);
  if (isRoot) execFileSync('chown', ['-R', String(nobody), join(directory, 'state')]);
  execFileSync('sh', [makeSecretsIn(directory)]);
  postgres = await startPostgres(join(directory, 'postgres'), secret('postgres_password'));
  const port = await freePort();
  natsUrl = `nats://127.0.0.1:${port}`;
  for (const file of ['nats.conf', 'permissions.conf']) copyFileSync(join(here, 'nats', file), join(directory, file));
  copyFileSync(join(secretsDirectory, 'nats_passwords'), join(directory, 'passwords.conf'));
  const configuration = readFileSync(join(directory, 'nats.conf'), 'utf8')
    .replace('port: 4222', `host: 127.0.0.1, port: ${port}`)
    .replace(/^http: .*$/m, '')
    .replace('store_dir: /data', `store_dir: "${join(directory, 'data')}"`);
  writeFileSync(join(directory, 'nats.conf'), configuration);
  nats = run({
    command: inject('natsServer'),
    args: ['-c', join(directory, 'nats.conf')],
    stopSignal: 'SIGTERM',
    output: () => undefined,
  });
}, 300_000);

afterAll(async () => {
  await daemon?.stop();
  await nats?.stop();
  await postgres?.stop();
  spawnSync('chmod', ['-R', 'u+w', image]);
  rmSync(directory, { recursive: true, force: true });
});

function makeSecretsIn(folder: string): string {
  const script = join(folder, 'make-secrets.sh');
  copyFileSync(join(here, 'make-secrets.sh'), script);
  return script;
}

/** As the service of compose.yaml has it, on the ports that were free here. */
function environment(service: string, changes: Record<string, string> = {}): NodeJS.ProcessEnv {
  const compose = parse(readFileSync(join(here, 'compose.yaml'), 'utf8'), { merge: true }) as {
    services: Record<string, { environment: Record<string, string> }>;
  };
  const own = Object.fromEntries(imageEnvironment());
  const given = { ...own, ...compose.services[service]?.environment };
  return {
    PATH: process.env['PATH'],
    ...Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, value.replace('/run/secrets', secretsDirectory)]),
    ),
    COUNTERSIGN_SIGNING_KEY_FILE: join(directory, 'state/signing-key.pem'),
    COUNTERSIGN_POLICIES: join(root, 'policies'),
    COUNTERSIGN_CHANNELS: join(here, 'channels.yaml'),
    NATS_URL: natsUrl,
    ...changes,
  };
}

const countersign = (args: readonly string[], env: NodeJS.ProcessEnv) =>
  spawnSync(process.execPath, [join(image, 'daemon/bin/countersign.js'), ...args], {
    encoding: 'utf8',
    env,
    cwd: image,
    ...(isRoot ? { uid: nobody, gid: nobody } : {}),
  });

it('has what it needs to run, and not the rest', () => {
  expect(countersign(['--help'], {}).stdout).toContain('countersign daemon');
  const packages = readdirSync(join(image, 'node_modules'));
  for (const unwanted of ['typescript', 'vitest', 'react', '@grafana']) expect(packages).not.toContain(unwanted);
  expect(readdirSync(join(image, 'node_modules/@countersign'))).toEqual(['contract', 'daemon']);
  expect(existsSync(join(image, 'daemon/src'))).toBe(false);
});

it.skipIf(findProgram('psql') === null)(
  'starts, is ready, makes its key, and stops in order',
  async () => {
    // What the image of PostgreSQL does with the script when it makes the database.
    const { port, password } = new URL(postgres.url);
    const admin = new pg.Client(postgres.url);
    await admin.connect();
    await admin.query('CREATE DATABASE countersign');
    await admin.end();
    const script = join(directory, 'logins.sh');
    writeFileSync(
      script,
      readFileSync(join(here, 'postgres/logins.sh'), 'utf8').replaceAll('/run/secrets', secretsDirectory),
    );
    chmodSync(script, 0o755);
    const server = { PGHOST: '127.0.0.1', PGPORT: port, PGPASSWORD: decodeURIComponent(password) };
    execFileSync(script, {
      env: { PATH: process.env['PATH'], ...server, POSTGRES_USER: 'postgres', POSTGRES_DB: 'countersign' },
    });
    for (const name of ['database_owner_url', 'database_url', 'database_auditor_url']) {
      chmodSync(join(secretsDirectory, name), 0o644);
      writeFileSync(join(secretsDirectory, name), secret(name).replace('@postgres:5432', `@127.0.0.1:${port}`));
    }
    chmodSync(secretsDirectory, 0o711);

    expect(countersign(['daemon'], environment('daemon')).stderr).toContain('Run `countersign migrate`');
    const migrated = countersign(['migrate'], environment('migrate'));
    expect([migrated.stderr, migrated.status]).toEqual(['', 0]);

    const httpPort = await freePort();
    const otlpPort = await freePort();
    const ports = { COUNTERSIGN_HTTP_PORT: String(httpPort), COUNTERSIGN_OTLP_PORT: String(otlpPort) };
    daemon = run({
      command: process.execPath,
      args: [join(image, 'daemon/bin/countersign.js'), 'daemon'],
      cwd: image,
      env: environment('daemon', ports),
      stopSignal: 'SIGTERM',
      output: (text) => (said += text),
      ...(isRoot ? { uid: nobody } : {}),
    });
    const status = (path: string) =>
      fetch(`http://127.0.0.1:${httpPort}${path}`).then(
        (answer) => answer.status,
        () => 0,
      );
    await eventually('the daemon to be ready', async () => ((await status('/readyz')) === 200 ? true : null), 30_000);
    expect(await status('/healthz')).toBe(200);
    // Its own start is on record, and signed for: the key and the checkpoint are where they may be written, and nowhere else.
    await eventually('a checkpoint', async () => ((await status('/checkpoint')) === 200 ? true : null));
    expect(readdirSync(join(directory, 'state')).toSorted()).toEqual(['signing-key.pem', 'signing-key.pem.last']);
    expect(statSync(join(directory, 'state/signing-key.pem')).mode & 0o777).toBe(0o600);

    // The first try of the operations guide: a decision by OTLP that waits for a person.
    const sent = await fetch(`http://127.0.0.1:${otlpPort}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${secret('otlp_token')}` },
      body: readFileSync(join(here, 'example-decision.json'), 'utf8').replaceAll('NOW', `${Date.now()}000000`),
    });
    expect([sent.status, await sent.text()]).toEqual([200, '{}']);
    await eventually('the decision in the queue', async () => {
      const metrics = await fetch(`http://127.0.0.1:${httpPort}/metrics`).then((answer) => answer.text());
      return /^countersign_review_queue_cases\{workflow="mail-moderation",state="waiting"\} 1$/m.test(metrics) || null;
    });

    const verified = countersign(['verify'], {
      ...environment('migrate'),
      DATABASE_URL: secret('database_auditor_url'),
    });
    expect(verified.stdout).toContain('Nothing is wrong');

    expect(await daemon.stop()).toMatchObject({ code: 0 });
    expect(said).not.toContain('"level":50');
  },
  120_000,
);

it('lets services in as themselves, and to what is theirs', async () => {
  const connection = await connect({
    servers: natsUrl,
    user: 'service',
    pass: secret('nats_service_password'),
    inboxPrefix: '_INBOX_service',
  });
  const refused = new Promise((resolve) => {
    void (async () => {
      for await (const { type, error } of connection.status() as AsyncIterable<{ type: string; error?: Error }>) {
        if (type === 'error') resolve(String(error));
      }
    })();
  });
  connection.publish('$JS.API.STREAM.DELETE.COUNTERSIGN_EVENTS', '');
  expect(await refused).toMatch(/permissions violation/i);
  await connection.close();
  await expect(connect({ servers: natsUrl, user: 'service', pass: 'guess' })).rejects.toThrow(/authorization/i);
});
