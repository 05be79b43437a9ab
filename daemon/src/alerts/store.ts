/** All SQL of the alerts. */
import type { Alert, AlertTier, Signal } from '@countersign/contract';
import type { Queryable } from '../database/index.ts';

/** The newest alert of a signal, open or not, and the record that moved it last. */
export async function lastAlert(db: Queryable, signal: Signal): Promise<{ alert: Alert; atIndex: number } | null> {
  const { rows } = await db.query<AlertRow>(
    `SELECT * FROM alert
     WHERE workflow_id = $1 AND signal = $2 AND subject = $3 AND model_name = $4 AND model_version = $5
     ORDER BY at_index DESC LIMIT 1 FOR UPDATE`,
    [signal.workflow_id, signal.monitor, signal.subject ?? '', signal.model_name, signal.model_version],
  );
  const row = rows[0];
  return row === undefined ? null : { alert: alertFrom(row), atIndex: Number(row.at_index) };
}

export async function writeAlert(db: Queryable, alert: Alert, atIndex: number): Promise<void> {
  await db.query(
    `INSERT INTO alert (alert_id, workflow_id, signal, model_name, model_version, tier, highest_tier, summary, evidence,
       opened_at, updated_at, resolved_at, subject, at_index)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
     ON CONFLICT (alert_id) DO UPDATE
     SET tier = $6, highest_tier = $7, summary = $8, evidence = $9, updated_at = $11, resolved_at = $12, at_index = $14`,
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
      alert.subject ?? '',
      atIndex,
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

/** What the monitors hold to be the cause of an alert now; null while they cannot tell. */
export async function causeOf(db: Queryable, alert: Alert): Promise<string | null> {
  const { rows } = await db.query<{ summary: string }>(
    `SELECT summary FROM alert
     WHERE workflow_id = $1 AND model_name = $2 AND model_version = $3 AND signal = 'attribution' AND resolved_at IS NULL
     ORDER BY updated_at DESC LIMIT 1`,
    [alert.workflow_id, alert.model_name, alert.model_version],
  );
  return rows[0]?.summary ?? null;
}

export async function joinIncident(db: Queryable, alertId: string, incidentId: string): Promise<void> {
  await db.query('UPDATE alert SET incident_id = $2 WHERE alert_id = $1', [alertId, incidentId]);
}

/** The alerts of an incident that still stand. */
export async function openIn(db: Queryable, incidentId: string): Promise<Alert[]> {
  const { rows } = await db.query<AlertRow>(
    'SELECT * FROM alert WHERE incident_id = $1 AND resolved_at IS NULL ORDER BY opened_at',
    [incidentId],
  );
  return rows.map(alertFrom);
}

/** Null when there is none. */
export async function readAlert(db: Queryable, alertId: string): Promise<Alert | null> {
  const { rows } = await db.query<AlertRow>('SELECT * FROM alert WHERE alert_id = $1', [alertId]);
  return rows[0] === undefined ? null : alertFrom(rows[0]);
}

const rankOf = (column: string) => `array_position(ARRAY['info', 'action_required', 'incident'], ${column})`;

/** Open alerts that belong to no incident, or have become worse than theirs knows; the most urgent first. */
export async function unheard(db: Queryable): Promise<Alert[]> {
  const { rows } = await db.query<AlertRow>(
    `SELECT a.* FROM alert a LEFT JOIN incident i USING (incident_id)
     WHERE a.resolved_at IS NULL AND (a.incident_id IS NULL
       OR (i.state <> 'closed' AND ${rankOf('a.tier')} > ${rankOf('i.highest_tier')}))
     ORDER BY ${rankOf('a.tier')} DESC, a.opened_at LIMIT 1000`,
  );
  return rows.map(alertFrom);
}

export async function countOpen(db: Queryable): Promise<{ workflow_id: string; tier: AlertTier; count: number }[]> {
  const { rows } = await db.query<{ workflow_id: string; tier: AlertTier; count: number }>(
    'SELECT workflow_id, tier, count(*)::int AS count FROM alert WHERE resolved_at IS NULL GROUP BY 1, 2',
  );
  return rows;
}

type AlertRow = Omit<Alert, 'opened_at' | 'updated_at' | 'resolved_at' | 'subject' | 'cause'> & {
  subject: string;
  at_index: string;
  opened_at: Date;
  updated_at: Date;
  resolved_at: Date | null;
};

const alertFrom = (row: AlertRow): Alert => ({
  alert_id: row.alert_id,
  workflow_id: row.workflow_id,
  signal: row.signal,
  model_name: row.model_name,
  model_version: row.model_version,
  tier: row.tier,
  highest_tier: row.highest_tier,
  summary: row.summary,
  evidence: row.evidence,
  subject: row.subject === '' ? null : row.subject,
  cause: null,
  incident_id: row.incident_id,
  opened_at: row.opened_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
  resolved_at: row.resolved_at?.toISOString() ?? null,
});
