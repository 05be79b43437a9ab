/** All SQL of verification. */
import { logWorkflow, type KeyStep } from '@countersign/contract';
import type { Queryable } from '../../database/index.ts';
import { selectCheckpoint } from '../checkpoints/store.ts';
import { readHead } from '../store.ts';

/** What verification reads, of one transaction's client. The streams are for COPY, which takes no parameters. */
export function verificationQueries(db: Queryable, logId: string) {
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(logId)) throw new Error(`"${logId}" is no log id`);
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
    /** What the key records say, dropped ones too. */
    keys: async (): Promise<{ index: number; step: KeyStep }[]> => {
      const { rows } = await db.query<{ log_index: string; verifier_key: string } & Omit<KeyStep, 'key'>>(
        'SELECT log_index, verifier_key, previous, endorsement FROM ledger_key WHERE log_id = $1 ORDER BY log_index',
        [logId],
      );
      return rows.map(({ log_index, verifier_key: key, previous, endorsement }) => ({
        index: Number(log_index),
        step: { workflow_id: logWorkflow, key, previous, endorsement },
      }));
    },
    logs: async (): Promise<string> => {
      const { rows } = await db.query<{ log_id: string }>('SELECT log_id FROM ledger_log ORDER BY log_id');
      return rows.map(({ log_id }) => log_id).join(', ') || 'none';
    },
  };
}
