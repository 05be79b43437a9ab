/**
 * Brings the schema up to date: the files of `migrations/` in order of their names, each once, each in its own
 * transaction, under an advisory lock so that daemons which start together take turns.
 */
import { readdir, readFile } from 'node:fs/promises';
import type { Pool } from 'pg';

const directory = new URL('../../migrations/', import.meta.url);
/** Any constant will do, as long as it is ours: "csig" in ASCII. */
const lockKey = 0x63736967;

/** The names of the migrations it ran. */
export async function migrate(pool: Pool): Promise<string[]> {
  const client = await pool.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [lockKey]);
    await client.query(
      `CREATE TABLE IF NOT EXISTS schema_migration (name text PRIMARY KEY, ran_at timestamptz NOT NULL DEFAULT now())`,
    );
    const { rows } = await client.query<{ name: string }>('SELECT name FROM schema_migration');
    const done = new Set(rows.map((row) => row.name));
    const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).toSorted();
    const todo = names.filter((name) => !done.has(name));
    for (const name of todo) {
      const sql = await readFile(new URL(name, directory), 'utf8');
      await client.query('BEGIN');
      try {
        await client.query(sql);
        await client.query('INSERT INTO schema_migration (name) VALUES ($1)', [name]);
        await client.query('COMMIT');
      } catch (error) {
        await client.query('ROLLBACK');
        throw new Error(`migration ${name} failed and was undone: ${String(error)}`, { cause: error });
      }
    }
    return todo;
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [lockKey]).catch(() => undefined);
    client.release();
  }
}
