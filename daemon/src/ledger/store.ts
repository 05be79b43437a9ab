/** All SQL of the ledger. */
import type { PoolClient } from 'pg';
import { copyInto, CopyRows, type Queryable } from '../database/index.ts';
import { answerKey, answerOf, readRecord, type AboutDecision, type LedgerRecord } from './record.ts';
import type { ReadHashes, Subtree } from './tree.ts';

export interface LogHead {
  readonly epoch: number;
  readonly size: number;
  readonly frontier: Buffer;
}

/** Takes the log over; the new epoch shuts out every earlier writer. */
export async function takeOver(db: Queryable, logId: string): Promise<number> {
  const { rows } = await db.query<{ epoch: string }>(
    `INSERT INTO ledger_log (log_id, epoch) VALUES ($1, 1)
     ON CONFLICT (log_id) DO UPDATE SET epoch = ledger_log.epoch + 1 RETURNING epoch`,
    [logId],
  );
  return Number(rows[0]?.epoch);
}

/** Null when nobody has written to this log yet. `lock` keeps other writers out until the transaction ends. */
export async function readHead(db: Queryable, logId: string, lock = false): Promise<LogHead | null> {
  const { rows } = await db.query<{ epoch: string; size: string; frontier: Buffer }>(
    `SELECT epoch, size, frontier FROM ledger_log WHERE log_id = $1 ${lock ? 'FOR UPDATE' : ''}`,
    [logId],
  );
  const row = rows[0];
  return row === undefined ? null : { epoch: Number(row.epoch), size: Number(row.size), frontier: row.frontier };
}

/** Moves the head on from `before`, and holds it until the transaction ends. False when it is not there or not ours. */
export async function moveHead(
  db: Queryable,
  logId: string,
  before: { readonly epoch: number; readonly size: number },
  after: { readonly size: number; readonly frontier: Buffer },
): Promise<boolean> {
  const { rowCount } = await db.query(
    'UPDATE ledger_log SET size = $4, frontier = $5 WHERE log_id = $1 AND epoch = $2 AND size = $3',
    [logId, before.epoch, before.size, after.size, after.frontier],
  );
  return rowCount === 1;
}

/** Marks a place to come back to within a transaction. */
export const savepoint = (db: Queryable) => db.query('SAVEPOINT append');
export const rollBackToSavepoint = (db: Queryable) => db.query('ROLLBACK TO SAVEPOINT append');

/** The leaf hash of each of these events that is in the log already. */
export async function knownEvents(
  db: Queryable,
  logId: string,
  eventIds: readonly string[],
): Promise<Map<string, Buffer>> {
  const { rows } = await db.query<{ event_id: string; leaf_hash: Buffer }>(
    'SELECT event_id, leaf_hash FROM ledger_leaf WHERE log_id = $1 AND event_id = ANY($2::uuid[])',
    [logId, eventIds],
  );
  return new Map(rows.map((row) => [row.event_id, row.leaf_hash]));
}

/** The AI decisions with these ids. Of two records that claim one id, the first counts. */
export async function aiDecisions(
  db: Queryable,
  logId: string,
  decisionIds: readonly string[],
): Promise<Map<string, AboutDecision>> {
  const { rows } = await db.query<RecordRow>(
    `${selectRecord} WHERE log_id = $1 AND decision_id = ANY($2::uuid[]) ORDER BY log_index DESC`,
    [logId, decisionIds],
  );
  return new Map(
    rows.flatMap((row) => {
      const { about } = recordFrom(row);
      return about === null ? [] : [[about.decisionId, about]];
    }),
  );
}

/** By whom these AI decisions have been answered, as answer keys. Only what people say is signed. */
export async function answeredDecisions(
  db: Queryable,
  logId: string,
  decisionIds: readonly string[],
): Promise<Set<string>> {
  const { rows } = await db.query<{ answers: string; is_signed: boolean }>(
    `SELECT answers, signature IS NOT NULL AS is_signed FROM ledger_record
     WHERE log_id = $1 AND answers = ANY($2::uuid[])`,
    [logId, decisionIds],
  );
  return new Set(
    rows.map(({ answers, is_signed }) => answerKey({ by: is_signed ? 'person' : 'outcome', decisionId: answers })),
  );
}

