/** The map of each loop: what its policy says, and how it stands now. */
import { alertTiers, type Breaker, type LoopMap, type Policy, type RiskTier } from '@countersign/contract';
import { escalationOf } from './escalation/index.ts';
import type { Policies } from './policies/index.ts';

export interface LoopsOptions {
  readonly policies: Policies;
  readonly breakers: () => Promise<readonly Breaker[]>;
  readonly countCases: () => Promise<
    readonly { workflow_id: string; waiting: number; claimed: number; overdue: number }[]
  >;
}

export async function loopMaps({ policies, breakers, countCases }: LoopsOptions): Promise<LoopMap[]> {
  const [states, counts] = await Promise.all([breakers(), countCases()]);
  return [...policies].map(([workflow_id, { policy }]) => {
    const { waiting = 0, claimed = 0, overdue = 0 } = counts.find((count) => count.workflow_id === workflow_id) ?? {};
    const { opens_on, tiers } = escalationOf(policy);
    const opensOn = (risk: RiskTier) => breakerOpensOn(policy, risk);
    return {
      workflow_id,
      title: policy.title,
      owner: policy.owner,
      loop: policy.loop,
      automation: policy.automation,
      priorities: (['P1', 'P2', 'P3'] as const).map((priority) => {
        const { risk_tiers, within } = policy.sla[priority];
        return { priority, risk_tiers, within };
      }),
      escalation: { opens_on, tiers: [...tiers] },
      breaker_opens_on: { low: opensOn('low'), medium: opensOn('medium'), high: opensOn('high') },
      waiting,
      claimed,
      overdue,
      breakers: states
        .filter((state) => state.workflow_id === workflow_id)
        .map(({ model_name, risk_tier, state, epoch, canary_share }) => ({
          model_name,
          risk_tier,
          state,
          epoch,
          canary_share,
        })),
    };
  });
}

/** What opens all breakers opens that of each risk tier too; a tier's own rule can only be stricter. */
function breakerOpensOn({ breaker }: Policy, risk: RiskTier) {
  const own = breaker.by_risk_tier?.[risk]?.opens_on ?? breaker.opens_on;
  return alertTiers.indexOf(own) < alertTiers.indexOf(breaker.opens_on) ? own : breaker.opens_on;
}
