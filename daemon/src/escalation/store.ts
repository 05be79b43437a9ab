/** All SQL of the escalation. */
import type { Incident as IncidentView, NotificationView, QuietHours, Silence } from '@countersign/contract';
import type { Queryable } from '../database/index.ts';
import { needsPostmortem, type Incident, type MessageKind } from './incident.ts';
import type { Message } from './message.ts';
import type { Receipt } from './notifiers/notifier.ts';

const columns = `incident_id, workflow_id, model_name, drill, state, title, highest_tier, chain, quiet_hours, level, steps, cycle,
  climbs_at, opened_at, acknowledged_by, resolved_at, closed_at, postmortem`;

/** The incident of a model that is not closed, locked until the transaction ends. */
export async function lockUnclosed(db: Queryable, workflowId: string, modelName: string): Promise<Incident | null> {
  const { rows } = await db.query<Incident>(
    `SELECT ${columns} FROM incident
     WHERE workflow_id = $1 AND model_name = $2 AND state <> 'closed' AND NOT drill FOR UPDATE`,
    [workflowId, modelName],
  );
  return rows[0] ?? null;
}

export async function lockIncident(db: Queryable, incidentId: string): Promise<Incident | null> {
  const { rows } = await db.query<Incident>(`SELECT ${columns} FROM incident WHERE incident_id = $1 FOR UPDATE`, [
    incidentId,
  ]);
  return rows[0] ?? null;
}

export async function readIncident(db: Queryable, incidentId: string): Promise<Incident | null> {
  const { rows } = await db.query<Incident>(`SELECT ${columns} FROM incident WHERE incident_id = $1`, [incidentId]);
  return rows[0] ?? null;
}

export async function writeIncident(db: Queryable, incident: Incident): Promise<void> {
  await db.query(
    `INSERT INTO incident (${columns})
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
     ON CONFLICT (incident_id) DO UPDATE SET state = $5, title = $6, highest_tier = $7, level = $10, steps = $11, cycle = $12,
       climbs_at = $13, acknowledged_by = $15, resolved_at = $16, closed_at = $17, postmortem = $18`,
    [
      incident.incident_id,
      incident.workflow_id,
      incident.model_name,
      incident.drill,
      incident.state,
      incident.title,
      incident.highest_tier,
      JSON.stringify(incident.chain),
      incident.quiet_hours === null ? null : JSON.stringify(incident.quiet_hours),
      incident.level,
      incident.steps,
      incident.cycle,
      incident.climbs_at,
      incident.opened_at,
      incident.acknowledged_by,
      incident.resolved_at,
      incident.closed_at,
      incident.postmortem === null ? null : JSON.stringify(incident.postmortem),
    ],
  );
}

/** Those that wait for somebody to acknowledge them before they climb. */
export async function climbing(db: Queryable): Promise<Incident[]> {
  const { rows } = await db.query<Incident>(`SELECT ${columns} FROM incident WHERE climbs_at IS NOT NULL`);
  return rows;
}

export interface IncidentCount {
  readonly workflow_id: string;
  readonly state: string;
  readonly count: number;
  /** When the first of them was opened. */
  readonly oldest: Date;
}

export async function countIncidents(db: Queryable): Promise<IncidentCount[]> {
  const { rows } = await db.query<IncidentCount>(
    `SELECT workflow_id, state, count(*)::int AS count, min(opened_at) AS oldest FROM incident WHERE state <> 'closed' AND NOT drill GROUP BY 1, 2`,
  );
  return rows;
}

export interface NewNotification {
  readonly key: string;
  readonly incidentId: string;
  readonly level: number;
  readonly channel: string;
  readonly kind: MessageKind;
  readonly message: Message;
  readonly createdAt: Date;
  readonly nextAt: Date;
}

/** Once for a key, however often it is asked for. */
export async function addNotification(db: Queryable, row: NewNotification): Promise<void> {
  await db.query(
    `INSERT INTO notification (notification_key, incident_id, level, channel, kind, message, created_at, next_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (notification_key) DO NOTHING`,
    [row.key, row.incidentId, row.level, row.channel, row.kind, JSON.stringify(row.message), row.createdAt, row.nextAt],
  );
}

/**
 * Messages that begin something on a channel and were not sent when it began anew: they say nothing any more. One that is
 * being sent now is left alone.
 */
