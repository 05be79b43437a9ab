/** What is written in the binary format is what PostgreSQL reads, and what PostgreSQL writes is what we read. */
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { copyInto, copyOut, CopyRows, openPool, readBigint, type Pool } from './index.ts';
import { createTestDatabase, type TestDatabase } from '../../../stack/test-loop.ts';

let database: TestDatabase;
let owner: pg.Client;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase(inject('postgresUrl'));
  owner = new pg.Client(database.url);
  await owner.connect();
  await owner.query('CREATE TABLE every_kind (i bigint, t text, u uuid, at timestamptz, b bytea, j jsonb)');
  await owner.query('GRANT ALL ON every_kind TO countersign_writer');
  pool = openPool(database.writerUrl, 'countersign_writer', () => undefined);
});
afterAll(async () => {
  await pool?.end();
  await owner?.end();
  await database?.drop();
});

const row = fc.record({
  i: fc.option(fc.maxSafeInteger()),
  t: fc.option(fc.string({ unit: 'binary', maxLength: 300 }).map((text) => text.replaceAll('\0', ''))),
  u: fc.option(fc.uuid()),
  at: fc.date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
  b: fc.option(fc.uint8Array({ maxLength: 3_000 })),
  j: fc.option(
    fc.record({ text: fc.string({ maxLength: 20 }).map((text) => text.replaceAll('\0', '')), n: fc.integer() }),
  ),
});

it('writes and reads every kind of field', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 40 }), async (rows) => {
      await owner.query('TRUNCATE every_kind');
      const copied = new CopyRows(64);
      for (const { i, t, u, at, b, j } of rows)
        copied.row(6).bigint(i).text(t).uuid(u).timestamp(at.getTime()).bytes(b).jsonb(j);
      const client = await pool.connect();
      await copyInto(client, 'every_kind (i, t, u, at, b, j)', [copied.finish()]);
      client.release();
      const { rows: found } = await owner.query('SELECT i::text, t, u, at, b, j FROM every_kind');
      expect(found).toEqual(
        rows.map(({ i, b, ...rest }) => ({
          ...rest,
          i: i === null ? null : String(i),
          b: b === null ? null : Buffer.from(b),
        })),
      );
      const read: unknown[] = [];
      for await (const lot of copyOut(owner, 'SELECT i, b FROM every_kind WHERE i IS NOT NULL')) {
        for (const [i, b] of lot) read.push([readBigint(i), b === null ? null : Buffer.from(b!)]);
      }
      expect(read).toEqual(rows.flatMap(({ i, b }) => (i === null ? [] : [[i, b === null ? null : Buffer.from(b)]])));
    }),
    { numRuns: 60 },
  );
});

it('says what PostgreSQL says', async () => {
  const client = await pool.connect();
  const copied = new CopyRows(64);
  copied.row(1).text('not a number');
  await expect(copyInto(client, 'every_kind (i)', [copied.finish()])).rejects.toThrow('incorrect binary data format');
  // And the connection is as good as before.
  expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  client.release();
});
