/**
 * Model versions: declared or first seen, promoted step by step, rolled out phase by phase, frozen by incidents, and taken
 * out of use for the one before. Each step is a ledger record.
 */
import {
  eventTypes,
  type Autonomy,
  type CanaryPhase,
  type DeclareRequest,
  type GateReports,
  type GateResult,
  type Model,
  type ModelAuthority,
  type ModelStep,
  type ModelVersionState,
  type PromoteRequest,
  type Signal,
} from '@countersign/contract';
import type { Queryable } from '../database/index.ts';
import { writtenEntry, type LedgerRecord, type LedgerTransaction, type NewId } from '../ledger/index.ts';
import type { Policies } from '../policies/index.ts';
import { isSignedOff, next, refusalOf, type Signer } from './change-control.ts';
import { checkGates } from './gates.ts';
import { expire, rolloutShare, startRollout, weigh, type RolloutMove } from './rollout.ts';
import * as store from './store.ts';
import { statesOf, versionBefore, versionsOf } from './views.ts';

export interface RollbackOrder extends store.VersionScope {
  readonly by: string;
  readonly justification: string;
}

export type Rollback =
  | { readonly is: 'rolled_back'; readonly restores: string; readonly wasActive: boolean }
  | { readonly is: 'refused'; readonly reason: string };

export type Changed =
  | { readonly is: 'done'; readonly message: string; readonly logIndex: number }
  | { readonly is: 'refused'; readonly reason: string };

export interface ModelsOptions {
  readonly policies: Policies;
  readonly now: () => Date;
  /** A clock that never goes back, for phases. */
  readonly timer: () => Date;
  readonly newId: NewId;
  /** The next epoch of a workflow, taken in the transaction. */
  readonly takeEpoch: (db: Queryable, workflowId: string) => Promise<number>;
}

export class Models {
  private readonly options: ModelsOptions;
  /** What this process knows to be recorded, so that a known version costs no query. */
  private readonly seen = new Set<string>();

  constructor(options: ModelsOptions) {
    this.options = options;
  }

  /** Records the versions that decide here for the first time. Call it in the transaction that appends the decisions. */
  async noteFirstSeen(tx: LedgerTransaction, records: readonly LedgerRecord[]): Promise<void> {
    for (const { event } of records) {
      if (event.type !== eventTypes.aiDecision) continue;
      const { workflow_id, model } = event.data;
      const key = JSON.stringify([workflow_id, model.name, model.version, model.hash]);
      if (this.seen.has(key)) continue;
      const isNew = await store.insertVersion(tx.client, workflow_id, model, this.options.now());
      // Versions may be anybody's invention.
      if (this.seen.size >= mostSeen) this.seen.clear();
      this.seen.add(key);
      if (isNew) await this.record(tx, workflow_id, model, 'first_seen', 'daemon', 'first decision');
      else await this.noteHash(tx, workflow_id, model);
    }
  }

  /** A version that is another than the one of its name goes on record: it has no authority. */
  private async noteHash(tx: LedgerTransaction, workflowId: string, model: Model): Promise<void> {
    const row = await store.lockVersion(tx.client, { workflowId, modelName: model.name, version: model.version });
    if (row === null || row.hash === model.hash) return;
    await this.record(tx, workflowId, model, 'hash_mismatch', 'daemon', `this version is known as ${row.hash}`);
  }

  /** The transaction it was called in was undone: what it noted is not known after all. */
  forget(): void {
    this.seen.clear();
  }