export async function supersede(
  db: Queryable,
  incidentId: string,
  channel: string,
  at: Date,
): Promise<{ level: number; attempts: number }[]> {
  const { rows } = await db.query<{ level: number; attempts: number }>(
    `UPDATE notification SET ended_at = $3, outcome = 'not_sent', problem = 'a newer message says more'
     WHERE incident_id = $1 AND channel = $2 AND kind = 'trigger' AND ended_at IS NULL AND lease_until IS NULL
     RETURNING level, attempts`,
    [incidentId, channel, at],
  );
  return rows;
}

/** Incidents that stand though no alert of them does. */
export async function withoutAlerts(db: Queryable): Promise<{ incident_id: string }[]> {
  const { rows } = await db.query<{ incident_id: string }>(
    `SELECT incident_id FROM incident i WHERE NOT drill AND state IN ('open', 'acknowledged')
       AND NOT EXISTS (SELECT FROM alert a WHERE a.incident_id = i.incident_id AND a.resolved_at IS NULL)`,
  );
  return rows;
}

/** The channels that were told of an incident, or are about to be, with the tier at which they were. */
export async function toldChannels(db: Queryable, incidentId: string): Promise<{ channel: string; level: number }[]> {
  const { rows } = await db.query<{ channel: string; level: number }>(
    `SELECT channel, max(level) AS level FROM notification
     WHERE incident_id = $1 AND kind = 'trigger' AND outcome IS DISTINCT FROM 'undeliverable'
     GROUP BY channel ORDER BY min(position)`,
    [incidentId],
  );
  return rows;
}

export interface DueNotification {
  readonly notification_key: string;
  readonly incident_id: string;
  readonly level: number;
  readonly channel: string;
  readonly kind: MessageKind;
  readonly message: Message;
  readonly attempts: number;
  readonly created_at: Date;
  readonly incident_state: Incident['state'];
  readonly quiet_hours: QuietHours | null;
  /** Of the first message on this channel. */
  readonly receipt: Receipt | null;
  /** Whether the channel has been told of the incident at all. */
  readonly was_told: boolean;
}

/** Who may act on the log: the daemon that took it over last. */
export interface Fence {
  readonly logId: string;
  readonly epoch: number;
}

/** Not before its time, and not while another sends it; unless the clock that said so was ahead. */
const isDue = (row: string) => `(${row}.next_at <= $1 OR ${row}.created_at > $1
  OR ${row}.next_at > $1::timestamptz + interval '25 hours')
  AND (${row}.lease_until IS NULL OR ${row}.lease_until <= $1 OR ${row}.lease_until > $1::timestamptz + interval '1 hour')`;

/**
 * Takes the oldest message of each channel that is due, and keeps it from other daemons until `leaseUntil`. Of one incident
 * and channel the earlier message goes first. What is due in more than a day was put there by a clock that was ahead. Only
 * whoever owns the log takes anything.
 */
export async function takeDue(
  db: Queryable,
  now: Date,
  leaseUntil: Date,
  busy: readonly string[],
  fence: Fence,
): Promise<DueNotification[]> {
  const { rows } = await db.query<DueNotification>(
    `WITH due AS (
       SELECT DISTINCT ON (n.channel) n.notification_key FROM notification n
       WHERE n.ended_at IS NULL AND n.channel <> ALL ($3)
         AND ${isDue('n')}
         AND EXISTS (SELECT FROM ledger_log WHERE log_id = $4 AND epoch = $5)
         AND NOT EXISTS (SELECT FROM notification earlier WHERE earlier.incident_id = n.incident_id
           AND earlier.channel = n.channel AND earlier.position < n.position AND earlier.ended_at IS NULL)
       ORDER BY n.channel, n.position
     ), locked AS (
       SELECT notification_key FROM notification l JOIN due USING (notification_key)
       WHERE l.ended_at IS NULL AND ${isDue('l')} FOR UPDATE OF l SKIP LOCKED
     )
     UPDATE notification n SET lease_until = $2, attempts = attempts + 1 FROM locked, incident i
     WHERE n.notification_key = locked.notification_key AND i.incident_id = n.incident_id
     RETURNING n.notification_key, n.incident_id, n.level, n.channel, n.kind, n.message, n.attempts, n.created_at,
       i.state AS incident_state, i.quiet_hours,
       (SELECT told.receipt FROM notification told WHERE told.incident_id = n.incident_id AND told.channel = n.channel
         AND told.outcome = 'sent' ORDER BY told.position LIMIT 1) AS receipt,
       EXISTS (SELECT FROM notification told WHERE told.incident_id = n.incident_id AND told.channel = n.channel
         AND (told.outcome = 'sent' OR (told.outcome = 'not_sent' AND told.attempts > 1))) AS was_told`,
    [now, leaseUntil, busy, fence.logId, fence.epoch],
  );
  return rows;
}

