/** Connections to PostgreSQL. Every statement has a time limit; a broken idle connection is replaced, not fatal. */
import pg from 'pg';

export type Pool = pg.Pool;
/** What a store needs: a pool or a transaction's client. */
export type Queryable = Pick<pg.Pool | pg.PoolClient, 'query'>;

export function openPool(connectionString: string, onError: (error: Error) => void): Pool {
  const pool = new pg.Pool({
    connectionString,
    max: 10,
    connectionTimeoutMillis: 10_000,
    statement_timeout: 30_000,
    query_timeout: 35_000,
    application_name: 'countersign',
  });
  pool.on('error', onError);
  // A connection that breaks while it is lent out fails its query; unheard, the event would end the process.
  pool.on('connect', (client) => client.on('error', onError));
  return pool;
}

/** Runs `work` in a transaction: committed when it returns, rolled back when it throws. */
export async function inTransaction<T>(pool: Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((rollback: Error) => (broken = rollback));
    throw error;
  } finally {
    client.release(broken);
  }
}
