/** Migrations by those who may, and what is said to those who may not; on a server where nothing was made before. */
import { rmSync } from 'node:fs';
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
    '0008_people.sql',
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
    '0008_people.sql',
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
