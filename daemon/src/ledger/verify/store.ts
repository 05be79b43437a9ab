/** All SQL of verification. */
import type { Queryable } from '../../database/index.ts';
import { selectCheckpoint } from '../checkpoints/store.ts';
import { readHead, readKeyEntries } from '../store.ts';

/** What verification reads, of one transaction's client. The streams are for COPY, which takes no parameters. */
export function verificationQueries(db: Queryable, logId: string) {
  if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(logId)) throw new Error(`"${logId}" is no log id`);
  const select = (columns: string, table: string, order: string) =>
    `SELECT ${columns} FROM ${table} WHERE log_id = '${logId}' ORDER BY ${order}`;
  return {
    leaves: select('log_index, event_id, leaf_hash', 'ledger_leaf', 'log_index'),
    records: select('log_index, entry, body, signature', 'ledger_record', 'log_index'),
    subtrees: select('level, subtree_index, hash', 'ledger_subtree', 'level, subtree_index'),
    head: () => readHead(db, logId),
    checkpoints: async (): Promise<{ size: number; note: string }[]> => {
      const { rows } = await db.query<{ size: string; note: string }>(
        `${selectCheckpoint} WHERE log_id = $1 ORDER BY size`,
        [logId],
      );
      return rows.map(({ size, note }) => ({ size: Number(size), note }));
    },
    /** Size of the newest checkpoint that was ever published; 0 before the first. */
    tip: async (): Promise<number> => {
      const { rows } = await db.query<{ size: string }>('SELECT size FROM ledger_tip WHERE log_id = $1', [logId]);
      return Number(rows[0]?.size ?? 0);
    },
    keys: () => readKeyEntries(db, logId),
    /** The first record that says something else of the decision it is about than that decision does; null for none. */
    wrongAbout: async (): Promise<number | null> => {
      const { rows } = await db.query<{ log_index: string }>(
        `SELECT r.log_index FROM ledger_record r
         CROSS JOIN LATERAL (
           SELECT event ->> 'time' AS time, event -> 'data' AS data
           FROM ledger_record a, ledger_event(coalesce(a.body, a.entry)) AS event
           WHERE a.log_id = r.log_id AND a.decision_id = (r.about ->> 'decisionId')::uuid ORDER BY a.log_index LIMIT 1) a
         WHERE r.log_id = $1 AND r.about IS NOT NULL AND (
           r.about -> 'model' IS DISTINCT FROM jsonb_build_object('name', data #> '{model,name}',
             'version', data #> '{model,version}', 'hash', data #> '{model,hash}')
           OR (r.about ->> 'label', r.about ->> 'route', r.about ->> 'riskTier', r.about ->> 'confidence', r.about ->> 'breakerEpoch')
             IS DISTINCT FROM (data #>> '{output,label}', data ->> 'route', data ->> 'risk_tier', data ->> 'confidence',
               data ->> 'breaker_epoch')
           OR r.about ->> 'decidedAt' IS DISTINCT FROM time
           OR r.about -> 'features' IS DISTINCT FROM coalesce(data -> 'features', '{}'))
         ORDER BY r.log_index LIMIT 1`,
        [logId],
      );
      return rows[0] === undefined ? null : Number(rows[0].log_index);
    },
    logs: async (): Promise<string> => {
      const { rows } = await db.query<{ log_id: string }>('SELECT log_id FROM ledger_log ORDER BY log_id');
      return rows.map(({ log_id }) => log_id).join(', ') || 'none';
    },
  };
}
