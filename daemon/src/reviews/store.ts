/** All SQL of the reviews. A case is claimed when its lease has not run out; nothing stores that it has. */
import type {
  DecisionAction,
  Priority,
  QueueItem,
  ReviewReason,
  RiskTier,
  Verdict,
  CompensationOrder,
} from '@countersign/contract';
import type { Queryable } from '../database/index.ts';

export interface CaseRow {
  readonly decision_id: string;
  readonly workflow_id: string;
  readonly task_id: string;
  readonly title: string;
  readonly reason: ReviewReason;
  readonly priority: Priority;
  readonly risk_tier: RiskTier;
  readonly model_name: string;
  readonly model_version: string;
  readonly proposed_action: DecisionAction;
  readonly label: string | null;
  readonly confidence: number;
  /** Whether the AI carried its decision out before the review. */
  readonly executed: boolean;
  readonly ai_event_id: string;
  readonly evidence_hash: string;
  readonly queued_at: Date;
  readonly due_at: Date;
  readonly version: number;
  readonly lease_epoch: number;
  readonly claimed_by: string | null;
  readonly lease_until: Date | null;
  readonly decided_by: string | null;
  readonly decided_action: DecisionAction | null;
  readonly decided_at: Date | null;
  /** For display: of `claimed_by` and `decided_by`. */
  readonly claimed_name: string | null;
  readonly decided_name: string | null;
}

type NewCase = Omit<
  CaseRow,
  | 'version'
  | 'lease_epoch'
  | 'claimed_by'
  | 'lease_until'
  | 'decided_by'
  | 'decided_action'
  | 'decided_at'
  | 'claimed_name'
  | 'decided_name'
>;

/** Queues a case, unless this decision is queued already. */
export async function insertCase(db: Queryable, c: NewCase): Promise<void> {
  await db.query(
    `INSERT INTO review_case (decision_id, workflow_id, task_id, title, reason, priority, risk_tier, model_name,
       model_version, proposed_action, label, confidence, executed, ai_event_id, evidence_hash, queued_at, due_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) ON CONFLICT DO NOTHING`,
    [
      c.decision_id,
      c.workflow_id,
      c.task_id,
      c.title,
      c.reason,
      c.priority,
      c.risk_tier,
      c.model_name,
      c.model_version,
      c.proposed_action,
      c.label,
      c.confidence,
      c.executed,
      c.ai_event_id,
      c.evidence_hash,
      c.queued_at,
      c.due_at,
    ],
  );
}

const selectCase = `SELECT c.*, p.name AS claimed_name, d.name AS decided_name FROM review_case c
  LEFT JOIN person p ON p.id = c.claimed_by LEFT JOIN person d ON d.id = c.decided_by`;

export async function readCase(db: Queryable, decisionId: string): Promise<CaseRow | null> {
  const { rows } = await db.query<CaseRow>(`${selectCase} WHERE c.decision_id = $1`, [decisionId]);
  return rows[0] ?? null;
}

export async function lockCase(db: Queryable, decisionId: string): Promise<CaseRow | null> {
  const { rows } = await db.query<CaseRow>(`${selectCase} WHERE c.decision_id = $1 FOR UPDATE OF c`, [decisionId]);
  return rows[0] ?? null;
}

/** Undecided cases of some workflows, most urgent first. */
export async function readQueue(db: Queryable, workflows: readonly string[], limit: number): Promise<CaseRow[]> {
  const { rows } = await db.query<CaseRow>(
    `${selectCase} WHERE c.decided_at IS NULL AND c.workflow_id = ANY($1)
     ORDER BY c.priority, c.due_at, c.decision_id LIMIT $2`,
    [workflows, limit],
  );
  return rows;
}

export interface QueueCount {
  readonly workflow_id: string;
  readonly waiting: number;
  readonly claimed: number;
  readonly overdue: number;
  readonly oldest: Date;
}

/** One row a workflow with undecided cases. */
export async function countQueue(db: Queryable, now: Date): Promise<QueueCount[]> {
  const { rows } = await db.query<QueueCount>(
    `SELECT workflow_id,
       count(*) FILTER (WHERE lease_until IS NULL OR lease_until <= $1)::int AS waiting,
       count(*) FILTER (WHERE lease_until > $1)::int AS claimed,
       count(*) FILTER (WHERE due_at < $1)::int AS overdue,
       min(queued_at) AS oldest
     FROM review_case WHERE decided_at IS NULL GROUP BY workflow_id ORDER BY workflow_id`,
    [now],
  );
  return rows;
}

