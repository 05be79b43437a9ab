/** Connections to PostgreSQL. Every statement has a time limit; a broken idle connection is replaced, not fatal. */
import pg from 'pg';

export type Pool = pg.Pool;
/** What a store needs: a pool or a transaction's client. */
export type Queryable = Pick<pg.Pool | pg.PoolClient, 'query'>;
/** What a connection may do, whatever its login may. */
export type DatabaseRole = 'countersign_writer' | 'countersign_reader';

export function openPool(
  connectionString: string,
  role: DatabaseRole,
  onError: (error: Error) => void,
  connections = 10,
): Pool {
  const pool = new pg.Pool({
    connectionString,
    max: connections,
    connectionTimeoutMillis: 10_000,
    statement_timeout: 30_000,
    query_timeout: 35_000,
    application_name: 'countersign',
    // Not more than the role, even for a login that is a superuser. Counting a long queue looks dear enough to be compiled first,
    // and runs for milliseconds.
    options: `-c role=${role} -c jit=off`,
  });
  pool.on('error', onError);
  // A connection that breaks while it is lent out fails its query; unheard, the event would end the process.
  pool.on('connect', (client) => client.on('error', onError));
  return pool;
}

/** Of all that is in the database: bytes. */
export async function databaseBytes(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ bytes: string }>('SELECT pg_database_size(current_database()) AS bytes');
  return Number(rows[0]?.bytes);
}

/** Runs `work` in a transaction: committed when it returns, rolled back when it throws. */
export async function inTransaction<T>(pool: Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    const { command } = await client.query('COMMIT');
    // PostgreSQL answers so, without an error, when a statement before had failed.
    if (command !== 'COMMIT') throw new Error('the transaction was rolled back: a statement of it had failed');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((rollback: Error) => (broken = rollback));
    throw error;
  } finally {
    client.release(broken);
  }
}
