/** All SQL of the door: what came of requests under their idempotency keys. */
import type { Queryable } from '../database/index.ts';

export interface KeptRequest {
  readonly key: string;
  readonly person: string;
  readonly request_hash: Buffer;
  readonly begun_at: Date;
  /** Null while it is under way. */
  readonly status: number | null;
  readonly answer: string | null;
}

/** False when the key is there already. Those from before `forgotten` go. */
export async function beginRequest(
  db: Queryable,
  { key, person, request_hash, begun_at }: Omit<KeptRequest, 'status' | 'answer'>,
  forgotten: Date,
): Promise<boolean> {
  await db.query('DELETE FROM request_answer WHERE begun_at < $1', [forgotten]);
  const { rowCount } = await db.query(
    'INSERT INTO request_answer (key, person, request_hash, begun_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
    [key, person, request_hash, begun_at],
  );
  return rowCount === 1;
}

export async function readRequest(db: Queryable, key: string): Promise<KeptRequest | null> {
  const { rows } = await db.query<KeptRequest>('SELECT * FROM request_answer WHERE key = $1', [key]);
  return rows[0] ?? null;
}

export async function endRequest(db: Queryable, key: string, status: number, answer: string): Promise<void> {
  await db.query('UPDATE request_answer SET status = $2, answer = $3 WHERE key = $1', [key, status, answer]);
}
