/** A workflow's loop as a picture needs it: the map of its policy, with how it stands now. */
import Type, { type Static } from 'typebox';
import { AutomationRules } from './authority.ts';
import { Loop } from './policy.ts';
import { BreakerStateName, RiskTier } from './words.ts';

export const LoopMap = Type.Object({
  workflow_id: Type.String(),
  title: Type.String(),
  owner: Type.String(),
  loop: Loop,
  automation: AutomationRules,
  /** Within how long people decide, by risk tier: a duration of the policy. */
  decided_within: Type.Record(Type.String(), Type.String()),
  /** Who is told of an incident, in order. */
  escalation: Type.Array(Type.String()),
  /** Cases with people now. */
  waiting: Type.Integer(),
  claimed: Type.Integer(),
  overdue: Type.Integer(),
  breakers: Type.Array(
    Type.Object({
      model_name: Type.String(),
      risk_tier: Type.Union([RiskTier, Type.Null()]),
      state: BreakerStateName,
    }),
  ),
});
export type LoopMap = Static<typeof LoopMap>;
