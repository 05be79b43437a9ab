/**
 * Rollbacks of decisions: people ask and others approve, services undo what they registered, the last step of a decision
 * first, each by its own key however often it is ordered. One that never answers ends as failed, with an owner.
 */
import {
  eventTypes,
  type ApproveRollbackRequest,
  type AskRollbackRequest,
  type CompensationOrder,
  type CompensationReport,
  type RollbackStep,
  type RollbackView,
} from '@countersign/contract';
import type { Pool } from '../database/index.ts';
import { writtenEntry, type Ledger, type LedgerRecord, type LedgerTransaction, type NewId } from '../ledger/index.ts';
import type { Policies } from '../policies/index.ts';
import * as store from './store.ts';

export interface CompensationsOptions {
  readonly pool: Pool;
  readonly ledger: Ledger;
  readonly policies: Policies;
  readonly now: () => Date;
  /** A clock that never goes back, for retries. */
  readonly timer: () => Date;
  readonly newId: NewId;
  /** Puts an order on its way to the service, in the transaction that decides on it. */
  readonly send: (tx: LedgerTransaction, order: CompensationOrder) => Promise<void>;
}

export type Acted =
  { readonly is: 'done'; readonly message: string } | { readonly is: 'refused'; readonly reason: string };

const mostAttempts = 5;
/** What a service has for an answer. */
const answerMs = 30_000;
const firstDelayMs = 2_000;
const atOnce = 100;

export class Compensations {
  private readonly options: CompensationsOptions;

  constructor(options: CompensationsOptions) {
    this.options = options;
  }

  /** Takes in what services say, in the transaction that appends it. */
  async hear(tx: LedgerTransaction, records: readonly LedgerRecord[]): Promise<void> {
    for (const { event } of records) {
      if (event.type !== eventTypes.compensation) continue;
      if (event.data.state === 'registered') await this.registered(tx, event.data, new Date(event.time));
      else await this.answered(tx, event.data);
    }
  }

  private async registered(tx: LedgerTransaction, report: CompensationReport, at: Date): Promise<void> {
    if (!(await store.register(tx.client, report, at))) return;
    const rollbackId = await store.rollbackOf(tx.client, report);
    const rollback = rollbackId === null ? null : await store.lockRollback(tx.client, rollbackId);
    if (rollback === null) return;
    await store.enlistLate(tx.client, report.compensation_id, rollback.rollback_id, this.options.timer());
    if (rollback.state === 'finished') await store.writeRollback(tx.client, { ...rollback, state: 'running' });
  }

  private async answered(tx: LedgerTransaction, report: CompensationReport): Promise<void> {
    const row = await store.lock(tx.client, report.compensation_id);
    if (row === null || row.workflow_id !== report.workflow_id) return;
    // A service took it back by itself, because a person said so: nothing is left for a rollback.
    if (row.state === 'registered' && report.state === 'compensated') return this.compensated(tx, row);
    // What was not ordered, or is settled already, is not changed by what else somebody says of it.
    if (row.rollback_id === null) return;
    if (row.state === 'compensated' || row.attempts === 0) return;
    if (report.state === 'failed') return this.failed(tx, row, report.detail ?? 'the service did not say why');
    await this.compensated(tx, row);
    await this.settle(tx, row.rollback_id);
  }

  private compensated(tx: LedgerTransaction, { compensation_id, attempts }: store.CompensationRow): Promise<void> {
    const settled = { state: 'compensated', attempts, nextAt: null, problem: null, owner: null } as const;
    return store.move(tx.client, compensation_id, settled);
  }

  /** Tried again after a while, until it has been tried often enough. */
  private async failed(tx: LedgerTransaction, row: store.CompensationRow, problem: string): Promise<void> {
    const { attempts, compensation_id, workflow_id, rollback_id } = row;
    // A second word on the same attempt.
    if (row.state !== 'compensating' || rollback_id === null) return;
    if (attempts < mostAttempts) {
      const nextAt = new Date(this.options.timer().getTime() + firstDelayMs * 2 ** (attempts - 1));
      return store.move(tx.client, compensation_id, { state: 'waiting', attempts, nextAt, problem, owner: null });
    }
    const owner = this.options.policies.get(workflow_id)?.policy.owner ?? 'nobody';
    const state = 'compensation_failed' as const;
    await store.move(tx.client, compensation_id, { state, attempts, nextAt: null, problem, owner });
    const rollback = await store.lockRollback(tx.client, rollback_id);
    if (rollback === null) return;
    await this.record(tx, rollback, 'compensation_failed', 'daemon', problem, 1, { compensation_id, owner });
    await this.settle(tx, rollback_id);
  }

  /** A rollback of which nothing is under way any more is over, one way or the other. */
  private async settle(tx: LedgerTransaction, rollbackId: string): Promise<void> {
    const rollback = await store.lockRollback(tx.client, rollbackId);
    if (rollback === null || rollback.state === 'asked' || rollback.state === 'finished') return;
    const counts = await store.countStates(tx.client, rollbackId);
    const failed = counts['compensation_failed'] ?? 0;
    const isWaiting = (counts['waiting'] ?? 0) + (counts['compensating'] ?? 0) > 0;
    // What waits behind a step that failed waits for its owner.
    if (isWaiting && (failed === 0 || (await store.hasUnblocked(tx.client, rollbackId)))) return;
    const state = failed === 0 ? 'finished' : 'failed';
    if (state === rollback.state) return;
    await store.writeRollback(tx.client, { ...rollback, state });
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
    if (state === 'finished') await this.record(tx, rollback, 'finished', 'daemon', 'everything is undone', total);
  }

