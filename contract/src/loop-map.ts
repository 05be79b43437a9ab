/** A workflow's loop as a picture needs it: the map of its policy, with how it stands now. */
import Type, { type Static } from 'typebox';
import { EscalationTier } from './alert-policy.ts';
import { AutomationRules, BreakerView } from './authority.ts';
import { Loop } from './policy.ts';
import { AlertTier, Priority, RiskTier } from './words.ts';

export const LoopMap = Type.Object({
  workflow_id: Type.String(),
  title: Type.String(),
  owner: Type.String(),
  loop: Loop,
  automation: AutomationRules,
  /** Within how long people decide, the most urgent first: each a duration of the policy. */
  priorities: Type.Array(Type.Object({ priority: Priority, risk_tiers: Type.Array(RiskTier), within: Type.String() })),
  /** Who is told of an alert of this tier and above, in order. */
  escalation: Type.Object({ opens_on: AlertTier, tiers: Type.Array(EscalationTier) }),
  /** From which alerts on a breaker opens, by the risk tier that it stops. */
  breaker_opens_on: Type.Object({ low: AlertTier, medium: AlertTier, high: AlertTier }),
  /** Cases with people now. */
  waiting: Type.Integer(),
  claimed: Type.Integer(),
  overdue: Type.Integer(),
  /** Those that ever moved; any other is closed. */
  breakers: Type.Array(BreakerView),
});
export type LoopMap = Static<typeof LoopMap>;
