/** All SQL of the monitors: one snapshot a log. */
import type { Queryable } from '../database/index.ts';
import type { MonitorSnapshot } from './monitors.ts';

export async function readSnapshot(db: Queryable, logId: string): Promise<MonitorSnapshot | null> {
  const { rows } = await db.query<{ next_index: string; made_under: string; state: string }>(
    'SELECT next_index, made_under, state FROM monitor_snapshot WHERE log_id = $1',
    [logId],
  );
  const row = rows[0];
  if (row === undefined) return null;
  const state = JSON.parse(row.state) as MonitorSnapshot['state'];
  return { nextIndex: Number(row.next_index), madeUnder: row.made_under, state };
}

/** A snapshot never goes backwards, unless it was made under other folds. */
export async function writeSnapshot(db: Queryable, logId: string, snapshot: MonitorSnapshot): Promise<void> {
  await db.query(
    `INSERT INTO monitor_snapshot (log_id, next_index, made_under, state) VALUES ($1, $2, $3, $4)
     ON CONFLICT (log_id) DO UPDATE SET next_index = $2, made_under = $3, state = $4
     WHERE monitor_snapshot.next_index < $2 OR monitor_snapshot.made_under <> $3`,
    [logId, snapshot.nextIndex, snapshot.madeUnder, JSON.stringify(snapshot.state)],
  );
}
