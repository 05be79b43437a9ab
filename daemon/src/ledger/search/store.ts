/** All SQL of the search index. */
import type { Queryable } from '../../database/index.ts';

/** The first index of the newest stored segment; null when there is none. */
export async function newestSegment(db: Queryable, logId: string): Promise<number | null> {
  const { rows } = await db.query<{ first_index: string }>(
    'SELECT first_index FROM ledger_segment WHERE log_id = $1 ORDER BY first_index DESC LIMIT 1',
    [logId],
  );
  return rows[0] === undefined ? null : Number(rows[0].first_index);
}

/** Stores a segment with its buckets; nothing when it is there. One statement, so that it is there whole or not at all. */
export async function insertSegment(
  db: Queryable,
  logId: string,
  first: number,
  times: readonly number[],
  overflowing: readonly number[],
  buckets: ReadonlyMap<number, Buffer>,
): Promise<void> {
  const earliest = times.reduce((a, b) => Math.min(a, b));
  const latest = times.reduce((a, b) => Math.max(a, b));
  const offsets = Buffer.alloc(times.length * 4);
  for (const [i, time] of times.entries()) offsets.writeUInt32BE(Math.min(time - earliest, 0xffffffff), i * 4);
  await db.query(
    `WITH segment AS (
       INSERT INTO ledger_segment (log_id, first_index, first_time, last_time, times, overflowing)
       VALUES ($1, $2, $3, $4, $5, $8)
       ON CONFLICT DO NOTHING RETURNING log_id, first_index)
     INSERT INTO ledger_posting (log_id, bucket, first_index, postings)
     SELECT s.log_id, b.bucket, s.first_index, b.postings FROM segment s, unnest($6::smallint[], $7::bytea[]) AS b (bucket, postings)`,
    [logId, first, earliest, latest, offsets, [...buckets.keys()], [...buckets.values()], overflowing],
  );
}

export interface Segment {
  readonly first: number;
  /** Offsets of records whose words are not all indexed. */
  readonly overflowing: readonly number[];
}

/** The segments of [from, to) that have events between two times, both inclusive, in seconds. */
export async function segmentsWithin(
  db: Queryable,
  logId: string,
  from: number,
  to: number,
  earliest: number | null,
  latest: number | null,
): Promise<Segment[]> {
  const { rows } = await db.query<{ first_index: string; overflowing: number[] }>(
    `SELECT first_index, overflowing FROM ledger_segment WHERE log_id = $1 AND first_index >= $2 AND first_index < $3
       AND ($4::bigint IS NULL OR last_time >= $4) AND ($5::bigint IS NULL OR first_time <= $5)
     ORDER BY first_index DESC`,
    [logId, from, to, earliest, latest],
  );
  return rows.map(({ first_index, overflowing }) => ({ first: Number(first_index), overflowing }));
}

/** One bucket of some segments. */
export async function postings(
  db: Queryable,
  logId: string,
  bucket: number,
  segments: readonly number[],
): Promise<{ first: number; postings: Buffer }[]> {
  const { rows } = await db.query<{ first_index: string; postings: Buffer }>(
    `SELECT first_index, postings FROM ledger_posting
     WHERE log_id = $1 AND bucket = $2 AND first_index = ANY($3::bigint[])`,
    [logId, bucket, segments],
  );
  return rows.map((row) => ({ first: Number(row.first_index), postings: row.postings }));
}

/** When the events of some segments happened, of those only that reach over one of the two times; in seconds. */
export async function timesOf(
  db: Queryable,
  logId: string,
  segments: readonly number[],
  earliest: number | null,
  latest: number | null,
): Promise<{ first: number; times: number[] }[]> {
  const { rows } = await db.query<{ first_index: string; first_time: string; times: Buffer }>(
    `SELECT first_index, first_time, times FROM ledger_segment WHERE log_id = $1 AND first_index = ANY($2::bigint[])
       AND (($3::bigint IS NOT NULL AND first_time < $3) OR ($4::bigint IS NOT NULL AND last_time > $4))`,
    [logId, segments, earliest, latest],
  );
  return rows.map((row) => ({
    first: Number(row.first_index),
    times: Array.from(
      { length: row.times.length / 4 },
      (_, i) => Number(row.first_time) + row.times.readUInt32BE(i * 4),
    ),
  }));
}

/** The segments before an index that have events between two times, with the first and the last time of each, in seconds. */
export async function extentsWithin(
  db: Queryable,
  logId: string,
  before: number,
  earliest: number | null,
  latest: number | null,
): Promise<(Segment & { from: number; to: number })[]> {
  const { rows } = await db.query<{ first_index: string; overflowing: number[]; from: string; to: string }>(
    `SELECT first_index, overflowing, first_time AS "from", last_time AS "to" FROM ledger_segment
     WHERE log_id = $1 AND first_index < $2
       AND ($3::bigint IS NULL OR last_time >= $3) AND ($4::bigint IS NULL OR first_time <= $4)
     ORDER BY first_index DESC`,
    [logId, before, earliest, latest],
  );
  return rows.map(({ first_index, overflowing, from, to }) => ({
    first: Number(first_index),
    overflowing,
    from: Number(from),
    to: Number(to),
  }));
}

/** When the events of some segments happened, in seconds. */
export const allTimesOf = (db: Queryable, logId: string, segments: readonly number[]) =>
  // Each reaches over a time before all times.
  timesOf(db, logId, segments, null, -1);
