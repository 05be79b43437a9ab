/** All SQL of the models. */
import type { Autonomy, GateResult, Model } from '@countersign/contract';
import type { Queryable } from '../database/index.ts';
import type { Rollout } from './rollout.ts';

export interface ModelScope {
  readonly workflowId: string;
  readonly modelName: string;
}

export interface VersionScope extends ModelScope {
  readonly version: string;
}

export interface VersionRow {
  readonly workflow_id: string;
  readonly model_name: string;
  readonly version: string;
  readonly hash: string;
  readonly first_seen_at: Date;
  /** Null while nobody has declared it. */
  readonly declared_at: Date | null;
  readonly author: string | null;
  /** What it has come to under change control. */
  readonly autonomy: Autonomy;
  /** What its canaries say, while its autonomy is canary. */
  readonly rollout: Rollout | null;
  /** Of the last change of what it may do; a number in decimal. */
  readonly epoch: string;
  readonly rolled_back_at: Date | null;
  readonly restores: string | null;
}

/** Adds a version that has decided; false when it was known. */
export async function insertVersion(db: Queryable, workflowId: string, model: Model, at: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    `INSERT INTO model_version (workflow_id, model_name, version, hash, first_seen_at)
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
    [workflowId, model.name, model.version, model.hash, at],
  );
  return rowCount === 1;
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

/** Locked until the transaction ends. */
export async function lockVersion(
  db: Queryable,
  { workflowId, modelName, version }: VersionScope,
): Promise<VersionRow | null> {
  const { rows } = await db.query<VersionRow>(
    'SELECT * FROM model_version WHERE workflow_id = $1 AND model_name = $2 AND version = $3 FOR UPDATE',
    [workflowId, modelName, version],
  );
  return rows[0] ?? null;
}

export async function declare(
  db: Queryable,
  { workflowId, modelName, version }: VersionScope,
  declared: {
    readonly hash: string;
    readonly author: string;
    readonly autonomy: Autonomy;
    readonly at: Date;
    readonly epoch: number;
  },
): Promise<void> {
  await db.query(
    `INSERT INTO model_version (workflow_id, model_name, version, hash, first_seen_at, declared_at, author, autonomy, epoch)
     VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8)
     ON CONFLICT (workflow_id, model_name, version) DO UPDATE SET declared_at = $5, author = $6, autonomy = $7, epoch = $8`,
    [workflowId, modelName, version, declared.hash, declared.at, declared.author, declared.autonomy, declared.epoch],
  );
}

export async function setAutonomy(
  db: Queryable,
  { workflowId, modelName, version }: VersionScope,
  autonomy: Autonomy,
  rollout: Rollout | null,
  epoch: number,
): Promise<void> {
  await db.query(
    `UPDATE model_version SET autonomy = $4, rollout = $5, epoch = $6
     WHERE workflow_id = $1 AND model_name = $2 AND version = $3`,
    [workflowId, modelName, version, autonomy, rollout === null ? null : JSON.stringify(rollout), epoch],
  );
}

/** The evidence grew; what it may do is as before. */
export async function setRollout(
  db: Queryable,
  { workflowId, modelName, version }: VersionScope,
  rollout: Rollout,
): Promise<void> {
  await db.query('UPDATE model_version SET rollout = $4 WHERE workflow_id = $1 AND model_name = $2 AND version = $3', [
    workflowId,
    modelName,
    version,
    JSON.stringify(rollout),
  ]);
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
  { workflowId, modelName, version }: VersionScope,
  restores: string,
  at: Date,
  epoch: number,
): Promise<void> {
  await db.query(
    `UPDATE model_version SET rolled_back_at = $4, restores = $5, epoch = $6
     WHERE workflow_id = $1 AND model_name = $2 AND version = $3`,
    [workflowId, modelName, version, at, restores, epoch],
  );
}

export interface SignOff {
  readonly role: string;
  readonly signed_by: string;
}

/** The newest word of a role counts. */
export async function signOff(
  db: Queryable,
  { workflowId, modelName, version }: VersionScope,
  autonomy: Autonomy,
  { role, signed_by }: SignOff,
  at: Date,
): Promise<void> {
  await db.query(
    `INSERT INTO model_sign_off (workflow_id, model_name, version, autonomy, role, signed_by, signed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (workflow_id, model_name, version, autonomy, role) DO UPDATE SET signed_by = $6, signed_at = $7`,
    [workflowId, modelName, version, autonomy, role, signed_by, at],
  );
}

export async function signOffs(
  db: Queryable,
  { workflowId, modelName, version }: VersionScope,
  autonomy: Autonomy,
): Promise<SignOff[]> {
  const { rows } = await db.query<SignOff>(
    `SELECT role, signed_by FROM model_sign_off
     WHERE workflow_id = $1 AND model_name = $2 AND version = $3 AND autonomy = $4 ORDER BY signed_at`,
    [workflowId, modelName, version, autonomy],
  );
  return rows;
}

/** A step of a version, to a level of autonomy. */
export interface OfStep {
  readonly workflow_id: string;
  readonly model_name: string;
  readonly version: string;
  readonly autonomy: Autonomy;
}

/** What gates said. */
export interface AskedGates {
  readonly results: readonly GateResult[];
  readonly checked_at: Date;
}

/** All of them, for the page. */
export async function allGates(db: Queryable): Promise<(AskedGates & OfStep)[]> {
  const { rows } = await db.query<AskedGates & OfStep>(
    'SELECT workflow_id, model_name, version, autonomy, results, checked_at FROM model_gate',
  );
  return rows;
}

export async function allSignOffs(db: Queryable): Promise<(SignOff & OfStep)[]> {
  const { rows } = await db.query<SignOff & OfStep>(
    'SELECT workflow_id, model_name, version, autonomy, role, signed_by FROM model_sign_off ORDER BY signed_at',
  );
  return rows;
}

/** What was signed holds no more: the version has moved. */
export async function forgetSignOffs(db: Queryable, { workflowId, modelName, version }: VersionScope): Promise<void> {
  for (const table of ['model_sign_off', 'model_gate'] as const) {
    await db.query(`DELETE FROM ${table} WHERE workflow_id = $1 AND model_name = $2 AND version = $3`, [
      workflowId,
      modelName,
      version,
    ]);
  }
}

export async function writeGate(
  db: Queryable,
  { workflowId, modelName, version }: VersionScope,
  autonomy: Autonomy,
  results: readonly GateResult[],
  at: Date,
): Promise<void> {
  // What was signed was signed for another answer.
  await db.query(
    'DELETE FROM model_sign_off WHERE workflow_id = $1 AND model_name = $2 AND version = $3 AND autonomy = $4',
    [workflowId, modelName, version, autonomy],
  );
  await db.query(
    `INSERT INTO model_gate (workflow_id, model_name, version, autonomy, passed, results, checked_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (workflow_id, model_name, version, autonomy) DO UPDATE SET passed = $5, results = $6, checked_at = $7`,
    [workflowId, modelName, version, autonomy, results.every(({ passed }) => passed), JSON.stringify(results), at],
  );
}

/** Null when they were never asked. */
export async function readGate(
  db: Queryable,
  { workflowId, modelName, version }: VersionScope,
  autonomy: Autonomy,
): Promise<AskedGates | null> {
  const { rows } = await db.query<AskedGates>(
    `SELECT results, checked_at FROM model_gate
     WHERE workflow_id = $1 AND model_name = $2 AND version = $3 AND autonomy = $4`,
    [workflowId, modelName, version, autonomy],
  );
  return rows[0] ?? null;
}

/** False when it is frozen already. */
export async function freeze(
  db: Queryable,
  { workflowId, modelName }: ModelScope,
  reason: string,
  at: Date,
): Promise<boolean> {
  const { rowCount } = await db.query(
    'INSERT INTO model_freeze (workflow_id, model_name, frozen_at, reason) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
    [workflowId, modelName, at, reason],
  );
  return rowCount === 1;
}

export async function thaw(db: Queryable, { workflowId, modelName }: ModelScope): Promise<void> {
  await db.query('DELETE FROM model_freeze WHERE workflow_id = $1 AND model_name = $2', [workflowId, modelName]);
}

export async function frozen(db: Queryable): Promise<{ workflow_id: string; model_name: string; reason: string }[]> {
  const { rows } = await db.query<{ workflow_id: string; model_name: string; reason: string }>(
    'SELECT workflow_id, model_name, reason FROM model_freeze',
  );
  return rows;
}
