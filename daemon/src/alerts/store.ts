/** All SQL of the alerts. */
import type { Alert, AlertTier, Signal } from '@countersign/contract';
import type { Queryable } from '../database/index.ts';

export async function openAlert(db: Queryable, signal: Signal): Promise<Alert | null> {
  const { rows } = await db.query<AlertRow>(
    `SELECT * FROM alert WHERE workflow_id = $1 AND signal = $2 AND model_name = $3 AND model_version = $4
     AND resolved_at IS NULL FOR UPDATE`,
    [signal.workflow_id, signal.monitor, signal.model_name, signal.model_version],
  );
  return rows[0] === undefined ? null : alertFrom(rows[0]);
}

export async function openAlertsOf(
  db: Queryable,
  workflowId: string,
  modelName: string,
  modelVersion: string | null,
): Promise<Alert[]> {
  const { rows } = await db.query<AlertRow>(
    `SELECT * FROM alert WHERE workflow_id = $1 AND model_name = $2 AND ($3::text IS NULL OR model_version = $3)
     AND resolved_at IS NULL FOR UPDATE`,
    [workflowId, modelName, modelVersion],
  );
  return rows.map(alertFrom);
}

export async function writeAlert(db: Queryable, alert: Alert): Promise<void> {
  await db.query(
    `INSERT INTO alert (alert_id, workflow_id, signal, model_name, model_version, tier, highest_tier, summary, evidence,
       opened_at, updated_at, resolved_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
     ON CONFLICT (alert_id) DO UPDATE
     SET tier = $6, highest_tier = $7, summary = $8, evidence = $9, updated_at = $11, resolved_at = $12`,
    [
      alert.alert_id,
      alert.workflow_id,
      alert.signal,
      alert.model_name,
      alert.model_version,
      alert.tier,
      alert.highest_tier,
      alert.summary,
      JSON.stringify(alert.evidence),
      alert.opened_at,
      alert.updated_at,
      alert.resolved_at,
    ],
  );
}

/** Open ones first, then the newest that ended. */
export async function listAlerts(db: Queryable, limit: number): Promise<Alert[]> {
  const { rows } = await db.query<AlertRow>(
    'SELECT * FROM alert ORDER BY (resolved_at IS NULL) DESC, updated_at DESC LIMIT $1',
    [limit],
  );
  return rows.map(alertFrom);
}

export async function countOpen(db: Queryable): Promise<{ workflow_id: string; tier: AlertTier; count: number }[]> {
  const { rows } = await db.query<{ workflow_id: string; tier: AlertTier; count: number }>(
    'SELECT workflow_id, tier, count(*)::int AS count FROM alert WHERE resolved_at IS NULL GROUP BY 1, 2',
  );
  return rows;
}

type AlertRow = Omit<Alert, 'opened_at' | 'updated_at' | 'resolved_at'> & {
  opened_at: Date;
  updated_at: Date;
  resolved_at: Date | null;
};

const alertFrom = (row: AlertRow): Alert => ({
  ...row,
  opened_at: row.opened_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
  resolved_at: row.resolved_at?.toISOString() ?? null,
});
