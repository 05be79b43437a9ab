/** An audit record as search, export and proofs show it, and the proof that it is in the log. */
import Type, { type Static } from 'typebox';
import { Actor, DecisionAction } from './words.ts';
import { InputSnapshot } from './events.ts';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);

export const AuditSignature = Type.Union([
  /** An AI decision, an outcome or a daemon's record: proven by inclusion under a signed checkpoint. */
  Type.Object({ type: Type.Literal('inclusion') }),
  /** A human decision: besides, Ed25519 by the daemon's key over the entry's bytes. */
  Type.Object({ type: Type.Literal('ed25519'), key: Type.String(), signature: Type.String() }),
]);
export type AuditSignature = Static<typeof AuditSignature>;

export const AuditRecord = Type.Object({
  event_id: Type.String(),
  timestamp: Type.String(),
  workflow_id: Type.String(),
  task_id: Type.String(),
  model_version: nullable(Type.String()),
  model_hash: nullable(Type.String()),
  input_snapshot: nullable(InputSnapshot),
  model_output: nullable(Type.Unknown()),
  decision_actor: Actor,
  decision_action: nullable(DecisionAction),
  justification: nullable(Type.String()),
  audit_signature: AuditSignature,
  log_index: Type.Integer(),
  leaf_hash: Type.String(),
});
export type AuditRecord = Static<typeof AuditRecord>;

export const AuditPage = Type.Object({
  records: Type.Array(AuditRecord),
  /** Ask for what follows with `before` set to this; null at the end. */
  next: nullable(Type.Integer()),
  /** What the people among the actors are called, by id; for display only. */
  people: Type.Record(Type.String(), Type.String()),
});
export type AuditPage = Static<typeof AuditPage>;

/** `endorsement`: Ed25519 by the previous key, base64, over `keyEndorsement`; null where that key was lost. */
export const KeySuccession = Type.Object({
  previous: Type.String(),
  key: Type.String(),
  endorsement: nullable(Type.String()),
});
export type KeySuccession = Static<typeof KeySuccession>;

/** That the log has only grown from `from` records to `to`. */
export const LogGrowth = Type.Object({
  from: Type.Integer(),
  to: Type.Integer(),
  /** The newest, which is of `to` records unless the asker said of how many; C2SP signed note. */
  checkpoint: Type.String(),
  /** RFC 9162, 2.1.4: base64. */
  proof: Type.Array(Type.String()),
  verifier_key: Type.String(),
  /** Which key followed which, and how the one before vouches for it; the oldest first. */
  successions: Type.Array(KeySuccession),
});
export type LogGrowth = Static<typeof LogGrowth>;

/** How many records fit, over time. */
export const AuditHistogram = Type.Object({
  /** Of the first bin's beginning and the last one's end. */
  from: Type.String(),
  to: Type.String(),
  counts: Type.Array(Type.Integer()),
  /** False when some are spread evenly over where they may be. */
  exact: Type.Boolean(),
});
export type AuditHistogram = Static<typeof AuditHistogram>;

/** All that is needed to check a record without trusting the daemon, but for the key. */
export const AuditProof = Type.Object({
  record: AuditRecord,
  /** The CloudEvents type of the entry. */
  type: Type.String(),
  /** The bytes that were hashed, base64: the event, or for one of more than 65,535 bytes its commitment. */
  entry: Type.String(),
  /** The bytes of the event, base64, when the entry is their commitment. */
  body: nullable(Type.String()),
  /** Audit path, base64, nearest sibling first; null when no checkpoint covers the record yet. */
  proof: nullable(Type.Array(Type.String())),
  /** C2SP signed note. */
  checkpoint: nullable(Type.String()),
  verifier_key: Type.String(),
  /** The record that begins the key of a human decision's own signature, when that is not `verifier_key` any more. */
  signer: nullable(
    Type.Object({
      log_index: Type.Integer(),
      /** The record's bytes, base64. */
      entry: Type.String(),
      /** Its audit path to the same checkpoint, base64. */
      proof: Type.Array(Type.String()),
    }),
  ),
});
export type AuditProof = Static<typeof AuditProof>;
