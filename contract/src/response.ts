/** The response API: alerts, breakers and models as the app shows and moves them. */
import Type, { type Static } from 'typebox';
import { Gate, GateResult } from './change-control.ts';
import { RollbackView } from './compensation.ts';
import { Words } from './fields.ts';
import { Incident, Silence } from './incident.ts';
import { AlertTier, Autonomy, BreakerStateName, RiskTier } from './words.ts';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);
const Evidence = Type.Record(Type.String(), Type.Unknown());

/** A statistic with its evidence, as a monitor reports it. */
export const Signal = Type.Object({
  monitor: Type.String(),
  workflow_id: Type.String(),
  model_name: Type.String(),
  model_version: Type.String(),
  /** What of it: a feature, a reviewer, a band, a segment; null when it is about the whole. */
  subject: nullable(Type.String()),
  tier: nullable(AlertTier),
  /** False when there is too little data to say anything: inconclusive, never healthy. */
  conclusive: Type.Boolean(),
  value: nullable(Type.Number()),
  summary: Type.String(),
  evidence: Evidence,
});
export type Signal = Static<typeof Signal>;

/** The signal of an alert that a person has raised by stopping the AI; no monitor says it. */
export const stoppedByHand = 'stopped_by_hand';

/** Of a signal that is about all models of a workflow. */
export const allModels = '*';

export const Alert = Type.Object({
  alert_id: Type.String(),
  workflow_id: Type.String(),
  signal: Type.String(),
  subject: nullable(Type.String()),
  model_name: Type.String(),
  model_version: Type.String(),
  tier: nullable(AlertTier),
  highest_tier: AlertTier,
  summary: Type.String(),
  evidence: Evidence,
  opened_at: Type.String(),
  updated_at: Type.String(),
  resolved_at: nullable(Type.String()),
  /** What the monitors hold to be the cause; null while they cannot tell. */
  cause: nullable(Type.String()),
  /** The incident that it belongs to. */
  incident_id: nullable(Type.String()),
});
export type Alert = Static<typeof Alert>;

export const Breaker = Type.Object({
  breaker_id: Type.String(),
  workflow_id: Type.String(),
  model_name: Type.String(),
  risk_tier: nullable(RiskTier),
  state: BreakerStateName,
  epoch: Type.Integer(),
  since: Type.String(),
  by: Type.String(),
  reason: Type.String(),
  /** On what it last moved: the alert with its figures, or the incident; empty when a person moved it. */
  evidence: Evidence,
  /** Who has agreed that it may be tried again, where it takes two; null while nobody has. */
  approved_by: nullable(Type.String()),
  canary_share: Type.Number(),
  /** Half-open: which phase, of how many, and what people said of its canaries so far. */
  phase: nullable(
    Type.Object({
      /** The evidence is not enough either way: the AI takes nothing alone until a person tries again. */
      paused: Type.Boolean(),
      number: Type.Integer(),
      of: Type.Integer(),
      verified: Type.Integer(),
      needed: Type.Integer(),
      overrides: Type.Integer(),
    }),
  ),
});
export type Breaker = Static<typeof Breaker>;

export const ModelVersionState = Type.Object({
  workflow_id: Type.String(),
  model_name: Type.String(),
  version: Type.String(),
  hash: Type.String(),
  first_seen_at: Type.String(),
  rolled_back_at: nullable(Type.String()),
  /** Whether it takes decisions now. */
  active: Type.Boolean(),
  /** Null without change control; `undeclared` has no authority. */
  autonomy: nullable(Type.Union([Autonomy, Type.Literal('undeclared')])),
  canary_share: Type.Number(),
  /** Who has signed off the next step. */
  sign_offs: Type.Array(Type.Object({ role: Type.String(), by: Type.String() })),
  /** The roles that have to sign; none without change control. */
  roles: Type.Array(Type.String()),
  /** What the policy asks before the next step, with what each said when it was asked; null while none was asked. */
  gates: Type.Array(Type.Object({ gate: Gate, result: nullable(Type.Omit(GateResult, ['gate'])) })),
  gates_asked_at: nullable(Type.String()),
  /** Why the rollout of the model is frozen; null when it is not. */
  frozen: nullable(Type.String()),
});
export type ModelVersionState = Static<typeof ModelVersionState>;

export const ResponseOverview = Type.Object({
  alerts: Type.Array(Alert),
  incidents: Type.Array(Incident),
  silences: Type.Array(Silence),
  rollbacks: Type.Array(RollbackView),
  breakers: Type.Array(Breaker),
  models: Type.Array(ModelVersionState),
  signals: Type.Array(Signal),
  /** Where runbooks are: the name of the signal and `.md` make one. */
  runbooks: Type.String(),
  /** What the reviewers that signals are about are called, by id; for display only. */
  people: Type.Record(Type.String(), Type.String()),
});
export type ResponseOverview = Static<typeof ResponseOverview>;

const Justified = { justification: Words(20_000) };

export const TripRequest = Type.Object(
  {
    workflow_id: Type.String(),
    model_name: Type.String(),
    /** Only for cases of this risk tier; for all when it is left out. */
    risk_tier: Type.Optional(RiskTier),
    ...Justified,
  },
  { additionalProperties: false },
);
export type TripRequest = Static<typeof TripRequest>;

export const RetryRequest = Type.Object(
  {
    ...TripRequest.properties,
    /** The epoch of the breaker as the person has seen it: refused when it has moved since. */
    epoch: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  { additionalProperties: false },
);
export type RetryRequest = Static<typeof RetryRequest>;

export const RollbackRequest = Type.Object(
  { workflow_id: Type.String(), model_name: Type.String(), version: Type.String(), ...Justified },
  { additionalProperties: false },
);
export type RollbackRequest = Static<typeof RollbackRequest>;
