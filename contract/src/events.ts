/**
 * Events as they cross NATS: CloudEvents 1.0, structured JSON mode.
 * Objects are open: a field that this version does not know is recorded as it came and otherwise left alone.
 */
import Type, { type Static, type TSchema } from 'typebox';
import { Reference } from './reference.ts';
import { AlertTier, BreakerStateName, DecisionAction, ReviewReason, RiskTier, Route } from './words.ts';

export const WorkflowId = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' });
export const TaskId = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$' });
/** RFC 9562, lower case. */
export const Uuid = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
});
export const UuidV7 = Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$' });
export const Sha256 = Type.String({ pattern: '^sha256:[0-9a-f]{64}$' });
/** RFC 3339 in UTC, to at most nanoseconds. */
export const UtcInstant = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?Z$' });
/** W3C Trace Context, version 00. */
export const Traceparent = Type.String({ pattern: '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$' });

const Name = Type.String({ minLength: 1, maxLength: 200 });
const Text = Type.String({ maxLength: 20_000 });
const Scalar = Type.Union([Type.Number(), Type.Boolean(), Type.String({ maxLength: 2_000 }), Type.Null()]);
const Probability = Type.Number({ minimum: 0, maximum: 1 });
const Milliseconds = Type.Number({ minimum: 0 });

/** `*` stands for all models of a workflow, so no model is called so. */
const ModelName = Type.String({ minLength: 1, maxLength: 200, pattern: '^(?!\\*$)' });

export const Model = Type.Object({ name: ModelName, version: Name, hash: Sha256 });
export type Model = Static<typeof Model>;

export const saltBytes = 32;

