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

/** With whom a case is: who holds it, or whom it was handed over to. */
export const AssignedTo = Type.Enum(['me', 'nobody', 'others']);
export type AssignedTo = Static<typeof AssignedTo>;

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
  /** What the AI says; null while the asker has to say first what they think. */
  proposed_action: nullable(DecisionAction),
  label: nullable(Type.String()),
  confidence: nullable(Type.Number()),
  queued_at: Type.String(),
  due_at: Type.String(),
  state: ReviewState,
  /** Rises with every change of the case that a reviewer should see. */
  version: Type.Integer(),
  claimed_by: nullable(Person),
  lease_until: nullable(Type.String()),
  /** Whether the asker has yet to say what they think before the AI's answer is shown. */
  commit_first: Type.Boolean(),
  /** How many people have to decide it, each without seeing the others. */
  people_wanted: Type.Integer({ minimum: 1 }),
  /** How many have. */
  people_decided: Type.Integer({ minimum: 0 }),
  /** Whom it was handed over to. */
  assigned_to: nullable(Person),
  /** Who handed it over. */
  assigned_by: nullable(Person),
  /** Who has it on screen, without the asker. */
  looking: Type.Array(Person),
});
export type QueueItem = Static<typeof QueueItem>;

export const Queue = Type.Object({
  items: Type.Array(QueueItem),
  /** All that the asker may decide, not just those on this page. */
  waiting: Type.Integer(),
  claimed: Type.Integer(),
  overdue: Type.Integer(),
  /** Those that were handed over to the asker. */
  for_asker: Type.Integer(),
  /** What the asker is called here: theirs is what has this id. */
  asker: Type.String(),
  /** What the asker reviews, by title. */
  workflows: Type.Array(Type.Object({ id: Type.String(), title: Type.String() })),
  /** Cases that the filter lets through, on all pages, and those of them that are late. */
  matching: Type.Integer(),
  matching_overdue: Type.Integer(),
  /** Ask for what follows with `after` set to this; null at the end. */
  next: nullable(Type.String()),
});
export type Queue = Static<typeof Queue>;

export const ReviewRules = Type.Object({
  title: Type.String(),
  /** Of the policy in force. */
  policy_hash: Sha256,
  labels: Type.Array(Type.String()),
  reason_codes: Type.Array(Type.String()),
  justification_required: Type.Array(DecisionAction),
  /** How long a claim holds without being renewed, in ms. */
  lease_ms: Type.Integer(),
  /** How long a decision can be undone, in ms; 0 when it cannot. */
  undo_ms: Type.Integer(),
  /** JSON Schema of `output.value`, when the policy has one. */
  output: nullable(Type.Record(Type.String(), Type.Unknown())),
  /** Whether alike cases of this risk tier may be decided at once. */
  batch: Type.Boolean(),
});
export type ReviewRules = Static<typeof ReviewRules>;

export const Lease = Type.Object({ epoch: Type.Integer(), until: Type.String() });
export type Lease = Static<typeof Lease>;

/** What the AI says, and why. */
const answerFields = ['output', 'confidence', 'explanation', 'action', 'justification'] as const;
export const AiAnswer = Type.Pick(AiDecision, [...answerFields]);
export type AiAnswer = Static<typeof AiAnswer>;

/** What the AI was asked, and under which circumstances. Why a person has to decide, and since when, stands on the case. */
export const AskedOfAi = Type.Omit(AiDecision, [...answerFields, 'route_reason', 'breaker_epoch']);
export type AskedOfAi = Static<typeof AskedOfAi>;

/** What one person decided. */
export const Opinion = Type.Object({
  reviewer: Person,
  action: DecisionAction,
  label: nullable(Type.String()),
  justification: Type.String(),
  decided_at: Type.String(),
});
export type Opinion = Static<typeof Opinion>;

