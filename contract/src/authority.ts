/**
 * Decision authority: what the daemon distributes, one document a workflow in the bucket `countersign_breakers`, and what
 * every guard reads from memory. It is a lease: a guard that has not heard for `lease_ms` falls back to `when_unreachable`.
 */
import Type, { type Static } from 'typebox';
import { Sha256, WorkflowId } from './fields.ts';
import { PrivacyRules } from './privacy.ts';
import { AutomationLevel, Autonomy, BreakerStateName, RiskTier, Route } from './words.ts';

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
  /** Versions with no authority at all, and those that took their place; null when that has none either. */
  rolled_back: Type.Array(Type.Object({ version: Name, instead: Type.Union([Name, Type.Null()]) })),
  /** Those that are known. */
  versions: Type.Array(
    Type.Object({
      version: Name,
      hash: Sha256,
      autonomy: Autonomy,
      /** The share of cases it may take alone while its autonomy is canary. */
      canary_share: Type.Number({ minimum: 0, maximum: 1 }),
      /** Of the last change of what it may do. */
      epoch: Type.Integer({ minimum: 0 }),
    }),
  ),
});
export type ModelAuthority = Static<typeof ModelAuthority>;

export const Authority = Type.Object({
  v: Type.Literal(1),
  workflow_id: WorkflowId,
  /** Rises with every change of authority in this workflow. */
  epoch: Type.Integer({ minimum: 0 }),
  /** Of the last change of the policy. */
  policy_epoch: Type.Integer({ minimum: 0 }),
  lease_ms: Type.Integer({ minimum: 1 }),
  /** What holds when the lease has run out, by risk tier. */
  when_unreachable: Type.Object({ low: Route, medium: Route, high: Route }),
  /** `full`: people have more cases than they can take; what would go to them is to wait where it is. */
  intake: Type.Enum(['open', 'full']),
  /** Versions that nobody has declared have no authority. */
  change_control: Type.Boolean(),
  automation: AutomationRules,
  breakers: Type.Array(BreakerView),
  models: Type.Array(ModelAuthority),
  /** What may be kept of inputs. Without it, nothing. */
  privacy: Type.Optional(PrivacyRules),
});
export type Authority = Static<typeof Authority>;

/** What the breakers say of one model and risk tier: of all that concern it, the most restrictive. */
export interface BreakerVerdict {
  readonly state: BreakerStateName;
  readonly canary_share: number;
  /** Of the newest change among them. */
  readonly epoch: number;
}

const strictness: Record<BreakerStateName, number> = { closed: 0, half_open: 1, open: 2, forced_open: 3 };

/** Without any breaker it is closed, at epoch 0. */
export function strictest(breakers: readonly BreakerView[], modelName: string, riskTier: RiskTier): BreakerVerdict {
  let found: BreakerVerdict = { state: 'closed', canary_share: 1, epoch: 0 };
  for (const { model_name, risk_tier, state, canary_share, epoch } of breakers) {
    if (model_name !== modelName || (risk_tier !== null && risk_tier !== riskTier)) continue;
    found = {
      state: strictness[state] > strictness[found.state] ? state : found.state,
      canary_share: Math.min(canary_share, found.canary_share),
      epoch: Math.max(epoch, found.epoch),
    };
  }
  return found;
}

/** How far a version has come; or that it has no authority, because nobody declared this very one, or it is taken back. */
export type Standing = Autonomy | 'undeclared' | 'rolled_back';

/** What a model may do by itself, of a risk tier. The same for the guard beforehand and for the daemon that records it. */
export interface Present extends BreakerVerdict {
  readonly standing: Standing;
  /** With `rolled_back`: the version to use instead. */
  readonly instead: string | null;
  /** Known by this hash; null when the version is not known. */
  readonly hash: string | null;
}

/** The epoch is that of the newest change of any of it: of breakers, version and policy. */
export function presentAuthority(
  { breakers, models, change_control, policy_epoch }: Authority,
  modelName: string,
  version: string,
  riskTier: RiskTier,
): Present {
  const breaker = strictest(breakers, modelName, riskTier);
  const model = models.find(({ model_name }) => model_name === modelName);
  const taken = model?.rolled_back.find((other) => other.version === version);
  const known = model?.versions.find((other) => other.version === version);
  const unknown = change_control ? 'undeclared' : 'automatic';
  return {
    state: breaker.state,
    canary_share:
      known?.autonomy === 'canary' ? Math.min(breaker.canary_share, known.canary_share) : breaker.canary_share,
    epoch: Math.max(breaker.epoch, known?.epoch ?? 0, policy_epoch),
    standing: taken !== undefined ? 'rolled_back' : (known?.autonomy ?? unknown),
    instead: taken?.instead ?? null,
    hash: known?.hash ?? null,
  };
}

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
  output: Type.Object({ label: Type.Union([Type.String(), Type.Null()]), value: Type.Optional(Type.Unknown()) }),
  justification: Type.String(),
  reviewer: Name,
  decided_at: Type.String(),
  /** Whether the AI had carried its decision out already, so that the service must compensate unless accepted. */
  executed: Type.Boolean(),
  /** The human decision itself. */
  human_decision_id: Type.Optional(Type.String()),
  /** W3C Trace Context of the AI decision's span, when the service had one. */
  traceparent: Type.Optional(Type.Union([Type.String(), Type.Null()])),
});
export type Verdict = Static<typeof Verdict>;
