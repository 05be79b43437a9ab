/**
 * What follows from signals, and what people may do about it: the rooms of monitors, alerts, breakers and models joined,
 * each act in one transaction of the ledger.
 */
import {
  allModels,
  eventTypes,
  stoppedByHand,
  type AcknowledgeRequest,
  type ApproveRollbackRequest,
  type AskRollbackRequest,
  type Alert,
  type AlertTier,
  type CloseRequest,
  type DeclareRequest,
  type EndSilenceRequest,
  type PromoteRequest,
  type ReferenceStep,
  type RetryRequest,
  type ResponseOverview,
  type Reviewer,
  type RiskTier,
  type RollbackRequest,
  type Signal,
  type SilenceRequest,
  type ThawRequest,
  type TripRequest,
} from '@countersign/contract';
import { reaches, type AlertMoved, type Alerts } from './alerts/index.ts';
import type { Breakers, Scope, Step } from './breakers/index.ts';
import type { Compensations } from './compensations/index.ts';
import type { Pool } from './database/index.ts';
import type { Action, Escalation, Incident, Silences } from './escalation/index.ts';
import type { Acted, ResponseRoom } from './http/index.ts';
import { writtenEntry, type Ledger, type LedgerRecord, type LedgerTransaction, type NewId } from './ledger/index.ts';
import type { Changed, Models } from './models/index.ts';
import type { Monitors, Movement } from './monitors/index.ts';
import type { People } from './people/index.ts';
import type { Policies } from './policies/index.ts';

export interface ResponseOptions {
  readonly pool: Pool;
  readonly ledger: Ledger;
  readonly policies: Policies;
  readonly models: Models;
  readonly monitors: Monitors;
  readonly alerts: Alerts;
  readonly breakers: Breakers;
  readonly escalation: Escalation;
  readonly silences: Silences;
  readonly compensations: Compensations;
  /** Where runbooks are. */
  readonly runbooks: string;
  /** Keeps what somebody is called. */
  /** Cases that wait for people, by workflow. */
  readonly countCases: () => Promise<readonly { workflow_id: string; waiting: number; claimed: number }[]>;
  readonly now: () => Date;
  readonly newId: NewId;
  /** What people are called, by id. */
  readonly people: People;
}

/** How one reviewer decides is shown to nobody else: of an alert about it, that there is one. */
function withoutOthersFigures(alert: Alert, person: string): Alert {
  if (alert.signal !== 'reviewers' || alert.subject === null || alert.subject === person) return alert;
  return { ...alert, summary: 'The figures are for the reviewer. The runbook says what to do.', evidence: {} };
}

export class Response implements ResponseRoom {
  private readonly options: ResponseOptions;

  constructor(options: ResponseOptions) {
    this.options = options;
  }

  /** Lets signals that have moved move alerts, and alerts move breakers. */
  async react(movements: readonly Movement[]): Promise<void> {
    if (movements.length === 0) return;
    const { ledger, alerts, escalation } = this.options;
    const moved = await ledger.write(async (tx) => {
      const heard: AlertMoved[] = [];
      for (const { signal, logIndex } of movements) {
        const alert = await alerts.hear(tx, signal, logIndex);
        if (alert !== null) heard.push(alert);
      }
      for (const { is, alert } of heard) if (is === 'risen') await this.contain(tx, alert);
      return heard;
    });
    if (moved.length === 0) return;
    // Guards hear of it meanwhile: what stops the AI does not wait for whom to tell. Should this not come about, the
    // escalation finds by itself what it has not heard of. All alerts stand by now, so a message says the cause.
    await ledger.write(async (tx) => {
      for (const alert of moved) await escalation.hear(tx, alert);
    });
  }

  /** Puts references on record that monitors have taken. */
  async recordReferences(references: readonly Omit<ReferenceStep, 'by'>[]): Promise<void> {
    if (references.length === 0) return;
    const { ledger, now, newId } = this.options;
    await ledger.write(async ({ append }) => {
      for (const reference of references) {
        const data = { ...reference, by: 'daemon' };
        await append([writtenEntry({ type: eventTypes.reference, subject: data.workflow_id, data }, now(), newId)]);
      }
    });
  }

