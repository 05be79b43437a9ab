/**
 * What follows from signals, and what people may do about it: the rooms of monitors, alerts, breakers and models joined,
 * each act in one transaction of the ledger.
 */
import {
  allModels,
  eventTypes,
  type AcknowledgeRequest,
  type Alert,
  type CloseRequest,
  type EndSilenceRequest,
  type ReferenceStep,
  type ResponseOverview,
  type RollbackRequest,
  type SilenceRequest,
  type TripRequest,
} from '@countersign/contract';
import { reaches, type AlertMoved, type Alerts } from './alerts/index.ts';
import type { Breakers, Step } from './breakers/index.ts';
import type { Pool } from './database/index.ts';
import type { Action, Escalation, Incident, Silences } from './escalation/index.ts';
import type { Acted, ResponseRoom } from './http/index.ts';
import { writtenEntry, type Ledger, type LedgerRecord, type LedgerTransaction, type NewId } from './ledger/index.ts';
import type { Models } from './models/index.ts';
import type { Monitors, Movement } from './monitors/index.ts';
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
  /** Where runbooks are. */
  readonly runbooks: string;
  readonly now: () => Date;
  readonly newId: NewId;
  /** What people are called, by id. */
  readonly namesOf: (ids: readonly string[]) => Promise<Record<string, string>>;
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
    await ledger.write(async (tx) => {
      const moved: AlertMoved[] = [];
      for (const { signal, logIndex } of movements) {
        const alert = await alerts.hear(tx, signal, logIndex);
        if (alert !== null) moved.push(alert);
      }
      // When all of them stand, so that the first message says the cause that the last of them names.
      for (const alert of moved) {
        if (alert.is === 'risen') await this.openBreaker(tx, alert.alert);
        await escalation.hear(tx, alert);
      }
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

  private async openBreaker(tx: LedgerTransaction, alert: Alert): Promise<void> {
    const { breakers, models, policies } = this.options;
    const { workflow_id: workflowId, model_name: modelName, model_version: version } = alert;
    const opensOn = policies.get(workflowId)?.policy.breaker.opens_on;
    if (alert.tier === null || opensOn === undefined || !reaches(alert.tier, opensOn)) return;
    // What is about people and queues stops no model; and a version that was rolled back has nothing left to stop.
    if (modelName === allModels || (await models.isRolledBack(tx.client, workflowId, modelName, version))) return;
    const reason = `${alert.signal.replaceAll('_', ' ')} of version ${version}: ${alert.summary}`;
    const evidence = { ...alert.evidence, alert_id: alert.alert_id };
    await breakers.apply(tx, { workflowId, modelName }, { is: 'alarm', reason }, evidence);
  }

  /** What a tier of the escalation does by itself. */
  async act(tx: LedgerTransaction, action: Action, incident: Incident, reason: string): Promise<void> {
    const { breakers, models } = this.options;
    const { workflow_id: workflowId, model_name: modelName, incident_id } = incident;
    // What is about people and queues stops no model.
    if (modelName === allModels) return;
    const scope = { workflowId, modelName };
    if (action === 'freeze') return models.freeze(tx, scope, `${incident.title}. ${reason}`);
    await breakers.apply(tx, scope, { is: 'alarm', reason: `${incident.title}. ${reason}` }, { incident_id });
  }

  /** Counts the reviews of canaries among the records, in the transaction that appends them. */
  async weigh(tx: LedgerTransaction, records: readonly LedgerRecord[]): Promise<void> {
    await this.options.breakers.weighCanaries(tx, records);
  }

  async overview(): Promise<ResponseOverview> {
    const { pool, alerts, breakers, models, monitors, escalation, silences, runbooks, namesOf } = this.options;
    const [open, states, versions, incidents, silent] = await Promise.all([
      alerts.list(pool),
      breakers.list(pool),
      models.states(pool),
      escalation.list(),
      silences.list(),
    ]);
    const signals = monitors.signals();
    const people = await namesOf([
      ...signals.flatMap(({ monitor, subject }) => (monitor === 'reviewers' ? (subject ?? []) : [])),
      ...incidents.flatMap(({ acknowledged_by }) => acknowledged_by ?? []),
      ...silent.map(({ by }) => by),
    ]);
    return {
      alerts: open,
      incidents,
      silences: silent,
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

  trip({ workflow_id, model_name, justification }: TripRequest, by: string): Promise<Acted> {
    const { ledger, breakers, models } = this.options;
    return ledger.write(async (tx) => {
      if (!(await models.isKnown(tx.client, workflow_id, model_name))) {
        return { is: 'refused', reason: `no model ${model_name} has decided in ${workflow_id}; nothing was stopped.` };
      }
      const scope = { workflowId: workflow_id, modelName: model_name };
      const taken = await breakers.apply(tx, scope, { is: 'trip', by, reason: justification });
      return actedFrom(taken, 'The AI is stopped. Everything goes to people.');
    });
  }

  retry({ workflow_id, model_name, justification }: TripRequest, by: string): Promise<Acted> {
    const { ledger, breakers } = this.options;
    return ledger.write(async (tx) => {
      const scope = { workflowId: workflow_id, modelName: model_name };
      const taken = await breakers.apply(tx, scope, { is: 'retry', by, reason: justification });
      return actedFrom(taken, 'Canaries start: people check each of them.');
    });
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
      const taken = rollback.wasActive ? await breakers.apply(tx, scope, { is: 'restored', by, reason }) : null;
      // Guards still have to learn which version not to run.
      if (taken?.is !== 'moved') await breakers.raiseEpoch(tx, workflow_id);
      return {
        is: 'done',
        message: `Version ${version} has no authority any more; ${rollback.restores} takes its place.`,
      };
    });
  }
}

function actedFrom(taken: Step, message: string): Acted {
  if (taken.is === 'unchanged') return { is: 'refused', reason: taken.reason };
  return { is: 'done', message: taken.is === 'moved' ? message : 'Agreed. It takes one more person.' };
}
