/** The policy that holds for each workflow where the fold stands: as the ledger says, so that a replay sees the same. */
import { eventTypes, type Policy } from '@countersign/contract';
import type { LedgerRecord } from '../ledger/index.ts';
import { checkPolicy, type Policies } from '../policies/index.ts';
import { rulesOf, type Rules } from './rules.ts';

export interface InForce {
  readonly policy: Policy;
  readonly rules: Rules;
}

export type PoliciesState = readonly (readonly [workflowId: string, text: string])[];

export class PoliciesInForce {
  private readonly texts = new Map<string, string>();
  private readonly inForce = new Map<string, InForce>();
  private readonly otherwise: Policies;
  private readonly override: Policies;

  /** `otherwise` holds where the ledger says nothing; `override` whatever it says. */
  constructor(state: PoliciesState, otherwise: Policies, override: Policies) {
    this.otherwise = otherwise;
    this.override = override;
    for (const [workflowId, text] of state) this.enter(workflowId, text);
  }

  toJSON(): PoliciesState {
    return [...this.texts];
  }

  of(workflowId: string): InForce | null {
    const known = this.inForce.get(workflowId);
    if (known !== undefined) return known;
    const policy = (this.override.get(workflowId) ?? this.otherwise.get(workflowId))?.policy;
    if (policy === undefined) return null;
    const made = { policy, rules: rulesOf(policy) };
    this.inForce.set(workflowId, made);
    return made;
  }

  /** True when the record puts another policy in force. */
  observe({ event }: LedgerRecord): boolean {
    // Records of a daemon before the text was part of them have none.
    const text = event.type === eventTypes.policy ? (event.data.text as string | undefined) : undefined;
    return text !== undefined && this.enter(event.data.workflow_id, text);
  }

  private enter(workflowId: string, text: string): boolean {
    if (this.texts.get(workflowId) === text) return false;
    this.texts.set(workflowId, text);
    if (this.override.has(workflowId)) return false;
    const check = checkPolicy(text);
    // One that this version of the daemon does not understand: what it was started with holds.
    if (check.is === 'bad') this.inForce.delete(workflowId);
    else this.inForce.set(workflowId, { policy: check.policy, rules: rulesOf(check.policy) });
    return true;
  }
}