  /** An incident freezes the rollout of its model, and the policy says when the AI stops acting alone. */
  private async contain(tx: LedgerTransaction, alert: Alert): Promise<void> {
    const { models } = this.options;
    if (alert.tier === 'incident' && alert.model_name !== allModels) {
      const scope = { workflowId: alert.workflow_id, modelName: alert.model_name };
      await models.freeze(tx, scope, alert.summary);
    }
    await this.openBreaker(tx, alert);
  }

  private async openBreaker(tx: LedgerTransaction, alert: Alert): Promise<void> {
    const { breakers, models, policies } = this.options;
    const { workflow_id: workflowId, model_name: modelName, model_version: version, tier } = alert;
    const rules = policies.get(workflowId)?.policy.breaker;
    if (tier === null || rules === undefined) return;
    // Of all tiers, or of those that the policy is stricter with.
    const opened: readonly (RiskTier | null)[] = reaches(tier, rules.opens_on)
      ? [null]
      : riskTiers.filter((risk) => reaches(tier, rules.by_risk_tier?.[risk]?.opens_on ?? rules.opens_on));
    if (opened.length === 0) return;
    // What is about people and queues stops no model; and a version that was rolled back has nothing left to stop.
    if (modelName === allModels || (await models.isRolledBack(tx.client, workflowId, modelName, version))) return;
    const reason = `${alert.signal.replaceAll('_', ' ')} of version ${version}: ${alert.summary}`;
    const evidence = { ...alert.evidence, alert_id: alert.alert_id };
    for (const riskTier of opened) {
      await breakers.apply(tx, { workflowId, modelName, riskTier }, { is: 'alarm', reason }, evidence);
    }
  }

  /** What a tier of the escalation does by itself. */
  async act(tx: LedgerTransaction, action: Action, incident: Incident, reason: string): Promise<void> {
    const { breakers, models } = this.options;
    const { workflow_id: workflowId, model_name: modelName, incident_id } = incident;
    // What is about people and queues stops no model.
    if (modelName === allModels) return;
    const scope = { workflowId, modelName, riskTier: null };
    if (action === 'freeze') return models.freeze(tx, scope, `${incident.title}. ${reason}`);
    await breakers.apply(tx, scope, { is: 'alarm', reason: `${incident.title}. ${reason}` }, { incident_id });
  }

  /** Counts the reviews of canaries among the records, in the transaction that appends them. */
  async weigh(tx: LedgerTransaction, records: readonly LedgerRecord[]): Promise<void> {
    const { breakers, models } = this.options;
    await breakers.weighCanaries(tx, records);
    await models.weighCanaries(tx, records);
  }

  /** What time brings, each by itself: phases that came to no end, queues that are full or have room again, steps to undo. */
  chores(): readonly (() => Promise<void>)[] {
    const { pool, ledger, breakers, models, compensations } = this.options;
    const write = <T>(work: (tx: LedgerTransaction) => Promise<T>) => ledger.write(work);
    return [
      () => breakers.passTime(pool, write),
      () => models.passTime(pool, write),
      () => this.lookAtQueues(),
      () => compensations.tick(),
    ];
  }

  private async lookAtQueues(): Promise<void> {
    const { pool, ledger, policies, breakers, countCases } = this.options;
    const counts = await countCases();
    for (const [workflowId, { policy }] of policies) {
      const limit = policy.review.queue_limit;
      const before = await breakers.intakeOf(pool, workflowId);
      if (limit === undefined && before === 'open') continue;
      const count = counts.find(({ workflow_id }) => workflow_id === workflowId);
      const waiting = (count?.waiting ?? 0) + (count?.claimed ?? 0);
      // Not to and fro with each case.
      const isFull = limit !== undefined && (waiting >= limit || (before === 'full' && waiting > limit * roomAt));
      const intake = isFull ? 'full' : 'open';
      if (intake !== before) {
        await ledger.write((tx) => breakers.setIntake(tx, workflowId, intake, waiting, limit ?? null));
      }
    }
  }

