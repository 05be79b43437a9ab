/** The words of the product, as closed sets: the same in code, SQL, metrics, API and on screen. */
import Type, { type Static } from 'typebox';

/** What an AI decision proposes, or what a person decided. */
export const DecisionAction = Type.Enum(['accept', 'reject', 'modify', 'escalate', 'rollback']);
export type DecisionAction = Static<typeof DecisionAction>;

/** How much harm a wrong decision can do. */
export const RiskTier = Type.Enum(['low', 'medium', 'high']);
export type RiskTier = Static<typeof RiskTier>;

/** Whether the AI carried the decision out itself, or left it to a person. */
export const Route = Type.Enum(['auto', 'human']);
export type Route = Static<typeof Route>;

/** What a policy lets the AI do with a kind of decision: act, act after an approval, or only advise. */
export const AutomationLevel = Type.Enum(['automatic', 'approval', 'human']);
export type AutomationLevel = Static<typeof AutomationLevel>;

/** How urgent an alert is, least first. */
export const AlertTier = Type.Enum(['info', 'action_required', 'incident']);
export type AlertTier = Static<typeof AlertTier>;

export const alertTiers: readonly AlertTier[] = ['info', 'action_required', 'incident'];

/** How far a model version has come: it only advises, asks for each approval, takes a share alone, or all it may. */
export const Autonomy = Type.Enum(['shadow', 'approval', 'canary', 'automatic']);
export type Autonomy = Static<typeof Autonomy>;

/** Least first. */
export const autonomyLevels: readonly Autonomy[] = ['shadow', 'approval', 'canary', 'automatic'];

export const BreakerStateName = Type.Enum(['closed', 'half_open', 'open', 'forced_open']);
export type BreakerStateName = Static<typeof BreakerStateName>;

/** Why a case waits for a person. */
export const ReviewReason = Type.Enum([
  'low_confidence',
  'automation_level',
  'breaker',
  'canary',
  'authority_lost',
  'stale_authority',
  'undeclared',
  'shadow',
  'escalated',
  'disagreement',
]);
export type ReviewReason = Static<typeof ReviewReason>;

export const Priority = Type.Enum(['P1', 'P2', 'P3']);
export type Priority = Static<typeof Priority>;

/** Who did something: a model, a person, a service that reports what it learnt, or the daemon itself. */
export const Actor = Type.Object({
  type: Type.Enum(['ai', 'human', 'service', 'daemon']),
  id: Type.String({ minLength: 1, maxLength: 200 }),
});
export type Actor = Static<typeof Actor>;
