/** Inputs on their way from a service to where they are kept, shown, checked and erased; in each kind of store. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import S3rver from 's3rver';
import * as service from '@countersign/otel-instrumentation';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually, passwords, startTestLoop, type TestLoop } from '../../../stack/test-loop.ts';
import { readConfig } from '../config.ts';
import { loadSigningKey, verifyDatabase } from '../ledger/index.ts';
import { startDaemon, type Daemon } from '../main.ts';
import { openPool, type Pool } from '../database/index.ts';
import { openContentStore } from './content-store.ts';
import { Snapshots } from './snapshots.ts';
import { bareEnvironment } from '../../../stack/process.ts';

const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'countersign-snapshots-'));
// It speaks S3 over HTTP; it does not check signatures of version 4.
const bucket = new S3rver({
  port: 0,
  address: '127.0.0.1',
  silent: true,
  directory: join(directory, 's3'),
  configureBuckets: [{ name: 'inputs', configs: [] }],
});
const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
let bucketUrl: string;
let loop: TestLoop;
let pool: Pool;

beforeAll(async () => {
  loop = await startTestLoop(inject('postgresUrl'), inject('natsServer'));
  pool = openPool(loop.daemonDatabaseUrl, 'countersign_writer', () => undefined);
  const { port } = await bucket.run();
  bucketUrl = `s3://inputs/countersign?endpoint=http://127.0.0.1:${port}`;
});
afterAll(async () => {
  await pool?.end();
  await loop?.stop();
  await bucket.close();
  rmSync(directory, { recursive: true, force: true });
});

const nameOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

describe.each([
  ['PostgreSQL', () => 'postgres:'],
  ['a directory', () => pathToFileURL(join(directory, 'files')).href],
  ['a bucket', () => bucketUrl],
])('kept in %s', (kind, url) => {
  const contents = () => openContentStore(url(), pool, credentials);
  const snapshots = () => new Snapshots(pool, contents(), () => new Date());

  it('a snapshot is read as it was filed, and is not there in clear', async () => {
    const bytes = Buffer.from(`the input of a decision, kept in ${kind}`);
    const name = nameOf(bytes);
    expect(await snapshots().read(name)).toEqual({ is: 'absent' });
    await snapshots().file(name, bytes);
    await snapshots().file(name, bytes);
    expect(await snapshots().read(name)).toEqual({ is: 'content', bytes });
    const stored = await contents().get(name);
    expect(stored?.length).toBe(bytes.length + 28);
    expect(stored?.includes('the input')).toBe(false);
  });

  it('a snapshot that was changed where it lies is not shown', async () => {
    const bytes = Buffer.from(`changed in ${kind}`);
    await snapshots().file(nameOf(bytes), bytes);
    const stored = await contents().get(nameOf(bytes));
    stored![40]! ^= 1;
    await contents().put(nameOf(bytes), stored!);
    await expect(snapshots().read(nameOf(bytes))).rejects.toThrow('unable to authenticate data');
  });

  it('what was erased stays erased, whoever sends it again', async () => {
    const bytes = Buffer.from(`erased from ${kind}`);
    const name = nameOf(bytes);
    await snapshots().file(name, bytes);
    expect(await snapshots().eraseKey(pool, name)).toBe(true);
    expect(await snapshots().eraseKey(pool, name)).toBe(false);
    await snapshots().deleteContent(name);
    await snapshots().file(name, bytes);
    expect(await snapshots().read(name)).toMatchObject({ is: 'erased' });
    expect(await contents().get(name)).toBeNull();
    await snapshots().deleteContent(name);
  });
});

it.each([
  ['nonsense', /is no URL/],
  ['ftp://somewhere', /want postgres:, file: or s3:/],
  ['s3://', /names no bucket/],
  ['s3://b?endpoint=nonsense', /is no URL/],
])('says what is wrong with %s', (url, message) => {
  expect(() => openContentStore(url, pool, credentials)).toThrow(message);
});

it('says that a bucket is not there', async () => {
  const elsewhere = openContentStore(bucketUrl.replace('inputs', 'nowhere'), pool, credentials);
  await expect(elsewhere.get(nameOf(Buffer.of(1)))).rejects.toThrow(/404/);
  await expect(elsewhere.put(nameOf(Buffer.of(1)), Buffer.of(1))).rejects.toThrow(/404/);
});

describe('countersign erase', () => {
  let daemon: Daemon;
  beforeAll(async () => {
    const url = pathToFileURL(join(directory, 'erase')).href;
    daemon = await startDaemon(readConfig({ ...loop.env(), COUNTERSIGN_SNAPSHOTS: url }));
  });
  afterAll(() => daemon?.stop());

  const cli = (...args: string[]) =>
    run(
      process.execPath,
      ['--conditions=countersign-source', join(import.meta.dirname, '../cli.ts'), 'erase', ...args],
      {
        env: { ...bareEnvironment(), DATABASE_URL: loop.daemonDatabaseUrl },
      },
    ).then(
      ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );

  it('destroys an input for good, says who and why for ever, and every proof stays', async () => {
    await service.start({ source: 'erase-test', natsUrl: loop.nats.url, user: 'service', password: passwords.service });
    service.decision(
      {
        workflow: 'mail-moderation',
        task: 'to-be-erased',
        model: { name: 'm', version: '1', hash: `sha256:${'0'.repeat(64)}` },
        riskTier: 'low',
        reversible: true,
        input: { content: 'Dear Ann, your results are in.', capture: true },
      },
      (decision) => {
        decision.output({ label: 'ham' }, 0.99);
        decision.propose('accept', 'sure');
      },
    );
    await service.flush();
    await service.shutdown();

    const database = new pg.Client(loop.databaseUrl);
    await database.connect();
    const { event_id: eventId, input_snapshot: input } = await eventually('the record', async () => {
      const { rows } = await database.query<{ event_id: string; input_snapshot: { hash: string } }>(
        `SELECT event_id, input_snapshot FROM audit_record WHERE task_id = 'to-be-erased' AND actor_type = 'ai'`,
      );
      return rows[0];
    });
    const headers = await loop.headers('ann', 'decide');
    const show = () => fetch(`${daemon.address}/v1/evidence/snapshots/${input.hash}`, { headers });
    const shown = await eventually('the input', async () => {
      const response = await show();
      return response.ok ? Buffer.from(await response.arrayBuffer()) : null;
    });
    // The salt comes first, so that the hash tells nothing to whoever guesses the input.
    expect(shown.subarray(32).toString()).toBe('Dear Ann, your results are in.');
    expect(nameOf(shown)).toBe(input.hash);
    expect(nameOf(shown.subarray(32))).not.toBe(input.hash);

    expect(await cli('--event', eventId)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--why is missing'),
    });
    expect(await cli('--input', nameOf(Buffer.of(9)), '--why', 'a mistake')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no decision in the log has the input'),
    });
    const erased = await cli(
      '--event',
      eventId,
      '--by',
      'data protection officer',
      '--why',
      'request 17 under Art. 17 GDPR',
    );
    expect(erased).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/is erased; record \d+ \(.*\) says so\.\n$/),
    });
    expect(await cli('--event', eventId, '--why', 'again')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('was erased before'),
    });

    const gone = await show();
    expect(gone.status).toBe(410);
    expect(await gone.json()).toMatchObject({ error: 'erased' });
    const { rows } = await database.query<{ key: Buffer | null }>('SELECT key FROM input_snapshot WHERE hash = $1', [
      input.hash,
    ]);
    expect(rows).toEqual([{ key: null }]);
    const files = readdirSync(join(directory, 'erase'), { recursive: true, withFileTypes: true }).filter((f) =>
      f.isFile(),
    );
    expect(files.map((file) => readFileSync(join(file.parentPath, file.name)))).toEqual([]);

    const why = await fetch(`${daemon.address}/v1/audit/records?type=countersign.retention.v1`, {
      headers: await loop.headers('cleo', 'audit'),
    });
    expect(await why.json()).toMatchObject({
      records: [
        {
          decision_actor: { type: 'human', id: 'data protection officer' },
          justification: 'request 17 under Art. 17 GDPR',
        },
      ],
    });
    await database.end();
    const report = await verifyDatabase({
      databaseUrl: loop.databaseUrl,
      logId: 'main',
      keys: [loadSigningKey(join(loop.directory, 'signing-key.pem'), 'countersign.local/main').verifier],
      witnesses: [],
      checkpoints: [],
      onProgress: () => undefined,
    });
    expect(report).toMatchObject({ ok: true });
  });
});
