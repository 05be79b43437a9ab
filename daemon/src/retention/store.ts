/** All SQL of retention and of orders. */
import type { Queryable } from '../database/index.ts';

/** What somebody has ordered from the command line. */
export interface Order {
  readonly what: 'erase_input';
  readonly input: string;
  readonly by: string;
  readonly justification: string;
}

export type OrderAnswer =
  | { readonly is: 'done'; readonly log_index: number; readonly message: string }
  | { readonly is: 'refused'; readonly message: string };

export async function insertOrder(db: Queryable, logId: string, id: string, order: Order, at: Date): Promise<void> {
  await db.query('INSERT INTO ledger_order (order_id, log_id, asked_at, wanted) VALUES ($1, $2, $3, $4)', [
    id,
    logId,
    at,
    JSON.stringify(order),
  ]);
}

/** Those that wait, in the order in which they were asked. */
export async function waitingOrders(db: Queryable, logId: string): Promise<{ id: string; order: Order }[]> {
  const { rows } = await db.query<{ order_id: string; wanted: Order }>(
    'SELECT order_id, wanted FROM ledger_order WHERE log_id = $1 AND done_at IS NULL ORDER BY asked_at LIMIT 100',
    [logId],
  );
  return rows.map(({ order_id, wanted }) => ({ id: order_id, order: wanted }));
}

/** Holds an order until the transaction ends; false when it was withdrawn or carried out. */
export async function lockOrder(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query('SELECT FROM ledger_order WHERE order_id = $1 AND done_at IS NULL FOR UPDATE', [
    id,
  ]);
  return rowCount === 1;
}

export async function finishOrder(db: Queryable, id: string, answer: OrderAnswer, at: Date): Promise<void> {
  await db.query('UPDATE ledger_order SET done_at = $2, answer = $3 WHERE order_id = $1 AND done_at IS NULL', [
    id,
    at,
    JSON.stringify(answer),
  ]);
}

export async function orderAnswer(db: Queryable, id: string): Promise<OrderAnswer | null> {
  const { rows } = await db.query<{ answer: OrderAnswer | null }>(
    'SELECT answer FROM ledger_order WHERE order_id = $1',
    [id],
  );
  return rows[0]?.answer ?? null;
}

/** Takes an order back that nobody has carried out. */
export async function withdrawOrder(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query('DELETE FROM ledger_order WHERE order_id = $1 AND done_at IS NULL', [id]);
  return rowCount === 1;
}

export interface OldPartition {
  readonly first: number;
  readonly end: number;
  /** When the newest of its events happened. */
  readonly newest: Date;
  /** The record that says that it is dropped; null before there is one. */
  readonly retentionIndex: number | null;
}

/** The oldest partition that has its records still; null when it is not full, or its search segments are not stored. */
export async function oldestPartition(db: Queryable, logId: string): Promise<OldPartition | null> {
  const { rows } = await db.query<{
    first_index: string;
    end_index: string;
    retention_index: string | null;
    newest: string | null;
    segments: number;
  }>(
    `SELECT p.first_index, p.end_index, p.retention_index, max(s.last_time) AS newest, count(s)::int AS segments
     FROM ledger_partition p
     JOIN ledger_log l ON l.log_id = p.log_id AND l.size >= p.end_index
     LEFT JOIN ledger_segment s
       ON s.log_id = p.log_id AND s.first_index >= p.first_index AND s.first_index < p.end_index
     WHERE p.log_id = $1 AND p.dropped_at IS NULL
     GROUP BY p.first_index, p.end_index, p.retention_index ORDER BY p.first_index LIMIT 1`,
    [logId],
  );
  const row = rows[0];
  if (row === undefined || row.newest === null) return null;
  const [first, end] = [Number(row.first_index), Number(row.end_index)];
  if (row.segments * segmentSize !== end - first) return null;
  const retentionIndex = row.retention_index === null ? null : Number(row.retention_index);
  return { first, end, newest: new Date((Number(row.newest) + 1) * 1_000), retentionIndex };
}

const segmentSize = 16_384;

/** Notes which record says that a partition is dropped. */
export async function noteRetention(
  db: Queryable,
  logId: string,
  first: number,
  retentionIndex: number,
): Promise<void> {
  await db.query('UPDATE ledger_partition SET retention_index = $3 WHERE log_id = $1 AND first_index = $2', [
    logId,
    first,
    retentionIndex,
  ]);
}

/** Drops a partition of records; the record at `retentionIndex` has to say so. */
export async function dropRecords(db: Queryable, logId: string, first: number, retentionIndex: number, at: Date) {
  await db.query('SELECT ledger_drop_records($1, $2, $3, $4)', [logId, first, retentionIndex, at]);
}
