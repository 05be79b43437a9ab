/** All SQL of retention. */
import type { Queryable } from '../database/index.ts';

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
