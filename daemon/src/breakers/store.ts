/** All SQL of the breakers. */
import type { Queryable } from '../database/index.ts';
import type { RiskTier } from '@countersign/contract';
import type { BreakerState } from './breaker.ts';

export interface BreakerRow {
  readonly breaker_id: string;
  readonly workflow_id: string;
  readonly model_name: string;
  /** Null when it holds for every risk tier. */
  readonly risk_tier: RiskTier | null;
  readonly state: BreakerState;
  readonly since: Date;
  readonly changed_by: string;
  readonly reason: string;
  /** On what it last moved. */
  readonly evidence: Record<string, unknown>;
}

const columns = 'breaker_id, workflow_id, model_name, risk_tier, state, since, changed_by, reason, evidence';

export async function readBreakers(db: Queryable, workflowId: string | null): Promise<BreakerRow[]> {
  const { rows } = await db.query<BreakerRow>(
    `SELECT ${columns} FROM breaker WHERE $1::text IS NULL OR workflow_id = $1 ORDER BY workflow_id, model_name, risk_tier NULLS FIRST`,
    [workflowId],
  );
  return rows;
}

/** The breaker of a model, locked until the transaction ends; null when it never moved, which means closed. */
export async function lockBreaker(
  db: Queryable,
  workflowId: string,
  modelName: string,
  riskTier: RiskTier | null,
): Promise<BreakerRow | null> {
  const { rows } = await db.query<BreakerRow>(
    `SELECT ${columns} FROM breaker WHERE workflow_id = $1 AND model_name = $2 AND risk_tier IS NOT DISTINCT FROM $3 FOR UPDATE`,
    [workflowId, modelName, riskTier],
  );
  return rows[0] ?? null;
}

export async function readEpoch(db: Queryable, workflowId: string): Promise<number> {
  const { rows } = await db.query<{ epoch: string }>('SELECT epoch FROM authority WHERE workflow_id = $1', [
    workflowId,
  ]);
  return Number(rows[0]?.epoch ?? 0);
}

/** What is kept of a workflow as a whole, in one look. */
export async function readAuthority(
  db: Queryable,
  workflowId: string,
): Promise<{ readonly epoch: number; readonly policyEpoch: number; readonly isFull: boolean }> {
  const { rows } = await db.query<{ epoch: string; policy_epoch: string; intake_full: boolean }>(
    'SELECT epoch, policy_epoch, intake_full FROM authority WHERE workflow_id = $1',
    [workflowId],
  );
  const [row] = rows;
  return {
    epoch: Number(row?.epoch ?? 0),
    policyEpoch: Number(row?.policy_epoch ?? 0),
    isFull: row?.intake_full ?? false,
  };
}

/** Workflows whose queue is full. */
export async function readFullIntakes(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ workflow_id: string }>('SELECT workflow_id FROM authority WHERE intake_full');
  return rows.map(({ workflow_id }) => workflow_id);
}

/** The policy is another: what was decided under the one before was decided under other authority. */
export async function policyChanged(db: Queryable, workflowId: string): Promise<void> {
  await db.query('UPDATE authority SET policy_epoch = $2 WHERE workflow_id = $1', [
    workflowId,
    await takeEpoch(db, workflowId),
  ]);
}

/** Whether people have more cases than they can take, from here on. False when it was so already. */
export async function setIntake(db: Queryable, workflowId: string, full: boolean): Promise<boolean> {
  const { rowCount } = await db.query(
    `INSERT INTO authority (workflow_id, intake_full) VALUES ($1, $2)
     ON CONFLICT (workflow_id) DO UPDATE SET intake_full = $2 WHERE authority.intake_full <> $2`,
    [workflowId, full],
  );
  return rowCount === 1;
}

/** The next epoch of a workflow, taken. */
export async function takeEpoch(db: Queryable, workflowId: string): Promise<number> {
  const { rows } = await db.query<{ epoch: string }>(
    `INSERT INTO authority (workflow_id, epoch) VALUES ($1, 1)
     ON CONFLICT (workflow_id) DO UPDATE SET epoch = authority.epoch + 1 RETURNING epoch`,
    [workflowId],
  );
  return Number(rows[0]?.epoch);
}

export async function writeBreaker(db: Queryable, row: BreakerRow): Promise<void> {
  await db.query(
    `INSERT INTO breaker (${columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (breaker_id) DO UPDATE SET state = $5, since = $6, changed_by = $7, reason = $8, evidence = $9`,
    [
      row.breaker_id,
      row.workflow_id,
      row.model_name,
      row.risk_tier,
      JSON.stringify(row.state),
      row.since,
      row.changed_by,
      row.reason,
      JSON.stringify(row.evidence),
    ],
  );
}
