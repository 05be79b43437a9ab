/** All SQL of the ledger. */
import type { Queryable } from '../database/index.ts';
import type { CountersignEvent, RiskTier, Route } from '@countersign/contract';
import type { AboutDecision, LedgerRecord } from './record.ts';
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

export async function readHead(db: Queryable, logId: string, lock: boolean): Promise<LogHead> {
  const { rows } = await db.query<{ epoch: string; size: string; frontier: Buffer }>(
    `SELECT epoch, size, frontier FROM ledger_log WHERE log_id = $1 ${lock ? 'FOR UPDATE' : ''}`,
    [logId],
  );
  const row = rows[0];
  if (row === undefined) throw new Error(`log ${logId} does not exist`);
  return { epoch: Number(row.epoch), size: Number(row.size), frontier: row.frontier };
}

export async function writeHead(db: Queryable, logId: string, size: number, frontier: Buffer): Promise<void> {
  await db.query('UPDATE ledger_log SET size = $2, frontier = $3 WHERE log_id = $1', [logId, size, frontier]);
}

/** The leaf hash of each of these events that is in the log already. */
export async function knownEvents(
  db: Queryable,
  logId: string,
  eventIds: readonly string[],
): Promise<Map<string, Buffer>> {
  const { rows } = await db.query<{ event_id: string; leaf_hash: Buffer }>(
    'SELECT event_id, leaf_hash FROM ledger_record WHERE log_id = $1 AND event_id = ANY($2::uuid[])',
    [logId, eventIds],
  );
  return new Map(rows.map((row) => [row.event_id, row.leaf_hash]));
}

const aboutColumns =
  'decision_id, model_name, model_version, model_hash, label, confidence, route, risk_tier, breaker_epoch';

/** The AI decisions with these ids. Of two records that claim one id, the first counts. */
export async function aiDecisions(
  db: Queryable,
  logId: string,
  decisionIds: readonly string[],
): Promise<Map<string, AboutDecision>> {
  const { rows } = await db.query<AboutRow>(
    `SELECT ${aboutColumns} FROM ledger_record
     WHERE log_id = $1 AND type = 'countersign.decision.ai.v1' AND decision_id = ANY($2::uuid[])
     ORDER BY log_index DESC`,
    [logId, decisionIds],
  );
  return new Map(rows.flatMap((row) => (row.decision_id === null ? [] : [[row.decision_id, aboutFrom(row)!]])));
}

/** Those of these AI decisions that a person has settled. */
export async function answeredDecisions(
  db: Queryable,
  logId: string,
  decisionIds: readonly string[],
): Promise<Set<string>> {
  const { rows } = await db.query<{ reviews: string }>(
    'SELECT reviews FROM ledger_record WHERE log_id = $1 AND first_answer AND reviews = ANY($2::uuid[])',
    [logId, decisionIds],
  );
  return new Set(rows.map(({ reviews }) => reviews));
}

export async function insertRecords(db: Queryable, records: readonly LedgerRecord[]): Promise<void> {
  const columns: unknown[][] = Array.from({ length: columnTypes.length }, () => []);
  for (const record of records) columnValues(record).forEach((value, i) => columns[i]?.push(value));
  await db.query(
    `INSERT INTO ledger_record (${columnTypes.map(([name]) => name).join(', ')})
     SELECT * FROM unnest(${columnTypes.map(([, type], i) => `$${i + 1}::${type}[]`).join(', ')})`,
    columns,
  );
}

const columnTypes = [
  ['log_id', 'text'],
  ['log_index', 'bigint'],
  ['event_id', 'uuid'],
  ['type', 'text'],
  ['occurred_at', 'timestamptz'],
  ['recorded_at', 'timestamptz'],
  ['workflow_id', 'text'],
  ['task_id', 'text'],
  ['decision_id', 'uuid'],
  ['reviews', 'uuid'],
  ['actor_type', 'text'],
  ['actor_id', 'text'],
  ['action', 'text'],
  ['model_name', 'text'],
  ['model_version', 'text'],
  ['model_hash', 'text'],
  ['label', 'text'],
  ['confidence', 'float8'],
  ['route', 'text'],
  ['risk_tier', 'text'],
  ['breaker_epoch', 'bigint'],
  ['entry', 'bytea'],
  ['leaf_hash', 'bytea'],
  ['signature', 'bytea'],
  ['first_answer', 'bool'],
] as const;

function columnValues({
  logId,
  index,
  event,
  recordedAt,
  actor,
  action,
  about,
  entry,
  leafHash,
  signature,
  firstAnswer,
}: LedgerRecord) {
  const { data } = event;
  return [
    logId,
    index,
    event.id,
    event.type,
    event.time,
    recordedAt,
    data.workflow_id,
    event.subject,
    'decision_id' in data ? data.decision_id : null,
    'reviews' in data ? data.reviews : null,
    actor.type,
    actor.id,
    action,
    about?.model.name ?? null,
    about?.model.version ?? null,
    about?.model.hash ?? null,
    about?.label ?? null,
    about?.confidence ?? null,
    about?.route ?? null,
    about?.riskTier ?? null,
    about?.breakerEpoch ?? null,
    entry,
    leafHash,
    signature,
    firstAnswer,
  ];
}

export async function insertSubtrees(db: Queryable, logId: string, subtrees: readonly Subtree[]): Promise<void> {
  if (subtrees.length === 0) return;
  await db.query(
    `INSERT INTO ledger_subtree (log_id, level, subtree_index, hash)
     SELECT $1, * FROM unnest($2::smallint[], $3::bigint[], $4::bytea[])`,
    [logId, subtrees.map((s) => s.level), subtrees.map((s) => s.index), subtrees.map((s) => s.hash)],
  );
}

