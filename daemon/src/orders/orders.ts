/**
 * Carries out what people order from the command line: the daemon does it, because it alone writes the log. Each order is
 * one transaction: the act, the record of who and why, and the answer.
 */
import { eventTypes, logWorkflow, type ReferenceStep, type Signal } from '@countersign/contract';
import type { Pool } from '../database/index.ts';
import { writtenEntry, type Ledger, type NewId, type SearchIndex } from '../ledger/index.ts';
import type { Escalation } from '../escalation/index.ts';
import type { Models } from '../models/index.ts';
import type { Policies } from '../policies/index.ts';
import type { Snapshots } from '../snapshots/index.ts';
import * as store from './store.ts';

export interface OrdersOptions {
  readonly pool: Pool;
  readonly logId: string;
  readonly ledger: Ledger;
  readonly search: SearchIndex;
  readonly snapshots: Snapshots;
  readonly policies: Policies;
  readonly escalation: Escalation;
  readonly models: Models;
  /** What the monitors say now. */
  readonly signals: () => readonly Signal[];
  readonly now: () => Date;
  readonly newId: NewId;
  readonly onError: (error: unknown) => void;
}

type Erasure = Extract<store.Order, { what: 'erase_input' }>;
type Drill = Extract<store.Order, { what: 'start_drill' }>;
type Declaration = Extract<store.Order, { what: 'declare_model' }>;
type GateCheck = Extract<store.Order, { what: 'check_gates' }>;

const everyMs = 1_000;

export class Orders {
  private readonly options: OrdersOptions;
  private readonly timer: NodeJS.Timeout;
  private working: Promise<void> = Promise.resolve();
  private busy = false;

  constructor(options: OrdersOptions) {
    this.options = options;
    this.timer = setInterval(() => this.look(), everyMs);
  }

  private look(): void {
    if (this.busy) return;
    this.busy = true;
    const carryOut = async () => {
      try {
        await this.carryOut();
      } catch (error) {
        this.options.onError(error);
      } finally {
        this.busy = false;
      }
    };
    this.working = carryOut();
  }

  private async carryOut(): Promise<void> {
    const { pool, logId } = this.options;
    for (const { id, order } of await store.waitingOrders(pool, logId)) {
      // One that cannot be carried out now must not keep the others waiting.
      await this.carryOutOne(id, order).catch(this.options.onError);
    }
  }

  private carryOutOne(id: string, order: store.Order): Promise<void> {
    switch (order.what) {
      case 'erase_input':
        return this.erase(id, order);
      case 'set_reference':
        return this.setReference(id, order.step);
      case 'start_drill':
        return this.startDrill(id, order);
      case 'declare_model':
        return this.declare(id, order);
      case 'check_gates':
        return this.checkGates(id, order);
    }
  }

  private async declare(id: string, { request, by }: Declaration): Promise<void> {
    const { ledger, models, now } = this.options;
    await ledger.write(async (tx) => {
      if (!(await store.lockOrder(tx.client, id))) return;
      const declared = await models.declare(tx, request, by);
      if (declared.is === 'refused') {
        return store.finishOrder(tx.client, id, { is: 'refused', message: declared.reason }, now());
      }
      const { logIndex: log_index, message } = declared;
      return store.finishOrder(tx.client, id, { is: 'done', log_index, message }, now());
    });
  }

  private async checkGates(id: string, order: GateCheck): Promise<void> {
    const { ledger, models, signals, now } = this.options;
    const { workflow: workflowId, model: modelName, version, to, reports, by } = order;
    const said = signals().filter(
      (signal) =>
        signal.workflow_id === workflowId && signal.model_name === modelName && signal.model_version === version,
    );
    await ledger.write(async (tx) => {
      if (!(await store.lockOrder(tx.client, id))) return;
      const checked = await models.gate(tx, { workflowId, modelName, version }, to, said, reports, by);
      const answer =
        'refused' in checked
          ? ({ is: 'refused', message: checked.refused } as const)
          : ({ is: 'done', log_index: checked.logIndex, message: 'asked', results: checked.results } as const);
      await store.finishOrder(tx.client, id, answer, now());
    });
  }

