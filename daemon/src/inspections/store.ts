/** All SQL of the inspections. */
import type { DrawRequest, FindingRequest, RiskTier } from '@countersign/contract';
import type { Queryable } from '../database/index.ts';

export interface InspectionRow {
  readonly inspection_id: string;
  readonly title: string;
  readonly workflow_id: string;
  readonly from_time: Date;
  readonly to_time: Date;
  readonly seed: string;
  readonly announced: number | null;
  readonly announced_event: string | null;
  readonly drawn_event: string | null;
  readonly signed_event: string | null;
  readonly log_size: number;
  readonly drawn: { readonly risk_tier: RiskTier; readonly sample: number; readonly of: number }[];
  readonly drawn_by: string;
  readonly drawn_at: Date;
  /** Of what was asked for. */
  readonly request_hash: Buffer | null;
  readonly signed_by: string | null;
  readonly signed_at: Date | null;
  readonly statement: string | null;
  readonly looked_at: number;
  readonly wanting: number;
}

export interface DecisionRow {
  readonly log_index: number;
  readonly risk_tier: RiskTier;
  readonly finding: 'good' | 'wanting' | null;
  readonly note: string;
  readonly found_by: string | null;
}

const selectInspection = `SELECT i.*, i.log_size::float8 AS log_size, i.announced::float8 AS announced,
    (SELECT count(*)::int FROM inspected_decision d WHERE d.inspection_id = i.inspection_id AND finding IS NOT NULL) AS looked_at,
    (SELECT count(*)::int FROM inspected_decision d WHERE d.inspection_id = i.inspection_id AND finding = 'wanting') AS wanting
  FROM inspection i`;

/** What became of a wish to draw. */
interface Chosen extends Pick<InspectionRow, 'seed' | 'announced' | 'announced_event' | 'drawn_event'> {
  readonly logSize: number;
  readonly requestHash: Buffer;
}

export async function insertInspection(
  db: Queryable,
  inspectionId: string,
  request: DrawRequest,
  { seed, announced, announced_event, drawn_event, logSize, requestHash }: Chosen,
  drawn: InspectionRow['drawn'],
  sample: readonly { readonly index: number; readonly riskTier: RiskTier }[],
  by: string,
  at: Date,
): Promise<void> {
  await db.query(
    `INSERT INTO inspection (inspection_id, title, workflow_id, from_time, to_time, seed, log_size, drawn, drawn_by,
       drawn_at, request_hash, announced, announced_event, drawn_event)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    [
      inspectionId,
      request.title,
      request.workflow_id,
      request.from,
      request.to,
      seed,
      logSize,
      JSON.stringify(drawn),
      by,
      at,
      requestHash,
      announced,
      announced_event,
      drawn_event,
    ],
  );
  await db.query(
    'INSERT INTO inspected_decision (inspection_id, log_index, risk_tier) SELECT $1, * FROM unnest($2::bigint[], $3::text[])',
    [inspectionId, sample.map(({ index }) => index), sample.map(({ riskTier }) => riskTier)],
  );
}

/** The newest first. */
export async function readInspections(db: Queryable): Promise<InspectionRow[]> {
  return (await db.query<InspectionRow>(`${selectInspection} ORDER BY drawn_at DESC, inspection_id DESC LIMIT 200`))
    .rows;
}

export async function readInspection(db: Queryable, inspectionId: string): Promise<InspectionRow | null> {
  const { rows } = await db.query<InspectionRow>(`${selectInspection} WHERE inspection_id = $1`, [inspectionId]);
  return rows[0] ?? null;
}

export async function lockInspection(db: Queryable, inspectionId: string): Promise<InspectionRow | null> {
  const { rows } = await db.query<InspectionRow>(`${selectInspection} WHERE inspection_id = $1 FOR UPDATE OF i`, [
    inspectionId,
  ]);
  return rows[0] ?? null;
}

export async function readDecisions(db: Queryable, inspectionId: string): Promise<DecisionRow[]> {
  const { rows } = await db.query<Omit<DecisionRow, 'log_index'> & { log_index: string }>(
    'SELECT log_index, risk_tier, finding, note, found_by FROM inspected_decision WHERE inspection_id = $1 ORDER BY log_index',
    [inspectionId],
  );
  return rows.map((row) => ({ ...row, log_index: Number(row.log_index) }));
}

export async function writeFinding(
  db: Queryable,
  inspectionId: string,
  request: FindingRequest,
  by: string,
): Promise<void> {
  await db.query(
    'UPDATE inspected_decision SET finding = $3, note = $4, found_by = $5 WHERE inspection_id = $1 AND log_index = $2',
    [inspectionId, request.log_index, request.finding, request.note, by],
  );
}

export async function signOff(
  db: Queryable,
  inspectionId: string,
  by: string,
  at: Date,
  statement: string,
  eventId: string,
): Promise<void> {
  await db.query(
    'UPDATE inspection SET signed_by = $2, signed_at = $3, statement = $4, signed_event = $5 WHERE inspection_id = $1',
    [inspectionId, by, at, statement, eventId],
  );
}
