/**
 * What follows from signals, and what people may do about it: the rooms of monitors, alerts, breakers and models joined,
 * each act in one transaction of the ledger.
 */
import type { ResponseOverview, RollbackRequest, Signal, TripRequest } from '@countersign/contract';
import { reaches, type Alerts } from './alerts/index.ts';
import type { Breakers, Step } from './breakers/index.ts';
import type { Pool } from './database/index.ts';
import type { Acted, ResponseRoom } from './http/index.ts';
import type { Ledger, LedgerRecord, LedgerTransaction } from './ledger/index.ts';
import type { Models } from './models/index.ts';
import type { Monitors, Scope } from './monitors/index.ts';
import type { Policies } from './policies/index.ts';

export interface ResponseOptions {
  readonly pool: Pool;
  readonly ledger: Ledger;
  readonly policies: Policies;
  readonly models: Models;
  readonly monitors: Monitors;
  readonly alerts: Alerts;
  readonly breakers: Breakers;
}

export class Response implements ResponseRoom {
  private readonly options: ResponseOptions;

  constructor(options: ResponseOptions) {
    this.options = options;
  }

  /** Lets the signals of these scopes move alerts, and alerts move breakers. */
  async react(scopes: readonly Scope[]): Promise<void> {
    const { ledger, monitors, models } = this.options;
    const signals = scopes.flatMap((scope) => monitors.signals(scope)).filter((signal) => signal.conclusive);
    if (signals.length === 0) return;
    await ledger.write(async (tx) => {
      for (const signal of signals) {
        // Reviews of a version that was rolled back may come for days; they are no news of the one in use.
        if (await models.isRolledBack(tx.client, signal.workflow_id, signal.model_name, signal.model_version)) continue;
        await this.raise(tx, signal);
      }
    });
  }

  private async raise(tx: LedgerTransaction, signal: Signal): Promise<void> {
    const { alerts, breakers, policies } = this.options;
    const alert = await alerts.hear(tx, signal);
    const opensOn = policies.get(signal.workflow_id)?.policy.breaker.opens_on;
    if (alert === null || alert.tier === null || opensOn === undefined || !reaches(alert.tier, opensOn)) return;
    const scope = { workflowId: alert.workflow_id, modelName: alert.model_name };
    const reason = `${alert.signal.replaceAll('_', ' ')} of version ${alert.model_version}: ${alert.summary}`;
    await breakers.apply(tx, scope, { is: 'alarm', reason }, { ...alert.evidence, alert_id: alert.alert_id });
  }

  /** Counts the reviews of canaries among the records, in the transaction that appends them. */
  async weigh(tx: LedgerTransaction, records: readonly LedgerRecord[]): Promise<void> {
    const { alerts, breakers } = this.options;
    for (const { scope, state } of await breakers.weighCanaries(tx, records)) {
      if (state.is !== 'closed') continue;
      // What was open is settled by the canaries; what comes after it is news, and may open the breaker again.
      const summary = 'People checked the canaries, and the breaker closed.';
      await alerts.resolve(tx, { ...scope, version: null }, summary);
    }
  }

  async overview(): Promise<ResponseOverview> {
    const { pool, alerts, breakers, models, monitors } = this.options;
    const [open, states, versions] = await Promise.all([alerts.list(pool), breakers.list(pool), models.states(pool)]);
    return { alerts: open, breakers: states, models: versions, signals: monitors.signals() };
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

  /** Takes a version out of use, ends its alerts, and lets an open breaker try the one before. */
  rollBack({ workflow_id, model_name, version, justification }: RollbackRequest, by: string): Promise<Acted> {
    const { ledger, models, alerts, breakers } = this.options;
    return ledger.write(async (tx) => {
      const scope = { workflowId: workflow_id, modelName: model_name };
      const rollback = await models.rollBack(tx, { ...scope, version, by, justification });
      if (rollback.is === 'refused') return rollback;
      await alerts.resolve(tx, { ...scope, version }, `Version ${version} was rolled back.`);
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