  /** As one person may see it: of single reviewers, only their own figures. */
  /** `wanted`: an incident that is shown though it is long over. */
  async overview(person: string, wanted: string | null): Promise<ResponseOverview> {
    const { pool, alerts, breakers, models, monitors, escalation, silences, runbooks, compensations } = this.options;
    const [open, states, versions, incidents, silent, rollbacks] = await Promise.all([
      alerts.list(pool),
      breakers.list(pool),
      models.states(pool),
      escalation.list(wanted),
      silences.list(),
      compensations.list(),
    ]);
    const signals = monitors
      .signals()
      .filter(({ monitor, subject }) => monitor !== 'reviewers' || subject === null || subject === person);
    const people = await this.options.people.names([
      ...signals.flatMap(({ monitor, subject }) => (monitor === 'reviewers' ? (subject ?? []) : [])),
      ...incidents.flatMap(({ acknowledged_by }) => acknowledged_by ?? []),
      ...silent.map(({ by }) => by),
      ...states.flatMap(({ by, approved_by }) => [by, approved_by ?? []].flat()),
      ...versions.flatMap(({ sign_offs }) => sign_offs.map(({ by }) => by)),
      ...rollbacks.flatMap(({ asked_by, approved_by }) => [asked_by, approved_by ?? []].flat()),
    ]);
    return {
      alerts: open.map((alert) => withoutOthersFigures(alert, person)),
      incidents,
      silences: silent,
      rollbacks,
      breakers: states,
      models: versions,
      signals,
      runbooks,
      people,
    };
  }

  acknowledge(request: AcknowledgeRequest, by: string): Promise<Acted> {
    return this.options.escalation.acknowledge(request, by);
  }

  close(request: CloseRequest, by: string): Promise<Acted> {
    return this.options.escalation.close(request, by);
  }

  async silence(request: SilenceRequest, by: string): Promise<Acted> {
    if (!this.options.policies.has(request.workflow_id)) {
      return { is: 'refused', reason: `there is no workflow ${request.workflow_id}` };
    }
    const { until } = await this.options.silences.begin(request, by);
    return { is: 'done', message: `Nobody is told of it until ${until}.` };
  }

  async endSilence(request: EndSilenceRequest, by: string): Promise<Acted> {
    const ended = await this.options.silences.end(request, by);
    return ended
      ? { is: 'done', message: 'The silence is over.' }
      : { is: 'refused', reason: 'that silence has ended already' };
  }

  askRollback(request: AskRollbackRequest, by: string): Promise<Acted> {
    return this.options.compensations.ask(request, by);
  }

  approveRollback(request: ApproveRollbackRequest, by: string): Promise<Acted> {
    return this.options.compensations.approve(request, by);
  }

  trip({ workflow_id, model_name, risk_tier, justification }: TripRequest, by: string): Promise<Acted> {
    const { ledger, breakers, models } = this.options;
    return ledger.write(async (tx) => {
      if (!(await models.isKnown(tx.client, workflow_id, model_name))) {
        return { is: 'refused', reason: `no model ${model_name} has decided in ${workflow_id}; nothing was stopped.` };
      }
      const scope = { workflowId: workflow_id, modelName: model_name, riskTier: risk_tier ?? null };
      const taken = await breakers.apply(tx, scope, { is: 'trip', by, reason: justification });
      if (taken.logIndex !== undefined) {
        await this.tellOfStop(tx, scope, taken.logIndex, 'incident', justification);
        await this.options.escalation.takenOn(tx, scope, by, justification);
      }
      return actedFrom(taken, 'The AI is stopped. Everything goes to people.');
    });
  }

  retry({ workflow_id, model_name, risk_tier, justification, epoch }: RetryRequest, by: string): Promise<Acted> {
    const { ledger, breakers } = this.options;
    return ledger.write(async (tx) => {
      const scope = { workflowId: workflow_id, modelName: model_name, riskTier: risk_tier ?? null };
      const taken = await breakers.apply(tx, scope, { is: 'retry', by, reason: justification, seen: epoch });
      const isReset = taken.is === 'moved' && taken.before === 'forced_open';
      if (isReset) await this.tellOfStop(tx, scope, taken.logIndex ?? 0, null, taken.reason);
      return actedFrom(taken, 'Canaries start: people check each of them.');
    });
  }