/** The first answer of people, and the first outcome, of each of these AI decisions, in log order. */
export async function recordsThatAnswer(
  db: Queryable,
  logId: string,
  decisionIds: readonly string[],
): Promise<LedgerRecord[]> {
  const { rows } = await db.query<RecordRow>(
    `${selectRecord} WHERE log_id = $1 AND answers = ANY($2::uuid[]) ORDER BY log_index`,
    [logId, decisionIds],
  );
  return rows.map(recordFrom);
}

/** Rejects with a unique violation when one of the events is in the log already. */
export async function insertRecords(client: PoolClient, records: readonly LedgerRecord[]): Promise<void> {
  const leaves = new CopyRows(records.length * 96);
  await copyInto(client, `ledger_record (${recordColumns.join(', ')})`, encode(records, leaves));
  await copyInto(client, 'ledger_leaf (log_id, log_index, event_id, leaf_hash)', [leaves.finish()]);
}

const recordColumns = [
  'log_id',
  'log_index',
  'recorded_at',
  'stream_sequence',
  'decision_id',
  'answers',
  'about',
  'entry',
  'body',
  'signature',
] as const;

/** The rows of the records, some at a time, so that PostgreSQL works on one lot while the next is encoded. */
async function* encode(records: readonly LedgerRecord[], leaves: CopyRows): AsyncGenerator<Buffer> {
  const rows = new CopyRows(262_144);
  // All of a batch are recorded at one moment.
  const recordedAt = Date.parse(records[0]?.recordedAt ?? '');
  for (const [i, record] of records.entries()) {
    const { logId, index, event, about } = record;
    leaves.row(4).text(logId).bigint(index).uuid(event.id).bytes(record.leafHash);
    const own = event.type === 'countersign.decision.ai.v1' ? event.data.decision_id : null;
    rows
      .row(recordColumns.length)
      .text(logId)
      .bigint(index)
      .timestamp(recordedAt)
      .bigint(record.streamSequence)
      .uuid(own)
      .uuid(record.firstAnswer ? (answerOf(event)?.decisionId ?? null) : null)
      .jsonb(own === null ? about : null)
      .bytes(record.entry)
      .bytes(record.body)
      .bytes(record.signature);
    if (i % 256 !== 255) continue;
    yield rows.take();
    await new Promise((resolve) => setImmediate(resolve));
  }
  yield rows.finish();
}

export async function insertSubtrees(db: Queryable, logId: string, subtrees: readonly Subtree[]): Promise<void> {
  if (subtrees.length === 0) return;
  await db.query(
    `INSERT INTO ledger_subtree (log_id, level, subtree_index, hash)
     SELECT $1, * FROM unnest($2::smallint[], $3::bigint[], $4::bytea[])`,
    [logId, subtrees.map((s) => s.level), subtrees.map((s) => s.index), subtrees.map((s) => s.hash)],
  );
}

export interface Partition {
  readonly first: number;
  readonly end: number;
  readonly addedAt: Date;
}

/** The partition that the newest records go to; null before the first. */
export async function lastPartition(db: Queryable, logId: string): Promise<Partition | null> {
  const { rows } = await db.query<{ first_index: string; end_index: string; added_at: Date }>(
    `SELECT first_index, end_index, added_at FROM ledger_partition WHERE log_id = $1 ORDER BY first_index DESC LIMIT 1`,
    [logId],
  );
  const row = rows[0];
  return row === undefined
    ? null
    : { first: Number(row.first_index), end: Number(row.end_index), addedAt: row.added_at };
}

/** Adds a partition of `size` records after the last. */
export async function addPartition(db: Queryable, logId: string, size: number, at: Date): Promise<void> {
  await db.query('SELECT ledger_add_partition($1, $2, $3)', [logId, size, at]);
}

export const readHashes =
  (db: Queryable, logId: string): ReadHashes =>
  async (level, start, count) => {
    const { rows } =
      level === 0
        ? await db.query<{ hash: Buffer }>(
            `SELECT leaf_hash AS hash FROM ledger_leaf
             WHERE log_id = $1 AND log_index >= $2 AND log_index < $3 ORDER BY log_index`,
            [logId, start, start + count],
          )
        : await db.query<{ hash: Buffer }>(
            `SELECT hash FROM ledger_subtree
             WHERE log_id = $1 AND level = $2 AND subtree_index >= $3 AND subtree_index < $4 ORDER BY subtree_index`,
            [logId, level, start, start + count],
          );
    return rows.map((row) => row.hash);
  };

