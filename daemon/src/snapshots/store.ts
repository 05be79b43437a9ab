/** All SQL of the input snapshots. */
import type { Pool, Queryable } from '../database/index.ts';
import type { ContentStore } from './content-store.ts';

/** Contents beside everything else. */
export class PostgresStore implements ContentStore {
  private readonly pool: Pool;

  constructor(pool: Pool) {
    this.pool = pool;
  }

  async put(name: string, bytes: Buffer): Promise<void> {
    await this.pool.query(
      `INSERT INTO input_snapshot_content (hash, content) VALUES ($1, $2)
       ON CONFLICT (hash) DO UPDATE SET content = $2`,
      [name, bytes],
    );
  }

  async get(name: string): Promise<Buffer | null> {
    const { rows } = await this.pool.query<{ content: Buffer }>(
      'SELECT content FROM input_snapshot_content WHERE hash = $1',
      [name],
    );
    return rows[0]?.content ?? null;
  }

  async delete(name: string): Promise<void> {
    await this.pool.query('DELETE FROM input_snapshot_content WHERE hash = $1', [name]);
  }
}

export interface SnapshotRow {
  /** Null when it was erased. */
  readonly key: Buffer | null;
  readonly erasedAt: Date | null;
}

export async function readSnapshotRow(db: Queryable, hash: string): Promise<SnapshotRow | null> {
  const { rows } = await db.query<{ key: Buffer | null; erased_at: Date | null }>(
    'SELECT key, erased_at FROM input_snapshot WHERE hash = $1',
    [hash],
  );
  return rows[0] === undefined ? null : { key: rows[0].key, erasedAt: rows[0].erased_at };
}

/** Gives the snapshot its key, unless it has one or was erased. */
export async function insertSnapshot(db: Queryable, hash: string, key: Buffer, at: Date): Promise<void> {
  await db.query('INSERT INTO input_snapshot (hash, key, filed_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
    hash,
    key,
    at,
  ]);
}

/** Destroys the key, also of a snapshot that is yet to come. False when it was destroyed before. */
export async function eraseSnapshot(db: Queryable, hash: string, at: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    `INSERT INTO input_snapshot (hash, key, filed_at, erased_at) VALUES ($1, NULL, $2, $2)
     ON CONFLICT (hash) DO UPDATE SET key = NULL, erased_at = $2 WHERE input_snapshot.erased_at IS NULL`,
    [hash, at],
  );
  return rowCount === 1;
}