  /** Somebody wants decisions taken back. */
  ask({ workflow_id, scope, justification }: AskRollbackRequest, by: string): Promise<Acted> {
    return this.options.ledger.write(async (tx) => {
      const wrong = wrongIn(scope);
      if (wrong !== null) return { is: 'refused', reason: wrong };
      const count = await store.countInScope(tx.client, workflow_id, scope);
      if (count === 0)
        return { is: 'refused', reason: 'no service has registered anything there that could be undone.' };
      const at = this.options.now();
      const rollback: store.RollbackRow = {
        rollback_id: this.options.newId(at),
        workflow_id,
        scope,
        state: 'asked',
        asked_by: by,
        reason: justification,
        approved_by: null,
        asked_at: at,
      };
      await store.writeRollback(tx.client, rollback);
      await this.record(tx, rollback, 'asked', by, justification, count);
      return { is: 'done', message: `${count} steps would be undone. Another person has to approve it.` };
    });
  }

  /** Another agrees: it begins. Of one that failed, what failed is tried again. */
  approve({ rollback_id, justification }: ApproveRollbackRequest, by: string): Promise<Acted> {
    return this.options.ledger.write(async (tx) => {
      const rollback = await store.lockRollback(tx.client, rollback_id);
      if (rollback === null) return { is: 'refused', reason: `there is no rollback ${rollback_id}` };
      if (rollback.state !== 'asked' && rollback.state !== 'failed') {
        return { is: 'refused', reason: `it is ${rollback.state} already` };
      }
      if (rollback.asked_by === by)
        return { is: 'refused', reason: 'you asked for it; another person has to approve it' };
      const at = this.options.timer();
      const { workflow_id, scope } = rollback;
      const count =
        rollback.state === 'asked'
          ? await store.enlist(tx.client, workflow_id, scope, rollback_id, at)
          : await store.enlistFailed(tx.client, rollback_id, at);
      if (count === 0) return { is: 'refused', reason: 'nothing of it is left to be undone' };
      const running = { ...rollback, state: 'running' as const, approved_by: by };
      await store.writeRollback(tx.client, running);
      await this.record(tx, running, 'approved', by, justification, count);
      await this.settle(tx, rollback_id);
      return { is: 'done', message: `${count} steps are being undone.` };
    });
  }

  /** Orders what is due, and gives up on what has not been answered in time. */
  async tick(): Promise<void> {
    const { pool, ledger, timer } = this.options;
    for (const { compensation_id } of await store.due(pool, timer(), atOnce)) {
      await ledger.write(async (tx) => {
        const row = await store.lock(tx.client, compensation_id);
        if (row?.state === 'compensating') await this.failed(tx, row, `no answer in ${answerMs / 1_000} s`);
        else if (row?.state === 'waiting') await this.order(tx, row);
      });
    }
  }

  private async order(tx: LedgerTransaction, row: store.CompensationRow): Promise<void> {
    const { now, timer, newId, send } = this.options;
    const attempts = row.attempts + 1;
    const nextAt = new Date(timer().getTime() + answerMs);
    await store.move(tx.client, row.compensation_id, {
      state: 'compensating',
      attempts,
      nextAt,
      problem: null,
      owner: null,
    });
    await send(tx, {
      v: 1,
      kind: 'compensate',
      verdict_id: newId(now()),
      workflow_id: row.workflow_id,
      task_id: row.task_id,
      decision_id: row.decision_id,
      compensation_id: row.compensation_id,
      model: { name: row.model_name, version: row.model_version },
      sequence: row.sequence,
      action: row.action,
      ...(row.payload === null ? {} : { payload: row.payload }),
      attempt: attempts,
    });
  }

  list = (): Promise<RollbackView[]> => store.listRollbacks(this.options.pool, 20);

  private async record(
    { append }: LedgerTransaction,
    { workflow_id, rollback_id, scope }: store.RollbackRow,
    step: RollbackStep['step'],
    by: string,
    reason: string,
    count: number,
    more: Partial<RollbackStep> = {},
  ): Promise<void> {
    const { now, newId } = this.options;
    const data: RollbackStep = { workflow_id, rollback_id, step, scope, count, by, reason, ...more };
    await append([writtenEntry({ type: eventTypes.rollback, subject: workflow_id, data }, now(), newId)]);
  }
}

/** What a scope lacks; null when it says clearly what is meant. */
function wrongIn({ decision_id, model_name, version, from, to }: store.Scope): string | null {
  const isBatch = model_name !== undefined && version !== undefined && from !== undefined && to !== undefined;
  const says = [model_name, version, from, to].some((field) => field !== undefined);
  if ((decision_id !== undefined) === isBatch || (decision_id !== undefined && says)) {
    return 'say either the decision, or model, version and the time from when to when.';
  }
  return isBatch && !(Date.parse(from) < Date.parse(to)) ? `${from} is not before ${to}.` : null;
}
