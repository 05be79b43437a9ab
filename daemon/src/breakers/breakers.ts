/**
 * The breakers of all workflows. Each move is one transaction: state, epoch and ledger record together. Guards hear of it
 * through the authority document of the workflow.
 */
import {
  defaultPhaseWithin,
  eventTypes,
  presentAuthority,
  privacyRulesOf,
  type Authority,
  type Breaker,
  type BreakerView,
  type Model,
  type Policy,
  type Present,
  type RiskTier,
} from '@countersign/contract';
import type { Queryable } from '../database/index.ts';
import { writtenEntry, type LedgerRecord, type LedgerTransaction, type NewId } from '../ledger/index.ts';
import type { Models } from '../models/index.ts';
import { durationOf, type Policies } from '../policies/index.ts';
import { canaryShare, step, type BreakerEvent, type BreakerState, type Step } from './breaker.ts';
import * as store from './store.ts';

export interface Scope {
  readonly workflowId: string;
  readonly modelName: string;
  /** Null for all of them. */
  readonly riskTier: RiskTier | null;
}

/** What came of it; when it is on record, where, and what it was before. */
export type Applied = Step & { readonly before?: BreakerState['is']; readonly logIndex?: number };

export interface BreakersOptions {
  readonly policies: Policies;
  readonly models: Models;
  readonly now: () => Date;
  /** A clock that never goes back, for phases. */
  readonly timer: () => Date;
  readonly newId: NewId;
}

export class Breakers {
  private readonly options: BreakersOptions;

  constructor(options: BreakersOptions) {
    this.options = options;
  }

  /** Applies an event to a breaker, and puts a transition on record. */
  async apply(
    tx: LedgerTransaction,
    scope: Scope,
    event: BreakerEvent,
    evidence: Record<string, unknown> = {},
  ): Promise<Applied> {
    const { client, append } = tx;
    const { workflowId, modelName, riskTier } = scope;
    const { policies, models, timer, newId } = this.options;
    const policy = policies.get(workflowId)?.policy;
    if (policy === undefined) return { is: 'unchanged', reason: `workflow ${workflowId} has no policy` };
    const row = await store.lockBreaker(client, workflowId, modelName, riskTier);
    const before: BreakerState = row?.state ?? { is: 'closed', epoch: 0 };
    const nextEpoch = (await store.readEpoch(client, workflowId)) + 1;
    const phases = policy.breaker.half_open;
    const taken = step(before, event, { phases, nextEpoch, nowMs: timer().getTime() });
    if (taken.is === 'unchanged') return taken;

    const now = this.options.now();
    const moved = taken.is === 'moved';
    if (moved) await store.takeEpoch(client, workflowId);
    await store.writeBreaker(client, {
      breaker_id: row?.breaker_id ?? newId(now),
      workflow_id: workflowId,
      model_name: modelName,
      risk_tier: riskTier,
      state: taken.state,
      since: moved ? now : (row?.since ?? now),
      changed_by: moved ? taken.by : (row?.changed_by ?? 'daemon'),
      reason: moved ? taken.reason : (row?.reason ?? ''),
      evidence: moved ? evidence : (row?.evidence ?? {}),
    });
    const isApproval = !moved && event.is === 'retry';
    if (!moved && !isApproval) return taken;
    const data = {
      workflow_id: workflowId,
      model_name: modelName,
      risk_tier: riskTier,
      from: before.is,
      to: taken.state.is,
      epoch: taken.state.epoch,
      by: moved ? taken.by : event.is === 'retry' ? event.by : 'daemon',
      reason: moved ? taken.reason : event.is === 'retry' ? `one of two agrees: ${event.reason}` : '',
      evidence,
    };
    const [appended] = await append([
      writtenEntry({ type: eventTypes.breaker, subject: workflowId, data }, now, newId),
    ]);
    if (appended?.is !== 'appended') throw new Error(`the ledger refused a new event id: ${appended?.is}`);
    const isStopped = moved && (taken.state.is === 'open' || taken.state.is === 'forced_open');
    if (isStopped) await models.fallBack(tx, scope, taken.reason);
    return { ...taken, before: before.is, logIndex: appended.record.index };
  }

  /** Counts the reviews of canaries among the records, for every breaker that they are canaries of. */
  async weighCanaries(tx: LedgerTransaction, records: readonly LedgerRecord[]): Promise<void> {
    for (const { event, about, firstAnswer } of records) {
      if (event.type !== eventTypes.humanDecision || about?.route !== 'auto' || !firstAnswer) continue;
      const workflowId = event.data.workflow_id;
      // What a model without authority did alone says nothing of one that has it.
      const present = await this.presentOf(tx.client, workflowId, about.model, about.riskTier);
      if (present.standing !== 'automatic' && present.standing !== 'canary') continue;
      const canary = { is: 'canary', epoch: about.breakerEpoch, overridden: event.data.action !== 'accept' } as const;
      for (const riskTier of [null, about.riskTier]) {
        await this.apply(tx, { workflowId, modelName: about.model.name, riskTier }, canary);
      }
    }
  }

