/**
 * Events as they cross NATS: CloudEvents 1.0, structured JSON mode.
 * Objects are open: a field that this version does not know is recorded as it came and otherwise left alone.
 */
import Type, { type Static, type TSchema } from 'typebox';
import { CompensationReport, RollbackStep } from './compensation.ts';
import { eventTypes } from './event-types.ts';
import {
  InputHash,
  Milliseconds,
  Model,
  Name,
  Probability,
  Scalar,
  Sha256,
  TaskId,
  Text,
  Traceparent,
  UtcInstant,
  Uuid,
  UuidV7,
  WorkflowId,
} from './fields.ts';
import {
  AlertStep,
  BreakerStep,
  DrillStep,
  EscalationStep,
  InspectionStep,
  IntakeStep,
  KeyStep,
  ModelStep,
  PolicyStep,
  ReferenceStep,
  RetentionStep,
  ReviewStep,
  SilenceStep,
} from './steps.ts';
import { DecisionAction, Priority, ReviewReason, RiskTier, Route } from './words.ts';

export const saltBytes = 32;

/** The input, by hash. `uri` says where the bytes are; those sent along are in the object store under their hash. */
export const InputSnapshot = Type.Object({
  hash: InputHash,
  uri: Type.String({ minLength: 1, maxLength: 2_000 }),
  media_type: Type.Optional(Type.String({ maxLength: 200 })),
  /** What was sent under the hash begins with this many random bytes, so that the hash alone tells nothing of the input. */
  salt_bytes: Type.Optional(Type.Literal(saltBytes)),
  /** What was sent is what the patterns of the policy have left of the input. */
  redacted: Type.Optional(Type.Boolean()),
});
export type InputSnapshot = Static<typeof InputSnapshot>;

export const Output = Type.Object({
  label: Type.Union([Type.String({ maxLength: 500 }), Type.Null()]),
  value: Type.Optional(Type.Unknown()),
  scores: Type.Optional(Type.Record(Type.String({ maxLength: 200 }), Type.Number())),
});
export type Output = Static<typeof Output>;

export const Relevance = Type.Object({ feature: Name, value: Scalar, weight: Type.Number() });
export type Relevance = Static<typeof Relevance>;

/** A change of the input that would have given another output. */
export const Counterfactual = Type.Object({
  change: Type.Record(Name, Scalar),
  output: Type.Object({ label: Type.String({ maxLength: 500 }) }),
});
export type Counterfactual = Static<typeof Counterfactual>;

export const Explanation = Type.Object({
  rationale: Type.Optional(Text),
  relevance: Type.Optional(Type.Array(Relevance, { maxItems: 200 })),
  counterfactuals: Type.Optional(Type.Array(Counterfactual, { maxItems: 50 })),
});
export type Explanation = Static<typeof Explanation>;

export const Provenance = Type.Object({
  trained_at: Type.Optional(UtcInstant),
  sources: Type.Optional(
    Type.Array(Type.Object({ name: Name, fresh_at: Type.Optional(UtcInstant) }), { maxItems: 50 }),
  ),
});
export type Provenance = Static<typeof Provenance>;

export const Features = Type.Record(Type.String({ minLength: 1, maxLength: 200 }), Scalar, { maxProperties: 500 });
export type Features = Static<typeof Features>;

/** Every decision names its workflow, its case and itself. */
const subject = { workflow_id: WorkflowId, task_id: TaskId, decision_id: Uuid };

/** `action` is what the AI proposes to do with the case, `route` whether it did so itself. */
export const AiDecision = Type.Object({
  ...subject,
  /** What a person would call the case, for the queue. Leave it out where the name itself is private. */
  title: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  model: Model,
  input_snapshot: InputSnapshot,
  output: Output,
  confidence: Probability,
  risk_tier: RiskTier,
  reversible: Type.Boolean(),
  features: Type.Optional(Features),
  explanation: Type.Optional(Explanation),
  provenance: Type.Optional(Provenance),
  action: DecisionAction,
  justification: Text,
  route: Route,
  /** Why a person has to decide, when `route` is human. */
  route_reason: Type.Optional(ReviewReason),
  /** The authority the service saw when it chose the route; 0 when it had none. */
  breaker_epoch: Type.Integer({ minimum: 0 }),
  latency_ms: Milliseconds,
});
export type AiDecision = Static<typeof AiDecision>;