  /** Declares a version, by its hash. */
  async declare(tx: LedgerTransaction, request: DeclareRequest, by: string): Promise<Changed> {
    const { workflow_id: workflowId, model, author, autonomy, justification } = request;
    const control = this.options.policies.get(workflowId)?.policy.change_control;
    if (control === undefined)
      return refused(`the policy of ${workflowId} has no change_control; there is nothing to declare.`);
    const scope = { workflowId, modelName: model.name, version: model.version };
    const row = await store.lockVersion(tx.client, scope);
    if (row !== null && row.hash !== model.hash) {
      return refused(`version ${model.version} is known as ${row.hash}. Another model needs another version.`);
    }
    if (row !== null && row.declared_at !== null) return refused(`version ${model.version} is declared already.`);
    const refusal = await this.refusalOfDeclaration(tx, request);
    if (refusal !== null) return refused(refusal);
    const others = (await this.versions(tx.client, scope)).filter(({ declared_at }) => declared_at !== null);
    if (autonomy !== undefined && others.length > 0) {
      return refused(
        `only the first version of a model may be declared at ${autonomy}; this one begins like all others.`,
      );
    }
    const at = this.options.now();
    const begins = autonomy ?? control.starts_at ?? 'approval';
    const epoch = await this.options.takeEpoch(tx.client, workflowId);
    await store.declare(tx.client, scope, { hash: model.hash, author, autonomy: begins, at, epoch });
    if (begins === 'canary') await store.setAutonomy(tx.client, scope, begins, this.rolloutFromNow(), epoch);
    const logIndex = await this.record(tx, workflowId, model, 'declared', by, justification, {
      author,
      autonomy: begins,
    });
    return { is: 'done', message: `Version ${model.version} is declared; its autonomy is ${begins}.`, logIndex };
  }

  /** A name or a hash under which somebody could slip past what holds for a model. */
  private async refusalOfDeclaration(
    { client }: LedgerTransaction,
    { workflow_id: workflowId, model, autonomy }: DeclareRequest,
  ): Promise<string | null> {
    const policy = this.options.policies.get(workflowId)?.policy;
    const names = policy?.loop.decision_points.map((point) => point.model) ?? [];
    if (!names.includes(model.name)) {
      return `the policy knows no model ${model.name}; its decision points have ${names.join(', ')}.`;
    }
    const rows = await store.readVersions(client, workflowId);
    const same = rows.find(({ hash, version }) => hash === model.hash && version !== model.version);
    if (same !== undefined) return `this very model is known as ${same.model_name} ${same.version}.`;
    const frozen = await this.frozen(client, { workflowId, modelName: model.name });
    return autonomy !== undefined && frozen !== null ? `the rollout is frozen: ${frozen}` : null;
  }

  /** Asks the gates of a level, and puts their answer on record. */
  async gate(
    tx: LedgerTransaction,
    scope: store.VersionScope,
    to: Autonomy,
    signals: readonly Signal[],
    reports: GateReports,
    by: string,
  ): Promise<{ readonly results: readonly GateResult[]; readonly logIndex: number } | { readonly refused: string }> {
    const control = this.options.policies.get(scope.workflowId)?.policy.change_control;
    if (control === undefined) return { refused: `the policy of ${scope.workflowId} has no change_control.` };
    const row = await store.lockVersion(tx.client, scope);
    if (row === null) return { refused: `there is no version ${scope.version} of ${scope.modelName}.` };
    const results = checkGates(control.gates ?? [], to, signals, reports);
    const passed = results.every((result) => result.passed);
    await store.writeGate(tx.client, scope, to, results, this.options.now());
    const model = { name: scope.modelName, version: scope.version, hash: row.hash };
    const reason = passed ? 'every gate lets it pass' : 'a gate does not let it pass';
    const more = { autonomy: to, passed, results: [...results] };
    return { results, logIndex: await this.record(tx, scope.workflowId, model, 'gate', by, reason, more) };
  }