/** Gives the case to a person when nobody holds it, or renews what they hold; a new holder gets a new epoch. */
export async function claimCase(
  db: Queryable,
  decisionId: string,
  person: string,
  now: Date,
  until: Date,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE review_case
     SET claimed_by = $2, lease_until = $4,
         lease_epoch = lease_epoch + CASE WHEN claimed_by IS NOT DISTINCT FROM $2 THEN 0 ELSE 1 END
     WHERE decision_id = $1 AND decided_at IS NULL AND (claimed_by = $2 OR lease_until IS NULL OR lease_until <= $3)`,
    [decisionId, person, now, until],
  );
  return rowCount === 1;
}

/** The most urgent case that nobody holds, given to a person; the id of it. */
export async function claimNextCase(
  db: Queryable,
  workflows: readonly string[],
  person: string,
  now: Date,
  until: Date,
): Promise<string | null> {
  const { rows } = await db.query<{ decision_id: string }>(
    `UPDATE review_case
     SET claimed_by = $2, lease_until = $4,
         lease_epoch = lease_epoch + CASE WHEN claimed_by IS NOT DISTINCT FROM $2 THEN 0 ELSE 1 END
     WHERE decision_id = (
       SELECT decision_id FROM review_case
       WHERE decided_at IS NULL AND (lease_until IS NULL OR lease_until <= $3) AND workflow_id = ANY($1)
       ORDER BY priority, due_at, decision_id LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING decision_id`,
    [workflows, person, now, until],
  );
  return rows[0]?.decision_id ?? null;
}

/** Ends a person's lease. The epoch stays, so that the same person may still finish. */
export async function releaseCase(db: Queryable, decisionId: string, person: string, now: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    'UPDATE review_case SET lease_until = $3 WHERE decision_id = $1 AND claimed_by = $2 AND decided_at IS NULL',
    [decisionId, person, now],
  );
  return rowCount === 1;
}

export async function closeCase(
  db: Queryable,
  decisionId: string,
  by: string,
  action: DecisionAction,
  at: Date,
): Promise<void> {
  await db.query(
    `UPDATE review_case SET decided_by = $2, decided_action = $3, decided_at = $4, version = version + 1
     WHERE decision_id = $1 AND decided_at IS NULL`,
    [decisionId, by, action, at],
  );
}

/** The id of a case, unless it is of another workflow. */
export async function caseOf(db: Queryable, workflowId: string, decisionId: string): Promise<string | null> {
  const { rows } = await db.query<{ decision_id: string }>(
    'SELECT decision_id FROM review_case WHERE decision_id = $1 AND workflow_id = $2',
    [decisionId, workflowId],
  );
  return rows[0]?.decision_id ?? null;
}

/** Back into the queue, more urgent, held by nobody. */
export async function escalateCase(db: Queryable, decisionId: string, at: Date): Promise<void> {
  await db.query(
    `UPDATE review_case SET reason = 'escalated', priority = 'P1', claimed_by = NULL, lease_until = NULL,
       version = version + 1, queued_at = $2
     WHERE decision_id = $1 AND decided_at IS NULL`,
    [decisionId, at],
  );
}

export async function readAnswer(db: Queryable, key: string): Promise<{ reviewer: string; answer: unknown } | null> {
  const { rows } = await db.query<{ reviewer: string; answer: unknown }>(
    'SELECT reviewer, answer FROM review_decision WHERE idempotency_key = $1',
    [key],
  );
  return rows[0] ?? null;
}

export async function writeAnswer(
  db: Queryable,
  key: string,
  decisionId: string,
  reviewer: string,
  answer: unknown,
): Promise<void> {
  await db.query(
    'INSERT INTO review_decision (idempotency_key, decision_id, reviewer, answer) VALUES ($1, $2, $3, $4)',
    [key, decisionId, reviewer, JSON.stringify(answer)],
  );
}

export async function putInOutbox(db: Queryable, verdict: Verdict | CompensationOrder): Promise<void> {
  await db.query(
    'INSERT INTO verdict_outbox (verdict_id, workflow_id, payload) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [verdict.verdict_id, verdict.workflow_id, JSON.stringify(verdict)],
  );
}

export async function readOutbox(
  db: Queryable,
  limit: number,
): Promise<{ position: string; payload: Verdict | CompensationOrder }[]> {
  const { rows } = await db.query<{ position: string; payload: Verdict | CompensationOrder }>(
    'SELECT position, payload FROM verdict_outbox ORDER BY position LIMIT $1',
    [limit],
  );
  return rows;
}

export async function takeFromOutbox(db: Queryable, position: string): Promise<void> {
  await db.query('DELETE FROM verdict_outbox WHERE position = $1', [position]);
}

export async function countOutbox(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ count: number }>('SELECT count(*)::int AS count FROM verdict_outbox');
  return rows[0]?.count ?? 0;
}

/** Remembers what a person is called. */
export async function notePerson(db: Queryable, id: string, name: string): Promise<void> {
  await db.query(
    `INSERT INTO person (id, name) VALUES ($1, $2)
     ON CONFLICT (id) DO UPDATE SET name = $2 WHERE person.name <> $2`,
    [id, name],
  );
}

/** What people are called, by id. */
export async function readNames(db: Queryable, ids: readonly string[]): Promise<Record<string, string>> {
  const { rows } = await db.query<{ id: string; name: string }>('SELECT id, name FROM person WHERE id = ANY($1)', [
    ids,
  ]);
  return Object.fromEntries(rows.map(({ id, name }) => [id, name]));
}

export function queueItem(row: CaseRow, now: Date): QueueItem {
  const held = row.decided_at === null && row.lease_until !== null && row.lease_until > now && row.claimed_by !== null;
  return {
    decision_id: row.decision_id,
    workflow_id: row.workflow_id,
    task_id: row.task_id,
    title: row.title,
    reason: row.reason,
    priority: row.priority,
    risk_tier: row.risk_tier,
    model_name: row.model_name,
    model_version: row.model_version,
    proposed_action: row.proposed_action,
    label: row.label,
    confidence: row.confidence,
    queued_at: row.queued_at.toISOString(),
    due_at: row.due_at.toISOString(),
    state: row.decided_at !== null ? 'decided' : held ? 'claimed' : 'waiting',
    version: row.version,
    claimed_by: held ? { id: row.claimed_by ?? '', name: row.claimed_name ?? row.claimed_by ?? '' } : null,
    lease_until: held ? (row.lease_until?.toISOString() ?? null) : null,
  };
}