/** Of the decisions of this model version with about this confidence, how many people changed. From `from` to below `to`. */
export const Precision = Type.Object({
  from: Type.Number(),
  to: Type.Number(),
  decided: Type.Integer(),
  changed: Type.Integer(),
});
export type Precision = Static<typeof Precision>;

/** An earlier case with alike features, and what became of it. */
export const SimilarCase = Type.Object({
  decision_id: Uuid,
  title: Type.String(),
  label: nullable(Type.String()),
  confidence: Type.Number(),
  action: DecisionAction,
  decided_by: Person,
  decided_at: Type.String(),
  /** Ground truth, when it is known. */
  outcome: nullable(Type.String()),
});
export type SimilarCase = Static<typeof SimilarCase>;

export const ReviewCase = Type.Object({
  item: QueueItem,
  decision: AskedOfAi,
  /** What whoever handed it over has said; null, too, where the asker is to hear no colleague before they decide. */
  assigned_note: nullable(Type.String()),
  /** Null while the asker has to say first what they think. */
  answer: nullable(AiAnswer),
  /** What the asker said before the AI's answer was shown. */
  committed: nullable(Type.Object({ label: Type.String(), at: Type.String() })),
  /** What others have decided: shown when the case is decided, and to whoever has to settle a disagreement. */
  opinions: Type.Array(Opinion),
  precision: nullable(Precision),
  similar: Type.Array(SimilarCase),
  trace_id: nullable(Type.String()),
  /** Who decided it, once somebody has. */
  decided: nullable(Type.Object({ by: Person, action: DecisionAction, at: Type.String() })),
  /** Until when the asker can undo their decision. */
  undo_until: nullable(Type.String()),
  decided_at: Type.String(),
  /** What was on screen: SHA-256 of the AI decision's entry. Sent back with the decision. */
  evidence_hash: Sha256,
  /** Whether the asker may still decide it: not who has decided it before, or given it up. */
  is_open_to_asker: Type.Boolean(),
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
  /** Null while it can be undone: it is recorded afterwards. */
  log_index: nullable(Type.Integer()),
  action: DecisionAction,
  decided_at: Type.String(),
  undo_until: nullable(Type.String()),
});
export type Decided = Static<typeof Decided>;

/** A decision, and with it the next case, when it was asked for: claimed, with its evidence. Null when none waits. */
export const DecidedAndNext = Type.Object({ ...Decided.properties, next: Type.Optional(nullable(ReviewCase)) });
export type DecidedAndNext = Static<typeof DecidedAndNext>;

export const CommitRequest = Type.Object(
  {
    /** One of the policy's. */
    label: Type.String({ minLength: 1, maxLength: 500 }),
    lease_epoch: Type.Integer({ minimum: 1 }),
  },
  { additionalProperties: false },
);
export type CommitRequest = Static<typeof CommitRequest>;

export const HandOverRequest = Type.Object(
  {
    /** A person's id. */
    to: Type.String({ minLength: 1, maxLength: 500 }),
    /** What they should know. */
    note: Type.String({ maxLength: 2_000 }),
  },
  { additionalProperties: false },
);
export type HandOverRequest = Static<typeof HandOverRequest>;

/** How the asker decides, as the monitors see it; null while nothing of theirs is known. */
export const OwnFigures = Type.Object({
  workflow_id: Type.String(),
  title: Type.String(),
  reviews: Type.Integer(),
  override_rate: nullable(Type.Number()),
  /** Median of the time a case was on screen, ms; of the others beside it. */
  review_ms: nullable(Type.Number()),
  others_review_ms: nullable(Type.Number()),
  /** Planted errors seen, about, and the share of them that was found. */
  golds: Type.Number(),
  catch_rate: nullable(Type.Number()),
  /** Share of answers that outcomes bore out. */
  borne_out: nullable(Type.Number()),
});
export type OwnFigures = Static<typeof OwnFigures>;

export const ConflictCode = Type.Enum([
  'already_decided',
  'four_eyes',
  'commit_first',
  'too_late',
  'not_opened',
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