  /** One person's word for the next step. With the last that is wanted the version takes it. */
  async promote(
    tx: LedgerTransaction,
    request: PromoteRequest,
    signer: Signer,
    /** Why the AI is stopped now; null when it is not. */
    stopped: string | null,
  ): Promise<Changed> {
    const { workflow_id: workflowId, model_name: modelName, version, to, role, justification } = request;
    const control = this.options.policies.get(workflowId)?.policy.change_control;
    if (control === undefined) return refused(`the policy of ${workflowId} has no change_control.`);
    const scope = { workflowId, modelName, version };
    const row = await store.lockVersion(tx.client, scope);
    if (row === null) return refused(`there is no version ${version} of ${modelName}.`);
    const gate = await store.readGate(tx.client, scope, to);
    const signOffs = await store.signOffs(tx.client, scope, to);
    const at = this.options.now();
    const reason = refusalOf(row, to, role, signer, control, {
      frozen: await this.frozen(tx.client, scope),
      stopped,
      gate: gate === null ? null : { results: gate.results, checkedAt: gate.checked_at },
      signOffs,
      isLastPhaseOver: row.rollout?.passed === true,
      now: at,
    });
    if (reason !== null) return refused(reason);

    const signed = { role, signed_by: signer.id };
    await store.signOff(tx.client, scope, to, signed, at);
    const model = { name: modelName, version, hash: row.hash };
    const more = { autonomy: to, role };
    const logIndex = await this.record(tx, workflowId, model, 'signed_off', signer.id, justification, more);
    const all = [...signOffs.filter((other) => other.role !== role), signed];
    if (!isSignedOff(all, control.roles)) {
      const missing = control.roles.filter(({ name }) => !all.some((other) => other.role === name));
      return {
        is: 'done',
        message: `Signed. It still takes: ${missing.map(({ name }) => name).join(', ')}.`,
        logIndex,
      };
    }
    const epoch = await this.options.takeEpoch(tx.client, workflowId);
    await store.setAutonomy(tx.client, scope, to, to === 'canary' ? this.rolloutFromNow() : null, epoch);
    await store.forgetSignOffs(tx.client, scope);
    await this.record(tx, workflowId, model, 'promoted', signer.id, justification, { autonomy: to });
    return { is: 'done', message: `Version ${version} is promoted to ${to}.`, logIndex };
  }

  /** Counts the reviews of a version's canaries. */
  async weighCanaries(tx: LedgerTransaction, records: readonly LedgerRecord[]): Promise<void> {
    for (const { event, about, firstAnswer } of records) {
      if (event.type !== eventTypes.humanDecision || about?.route !== 'auto' || !firstAnswer) continue;
      const workflowId = event.data.workflow_id;
      if (this.options.policies.get(workflowId)?.policy.change_control === undefined) continue;
      const scope = { workflowId, modelName: about.model.name, version: about.model.version };
      const row = await store.lockVersion(tx.client, scope);
      if (row?.autonomy !== 'canary' || row.rollout === null) continue;
      // What was decided before the phase began, or by another model of this name, says nothing of it.
      if (about.breakerEpoch < Number(row.epoch) || about.model.hash !== row.hash) continue;
      const overridden = event.data.action !== 'accept';
      const move = weigh(row.rollout, overridden, this.phases(workflowId), this.options.timer().getTime());
      await this.roll(tx, scope, row, move);
    }
  }

  /** Ends phases of versions that came to no end. */
  async passTime(db: Queryable, write: <T>(work: (tx: LedgerTransaction) => Promise<T>) => Promise<T>): Promise<void> {
    for (const row of await store.readVersions(db, null)) {
      if (row.autonomy !== 'canary' || row.rollout === null || row.rolled_back_at !== null) continue;
      if (this.expired(row) === null) continue;
      const scope = { workflowId: row.workflow_id, modelName: row.model_name, version: row.version };
      await write(async (tx) => {
        // It may have moved since somebody looked.
        const present = await store.lockVersion(tx.client, scope);
        const move = present === null ? null : this.expired(present);
        if (present !== null && move !== null) await this.roll(tx, scope, present, move);
      });
    }
  }

  private expired({ autonomy, rollout, workflow_id, rolled_back_at }: store.VersionRow): RolloutMove | null {
    if (autonomy !== 'canary' || rollout === null || rolled_back_at !== null) return null;
    return expire(rollout, this.phases(workflow_id), this.options.timer().getTime());
  }