export interface Ended {
  readonly outcome: 'sent' | 'undeliverable' | 'not_sent';
  readonly problem: string | null;
  readonly receipt: Receipt | null;
}

/** False when somebody else has ended it. */
export async function endNotification(db: Queryable, key: string, ended: Ended, at: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE notification SET ended_at = $2, outcome = $3, problem = $4, receipt = $5, lease_until = NULL
     WHERE notification_key = $1 AND ended_at IS NULL`,
    [key, at, ended.outcome, ended.problem, ended.receipt === null ? null : JSON.stringify(ended.receipt)],
  );
  return rowCount === 1;
}

export async function postpone(db: Queryable, key: string, until: Date, problem: string): Promise<void> {
  await db.query(
    'UPDATE notification SET next_at = $2, problem = $3, lease_until = NULL WHERE notification_key = $1 AND ended_at IS NULL',
    [key, until, problem],
  );
}

/** Whether none of a tier was reached, and nobody of it will be. */
export async function isUnreachable(db: Queryable, incidentId: string, level: number, since: Date): Promise<boolean> {
  const { rows } = await db.query<{ unreachable: boolean | null }>(
    `SELECT bool_and(outcome IS NOT DISTINCT FROM 'undeliverable') AS unreachable FROM notification
     WHERE incident_id = $1 AND level = $2 AND kind = 'trigger' AND created_at >= $3`,
    [incidentId, level, since],
  );
  return rows[0]?.unreachable ?? false;
}

export interface Waiting {
  /** To be sent now, or tried again soon. */
  readonly due: number;
  /** Kept for the end of quiet hours. */
  readonly held: number;
}

/** No attempt is put off for longer than a few minutes. */
export async function countWaiting(db: Queryable, now: Date): Promise<Waiting> {
  const { rows } = await db.query<Waiting>(
    `SELECT count(*) FILTER (WHERE NOT is_held)::int AS due, count(*) FILTER (WHERE is_held)::int AS held
     FROM (SELECT next_at > $1::timestamptz + interval '10 minutes' AS is_held FROM notification WHERE ended_at IS NULL) AS n`,
    [now],
  );
  return rows[0] ?? { due: 0, held: 0 };
}

/** The newest incidents, those that are not closed first, with who was told. */
/** Those that are open first, the newest first; and the one that is `wanted`, however old. */
export async function listIncidents(db: Queryable, limit: number, wanted: string | null): Promise<IncidentView[]> {
  const { rows } = await db.query<Incident>(
    `SELECT ${columns} FROM incident
     ORDER BY (incident_id = $2) IS TRUE DESC, array_position(ARRAY['open', 'acknowledged', 'resolved', 'closed'], state),
       opened_at DESC LIMIT $1`,
    [limit, wanted],
  );
  const notifications = await notificationsOf(
    db,
    rows.map(({ incident_id }) => incident_id),
  );
  return rows.map((row) => viewOf(row, notifications.get(row.incident_id) ?? []));
}

interface NotificationRow {
  readonly incident_id: string;
  readonly level: number;
  readonly channel: string;
  readonly kind: MessageKind;
  readonly attempts: number;
  readonly created_at: Date;
  readonly next_at: Date;
  readonly ended_at: Date | null;
  readonly outcome: Ended['outcome'] | null;
  readonly problem: string | null;
}

async function notificationsOf(
  db: Queryable,
  incidentIds: readonly string[],
): Promise<ReadonlyMap<string, NotificationView[]>> {
  const { rows } = await db.query<NotificationRow>(
    `SELECT incident_id, level, channel, kind, attempts, created_at, next_at, ended_at, outcome, problem FROM notification
     WHERE incident_id = ANY ($1) ORDER BY position`,
    [incidentIds],
  );
  const byIncident = new Map<string, NotificationView[]>();
  for (const { incident_id, level, channel, kind, attempts, next_at, ended_at, outcome, problem } of rows) {
    const of = byIncident.get(incident_id) ?? [];
    const at = (ended_at ?? next_at).toISOString();
    of.push({
      level,
      channel,
      kind,
      attempts,
      at,
      state: outcome ?? 'waiting',
      problem,
    });
    byIncident.set(incident_id, of);
  }
  return byIncident;
}

/** Drills in which everybody was told, or tried for so many times, or which have lasted too long. */
export async function finishedDrills(
  db: Queryable,
  now: Date,
  mostMs: number,
  tries: number,
): Promise<{ incident_id: string }[]> {
  const { rows } = await db.query<{ incident_id: string }>(
    `SELECT incident_id FROM incident i WHERE drill AND state IN ('open', 'acknowledged')
       AND (opened_at < $1 OR (climbs_at IS NULL AND NOT EXISTS
         (SELECT FROM notification n WHERE n.incident_id = i.incident_id AND n.ended_at IS NULL
           AND (n.attempts < $2 OR n.lease_until IS NOT NULL))))`,
    [new Date(now.getTime() - mostMs), tries],
  );
  return rows;
}

/** Of one incident: how long after its creation each first message was through (ms); null where it was not. */
export async function reached(
  db: Queryable,
  incidentId: string,
): Promise<{ level: number; channel: string; ms: number | null; problem: string | null }[]> {
  const { rows } = await db.query<NotificationRow>(
    `SELECT level, channel, created_at, ended_at, outcome, problem FROM notification
     WHERE incident_id = $1 AND kind = 'trigger' ORDER BY position`,
    [incidentId],
  );
  return rows.map(({ level, channel, created_at, ended_at, outcome, problem }) => ({
    level,
    channel,
    ms: outcome === 'sent' && ended_at !== null ? Math.max(0, ended_at.getTime() - created_at.getTime()) : null,
    problem: outcome === 'sent' ? null : (problem ?? 'not sent yet'),
  }));
}

const viewOf = (row: Incident, notifications: NotificationView[]): IncidentView => ({
  incident_id: row.incident_id,
  workflow_id: row.workflow_id,
  model_name: row.model_name,
  state: row.state,
  drill: row.drill,
  title: row.title,
  highest_tier: row.highest_tier,
  level: row.level,
  chain: [...row.chain],
  climbs_at: row.climbs_at?.toISOString() ?? null,
  opened_at: row.opened_at.toISOString(),
  acknowledged_by: row.acknowledged_by,
  resolved_at: row.resolved_at?.toISOString() ?? null,
  closed_at: row.closed_at?.toISOString() ?? null,
  needs_postmortem: needsPostmortem(row),
  postmortem: row.postmortem,
  notifications,
});

export async function addSilence(db: Queryable, silence: Silence): Promise<void> {
  await db.query(
    `INSERT INTO silence (silence_id, workflow_id, signal, model_name, until, silenced_by, reason)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [
      silence.silence_id,
      silence.workflow_id,
      silence.signal,
      silence.model_name,
      silence.until,
      silence.by,
      silence.reason,
    ],
  );
}