  /** People are told that somebody has stopped the AI, and that it acts again: as an alert of its own. */
  private async tellOfStop(
    tx: LedgerTransaction,
    { workflowId, modelName, riskTier }: Scope,
    logIndex: number,
    tier: AlertTier | null,
    reason: string,
  ): Promise<void> {
    const { alerts, escalation } = this.options;
    const what = riskTier === null ? modelName : `${modelName}, ${riskTier} risk`;
    const signal: Signal = {
      monitor: stoppedByHand,
      workflow_id: workflowId,
      model_name: modelName,
      model_version: allModels,
      subject: riskTier,
      tier,
      conclusive: true,
      value: null,
      summary: tier === null ? `${what} acts again, on canaries: ${reason}` : `${what} was stopped by hand: ${reason}`,
      evidence: {},
    };
    const moved = await alerts.hear(tx, signal, logIndex);
    if (moved !== null) await escalation.hear(tx, moved);
  }

  /** Declares a version. */
  declare(request: DeclareRequest, by: string): Promise<Acted> {
    return this.changing((tx) => this.options.models.declare(tx, request, by));
  }

  /** One person's word for the next step of a version. */
  async promote(request: PromoteRequest, { id, login }: Reviewer): Promise<Acted> {
    const { models, breakers, people } = this.options;
    const logins = await people.loginsOf(id);
    return this.changing(async (tx) => {
      const stopped = await breakers.stoppedBy(tx.client, request.workflow_id, request.model_name);
      return models.promote(tx, request, { id, login, logins }, stopped);
    });
  }

  /** Lets versions of a model be promoted again, once its incident is over. */
  thaw({ workflow_id, model_name, justification, frozen }: ThawRequest, by: string): Promise<Acted> {
    const { models, escalation } = this.options;
    return this.changing(async (tx) => {
      const scope = { workflowId: workflow_id, modelName: model_name };
      const standing = await escalation.standing(tx, scope);
      if (standing !== null) {
        return { is: 'refused', reason: `the incident "${standing}" is not over. Close it first.` };
      }
      return models.thaw(tx, scope, by, justification, frozen ?? null);
    });
  }

  private async changing(change: (tx: LedgerTransaction) => Promise<Changed>): Promise<Acted> {
    const changed = await this.options.ledger.write(change);
    return changed.is === 'refused' ? changed : { is: 'done', message: changed.message };
  }

  /** Takes a version out of use, which ends its alerts, and lets an open breaker try the one before. */
  rollBack({ workflow_id, model_name, version, justification }: RollbackRequest, by: string): Promise<Acted> {
    const { ledger, models, breakers } = this.options;
    return ledger.write(async (tx) => {
      const scope = { workflowId: workflow_id, modelName: model_name };
      const rollback = await models.rollBack(tx, { ...scope, version, by, justification });
      if (rollback.is === 'refused') return rollback;
      const reason = `rolled back from ${version} to ${rollback.restores}: ${justification}`;
      // What is held against the version in use says nothing about an older one that goes out of use.
      for (const riskTier of rollback.wasActive ? [null, ...riskTiers] : []) {
        await breakers.apply(tx, { ...scope, riskTier }, { is: 'restored', by, reason });
      }
      return {
        is: 'done',
        message: `Version ${version} has no authority any more; ${rollback.restores} takes its place.`,
      };
    });
  }
}

const riskTiers: readonly RiskTier[] = ['low', 'medium', 'high'];
/** A queue that was full has room again with so many of its limit. */
const roomAt = 0.8;

function actedFrom(taken: Step, message: string): Acted {
  if (taken.is === 'unchanged') return { is: 'refused', reason: taken.reason };
  return { is: 'done', message: taken.is === 'moved' ? message : 'Agreed. It takes one more person.' };
}