  private async setReference(id: string, step: ReferenceStep): Promise<void> {
    const { ledger, policies, pool, now, newId } = this.options;
    if (!policies.has(step.workflow_id)) {
      const message = `there is no policy of ${step.workflow_id}, so it is not watched and needs no reference.`;
      await store.finishOrder(pool, id, { is: 'refused', message }, now());
      return;
    }
    await ledger.write(async ({ client, append }) => {
      if (!(await store.lockOrder(client, id))) return;
      const entry = writtenEntry({ type: eventTypes.reference, subject: step.workflow_id, data: step }, now(), newId);
      const [appended] = await append([entry]);
      if (appended?.is !== 'appended') throw new Error(`the ledger refused a new event id: ${appended?.is}`);
      const { event, index } = appended.record;
      const { name, version } = step.model;
      const whose = version === null ? `${name}, every version without one of its own,` : `${name} ${version}`;
      const message = `${whose} is compared with it from record ${index} (${event.id}) on.`;
      await store.finishOrder(client, id, { is: 'done', log_index: index, message }, now());
    });
  }

  private async startDrill(id: string, { workflow, wait, by, justification }: Drill): Promise<void> {
    const { ledger, escalation, now } = this.options;
    await ledger.write(async (tx) => {
      if (!(await store.lockOrder(tx.client, id))) return;
      const incident = await escalation.drill(tx, workflow, wait, by, justification);
      const answer =
        incident === null
          ? ({ is: 'refused', message: `there is no policy of ${workflow}, so nobody is told of anything.` } as const)
          : ({
              is: 'done',
              log_index: incident.logIndex,
              message: 'The drill begins.',
              incident_id: incident.incidentId,
            } as const);
      await store.finishOrder(tx.client, id, answer, now());
    });
  }

  private async erase(id: string, { input, by, justification }: Erasure): Promise<void> {
    const { ledger, pool, search, snapshots, now, newId } = this.options;
    const decisions = await search.search({ input_hash: input }, null, 1);
    if (decisions.records.length === 0) {
      const message = `no decision in the log has the input ${input}, so nothing was erased.`;
      await store.finishOrder(pool, id, { is: 'refused', message }, now());
      return;
    }
    const erased = await ledger.write(async ({ client, append }) => {
      if (!(await store.lockOrder(client, id))) return false;
      if (!(await snapshots.eraseKey(client, input))) {
        const message = `the input ${input} was erased before.`;
        await store.finishOrder(client, id, { is: 'refused', message }, now());
        return false;
      }
      const data = { workflow_id: logWorkflow, what: 'input_erased', input, by, justification } as const;
      const [appended] = await append([
        writtenEntry({ type: eventTypes.retention, subject: logWorkflow, data }, now(), newId),
      ]);
      if (appended?.is !== 'appended') throw new Error(`the ledger refused a new event id: ${appended?.is}`);
      const { event, index } = appended.record;
      const [decision] = decisions.records;
      const salted = decision?.event.type === eventTypes.aiDecision && decision.event.data.input_snapshot.salt_bytes;
      const whoCanTell = input.startsWith('hmac-')
        ? 'the service, if it can guess the input,'
        : 'whoever can guess the input';
      const caveat = salted ? '' : ` Its hash was not salted: ${whoCanTell} can still tell that it was this one.`;
      const message = `the input ${input} is erased; record ${index} (${event.id}) says so.${caveat}`;
      await store.finishOrder(client, id, { is: 'done', log_index: index, message }, now());
      return true;
    });
    // Unreadable already; it need not lie there either.
    if (erased) await snapshots.deleteContent(input);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.working;
  }
}