interface SilenceRow {
  readonly silence_id: string;
  readonly workflow_id: string;
  readonly signal: string | null;
  readonly model_name: string | null;
  readonly until: Date;
  readonly silenced_by: string;
  readonly reason: string;
}

/** Those that nobody has ended, whether their time is over or not. */
export async function openSilences(db: Queryable): Promise<Silence[]> {
  const { rows } = await db.query<SilenceRow>(
    `SELECT silence_id, workflow_id, signal, model_name, until, silenced_by, reason FROM silence
     WHERE ended_at IS NULL ORDER BY until`,
  );
  return rows.map(({ silenced_by, until, ...row }) => ({ ...row, until: until.toISOString(), by: silenced_by }));
}

/** Null when it has ended already, or is none. */
export async function endSilence(db: Queryable, silenceId: string, at: Date): Promise<Silence | null> {
  const { rows } = await db.query<SilenceRow>(
    `UPDATE silence SET ended_at = $2 WHERE silence_id = $1 AND ended_at IS NULL
     RETURNING silence_id, workflow_id, signal, model_name, until, silenced_by, reason`,
    [silenceId, at],
  );
  const [row] = rows;
  if (row === undefined) return null;
  const { silenced_by, until, ...rest } = row;
  return { ...rest, until: until.toISOString(), by: silenced_by };
}
