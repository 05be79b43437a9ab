/** What everything that writes the ledger is measured against: COPY of the same rows into tables of the same make. */
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';

/** Records a second: leaves and records of a ledger, each in one stream, one after the other, committed once. */
export async function copyRate(databaseUrl: string, atMost = 200_000): Promise<number> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    const read = async (table: string) => {
      const query = `COPY (SELECT * FROM ${table} WHERE log_index < ${atMost}) TO STDOUT (FORMAT binary)`;
      return buffer(client.query(copyTo(query)));
    };
    const [leaves, records] = [await read('ledger_leaf'), await read('ledger_record')];
    const { rows } = await client.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM ledger_leaf WHERE log_index < $1',
      [atMost],
    );
    await client.query(`CREATE TABLE raw_leaf (LIKE ledger_leaf INCLUDING ALL);
      CREATE TABLE raw_record (LIKE ledger_record INCLUDING ALL) PARTITION BY RANGE (log_id, log_index);
      CREATE TABLE raw_record_0 PARTITION OF raw_record DEFAULT`);
    const write = (table: string, bytes: Buffer) =>
      pipeline(Readable.from([bytes]), client.query(copyFrom(`COPY ${table} FROM STDIN (FORMAT binary)`)));
    const started = performance.now();
    await client.query('BEGIN');
    await write('raw_leaf', leaves);
    await write('raw_record', records);
    await client.query('COMMIT');
    const seconds = (performance.now() - started) / 1_000;
    await client.query('DROP TABLE raw_leaf, raw_record');
    return (rows[0]?.count ?? 0) / seconds;
  } finally {
    await client.end();
  }
}