/** The input, by hash. `uri` says where the bytes are; those sent along are in the object store under their hash. */
export const InputSnapshot = Type.Object({
  hash: Sha256,
  uri: Type.String({ minLength: 1, maxLength: 2_000 }),
  media_type: Type.Optional(Type.String({ maxLength: 200 })),
  /** What was sent under the hash begins with this many random bytes, so that the hash alone tells nothing of the input. */
  salt_bytes: Type.Optional(Type.Literal(saltBytes)),
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
  evidence_hash: Type.Optional(Sha256),
  lease_epoch: Type.Optional(Type.Integer({ minimum: 0 })),
  committed_before_reveal: Type.Optional(Type.Boolean()),
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

const ModelVersion = Type.Object({ name: Name, version: Name });

/** A step of an alert: opened, moved to another tier, or resolved (`tier` null). */
export const AlertStep = Type.Object({
  workflow_id: WorkflowId,
  alert_id: Uuid,
  /** The monitor. */
  signal: Name,
  /** What of the workflow it is about, such as a feature or a reviewer; null when it is the whole. */
  subject: Type.Union([Type.String(), Type.Null()]),
  /** `*` when it is about all of them. */
  model: ModelVersion,
  /** The record that moved it, so that anyone can fold the ledger up to there and see the same. */
  log_index: Type.Integer({ minimum: 0 }),
  tier: Type.Union([AlertTier, Type.Null()]),
  previous_tier: Type.Union([AlertTier, Type.Null()]),
  value: Type.Union([Type.Number(), Type.Null()]),
  summary: Text,
  evidence: Type.Record(Type.String(), Type.Unknown()),
});
export type AlertStep = Static<typeof AlertStep>;

/** One transition of a breaker. */
export const BreakerStep = Type.Object({
  workflow_id: WorkflowId,
  model_name: Name,
  /** Null when it holds for every risk tier. */
  risk_tier: Type.Union([RiskTier, Type.Null()]),
  from: BreakerStateName,
  to: BreakerStateName,
  epoch: Type.Integer({ minimum: 1 }),
  by: Name,
  reason: Text,
  evidence: Type.Record(Type.String(), Type.Unknown()),
});
export type BreakerStep = Static<typeof BreakerStep>;

/** A model version seen for the first time, or taken out of use for an earlier one. */
export const ModelStep = Type.Object({
  workflow_id: WorkflowId,
  model: Model,
  change: Type.Enum(['first_seen', 'rolled_back']),
  /** The version that takes its place, when it was rolled back. */
  restores: Type.Optional(Name),
  by: Name,
  justification: Text,
});
export type ModelStep = Static<typeof ModelStep>;

/** A policy came into force. */
export const PolicyStep = Type.Object({
  workflow_id: WorkflowId,
  hash: Sha256,
  previous_hash: Type.Union([Sha256, Type.Null()]),
  /** The file, so that what followed from it can be worked out again from the ledger alone. */
  text: Type.String({ maxLength: 200_000 }),
});
export type PolicyStep = Static<typeof PolicyStep>;

/** What a model is compared with from here on. */
export const ReferenceStep = Type.Object({
  workflow_id: WorkflowId,
  /** `version` is null when it holds for every version that has none of its own. */
  model: Type.Object({ name: Name, version: Type.Union([Name, Type.Null()]) }),
  reference: Reference,
  by: Name,
});
export type ReferenceStep = Static<typeof ReferenceStep>;

/** The workflow of records that are about the log itself. */
export const logWorkflow = 'countersign';

/** The log is signed with this key from here on. The key before it vouches for it, unless it was lost. */
export const KeyStep = Type.Object({
  workflow_id: Type.Literal(logWorkflow),
  /** As C2SP writes verifier keys. */
  key: Type.String({ maxLength: 500 }),
  previous: Type.Union([Type.String({ maxLength: 500 }), Type.Null()]),
  /** Ed25519 by the previous key, base64, over `keyEndorsement`. */
  endorsement: Type.Union([Type.String({ maxLength: 100 }), Type.Null()]),
});
export type KeyStep = Static<typeof KeyStep>;

/** What the previous key signs to vouch for its successor. */
export const keyEndorsement = (previous: string, key: string): string =>
  `countersign key succession v1\n${previous}\n${key}\n`;

/** Something was taken out of the record, by a policy or at somebody's word. The hashes of all of it stay. */
export const RetentionStep = Type.Union([
  Type.Object({
    workflow_id: Type.Literal(logWorkflow),
    what: Type.Literal('records_dropped'),
    /** Indexes of the log, [first, end). */
    first: Type.Integer({ minimum: 0 }),
    end: Type.Integer({ minimum: 1 }),
    /** The newest of them happened before this. */
    older_than: UtcInstant,
    by: Name,
    justification: Text,
  }),
  Type.Object({
    workflow_id: Type.Literal(logWorkflow),
    what: Type.Literal('input_erased'),
    /** The commitment in the decisions' entries. */
    input: Sha256,
    by: Name,
    justification: Text,
  }),
]);
export type RetentionStep = Static<typeof RetentionStep>;

export const eventTypes = {
  aiDecision: 'countersign.decision.ai.v1',
  humanDecision: 'countersign.decision.human.v1',
  outcome: 'countersign.outcome.v1',
  alert: 'countersign.alert.v1',
  breaker: 'countersign.breaker.v1',
  model: 'countersign.model.v1',
  policy: 'countersign.policy.v1',
  reference: 'countersign.reference.v1',
  key: 'countersign.key.v1',
  retention: 'countersign.retention.v1',
} as const;

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

/** What a service may send. The other types are written by the daemon alone. */
export type ServiceEvent = AiDecisionEvent | HumanDecisionEvent | OutcomeEvent;

const daemonEvents = {
  alert: envelope(eventTypes.alert, AlertStep),
  breaker: envelope(eventTypes.breaker, BreakerStep),
  model: envelope(eventTypes.model, ModelStep),
  policy: envelope(eventTypes.policy, PolicyStep),
  reference: envelope(eventTypes.reference, ReferenceStep),
  key: envelope(eventTypes.key, KeyStep),
  retention: envelope(eventTypes.retention, RetentionStep),
};
/** What the daemon writes about its own acts. */
export type DaemonEvent = {
  [K in keyof typeof daemonEvents]: Static<(typeof daemonEvents)[K]>;
}[keyof typeof daemonEvents];

export type CountersignEvent = ServiceEvent | DaemonEvent;
