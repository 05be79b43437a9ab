/** All SQL of the models. */
import type { Model, ModelVersionState } from '@countersign/contract';
import type { Queryable } from '../database/index.ts';

/** Adds a version; false when it was known. */
export async function insertVersion(db: Queryable, workflowId: string, model: Model, at: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    `INSERT INTO model_version (workflow_id, model_name, version, hash, first_seen_at)
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
    [workflowId, model.name, model.version, model.hash, at],
  );
  return rowCount === 1;
}

export interface VersionRow {
  readonly workflow_id: string;
  readonly model_name: string;
  readonly version: string;
  readonly hash: string;
  readonly first_seen_at: Date;
  readonly rolled_back_at: Date | null;
  readonly restores: string | null;
}

/** Newest first. */
export async function readVersions(db: Queryable, workflowId: string | null): Promise<VersionRow[]> {
  const { rows } = await db.query<VersionRow>(
    `SELECT * FROM model_version WHERE $1::text IS NULL OR workflow_id = $1
     ORDER BY workflow_id, model_name, first_seen_at DESC, version DESC`,
    [workflowId],
  );
  return rows;
}

export async function isRolledBack(
  db: Queryable,
  workflowId: string,
  modelName: string,
  version: string,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT FROM model_version
     WHERE workflow_id = $1 AND model_name = $2 AND version = $3 AND rolled_back_at IS NOT NULL`,
    [workflowId, modelName, version],
  );
  return rowCount === 1;
}

export async function markRolledBack(
  db: Queryable,
  key: { workflowId: string; modelName: string; version: string },
  restores: string,
  at: Date,
): Promise<void> {
  await db.query(
    `UPDATE model_version SET rolled_back_at = $4, restores = $5
     WHERE workflow_id = $1 AND model_name = $2 AND version = $3`,
    [key.workflowId, key.modelName, key.version, at, restores],
  );
}

/** False when it is frozen already. */
export async function freeze(
  db: Queryable,
  { workflowId, modelName }: { workflowId: string; modelName: string },
  reason: string,
  at: Date,
): Promise<boolean> {
  const { rowCount } = await db.query(
    'INSERT INTO model_freeze (workflow_id, model_name, frozen_at, reason) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
    [workflowId, modelName, at, reason],
  );
  return rowCount === 1;
}

/** As the app shows them: active is the newest version that was not rolled back. */
export function statesOf(rows: readonly VersionRow[]): ModelVersionState[] {
  const taken = new Set<string>();
  return rows.map((row) => {
    const model = `${row.workflow_id} ${row.model_name}`;
    const active = row.rolled_back_at === null && !taken.has(model);
    if (active) taken.add(model);
    return {
      workflow_id: row.workflow_id,
      model_name: row.model_name,
      version: row.version,
      hash: row.hash,
      first_seen_at: row.first_seen_at.toISOString(),
      rolled_back_at: row.rolled_back_at?.toISOString() ?? null,
      active,
    };
  });
}
