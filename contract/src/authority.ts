/**
 * Decision authority: what the daemon distributes, one document a workflow in the bucket `countersign_breakers`, and what
 * every guard reads from memory. It is a lease: a guard that has not heard for `lease_ms` falls back to `when_unreachable`.
 */
import Type, { type Static } from 'typebox';
import { WorkflowId } from './fields.ts';
import { AutomationLevel, BreakerStateName, RiskTier, Route } from './words.ts';

const Name = Type.String({ minLength: 1, maxLength: 200 });

export const BreakerView = Type.Object({
  model_name: Name,
  /** Null when it holds for every risk tier. */
  risk_tier: Type.Union([RiskTier, Type.Null()]),
  state: BreakerStateName,
  epoch: Type.Integer({ minimum: 0 }),
  /** The share of cases the AI may take in half-open, each checked by a person afterwards; 1 when closed, else 0. */
  canary_share: Type.Number({ minimum: 0, maximum: 1 }),
});
export type BreakerView = Static<typeof BreakerView>;

export const AutomationRule = Type.Object({
  reversible: AutomationLevel,
  irreversible: AutomationLevel,
  /** Below this confidence a person decides. */
  confidence_at_least: Type.Number({ minimum: 0, maximum: 1 }),
});
export type AutomationRule = Static<typeof AutomationRule>;

export const AutomationRules = Type.Object({ low: AutomationRule, medium: AutomationRule, high: AutomationRule });
export type AutomationRules = Static<typeof AutomationRules>;

export const ModelAuthority = Type.Object({
  model_name: Name,
  /** The version to run since a rollback; null when none was ordered. */
  restored: Type.Union([Name, Type.Null()]),
  /** Versions with no authority at all. */
  rolled_back: Type.Array(Name),
});
export type ModelAuthority = Static<typeof ModelAuthority>;

export const Authority = Type.Object({
  v: Type.Literal(1),
  workflow_id: WorkflowId,
  /** Rises with every change of authority in this workflow. */
  epoch: Type.Integer({ minimum: 0 }),
  lease_ms: Type.Integer({ minimum: 1 }),
  when_unreachable: Route,
  automation: AutomationRules,
  breakers: Type.Array(BreakerView),
  models: Type.Array(ModelAuthority),
});
export type Authority = Static<typeof Authority>;

/** A human decision on its way back to the service that asked; also the order to take an executed decision back. */
export const Verdict = Type.Object({
  v: Type.Literal(1),
  /** The event_id of the human decision: stable, so that a handler can act once. */
  verdict_id: Type.String(),
  workflow_id: WorkflowId,
  task_id: Type.String(),
  /** The AI decision it is about. */
  decision_id: Type.String(),
  action: Type.Enum(['accept', 'reject', 'modify', 'escalate', 'rollback']),
  /** The output to use: the AI's when accepted, the reviewer's when modified. */
  output: Type.Object({ label: Type.Union([Type.String(), Type.Null()]) }),
  justification: Type.String(),
  reviewer: Name,
  decided_at: Type.String(),
  /** Whether the AI had carried its decision out already, so that the service must compensate unless accepted. */
  executed: Type.Boolean(),
});
export type Verdict = Static<typeof Verdict>;
