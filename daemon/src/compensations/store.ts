/** All SQL of compensations. */
import type { CompensationReport, CompensationState, RollbackStep, RollbackView } from '@countersign/contract';
import type { Queryable } from '../database/index.ts';

export type Scope = RollbackStep['scope'];

export interface CompensationRow {
  readonly compensation_id: string;
  readonly workflow_id: string;
  readonly task_id: string;
  readonly decision_id: string;
  readonly model_name: string;
  readonly model_version: string;
  readonly sequence: number;
  readonly action: string;
  readonly payload: unknown;
  readonly state: CompensationState;
  readonly rollback_id: string | null;
  readonly attempts: number;
}

const columns = `compensation_id, workflow_id, task_id, decision_id, model_name, model_version, sequence, action, payload,
  state, rollback_id, attempts`;

/** False for one that is known. */
export async function register(db: Queryable, report: CompensationReport, at: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    `INSERT INTO compensation (compensation_id, workflow_id, task_id, decision_id, model_name, model_version, sequence,
       action, payload, registered_at, state)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'registered') ON CONFLICT DO NOTHING`,
    [
      report.compensation_id,
      report.workflow_id,
      report.task_id,
      report.decision_id,
      report.model.name,
      report.model.version,
      report.sequence,
      report.action,
      report.payload === undefined ? null : JSON.stringify(report.payload),
      at,
    ],
  );
  return rowCount === 1;
}

/**
 * The rollback that other steps of the decision belong to; a step that comes late belongs to it as well, but what a person has
 * done since about the decision does not.
 */
export async function rollbackOf(
  db: Queryable,
  { decision_id, model }: Pick<CompensationReport, 'decision_id' | 'model'>,
): Promise<string | null> {
  const { rows } = await db.query<{ rollback_id: string }>(
    `SELECT rollback_id FROM compensation
     WHERE decision_id = $1 AND model_name = $2 AND model_version = $3 AND rollback_id IS NOT NULL LIMIT 1`,
    [decision_id, model.name, model.version],
  );
  return rows[0]?.rollback_id ?? null;
}

/** A step that was registered when its decision was being taken back already. */
export async function enlistLate(db: Queryable, compensationId: string, rollbackId: string, at: Date): Promise<void> {
  await db.query(
    `UPDATE compensation SET state = 'waiting', rollback_id = $2, next_at = $3
     WHERE compensation_id = $1 AND state = 'registered'`,
    [compensationId, rollbackId, at],
  );
}

export async function lock(db: Queryable, compensationId: string): Promise<CompensationRow | null> {
  const { rows } = await db.query<CompensationRow>(
    `SELECT ${columns} FROM compensation WHERE compensation_id = $1 FOR UPDATE`,
    [compensationId],
  );
  return rows[0] ?? null;
}

/** What a person did since about a decision of a model is not that model's. */
const ofModel = '($3::text IS NULL OR model_name = $3) AND ($4::text IS NULL OR model_version = $4)';
const inScope = `workflow_id = $1 AND ($2::uuid IS NULL OR decision_id = $2) AND ${ofModel}
  AND ($5::timestamptz IS NULL OR registered_at >= $5) AND ($6::timestamptz IS NULL OR registered_at < $6)`;
const scopeValues = (workflowId: string, scope: Scope) => [
  workflowId,
  scope.decision_id ?? null,
  scope.model_name ?? null,
  scope.version ?? null,
  scope.from ?? null,
  scope.to ?? null,
];