  /** Ends phases that have come to no conclusion in time. */
  async passTime(db: Queryable, write: <T>(work: (tx: LedgerTransaction) => Promise<T>) => Promise<T>): Promise<void> {
    for (const { workflow_id, model_name, risk_tier, state } of await store.readBreakers(db, null)) {
      if (state.is !== 'half_open' || state.paused) continue;
      const within = this.options.policies.get(workflow_id)?.policy.breaker.half_open[state.phase]?.within;
      const elapsed = this.options.timer().getTime() - state.sinceMs;
      if (elapsed >= 0 && elapsed < durationOf(within ?? defaultPhaseWithin)) continue;
      const scope = { workflowId: workflow_id, modelName: model_name, riskTier: risk_tier };
      await write((tx) => this.apply(tx, scope, { is: 'time' }));
    }
  }

  /** What a model may do by itself now, of a risk tier; another model of that name and version is undeclared. */
  async presentOf(db: Queryable, workflowId: string, model: Model, tier: RiskTier): Promise<Present> {
    const authority = await this.authority(db, workflowId);
    if (authority === null) throw new Error(`workflow ${workflowId} has no policy`);
    const present = presentAuthority(authority, model.name, model.version, tier);
    const isAnother = present.standing !== 'rolled_back' && (present.hash ?? model.hash) !== model.hash;
    return isAnother ? { ...present, standing: 'undeclared' } : present;
  }

  /** What stops a model now, of any risk tier; null when nothing does. */
  async stoppedBy(db: Queryable, workflowId: string, modelName: string): Promise<string | null> {
    const rows = await store.readBreakers(db, workflowId);
    return rows.find((row) => row.model_name === modelName && row.state.is !== 'closed')?.reason ?? null;
  }

  /** The queue is full, or has room again. False when that was known. */
  async setIntake(
    tx: LedgerTransaction,
    workflowId: string,
    intake: Authority['intake'],
    waiting: number,
    limit: number | null,
  ): Promise<boolean> {
    if (!(await store.setIntake(tx.client, workflowId, intake === 'full'))) return false;
    const { now, newId } = this.options;
    const data = { workflow_id: workflowId, intake, waiting, limit };
    await tx.append([writtenEntry({ type: eventTypes.intake, subject: workflowId, data }, now(), newId)]);
    return true;
  }

  async intakeOf(db: Queryable, workflowId: string): Promise<Authority['intake']> {
    return (await store.readAuthority(db, workflowId)).isFull ? 'full' : 'open';
  }

  async list(db: Queryable): Promise<Breaker[]> {
    const rows = await store.readBreakers(db, null);
    return rows.map((row) => this.view(row));
  }

  /** The workflows whose queue is full. */
  async withFullIntake(db: Queryable): Promise<ReadonlySet<string>> {
    return new Set(await store.readFullIntakes(db));
  }

  private view({ breaker_id, workflow_id, model_name, risk_tier, state, ...row }: store.BreakerRow): Breaker {
    const phases = this.options.policies.get(workflow_id)?.policy.breaker.half_open ?? [];
    return {
      breaker_id,
      workflow_id,
      model_name,
      risk_tier,
      state: state.is,
      epoch: state.epoch,
      since: row.since.toISOString(),
      by: row.changed_by,
      reason: row.reason,
      evidence: row.evidence,
      approved_by: state.is === 'forced_open' ? (state.approvals[0]?.by ?? null) : null,
      canary_share: canaryShare(state, phases),
      phase:
        state.is === 'half_open'
          ? {
              paused: state.paused,
              number: state.phase + 1,
              of: phases.length,
              verified: state.verified,
              needed: phases[state.phase]?.verified ?? 0,
              overrides: state.overrides,
            }
          : null,
    };
  }

  private async views(db: Queryable, workflowId: string): Promise<BreakerView[]> {
    const phases = this.options.policies.get(workflowId)?.policy.breaker.half_open ?? [];
    const rows = await store.readBreakers(db, workflowId);
    return rows.map(({ model_name, risk_tier, state }) => ({
      model_name,
      risk_tier,
      state: state.is,
      epoch: state.epoch,
      canary_share: canaryShare(state, phases),
    }));
  }

  /** The document that guards of a workflow act on; null for a workflow without a policy. */
  async authority(db: Queryable, workflowId: string): Promise<Authority | null> {
    const policy = this.options.policies.get(workflowId)?.policy;
    if (policy === undefined) return null;
    const { epoch, policyEpoch, isFull } = await store.readAuthority(db, workflowId);
    return {
      v: 1,
      workflow_id: workflowId,
      epoch,
      policy_epoch: policyEpoch,
      lease_ms: durationOf(policy.breaker.authority_lease),
      when_unreachable: unreachableOf(policy),
      intake: isFull ? 'full' : 'open',
      change_control: policy.change_control !== undefined,
      automation: policy.automation,
      breakers: await this.views(db, workflowId),
      models: await this.options.models.authority(db, workflowId),
      ...(policy.privacy === undefined ? {} : { privacy: privacyRulesOf(policy.privacy) }),
    };
  }

  get workflows(): string[] {
    return [...this.options.policies.keys()];
  }
}

function unreachableOf({ breaker: { when_unreachable, by_risk_tier } }: Policy): Authority['when_unreachable'] {
  const of = (tier: RiskTier) => by_risk_tier?.[tier]?.when_unreachable ?? when_unreachable;
  return { low: of('low'), medium: of('medium'), high: of('high') };
}