export const HumanDecision = Type.Object({
  ...subject,
  /** The decision_id of the AI decision that the person looked at. */
  reviews: Uuid,
  reviewer: Name,
  action: DecisionAction,
  justification: Text,
  /** What it should have been, when `action` is modify. */
  output: Type.Optional(Output),
  reason_code: Type.Optional(Name),
  review_ms: Type.Optional(Milliseconds),
  queue_ms: Type.Optional(Milliseconds),
  /** Of the last word on a case: how urgent the case was by then, and when it was due. */
  priority: Type.Optional(Priority),
  due_at: Type.Optional(UtcInstant),
  evidence_hash: Type.Optional(Sha256),
  lease_epoch: Type.Optional(Type.Integer({ minimum: 0 })),
  committed_before_reveal: Type.Optional(Type.Boolean()),
  /** What the person had said before the AI's answer was shown. */
  committed_label: Type.Optional(Type.String({ maxLength: 500 })),
  /** Decided at once with others, under one justification. */
  batch_id: Type.Optional(Uuid),
  /** The case was planted to see whether people look; this is its right answer. */
  gold: Type.Optional(Type.Object({ label: Type.String({ minLength: 1, maxLength: 500 }) })),
});
export type HumanDecision = Static<typeof HumanDecision>;

/** Exact in every language, and so are sums of many. */
const Money = Type.Integer({ minimum: -1e12, maximum: 1e12 });

/** Ground truth. `decision_id` is the AI decision it is about. Money is in the smallest unit of the currency. */
export const Outcome = Type.Object({
  ...subject,
  label: Type.String({ minLength: 1, maxLength: 500 }),
  /** What the error cost; 0 when there was none. */
  cost: Type.Optional(Money),
  /** What the decision brought in or, below 0, lost. */
  revenue: Type.Optional(Money),
  /** How many people complained about it. */
  complaints: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
});
export type Outcome = Static<typeof Outcome>;

const envelope = <T extends string, D extends TSchema>(type: T, data: D) =>
  Type.Object({
    specversion: Type.Literal('1.0'),
    id: UuidV7,
    source: Type.String({ minLength: 1, maxLength: 500 }),
    type: Type.Literal(type),
    /** The task id; of a record of the daemon's own acts, the workflow id. */
    subject: TaskId,
    time: UtcInstant,
    datacontenttype: Type.Optional(Type.Literal('application/json')),
    traceparent: Type.Optional(Traceparent),
    tracestate: Type.Optional(Type.String({ maxLength: 512 })),
    data,
  });

export const AiDecisionEvent = envelope(eventTypes.aiDecision, AiDecision);
export type AiDecisionEvent = Static<typeof AiDecisionEvent>;
export const HumanDecisionEvent = envelope(eventTypes.humanDecision, HumanDecision);
export type HumanDecisionEvent = Static<typeof HumanDecisionEvent>;
export const OutcomeEvent = envelope(eventTypes.outcome, Outcome);
export type OutcomeEvent = Static<typeof OutcomeEvent>;

export const CompensationEvent = envelope(eventTypes.compensation, CompensationReport);
export type CompensationEvent = Static<typeof CompensationEvent>;

/** What a service may send. The other types are written by the daemon alone. */
export type ServiceEvent = AiDecisionEvent | HumanDecisionEvent | OutcomeEvent | CompensationEvent;

const daemonEvents = {
  alert: envelope(eventTypes.alert, AlertStep),
  breaker: envelope(eventTypes.breaker, BreakerStep),
  model: envelope(eventTypes.model, ModelStep),
  policy: envelope(eventTypes.policy, PolicyStep),
  reference: envelope(eventTypes.reference, ReferenceStep),
  escalation: envelope(eventTypes.escalation, EscalationStep),
  silence: envelope(eventTypes.silence, SilenceStep),
  intake: envelope(eventTypes.intake, IntakeStep),
  rollback: envelope(eventTypes.rollback, RollbackStep),
  drill: envelope(eventTypes.drill, DrillStep),
  review: envelope(eventTypes.review, ReviewStep),
  inspection: envelope(eventTypes.inspection, InspectionStep),
  key: envelope(eventTypes.key, KeyStep),
  retention: envelope(eventTypes.retention, RetentionStep),
};
/** What the daemon writes about its own acts. */
export type DaemonEvent = {
  [K in keyof typeof daemonEvents]: Static<(typeof daemonEvents)[K]>;
}[keyof typeof daemonEvents];

export type CountersignEvent = ServiceEvent | DaemonEvent;
