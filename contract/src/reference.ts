/**
 * What a model is compared with: how its inputs and answers were distributed while all was well. Frozen when it is taken,
 * and recorded, so that anyone can see what "drift" is measured against.
 */
import Type, { type Static } from 'typebox';

const Name = Type.String({ minLength: 1, maxLength: 200 });
const Count = Type.Integer({ minimum: 0 });

/** Counts of the bins (−∞, e₁], (e₁, e₂], …, (eₖ, ∞), then of values that are missing and of those that are no number. */
export const NumericReference = Type.Object({
  kind: Type.Literal('numeric'),
  edges: Type.Array(Type.Number(), { maxItems: 50 }),
  counts: Type.Array(Count, { maxItems: 53 }),
});
export type NumericReference = Static<typeof NumericReference>;

/** Counts of the named categories, then of all others, of values that are missing and of those of another type. */
export const CategoricalReference = Type.Object({
  kind: Type.Literal('categorical'),
  categories: Type.Array(Type.String({ maxLength: 200 }), { maxItems: 60 }),
  counts: Type.Array(Count, { maxItems: 63 }),
  /** Every category that was seen, so that a new one can be told; null when there were too many to keep. */
  seen: Type.Union([Type.Array(Type.String({ maxLength: 200 }), { maxItems: 1_000 }), Type.Null()]),
});
export type CategoricalReference = Static<typeof CategoricalReference>;

export const FeatureReference = Type.Union([NumericReference, CategoricalReference]);
export type FeatureReference = Static<typeof FeatureReference>;

/** Where a reference was taken from. */
export const ReferenceSource = Type.Union([
  /** The first decisions that the ledger has of the model. */
  Type.Object({ is: Type.Literal('first_decisions') }),
  /** Decisions of a stated time, `from` inclusive, `to` exclusive. */
  Type.Object({ is: Type.Literal('range'), from: Name, to: Name }),
  /** A file, such as the model's validation set; its SHA-256. */
  Type.Object({ is: Type.Literal('import'), file: Name, hash: Name }),
]);
export type ReferenceSource = Static<typeof ReferenceSource>;

export const Reference = Type.Object({
  source: ReferenceSource,
  /** How many decisions it was taken from. */
  decisions: Count,
  inputs: Type.Record(Name, FeatureReference),
  /** `label`, `confidence`, and `value` where the model gives one. */
  predictions: Type.Record(Name, FeatureReference),
});
export type Reference = Static<typeof Reference>;
