/** Migrations by those who may, and what is said to those who may not; on a server where nothing was made before. */
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeReachableDirectory, startPostgres, type Postgres } from '../../../stack/postgres.ts';
import { migrate, openPool } from './index.ts';

const directory = makeReachableDirectory(join(tmpdir(), 'countersign-migrate-'));
let postgres: Postgres;
let admin: pg.Client;

beforeAll(async () => {
  postgres = await startPostgres(join(directory, 'postgres'), 'admin');
  admin = new pg.Client(postgres.url);
  await admin.connect();
  await admin.query(
    "CREATE ROLE team LOGIN PASSWORD 'team' CREATEROLE; CREATE ROLE stranger LOGIN PASSWORD 'stranger'",
  );
  await admin.query('CREATE DATABASE ledger OWNER team');
});
afterAll(async () => {
  await admin?.end();
  await postgres?.stop();
  rmSync(directory, { recursive: true, force: true });
});

function urlOf(login: string, database = 'ledger'): string {
  const url = new URL(postgres.url);
  url.username = login;
  url.password = login;
  url.pathname = `/${database}`;
  return url.href;
}

it("takes the database's owner who may make roles, and nobody less", async () => {
  await expect(migrate(urlOf('stranger'))).rejects.toThrow(/this login may not change it .* Run `countersign migrate`/);
  expect(await migrate(urlOf('team'))).toEqual([
    '0001_roles.sql',
    '0002_ledger.sql',
    '0003_loop.sql',
    '0004_monitors.sql',
    '0005_response.sql',
    '0006_review.sql',
    '0007_inspection.sql',
    '0008_kept_back.sql',
    '0009_people.sql',
    '0010_once.sql',
    '0011_witness_lag.sql',
    '0012_announced.sql',
  ]);
  expect(await migrate(urlOf('team'))).toEqual([]);
});

it('does nothing for a daemon that finds the schema up to date, and lets it be a writer and no more', async () => {
  await admin.query("CREATE ROLE daemon LOGIN PASSWORD 'daemon' IN ROLE countersign_writer");
  expect(await migrate(urlOf('daemon'))).toEqual([]);
  const pool = openPool(urlOf('daemon'), 'countersign_writer', () => undefined);
  await pool.query("INSERT INTO ledger_log (log_id) VALUES ('main')");
  await expect(pool.query('DELETE FROM ledger_log')).rejects.toThrow('permission denied');
  await pool.end();
  // Nor does a superuser's login make a daemon more than that.
  const mighty = openPool(new URL('/ledger', postgres.url).href, 'countersign_writer', () => undefined);
  await expect(mighty.query('DELETE FROM ledger_leaf')).rejects.toThrow('permission denied');
  await mighty.end();
});

it('runs once though several start together', async () => {
  await admin.query('CREATE DATABASE second OWNER team');
  const ran = await Promise.all(Array.from({ length: 8 }, () => migrate(urlOf('team', 'second'))));
  expect(ran.flat()).toEqual([
    '0001_roles.sql',
    '0002_ledger.sql',
    '0003_loop.sql',
    '0004_monitors.sql',
    '0005_response.sql',
    '0006_review.sql',
    '0007_inspection.sql',
    '0008_kept_back.sql',
    '0009_people.sql',
    '0010_once.sql',
    '0011_witness_lag.sql',
    '0012_announced.sql',
  ]);
});

it('refuses a database that was made by something else', async () => {
  const client = new pg.Client(urlOf('team', 'second'));
  await client.connect();
  await client.query("UPDATE schema_migration SET sha256 = 'another' WHERE name = '0002_ledger.sql'");
  await expect(migrate(urlOf('team', 'second'))).rejects.toThrow(
    'migration 0002_ledger.sql ran here with other contents',
  );
  await client.query('ALTER TABLE schema_migration DROP COLUMN sha256');
  await expect(migrate(urlOf('team', 'second'))).rejects.toThrow('was made before the first release');
  await client.end();
});

/** How the migrations begin to hash that have run somewhere: what comes after them is a migration of its own. */
const ran: Readonly<Record<string, string>> = {
  '0001_roles.sql': 'ac0fa73ce4574c9e',
  '0002_ledger.sql': 'bd4d31aadfea130d',
  '0003_loop.sql': 'a1f603a327795bf0',
  '0004_monitors.sql': '52b7a8036baf1c70',
  '0005_response.sql': '4fb065661ec701c0',
  '0006_review.sql': 'a7202886c0aed1a0',
  '0007_inspection.sql': 'd595a4477fa5d5fe',
};

it('changes no migration that has run somewhere', () => {
  for (const [name, begins] of Object.entries(ran)) {
    expect([name, sha256(migration(name)).slice(0, 16)]).toEqual([name, begins]);
  }
});

it('brings a database of an earlier version up to date, with what is in it', async () => {
  await admin.query('CREATE DATABASE earlier OWNER team');
  const client = new pg.Client(urlOf('team', 'earlier'));
  await client.connect();
  await client.query('CREATE TABLE schema_migration (name text PRIMARY KEY, sha256 text NOT NULL, ran_at timestamptz)');
  for (const name of Object.keys(ran)) {
    await client.query('BEGIN');
    if (name !== '0001_roles.sql') await client.query('SET LOCAL ROLE countersign_owner');
    await client.query(migration(name));
    await client.query('RESET ROLE');
    await client.query('INSERT INTO schema_migration VALUES ($1, $2, now())', [name, sha256(migration(name))]);
    await client.query('COMMIT');
  }
  await client.query(`SET ROLE countersign_owner;
    INSERT INTO person VALUES ('user:1', 'Ann'), ('user:2', 'Vic');
    INSERT INTO review_case (decision_id, workflow_id, task_id, title, reason, priority, risk_tier, model_name,
        model_version, proposed_action, label, confidence, executed, ai_event_id, evidence_hash, queued_at, due_at)
      VALUES ('00000000-0000-7000-8000-000000000001', 'w', 't', 'T', 'low_confidence', 'P1', 'low', 'm', '1', 'accept',
        'spam', 0.5, false, '00000000-0000-7000-8000-000000000002', 'h', now(), now());
    INSERT INTO review_decision (idempotency_key, decision_id, reviewer, answer)
      VALUES ('00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000001', 'user:1', '{}');
    INSERT INTO review_opinion VALUES ('00000000-0000-7000-8000-000000000001', 'user:1', 'accept', 'spam', '', now());
    INSERT INTO inspection VALUES ('00000000-0000-7000-8000-000000000004', 'Q', 'w', now(), now(), 's', '[]', 'user:1', now());
    RESET ROLE`);
  expect(await migrate(urlOf('team', 'earlier'))).toEqual([
    '0008_kept_back.sql',
    '0009_people.sql',
    '0010_once.sql',
    '0011_witness_lag.sql',
    '0012_announced.sql',
  ]);
  const { rows } = await client.query(`SELECT
    (SELECT has_value FROM review_opinion) AS has_value,
    (SELECT log_size::int FROM inspection) AS log_size,
    (SELECT array_agg(id) FROM person WHERE decides_at IS NOT NULL) AS deciders`);
  expect(rows).toEqual([{ has_value: true, log_size: 0, deciders: ['user:1'] }]);
  await client.end();
});

const migration = (name: string): string => readFileSync(new URL(`../../migrations/${name}`, import.meta.url), 'utf8');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
