/**
 * Brings the schema up to date: the files of `migrations/` in order of their names, each once, each in its own
 * transaction, under an advisory lock so that daemons which start together take turns. The first makes the roles, the
 * others run as the owner, so that whoever migrates owns nothing and a daemon that cannot migrate can still run.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';

const directory = new URL('../../migrations/', import.meta.url);
/** Any constant will do, as long as it is ours: "csig" in ASCII. */
const lockKey = 0x63736967;
const rolesMigration = '0001_roles.sql';

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

/** The names of the migrations it ran; none when the schema was up to date. Throws when the login may not do it. */
export async function migrate(connectionString: string): Promise<string[]> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 10_000, application_name: 'countersign' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    if ((await missing(client)).length === 0) return [];
    await client.query('SELECT pg_advisory_lock($1)', [lockKey]);
    await client.query(
      `CREATE TABLE IF NOT EXISTS schema_migration
         (name text PRIMARY KEY, sha256 text NOT NULL, ran_at timestamptz NOT NULL DEFAULT now())`,
    );
    const todo = await missing(client);
    for (const migration of todo) await run(client, migration);
    return todo.map(({ name }) => name);
  } catch (error) {
    if ((error as { code?: unknown }).code !== '42501') throw error;
    throw new Error(
      `the schema is not up to date, and this login may not change it (${(error as Error).message}). ` +
        'Run `countersign migrate` once with a DATABASE_URL that may create roles.',
      { cause: error },
    );
  } finally {
    await client.end();
  }
}

/** Those that have not run here. Throws when one that has run was another then. */
async function missing(client: pg.Client): Promise<Migration[]> {
  // Both from one view of the catalogue: another that starts now may make the table between two.
  const { rows: tables } = await client.query<{ there: boolean; ours: boolean | null }>(
    `SELECT count(*) > 0 AS there, bool_or(column_name = 'sha256') AS ours FROM information_schema.columns
     WHERE table_name = 'schema_migration' AND table_schema = ANY (current_schemas(false))`,
  );
  const [table] = tables;
  if (table?.there && table.ours !== true) {
    throw new Error(
      'this database was made before the first release, and its schema cannot be used. Use an empty one.',
    );
  }
  const { rows } = table?.there
    ? await client.query<{ name: string; sha256: string }>('SELECT name, sha256 FROM schema_migration')
    : { rows: [] };
  const ran = new Map(rows.map(({ name, sha256 }) => [name, sha256]));
  const all = await readMigrations();
  const other = all.find(({ name, sha256 }) => ran.has(name) && ran.get(name) !== sha256);
  if (other !== undefined) {
    throw new Error(
      `migration ${other.name} ran here with other contents. Use the version of Countersign that made this database.`,
    );
  }
  return all.filter(({ name }) => !ran.has(name));
}

async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, directory), 'utf8');
      return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

async function run(client: pg.Client, { name, sql, sha256 }: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    if (name !== rolesMigration) await client.query('SET LOCAL ROLE countersign_owner');
    await client.query(sql);
    await client.query('RESET ROLE');
    await client.query('INSERT INTO schema_migration (name, sha256) VALUES ($1, $2)', [name, sha256]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    if ((error as { code?: unknown }).code === '42501') throw error;
    throw new Error(`migration ${name} failed and was undone: ${String(error)}`, { cause: error });
  }
}
