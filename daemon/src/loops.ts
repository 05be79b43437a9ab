/** The map of each loop: what its policy says, and how it stands now. */
import { escalationDefaults, type Breaker, type LoopMap } from '@countersign/contract';
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
    const { P1, P2, P3 } = policy.sla;
    const within = [P1, P2, P3].flatMap((sla) => sla.risk_tiers.map((tier) => [tier, sla.within] as const));
    return {
      workflow_id,
      title: policy.title,
      owner: policy.owner,
      loop: policy.loop,
      automation: policy.automation,
      decided_within: Object.fromEntries(within),
      escalation: (policy.escalation?.tiers ?? escalationDefaults.tiers).map(({ name }) => name),
      waiting,
      claimed,
      overdue,
      breakers: states
        .filter((state) => state.workflow_id === workflow_id)
        .map(({ model_name, risk_tier, state }) => ({ model_name, risk_tier, state })),
    };
  });
}