/** Compensations that nobody has ordered yet. */
export async function countInScope(db: Queryable, workflowId: string, scope: Scope): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM compensation WHERE workflow_id = $1 AND state = 'registered' AND ${ofModel}
       AND decision_id IN (SELECT decision_id FROM compensation WHERE ${inScope} AND state = 'registered')`,
    scopeValues(workflowId, scope),
  );
  return rows[0]?.count ?? 0;
}

/** All steps of decisions that have one in the scope belong to a rollback from here on, and wait for their turn. */
export async function enlist(
  db: Queryable,
  workflowId: string,
  scope: Scope,
  rollbackId: string,
  at: Date,
): Promise<number> {
  const { rowCount } = await db.query(
    `UPDATE compensation SET state = 'waiting', rollback_id = $7, next_at = $8
     WHERE workflow_id = $1 AND state = 'registered' AND ${ofModel}
       AND decision_id IN (SELECT decision_id FROM compensation WHERE ${inScope} AND state = 'registered')`,
    [...scopeValues(workflowId, scope), rollbackId, at],
  );
  return rowCount ?? 0;
}

/** Those of a rollback that failed begin anew. */
export async function enlistFailed(db: Queryable, rollbackId: string, at: Date): Promise<number> {
  const { rowCount } = await db.query(
    `UPDATE compensation SET state = 'waiting', attempts = 0, next_at = $2, owner = NULL
     WHERE rollback_id = $1 AND state = 'compensation_failed'`,
    [rollbackId, at],
  );
  return rowCount ?? 0;
}

/**
 * What is to be done now: of each decision the last step that is not undone, when its time has come. One that is under way
 * for too long is among them, and nothing of a decision while a later step of it is not undone.
 */
export async function due(db: Queryable, now: Date, limit: number): Promise<CompensationRow[]> {
  const { rows } = await db.query<CompensationRow>(
    `SELECT ${columns} FROM compensation c
     WHERE state IN ('waiting', 'compensating') AND (next_at <= $1 OR next_at > $1::timestamptz + interval '1 hour')
       AND NOT EXISTS (SELECT FROM compensation later WHERE later.decision_id = c.decision_id
         AND later.sequence > c.sequence AND later.state <> 'compensated')
     ORDER BY registered_at DESC LIMIT $2`,
    [now, limit],
  );
  return rows;
}

export async function move(
  db: Queryable,
  compensationId: string,
  change: {
    readonly state: CompensationState;
    readonly attempts: number;
    readonly nextAt: Date | null;
    readonly problem: string | null;
    readonly owner: string | null;
  },
): Promise<void> {
  await db.query(
    `UPDATE compensation SET state = $2, attempts = $3, next_at = $4, problem = $5, owner = $6 WHERE compensation_id = $1`,
    [compensationId, change.state, change.attempts, change.nextAt, change.problem, change.owner],
  );
}

export interface RollbackRow {
  readonly rollback_id: string;
  readonly workflow_id: string;
  readonly scope: Scope;
  readonly state: RollbackView['state'];
  readonly asked_by: string;
  readonly reason: string;
  readonly approved_by: string | null;
  readonly asked_at: Date;
}

export async function lockRollback(db: Queryable, rollbackId: string): Promise<RollbackRow | null> {
  const { rows } = await db.query<RollbackRow>('SELECT * FROM decision_rollback WHERE rollback_id = $1 FOR UPDATE', [
    rollbackId,
  ]);
  return rows[0] ?? null;
}

export async function writeRollback(db: Queryable, row: RollbackRow): Promise<void> {
  await db.query(
    `INSERT INTO decision_rollback (rollback_id, workflow_id, scope, state, asked_by, reason, approved_by, asked_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (rollback_id) DO UPDATE SET state = $4, approved_by = $7`,
    [
      row.rollback_id,
      row.workflow_id,
      JSON.stringify(row.scope),
      row.state,
      row.asked_by,
      row.reason,
      row.approved_by,
      row.asked_at,
    ],
  );
}

/** How many of a rollback are in each state. */
export async function countStates(db: Queryable, rollbackId: string): Promise<Record<string, number>> {
  const { rows } = await db.query<{ state: string; count: number }>(
    'SELECT state, count(*)::int AS count FROM compensation WHERE rollback_id = $1 GROUP BY 1',
    [rollbackId],
  );
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}

/** The newest rollbacks, with the first that failed of each. */
export async function listRollbacks(db: Queryable, limit: number): Promise<RollbackView[]> {
  const { rows } = await db.query<RollbackRow>('SELECT * FROM decision_rollback ORDER BY asked_at DESC LIMIT $1', [
    limit,
  ]);
  const views: RollbackView[] = [];
  for (const row of rows) {
    const counts =
      row.state === 'asked'
        ? { registered: await countInScope(db, row.workflow_id, row.scope) }
        : await countStates(db, row.rollback_id);
    const failed = await db.query<RollbackView['failed'][number]>(
      `SELECT compensation_id, task_id, action, attempts, coalesce(problem, '') AS problem, coalesce(owner, '') AS owner
       FROM compensation WHERE rollback_id = $1 AND state = 'compensation_failed' ORDER BY registered_at LIMIT 10`,
      [row.rollback_id],
    );
    views.push({ ...row, asked_at: row.asked_at.toISOString(), counts, failed: failed.rows });
  }
  return views;
}

/** Whether a rollback has anything to do that does not wait behind a step that failed. */
export async function hasUnblocked(db: Queryable, rollbackId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT FROM compensation c WHERE rollback_id = $1 AND state IN ('waiting', 'compensating')
       AND NOT EXISTS (SELECT FROM compensation later WHERE later.decision_id = c.decision_id
         AND later.sequence > c.sequence AND later.state = 'compensation_failed')
     LIMIT 1`,
    [rollbackId],
  );
  return rowCount === 1;
}