  private async roll(
    tx: LedgerTransaction,
    scope: store.VersionScope,
    row: store.VersionRow,
    move: RolloutMove,
  ): Promise<void> {
    const model = { name: scope.modelName, version: scope.version, hash: row.hash };
    if (move.is === 'fell_back') {
      const epoch = await this.options.takeEpoch(tx.client, scope.workflowId);
      await store.setAutonomy(tx.client, scope, 'approval', null, epoch);
      await store.forgetSignOffs(tx.client, scope);
      await this.record(tx, scope.workflowId, model, 'fell_back', 'daemon', move.reason, { autonomy: 'approval' });
      return;
    }
    if (move.is === 'counted') return store.setRollout(tx.client, scope, move.rollout);
    // A frozen rollout goes on being checked, and grows no further.
    if ((await this.frozen(tx.client, scope)) !== null) return store.setRollout(tx.client, scope, move.counted);
    const epoch = await this.options.takeEpoch(tx.client, scope.workflowId);
    await store.setAutonomy(tx.client, scope, 'canary', move.rollout, epoch);
    await this.record(tx, scope.workflowId, model, 'widened', 'daemon', move.reason, { autonomy: 'canary' });
  }

  /** A breaker of the model stopped it: versions that were being rolled out go back to where people approve each. */
  async fallBack(tx: LedgerTransaction, scope: store.ModelScope, reason: string): Promise<void> {
    if (this.options.policies.get(scope.workflowId)?.policy.change_control === undefined) return;
    for (const row of await this.versions(tx.client, scope)) {
      if (row.autonomy !== 'canary' || row.rolled_back_at !== null) continue;
      await this.roll(tx, { ...scope, version: row.version }, row, {
        is: 'fell_back',
        reason: `the AI was stopped: ${reason}`,
      });
    }
  }

  /** Takes a version out of use; the newest other one that was not rolled back takes its place. */
  async rollBack(tx: LedgerTransaction, order: RollbackOrder): Promise<Rollback> {
    const { workflowId, modelName, version, by, justification } = order;
    const rows = await this.versions(tx.client, order);
    const row = rows.find((other) => other.version === version);
    if (row === undefined) return refused(`there is no version ${version} of ${modelName}`);
    if (row.rolled_back_at !== null) return refused(`version ${version} is rolled back already`);
    const isControlled = this.options.policies.get(workflowId)?.policy.change_control !== undefined;
    const previous = versionBefore(row, rows, isControlled);
    if (previous === undefined) return refused(`there is no earlier version of ${modelName} to go back to`);

    const epoch = await this.options.takeEpoch(tx.client, workflowId);
    await store.markRolledBack(tx.client, order, previous.version, this.options.now(), epoch);
    const model = { name: modelName, version, hash: row.hash };
    await this.record(tx, workflowId, model, 'rolled_back', by, justification, { restores: previous.version });
    const isUsable = (other: store.VersionRow) =>
      other.rolled_back_at === null && (other.declared_at !== null || !isControlled);
    const wasActive = rows.find(isUsable) === row;
    return { is: 'rolled_back', restores: previous.version, wasActive };
  }

  /** No version of the model gains authority until it is thawed. Nothing when it is frozen already. */
  async freeze(tx: LedgerTransaction, scope: store.ModelScope, reason: string): Promise<void> {
    if (!(await store.freeze(tx.client, scope, reason, this.options.now()))) return;
    await this.record(tx, scope.workflowId, wholeModel(scope), 'frozen', 'daemon', reason);
  }

  /** `seen` is why it is frozen, as whoever thaws it has seen it; null for whatever it is. */
  async thaw(
    tx: LedgerTransaction,
    scope: store.ModelScope,
    by: string,
    reason: string,
    seen: string | null,
  ): Promise<Changed> {
    const why = await this.frozen(tx.client, scope);
    if (why === null) return refused(`the rollout of ${scope.modelName} is not frozen.`);
    if (seen !== null && seen !== why) return refused(`it is frozen for another reason by now: ${why}`);
    await store.thaw(tx.client, scope);
    const logIndex = await this.record(tx, scope.workflowId, wholeModel(scope), 'thawed', by, reason);
    return { is: 'done', message: `Versions of ${scope.modelName} can be promoted again.`, logIndex };
  }

