/** Model versions: seen for the first time, and taken out of use for the one before. */
import { eventTypes, type ModelAuthority, type ModelVersionState } from '@countersign/contract';
import type { Queryable } from '../database/index.ts';
import { writtenEntry, type LedgerRecord, type LedgerTransaction, type NewId } from '../ledger/index.ts';
import * as store from './store.ts';

export interface RollbackOrder {
  readonly workflowId: string;
  readonly modelName: string;
  readonly version: string;
  readonly by: string;
  readonly justification: string;
}

export interface ModelScope {
  readonly workflowId: string;
  readonly modelName: string;
}

export type Rollback =
  | { readonly is: 'rolled_back'; readonly restores: string; readonly wasActive: boolean }
  | { readonly is: 'refused'; readonly reason: string };

export class Models {
  private readonly now: () => Date;
  private readonly newId: NewId;
  /** What this process knows to be recorded, so that a known version costs no query. */
  private readonly seen = new Set<string>();

  constructor(now: () => Date, newId: NewId) {
    this.now = now;
    this.newId = newId;
  }

  /** Records the versions that decide here for the first time. Call it in the transaction that appends the decisions. */
  async noteFirstSeen({ client, append }: LedgerTransaction, records: readonly LedgerRecord[]): Promise<void> {
    for (const { event } of records) {
      if (event.type !== eventTypes.aiDecision) continue;
      const { workflow_id, model } = event.data;
      const key = JSON.stringify([workflow_id, model.name, model.version]);
      if (this.seen.has(key)) continue;
      const isNew = await store.insertVersion(client, workflow_id, model, this.now());
      this.seen.add(key);
      if (!isNew) continue;
      const data = { workflow_id, model, change: 'first_seen' as const, by: 'daemon', justification: 'first decision' };
      await append([writtenEntry({ type: eventTypes.model, subject: workflow_id, data }, this.now(), this.newId)]);
    }
  }

  /** The transaction it was called in was undone: what it noted is not known after all. */
  forget(): void {
    this.seen.clear();
  }

  /** Takes a version out of use; the newest other one that was not rolled back takes its place. */
  async rollBack({ client, append }: LedgerTransaction, order: RollbackOrder): Promise<Rollback> {
    const rows = (await store.readVersions(client, order.workflowId)).filter(
      (row) => row.model_name === order.modelName,
    );
    const row = rows.find(({ version }) => version === order.version);
    if (row === undefined) return refused(`there is no version ${order.version} of ${order.modelName}`);
    if (row.rolled_back_at !== null) return refused(`version ${order.version} is rolled back already`);
    const previous = rows.find((other) => other.rolled_back_at === null && other.first_seen_at < row.first_seen_at);
    if (previous === undefined) return refused(`there is no earlier version of ${order.modelName} to go back to`);

    await store.markRolledBack(client, order, previous.version, this.now());
    const data = {
      workflow_id: order.workflowId,
      model: { name: order.modelName, version: order.version, hash: row.hash },
      change: 'rolled_back' as const,
      restores: previous.version,
      by: order.by,
      justification: order.justification,
    };
    await append([writtenEntry({ type: eventTypes.model, subject: order.workflowId, data }, this.now(), this.newId)]);
    const wasActive = rows.find(({ rolled_back_at }) => rolled_back_at === null) === row;
    return { is: 'rolled_back', restores: previous.version, wasActive };
  }

  /** No version of the model gains authority until it is thawed. Nothing when it is frozen already. */
  async freeze({ client, append }: LedgerTransaction, scope: ModelScope, reason: string): Promise<void> {
    const at = this.now();
    if (!(await store.freeze(client, scope, reason, at))) return;
    const data = { ...wholeModel(scope), change: 'frozen' as const, by: 'daemon', justification: reason };
    await append([writtenEntry({ type: eventTypes.model, subject: scope.workflowId, data }, at, this.newId)]);
  }

  isRolledBack = store.isRolledBack;

  /** Whether any version of the model has decided here. */
  async isKnown(db: Queryable, workflowId: string, modelName: string): Promise<boolean> {
    return (await store.readVersions(db, workflowId)).some(({ model_name }) => model_name === modelName);
  }

  async states(db: Queryable): Promise<ModelVersionState[]> {
    return store.statesOf(await store.readVersions(db, null));
  }

  /** What guards have to know of the models of a workflow. */
  async authority(db: Queryable, workflowId: string): Promise<ModelAuthority[]> {
    const rows = await store.readVersions(db, workflowId);
    const states = store.statesOf(rows);
    return [...new Set(rows.map((row) => row.model_name))].map((model_name) => {
      const rolledBack = states.filter((s) => s.model_name === model_name && s.rolled_back_at !== null);
      const active = states.find((s) => s.model_name === model_name && s.active);
      return {
        model_name,
        restored: rolledBack.length === 0 ? null : (active?.version ?? null),
        rolled_back: rolledBack.map((s) => s.version),
      };
    });
  }
}

const wholeModel = ({ workflowId, modelName }: ModelScope) => ({
  workflow_id: workflowId,
  model: { name: modelName, version: null, hash: null },
});
const refused = (reason: string): Rollback => ({ is: 'refused', reason });
