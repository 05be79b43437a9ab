/**
 * The breakers of all workflows. Each move is one transaction: state, epoch and ledger record together. Guards hear of it
 * through the authority document of the workflow.
 */
import { eventTypes, type Authority, type Breaker, type RiskTier } from '@countersign/contract';
import type { Queryable } from '../database/index.ts';
import { writtenEntry, type LedgerRecord, type LedgerTransaction, type NewId } from '../ledger/index.ts';
import type { Models } from '../models/index.ts';
import { durationOf, type Policies } from '../policies/index.ts';
import { canaryShare, step, type BreakerEvent, type BreakerState, type Step } from './breaker.ts';
import * as store from './store.ts';

export interface Scope {
  readonly workflowId: string;
  readonly modelName: string;
}

export class Breakers {
  private readonly policies: Policies;
  private readonly models: Models;
  private readonly now: () => Date;
  private readonly newId: NewId;

  constructor(policies: Policies, models: Models, now: () => Date, newId: NewId) {
    this.policies = policies;
    this.models = models;
    this.now = now;
    this.newId = newId;
  }

  /** Applies an event to the breaker of a model, and puts a transition on record. */
  async apply(
    tx: LedgerTransaction,
    scope: Scope,
    event: BreakerEvent,
    evidence: Record<string, unknown> = {},
  ): Promise<Step> {
    const { client, append } = tx;
    const { workflowId, modelName } = scope;
    const policy = this.policies.get(workflowId)?.policy;
    if (policy === undefined) return { is: 'unchanged', reason: `workflow ${workflowId} has no policy` };
    const row = await store.lockBreaker(client, workflowId, modelName);
    const before: BreakerState = row?.state ?? { is: 'closed', epoch: 0 };
    const nextEpoch = (await store.readEpoch(client, workflowId)) + 1;
    const taken = step(before, event, { phases: policy.breaker.half_open, nextEpoch });
    if (taken.is === 'unchanged') return taken;

    const now = this.now();
    const moved = taken.is === 'moved';
    if (moved) await store.takeEpoch(client, workflowId);
    await store.writeBreaker(client, {
      breaker_id: row?.breaker_id ?? this.newId(now),
      workflow_id: workflowId,
      model_name: modelName,
      state: taken.state,
      since: moved ? now : (row?.since ?? now),
      changed_by: moved ? taken.by : (row?.changed_by ?? 'daemon'),
      reason: moved ? taken.reason : (row?.reason ?? ''),
    });
    if (moved) {
      const data = {
        workflow_id: workflowId,
        model_name: modelName,
        risk_tier: null,
        from: before.is,
        to: taken.state.is,
        epoch: taken.state.epoch,
        by: taken.by,
        reason: taken.reason,
        evidence,
      };
      await append([writtenEntry({ type: eventTypes.breaker, subject: workflowId, data }, now, this.newId)]);
    }
    return taken;
  }

  /** Authority changed without a breaker moving, as by a rollback: guards must see a new epoch. */
  async raiseEpoch({ client }: LedgerTransaction, workflowId: string): Promise<void> {
    await store.takeEpoch(client, workflowId);
  }

  /** Counts the reviews of canaries among the records. */
  async weighCanaries(tx: LedgerTransaction, records: readonly LedgerRecord[]): Promise<void> {
    for (const { event, about, firstAnswer } of records) {
      if (event.type !== eventTypes.humanDecision || about?.route !== 'auto' || !firstAnswer) continue;
      const scope = { workflowId: event.data.workflow_id, modelName: about.model.name };
      const overridden = event.data.action !== 'accept';
      await this.apply(tx, scope, { is: 'canary', epoch: about.breakerEpoch, overridden });
    }
  }

  /** The state that a decision of this model is under now. */
  async stateOf(db: Queryable, workflowId: string, modelName: string): Promise<BreakerState> {
    const rows = await store.readBreakers(db, workflowId);
    return rows.find((row) => row.model_name === modelName)?.state ?? { is: 'closed', epoch: 0 };
  }

  async list(db: Queryable): Promise<Breaker[]> {
    const rows = await store.readBreakers(db, null);
    return rows.map((row) => this.view(row));
  }

  private view({ breaker_id, workflow_id, model_name, state, since, changed_by, reason }: store.BreakerRow): Breaker {
    const phases = this.policies.get(workflow_id)?.policy.breaker.half_open ?? [];
    return {
      breaker_id,
      workflow_id,
      model_name,
      risk_tier: null,
      state: state.is,
      epoch: state.epoch,
      since: since.toISOString(),
      by: changed_by,
      reason,
      canary_share: canaryShare(state, phases),
      phase:
        state.is === 'half_open'
          ? {
              number: state.phase + 1,
              of: phases.length,
              verified: state.verified,
              needed: phases[state.phase]?.verified ?? 0,
              overrides: state.overrides,
            }
          : null,
    };
  }

  /** The document that guards of a workflow act on; null for a workflow without a policy. */
  async authority(db: Queryable, workflowId: string): Promise<Authority | null> {
    const policy = this.policies.get(workflowId)?.policy;
    if (policy === undefined) return null;
    const rows = await store.readBreakers(db, workflowId);
    return {
      v: 1,
      workflow_id: workflowId,
      epoch: await store.readEpoch(db, workflowId),
      lease_ms: durationOf(policy.breaker.authority_lease),
      when_unreachable: policy.breaker.when_unreachable,
      automation: policy.automation,
      breakers: rows.map(({ model_name, state }) => ({
        model_name,
        risk_tier: null as RiskTier | null,
        state: state.is,
        epoch: state.epoch,
        canary_share: canaryShare(state, policy.breaker.half_open),
      })),
      models: await this.models.authority(db, workflowId),
    };
  }

  get workflows(): string[] {
    return [...this.policies.keys()];
  }
}
