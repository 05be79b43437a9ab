/** All SQL of the checkpoints and their cosignatures. */
import type { Queryable } from '../../database/index.ts';

export interface SignedCheckpoint {
  readonly size: number;
  readonly note: string;
  readonly signedAt: Date;
}

/** With the signatures of witnesses. */
export const selectCheckpoint = `SELECT size, signed_at,
  note || coalesce((SELECT string_agg(line, '' ORDER BY witness) FROM ledger_cosignature c
    WHERE c.log_id = k.log_id AND c.size = k.size), '') AS note FROM ledger_checkpoint k`;

interface CheckpointRow {
  size: string;
  note: string;
  signed_at: Date;
}

const checkpointFrom = (row: CheckpointRow | undefined): SignedCheckpoint | null =>
  row === undefined ? null : { size: Number(row.size), note: row.note, signedAt: row.signed_at };

/** The newest that was signed, shown to anyone or not yet. Its note is without witnesses. */
export async function newestSigned(db: Queryable, logId: string): Promise<SignedCheckpoint | null> {
  const { rows } = await db.query<CheckpointRow>(
    'SELECT size, note, signed_at FROM ledger_checkpoint WHERE log_id = $1 ORDER BY size DESC LIMIT 1',
    [logId],
  );
  return checkpointFrom(rows[0]);
}

/** The newest that was published, with the signatures of witnesses that it has. */
export async function newestPublished(db: Queryable, logId: string): Promise<SignedCheckpoint | null> {
  const { rows } = await db.query<CheckpointRow>(
    `${selectCheckpoint} WHERE log_id = $1 AND size = (SELECT published FROM ledger_tip WHERE log_id = $1)`,
    [logId],
  );
  return checkpointFrom(rows[0]);
}

/** By verifier key of these witnesses, the size of the newest checkpoint that each has signed; 0 before the first. */
export async function signedByWitnesses(
  db: Queryable,
  logId: string,
  witnesses: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await db.query<{ witness: string; size: string }>(
    `SELECT witness, coalesce((SELECT max(c.size) FROM ledger_cosignature c WHERE c.log_id = $1 AND c.witness = w.witness), 0) AS size
     FROM unnest($2::text[]) AS w (witness)`,
    [logId, witnesses],
  );
  return new Map(rows.map(({ witness, size }) => [witness, Number(size)]));
}

/** Publishes a checkpoint when at least `quorum` of these witnesses have signed it; what is published never goes back. */
export async function publishCheckpoint(
  db: Queryable,
  logId: string,
  size: number,
  witnesses: readonly string[],
  quorum: number,
): Promise<void> {
  await db.query(
    `UPDATE ledger_tip SET published = $2 WHERE log_id = $1 AND published < $2
       AND (SELECT count(*) FROM ledger_cosignature WHERE log_id = $1 AND size = $2 AND witness = ANY($3)) >= $4`,
    [logId, size, witnesses, quorum],
  );
}

/**
 * Adds a checkpoint when `previous` (a size; 0 for none) is still the newest: compare and swap. False when it is not, so
 * that of two who sign one wins, and the log never goes backwards.
 */
export async function insertCheckpoint(
  db: Queryable,
  logId: string,
  previous: number,
  checkpoint: SignedCheckpoint,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `WITH tip AS (
       INSERT INTO ledger_tip AS tip (log_id, size) VALUES ($1, $2)
       ON CONFLICT (log_id) DO UPDATE SET size = $2 WHERE tip.size = $5 AND tip.size < $2 RETURNING tip.size)
     INSERT INTO ledger_checkpoint (log_id, size, note, signed_at) SELECT $1, size, $3, $4 FROM tip
     ON CONFLICT DO NOTHING`,
    [logId, checkpoint.size, checkpoint.note, checkpoint.signedAt, previous],
  );
  return rowCount === 1;
}

/** Keeps what a witness has signed; once. */
export async function insertCosignature(
  db: Queryable,
  logId: string,
  size: number,
  witness: string,
  line: string,
): Promise<void> {
  await db.query(
    'INSERT INTO ledger_cosignature (log_id, size, witness, line) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
    [logId, size, witness, line],
  );
}
