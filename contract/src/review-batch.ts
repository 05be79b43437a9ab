/** Alike cases decided at once: what may go together, what has to be looked at first, and what came of each. */
import Type, { type Static } from 'typebox';
import { Uuid } from './fields.ts';
import { Decided, QueueItem } from './review.ts';
import { DecisionAction } from './words.ts';

/** How long the evidence of a case has been with somebody before it counts as opened, in ms. */
export const openedAfterMs = 2_000;

export const PlanBatchRequest = Type.Object(
  {
    /** The case that the others have to be like. */
    decision_id: Uuid,
  },
  { additionalProperties: false },
);
export type PlanBatchRequest = Static<typeof PlanBatchRequest>;

/** A case that is not like the others, and why: to be looked at by itself. */
export const Outlier = Type.Object({ item: QueueItem, because: Type.String() });
export type Outlier = Static<typeof Outlier>;

export const Batch = Type.Object({
  batch_id: Uuid,
  workflow_id: Type.String(),
  items: Type.Array(QueueItem),
  /** Those of `items` that have to be opened before any can be decided. */
  sample: Type.Array(Uuid),
  /** Those of `sample` that the asker has opened since. */
  opened: Type.Array(Uuid),
  outliers: Type.Array(Outlier),
  /** Alike cases that are over the policy's limit. */
  left_out: Type.Integer(),
  /** Of the policy, to choose one from for all. */
  reason_codes: Type.Array(Type.String()),
});
export type Batch = Static<typeof Batch>;

export const DecideBatchRequest = Type.Object(
  {
    action: Type.Enum(['accept', 'reject']),
    justification: Type.String({ maxLength: 20_000 }),
    reason_code: Type.Optional(Type.String({ maxLength: 200 })),
    /** Chosen by the client, one a case that is to be decided: the same key again gives the same answer and changes nothing. */
    idempotency_keys: Type.Record(Type.String(), Uuid),
    review_ms: Type.Integer({ minimum: 0 }),
  },
  { additionalProperties: false },
);
export type DecideBatchRequest = Static<typeof DecideBatchRequest>;

export const BatchDecided = Type.Object({
  action: DecisionAction,
  /** How long all that were decided can still be undone, in ms; 0 when they cannot. */
  undo_ms: Type.Integer(),
  results: Type.Array(
    Type.Object({
      decision_id: Uuid,
      title: Type.String(),
      decided: Type.Union([Decided, Type.Null()]),
      /** Why it was not decided. */
      problem: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
});
export type BatchDecided = Static<typeof BatchDecided>;