export const readHashes =
  (db: Queryable, logId: string): ReadHashes =>
  async (level, start, count) => {
    const { rows } =
      level === 0
        ? await db.query<{ hash: Buffer }>(
            `SELECT leaf_hash AS hash FROM ledger_record
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

export interface SignedCheckpoint {
  readonly size: number;
  readonly note: string;
  readonly signedAt: Date;
}

export async function newestCheckpoint(db: Queryable, logId: string): Promise<SignedCheckpoint | null> {
  const { rows } = await db.query<{ size: string; note: string; signed_at: Date }>(
    'SELECT size, note, signed_at FROM ledger_checkpoint WHERE log_id = $1 ORDER BY size DESC LIMIT 1',
    [logId],
  );
  const row = rows[0];
  return row === undefined ? null : { size: Number(row.size), note: row.note, signedAt: row.signed_at };
}

/** Adds a checkpoint unless one of this size or larger is there; false then. The log never goes backwards. */
export async function insertCheckpoint(db: Queryable, logId: string, checkpoint: SignedCheckpoint): Promise<boolean> {
  const { rowCount } = await db.query(
    `INSERT INTO ledger_checkpoint (log_id, size, note, signed_at)
     SELECT $1, $2, $3, $4
     WHERE NOT EXISTS (SELECT FROM ledger_checkpoint WHERE log_id = $1 AND size >= $2)
     ON CONFLICT DO NOTHING`,
    [logId, checkpoint.size, checkpoint.note, checkpoint.signedAt],
  );
  return rowCount === 1;
}

const recordColumns = `log_id, log_index, entry, leaf_hash, signature, first_answer, recorded_at, actor_type, actor_id, action, reviews, ${aboutColumns}`;

/** Records from `index` on, oldest first. */
export async function readFrom(db: Queryable, logId: string, index: number, limit: number): Promise<LedgerRecord[]> {
  const { rows } = await db.query<RecordRow>(
    `SELECT ${recordColumns} FROM ledger_record WHERE log_id = $1 AND log_index >= $2 ORDER BY log_index LIMIT $3`,
    [logId, index, limit],
  );
  return rows.map(recordFrom);
}

export async function readEvent(db: Queryable, logId: string, eventId: string): Promise<LedgerRecord | null> {
  const { rows } = await db.query<RecordRow>(
    `SELECT ${recordColumns} FROM ledger_record WHERE log_id = $1 AND event_id = $2`,
    [logId, eventId],
  );
  return rows[0] === undefined ? null : recordFrom(rows[0]);
}

export interface RecordFilter {
  readonly workflowId?: string | undefined;
  readonly taskId?: string | undefined;
  readonly actorType?: string | undefined;
  readonly action?: string | undefined;
  readonly type?: string | undefined;
  /** Only records with a smaller index. */
  readonly before?: number | undefined;
}

/** Newest first. */
export async function searchRecords(
  db: Queryable,
  logId: string,
  filter: RecordFilter,
  limit: number,
): Promise<LedgerRecord[]> {
  const { rows } = await db.query<RecordRow>(
    `SELECT ${recordColumns} FROM ledger_record
     WHERE log_id = $1
       AND ($2::text IS NULL OR workflow_id = $2)
       AND ($3::text IS NULL OR task_id = $3)
       AND ($4::text IS NULL OR actor_type = $4)
       AND ($5::text IS NULL OR action = $5)
       AND ($6::text IS NULL OR type = $6)
       AND ($7::bigint IS NULL OR log_index < $7)
     ORDER BY log_index DESC LIMIT $8`,
    [
      logId,
      filter.workflowId ?? null,
      filter.taskId ?? null,
      filter.actorType ?? null,
      filter.action ?? null,
      filter.type ?? null,
      filter.before ?? null,
      limit,
    ],
  );
  return rows.map(recordFrom);
}

interface AboutRow {
  decision_id: string | null;
  model_name: string | null;
  model_version: string;
  model_hash: string;
  label: string | null;
  confidence: number;
  route: Route;
  risk_tier: RiskTier;
  breaker_epoch: string;
}

interface RecordRow extends AboutRow {
  log_id: string;
  log_index: string;
  entry: Buffer;
  leaf_hash: Buffer;
  signature: Buffer | null;
  first_answer: boolean;
  recorded_at: Date;
  actor_type: LedgerRecord['actor']['type'];
  actor_id: string;
  action: LedgerRecord['action'];
  reviews: string | null;
}

function aboutFrom(row: AboutRow & { reviews?: string | null }): AboutDecision | null {
  const decisionId = row.reviews ?? row.decision_id;
  if (row.model_name === null || decisionId === null) return null;
  return {
    decisionId,
    model: { name: row.model_name, version: row.model_version, hash: row.model_hash },
    label: row.label,
    confidence: row.confidence,
    route: row.route,
    riskTier: row.risk_tier,
    breakerEpoch: Number(row.breaker_epoch),
  };
}

function recordFrom(row: RecordRow): LedgerRecord {
  return {
    logId: row.log_id,
    index: Number(row.log_index),
    // Validated when it was appended.
    event: JSON.parse(row.entry.toString('utf8')) as CountersignEvent,
    recordedAt: row.recorded_at.toISOString(),
    actor: { type: row.actor_type, id: row.actor_id },
    action: row.action,
    about: aboutFrom(row),
    entry: row.entry,
    leafHash: row.leaf_hash,
    signature: row.signature,
    firstAnswer: row.first_answer,
  };
}