const selectRecord = `SELECT log_id, log_index, recorded_at, stream_sequence, answers, about, entry, body, signature
  FROM ledger_record`;

/** Records from `index` on, oldest first. */
export async function readFrom(db: Queryable, logId: string, index: number, limit: number): Promise<LedgerRecord[]> {
  const { rows } = await db.query<RecordRow>(
    `${selectRecord} WHERE log_id = $1 AND log_index >= $2 ORDER BY log_index LIMIT $3`,
    [logId, index, limit],
  );
  return rows.map(recordFrom);
}

/** The records at these indexes that are still there, newest first. */
export async function readRecords(db: Queryable, logId: string, indexes: readonly number[]): Promise<LedgerRecord[]> {
  const { rows } = await db.query<RecordRow>(
    `${selectRecord} WHERE log_id = $1 AND log_index = ANY($2::bigint[]) ORDER BY log_index DESC`,
    [logId, indexes],
  );
  return rows.map(recordFrom);
}

/** What the leaves from `start` on were hashed from, in order. */
export async function readEntries(db: Queryable, logId: string, start: number, count: number): Promise<Buffer[]> {
  const { rows } = await db.query<{ entry: Buffer }>(
    'SELECT entry FROM ledger_record WHERE log_id = $1 AND log_index >= $2 AND log_index < $3 ORDER BY log_index',
    [logId, start, start + count],
  );
  return rows.map(({ entry }) => entry);
}

/** Records before this index were dropped by retention. */
export async function firstKept(db: Queryable, logId: string): Promise<number> {
  const { rows } = await db.query<{ first: string | null }>(
    'SELECT max(end_index) AS first FROM ledger_partition WHERE log_id = $1 AND dropped_at IS NOT NULL',
    [logId],
  );
  return Number(rows[0]?.first ?? 0);
}

/** Where an event is; null when it is not in the log. */
export async function indexOfEvent(db: Queryable, logId: string, eventId: string): Promise<number | null> {
  const { rows } = await db.query<{ log_index: string }>(
    'SELECT log_index FROM ledger_leaf WHERE log_id = $1 AND event_id = $2',
    [logId, eventId],
  );
  return rows[0] === undefined ? null : Number(rows[0].log_index);
}

/** The log's keys in the order in which they signed. */
export async function readKeys(db: Queryable, logId: string): Promise<string[]> {
  const { rows } = await db.query<{ verifier_key: string }>(
    'SELECT verifier_key FROM ledger_key WHERE log_id = $1 ORDER BY log_index',
    [logId],
  );
  return rows.map(({ verifier_key }) => verifier_key);
}

/** `entry` is the record's bytes. */
export async function insertKey(
  db: Queryable,
  logId: string,
  index: number,
  verifierKey: string,
  entry: Buffer,
): Promise<void> {
  await db.query('INSERT INTO ledger_key (log_id, log_index, verifier_key, entry) VALUES ($1, $2, $3, $4)', [
    logId,
    index,
    verifierKey,
    entry,
  ]);
}

/** The bytes of the log's key records, in order; also of those that retention has dropped. */
export async function readKeyEntries(db: Queryable, logId: string): Promise<{ index: number; entry: Buffer }[]> {
  const { rows } = await db.query<{ log_index: string; entry: Buffer }>(
    'SELECT log_index, entry FROM ledger_key WHERE log_id = $1 ORDER BY log_index',
    [logId],
  );
  return rows.map(({ log_index, entry }) => ({ index: Number(log_index), entry }));
}

interface RecordRow {
  log_id: string;
  log_index: string;
  recorded_at: Date;
  stream_sequence: string | null;
  answers: string | null;
  about: AboutDecision | null;
  entry: Buffer;
  body: Buffer | null;
  signature: Buffer | null;
}

const recordFrom = (row: RecordRow): LedgerRecord =>
  readRecord({
    logId: row.log_id,
    index: Number(row.log_index),
    recordedAt: row.recorded_at.toISOString(),
    streamSequence: row.stream_sequence === null ? null : Number(row.stream_sequence),
    firstAnswer: row.answers !== null,
    about: row.about,
    entry: row.entry,
    body: row.body,
    signature: row.signature,
  });