  isRolledBack = store.isRolledBack;

  /** Why a model is frozen; null when it is not. */
  private async frozen(db: Queryable, { workflowId, modelName }: store.ModelScope): Promise<string | null> {
    const rows = await store.frozen(db);
    return rows.find((row) => row.workflow_id === workflowId && row.model_name === modelName)?.reason ?? null;
  }

  private async versions(db: Queryable, { workflowId, modelName }: store.ModelScope): Promise<store.VersionRow[]> {
    return (await store.readVersions(db, workflowId)).filter((row) => row.model_name === modelName);
  }

  private phases(workflowId: string): readonly CanaryPhase[] {
    return this.options.policies.get(workflowId)?.policy.breaker.half_open ?? [];
  }

  private rolloutFromNow = () => startRollout(this.options.timer().getTime());

  /** Whether any version of the model is known here. */
  async isKnown(db: Queryable, workflowId: string, modelName: string): Promise<boolean> {
    return (await this.versions(db, { workflowId, modelName })).length > 0;
  }

  async states(db: Queryable): Promise<ModelVersionState[]> {
    const [rows, signOffs, frozen, asked] = [
      await store.readVersions(db, null),
      await store.allSignOffs(db),
      await store.frozen(db),
      await store.allGates(db),
    ];
    const isNextOf = (row: store.VersionRow) => (one: store.OfStep) =>
      one.workflow_id === row.workflow_id &&
      one.model_name === row.model_name &&
      one.version === row.version &&
      one.autonomy === next(row.autonomy);
    return statesOf(rows, {
      signOffs: (row) => signOffs.filter(isNextOf(row)),
      gates: ({ workflow_id, autonomy, declared_at }) =>
        declared_at === null
          ? []
          : (this.options.policies.get(workflow_id)?.policy.change_control?.gates ?? []).filter(
              ({ to }) => to === next(autonomy),
            ),
      asked: (row) => asked.find(isNextOf(row)) ?? null,
      frozen: ({ workflow_id, model_name }) =>
        frozen.find((f) => f.workflow_id === workflow_id && f.model_name === model_name)?.reason ?? null,
      roles: (workflowId) =>
        this.options.policies.get(workflowId)?.policy.change_control?.roles.map(({ name }) => name) ?? [],
      isControlled: (workflowId) => this.options.policies.get(workflowId)?.policy.change_control !== undefined,
      share: ({ workflow_id, rollout }) => (rollout === null ? 0 : rolloutShare(rollout, this.phases(workflow_id))),
    });
  }

  /** What guards have to know of the models of a workflow. */
  async authority(db: Queryable, workflowId: string): Promise<ModelAuthority[]> {
    const isControlled = this.options.policies.get(workflowId)?.policy.change_control !== undefined;
    return versionsOf(await store.readVersions(db, workflowId), isControlled, this.phases(workflowId));
  }

  /** The index of the record. */
  private async record(
    { append }: LedgerTransaction,
    workflowId: string,
    model: ModelStep['model'],
    change: ModelStep['change'],
    by: string,
    justification: string,
    more: Partial<ModelStep> = {},
  ): Promise<number> {
    const { now, newId } = this.options;
    const data: ModelStep = { workflow_id: workflowId, model, change, by, justification, ...more };
    const [appended] = await append([
      writtenEntry({ type: eventTypes.model, subject: workflowId, data }, now(), newId),
    ]);
    if (appended?.is !== 'appended') throw new Error(`the ledger refused a new event id: ${appended?.is}`);
    return appended.record.index;
  }
}

const mostSeen = 10_000;

const wholeModel = ({ modelName }: store.ModelScope) => ({ name: modelName, version: null, hash: null });
const refused = (reason: string): { readonly is: 'refused'; readonly reason: string } => ({ is: 'refused', reason });
