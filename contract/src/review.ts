/** The review API: what the queue and the review page say to the daemon and hear from it. */
import Type, { type Static } from 'typebox';
import { AiDecision, Output } from './events.ts';
import { Sha256, Uuid } from './fields.ts';
import { AuditRecord } from './audit.ts';
import { BreakerStateName, DecisionAction, Priority, ReviewReason, RiskTier } from './words.ts';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);

export const Person = Type.Object({ id: Type.String(), name: Type.String() });
export type Person = Static<typeof Person>;

/** A person who asks, with the login that policies know them by; null when Grafana did not say. */
export interface Reviewer extends Person {
  readonly login: string | null;
}

export const ReviewState = Type.Enum(['waiting', 'claimed', 'decided']);
export type ReviewState = Static<typeof ReviewState>;

/** A case in the queue. Its id is the decision_id of the AI decision. */
export const QueueItem = Type.Object({
  decision_id: Uuid,
  workflow_id: Type.String(),
  task_id: Type.String(),
  title: Type.String(),
  reason: ReviewReason,
  priority: Priority,
  risk_tier: RiskTier,
  model_name: Type.String(),
  model_version: Type.String(),
  proposed_action: DecisionAction,
  label: nullable(Type.String()),
  confidence: Type.Number(),
  queued_at: Type.String(),
  due_at: Type.String(),
  state: ReviewState,
  /** Rises with every change of the case that a reviewer should see. */
  version: Type.Integer(),
  claimed_by: nullable(Person),
  lease_until: nullable(Type.String()),
});
export type QueueItem = Static<typeof QueueItem>;

export const Queue = Type.Object({
  items: Type.Array(QueueItem),
  /** All that wait, not just those on this page. */
  waiting: Type.Integer(),
  claimed: Type.Integer(),
  overdue: Type.Integer(),
});
export type Queue = Static<typeof Queue>;

export const ReviewRules = Type.Object({
  title: Type.String(),
  labels: Type.Array(Type.String()),
  reason_codes: Type.Array(Type.String()),
  justification_required: Type.Array(DecisionAction),
});
export type ReviewRules = Static<typeof ReviewRules>;

export const Lease = Type.Object({ epoch: Type.Integer(), until: Type.String() });
export type Lease = Static<typeof Lease>;

export const ReviewCase = Type.Object({
  item: QueueItem,
  decision: AiDecision,
  decided_at: Type.String(),
  /** What was on screen: SHA-256 of the AI decision's entry. Sent back with the decision. */
  evidence_hash: Sha256,
  /** The caller's own claim, when there is one. */
  lease: nullable(Lease),
  rules: ReviewRules,
  breaker: Type.Object({ state: BreakerStateName, epoch: Type.Integer() }),
  /** The records of this task, oldest first. */
  history: Type.Array(AuditRecord),
  /** What the people in it are called, by id; for display only. */
  people: Type.Record(Type.String(), Type.String()),
});
export type ReviewCase = Static<typeof ReviewCase>;

export const Claim = Type.Object({ item: QueueItem, lease: Lease });
export type Claim = Static<typeof Claim>;

export const DecideRequest = Type.Object(
  {
    action: DecisionAction,
    justification: Type.String({ maxLength: 20_000 }),
    output: Type.Optional(Output),
    reason_code: Type.Optional(Type.String({ maxLength: 200 })),
    lease_epoch: Type.Integer({ minimum: 1 }),
    case_version: Type.Integer({ minimum: 1 }),
    evidence_hash: Sha256,
    /** Chosen by the client; the same key again returns the same answer and changes nothing. */
    idempotency_key: Uuid,
    /** How long the case was on screen. */
    review_ms: Type.Integer({ minimum: 0 }),
  },
  { additionalProperties: false },
);
export type DecideRequest = Static<typeof DecideRequest>;

export const Decided = Type.Object({
  event_id: Type.String(),
  decision_id: Uuid,
  log_index: Type.Integer(),
  action: DecisionAction,
  decided_at: Type.String(),
});
export type Decided = Static<typeof Decided>;

export const ConflictCode = Type.Enum([
  'already_decided',
  'claimed_by_other',
  'lease_lost',
  'case_changed',
  'evidence_changed',
  'refused',
]);

/** Every error of the API. `winner` names who was first, where that is the reason. */
export const ApiError = Type.Object({
  error: Type.Union([
    ConflictCode,
    Type.Enum(['bad_request', 'forbidden', 'not_found', 'too_large', 'erased', 'unavailable', 'internal']),
  ]),
  message: Type.String(),
  winner: Type.Optional(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      action: nullable(DecisionAction),
      at: nullable(Type.String()),
    }),
  ),
});
export type ApiError = Static<typeof ApiError>;
