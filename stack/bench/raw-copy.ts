/** What everything that writes the ledger is measured against: COPY of the same rows into tables of the same make. */
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';

/** Everything that was written before is on the disk when it resolves, so that what follows is measured alone. */
export async function settle(databaseUrl: string): Promise<void> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  await client.query('CHECKPOINT');
  await client.end();
}

/** Seconds for leaves and records [first, end) of a ledger, each in one stream, one after the other, committed once. */
export async function copySeconds(databaseUrl: string, first: number, end: number): Promise<number> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    const read = async (table: string) => {
      const query = `COPY (SELECT * FROM ${table} WHERE log_index >= ${first} AND log_index < ${end}) TO STDOUT (FORMAT binary)`;
      return buffer(client.query(copyTo(query)));
    };
    const [leaves, records] = [await read('ledger_leaf'), await read('ledger_record')];
    await client.query(`CREATE TABLE raw_leaf (LIKE ledger_leaf INCLUDING ALL);
      CREATE TABLE raw_record (LIKE ledger_record INCLUDING ALL) PARTITION BY RANGE (log_id, log_index);
      CREATE TABLE raw_record_0 PARTITION OF raw_record DEFAULT`);
    // What was written before must not be paid for here.
    await client.query('CHECKPOINT');
    const write = (table: string, bytes: Buffer) =>
      pipeline(Readable.from([bytes]), client.query(copyFrom(`COPY ${table} FROM STDIN (FORMAT binary)`)));
    const started = performance.now();
    await client.query('BEGIN');
    await write('raw_leaf', leaves);
    await write('raw_record', records);
    await client.query('COMMIT');
    const seconds = (performance.now() - started) / 1_000;
    await client.query('DROP TABLE raw_leaf, raw_record');
    return seconds;
  } finally {
    await client.end();
  }
}
