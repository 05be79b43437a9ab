/** Periodic audits: a sample of decisions drawn by risk tier, looked at one by one, and signed off. */
import Type, { type Static } from 'typebox';
import { AuditRecord } from './audit.ts';
import { UtcInstant, Uuid, Words, WorkflowId } from './fields.ts';
import { Person } from './review.ts';
import { RiskTier } from './words.ts';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);
const closed = { additionalProperties: false };
const Count = Type.Integer({ minimum: 0, maximum: 500 });

export const DrawRequest = Type.Object(
  {
    title: Words(200),
    workflow_id: WorkflowId,
    from: UtcInstant,
    /** Exclusive. */
    to: UtcInstant,
    /** How many of each risk tier. */
    wanted: Type.Object({ low: Count, medium: Count, high: Count }, closed),
    /**
     * The same seed draws the same decisions from the same time. Left out, nobody chooses it: the draw is announced in the log, and
     * the root of the log with the announcement in it, in hex, is the seed.
     */
    seed: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    /** To draw an earlier sample again: only from the first so many records of the log. */
    log_size: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
    /** Sent twice under one key, it is drawn once. */
    idempotency_key: Type.Optional(Uuid),
  },
  closed,
);
export type DrawRequest = Static<typeof DrawRequest>;

export const FindingRequest = Type.Object(
  {
    log_index: Type.Integer({ minimum: 0 }),
    finding: Type.Enum(['good', 'wanting']),
    note: Type.String({ maxLength: 2_000 }),
  },
  closed,
);
export type FindingRequest = Static<typeof FindingRequest>;

export const SignOffRequest = Type.Object({ statement: Words(20_000) }, closed);
export type SignOffRequest = Static<typeof SignOffRequest>;

export const Inspection = Type.Object({
  inspection_id: Uuid,
  title: Type.String(),
  workflow_id: Type.String(),
  from: Type.String(),
  to: Type.String(),
  seed: Type.String(),
  /** The index of the record that announced it, where the log chose the seed; null where a person did. */
  announced: nullable(Type.Integer()),
  log_size: Type.Integer(),
  drawn_by: Person,
  drawn_at: Type.String(),
  /** In the sample, by risk tier, and of how many decisions of the time. */
  drawn: Type.Array(Type.Object({ risk_tier: RiskTier, sample: Type.Integer(), of: Type.Integer() })),
  looked_at: Type.Integer(),
  wanting: Type.Integer(),
  signed_off: nullable(Type.Object({ by: Person, at: Type.String(), statement: Type.String() })),
  /** The ids of the events that are on record of it; null where there is none, or none is known any more. */
  on_record: Type.Object({
    announced: nullable(Type.String()),
    drawn: nullable(Type.String()),
    signed_off: nullable(Type.String()),
  }),
});
export type Inspection = Static<typeof Inspection>;

export const InspectedDecision = Type.Object({
  risk_tier: RiskTier,
  log_index: Type.Integer(),
  /** Null when retention has dropped it. */
  record: nullable(AuditRecord),
  finding: nullable(Type.Enum(['good', 'wanting'])),
  note: Type.String(),
  /** Who found it; they alone may think again. */
  found_by: nullable(Person),
});
export type InspectedDecision = Static<typeof InspectedDecision>;

export const OpenInspection = Type.Object({
  inspection: Inspection,
  decisions: Type.Array(InspectedDecision),
  /** The id of whoever asks. */
  asker: Type.String(),
});
export type OpenInspection = Static<typeof OpenInspection>;
