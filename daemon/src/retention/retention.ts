/**
 * Drops records that are older than every policy wants them kept: whole partitions, from the beginning of the log, with the
 * inputs of their decisions. Their leaves stay, so every proof still holds, and a record says what was dropped. A workflow
 * without a retention policy keeps everything that was recorded since its first decision.
 */
import { defaultKeep, eventTypes, logWorkflow } from '@countersign/contract';
import type { Pool } from '../database/index.ts';
import { writtenEntry, type Ledger, type LedgerReader, type NewId } from '../ledger/index.ts';
import { durationOf, type Policies } from '../policies/index.ts';
import type { Snapshots } from '../snapshots/index.ts';
import * as store from './store.ts';

export interface RetentionOptions {
  readonly pool: Pool;
  readonly logId: string;
  readonly ledger: Ledger;
  readonly log: LedgerReader;
  readonly policies: Policies;
  readonly snapshots: Snapshots;
  readonly now: () => Date;
  readonly newId: NewId;
  readonly onError: (error: unknown) => void;
}

const everyMs = 3_600_000;
const readAtOnce = 1_000;

export class Retention {
  private readonly options: RetentionOptions;
  private timer: NodeJS.Timeout | null = null;
  private working: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(options: RetentionOptions) {
    this.options = options;
  }

  /** Looks now and every hour. */
  start(): void {
    this.timer = setInterval(() => this.look(), everyMs);
    this.look();
  }

  private look(): void {
    const before = this.working;
    const applied = async () => {
      await before;
      await this.apply();
    };
    this.working = applied().catch(this.options.onError);
  }

  /** Drops what may be dropped now; the number of records. One at a time: a second would find what the first just drops. */
  async apply(): Promise<number> {
    let dropped = 0;
    while (!this.stopped) {
      const oldest = await this.droppable();
      if (oldest === null) break;
      await this.drop(oldest);
      dropped += oldest.end - oldest.first;
    }
    return dropped;
  }

  /** The oldest partition, when every workflow in it lets its records go. */
  private async droppable(): Promise<store.OldPartition | null> {
    const { pool, logId, log, policies, now } = this.options;
    // Without any policy there is nothing to look for.
    if (![...policies.values()].some(({ policy }) => policy.retention !== undefined)) return null;
    const oldest = await store.oldestPartition(pool, logId);
    if (oldest === null || oldest.newest.getTime() + this.shortestKeep() > now().getTime()) return null;
    // It is on record already that it is dropped: what was begun is brought to its end.
    if (oldest.retentionIndex !== null) return oldest;
    for (let at = oldest.first; at < oldest.end; at += readAtOnce) {
      for (const { event } of await log.readFrom(at, Math.min(readAtOnce, oldest.end - at))) {
        const workflow = event.data.workflow_id;
        if (workflow === logWorkflow) continue;
        const retention = policies.get(workflow)?.policy.retention;
        if (retention === undefined) return null;
        if (oldest.newest.getTime() + durationOf(retention.keep ?? defaultKeep) > now().getTime()) return null;
      }
    }
    return oldest;
  }

  /** Of all policies; nothing younger can be dropped, whatever workflows it is of. */
  private shortestKeep(): number {
    const keeps = [...this.options.policies.values()].flatMap(({ policy: { retention } }) =>
      retention === undefined ? [] : [durationOf(retention.keep ?? defaultKeep)],
    );
    return Math.min(...keeps);
  }

  /** The record first: nothing is destroyed by a daemon that may not write it, or before it says so. */
  private async drop(partition: store.OldPartition): Promise<void> {
    const { pool, logId, now } = this.options;
    const { first, end } = partition;
    const index = partition.retentionIndex ?? (await this.putOnRecord(partition));
    await this.eraseInputs(first, end);
    await store.dropRecords(pool, logId, first, index, now());
  }

  private putOnRecord({ first, end, newest }: store.OldPartition): Promise<number> {
    const { logId, ledger, now, newId } = this.options;
    return ledger.write(async ({ client, append }) => {
      const data = {
        workflow_id: logWorkflow,
        what: 'records_dropped',
        // Everything up to here, so that this record stands when those of earlier drops are dropped themselves.
        first: 0,
        end,
        older_than: newest.toISOString(),
        by: 'daemon',
        justification: 'older than the retention policies of all workflows in it want them kept',
      } as const;
      const entry = writtenEntry({ type: eventTypes.retention, subject: logWorkflow, data }, now(), newId);
      const [appended] = await append([entry]);
      if (appended?.is !== 'appended') throw new Error(`the ledger refused a new event id: ${appended?.is}`);
      await store.noteRetention(client, logId, first, appended.record.index);
      return appended.record.index;
    });
  }

  private async eraseInputs(first: number, end: number): Promise<void> {
    const { pool, log, snapshots } = this.options;
    for (let at = first; at < end; at += readAtOnce) {
      for (const { event } of await log.readFrom(at, Math.min(readAtOnce, end - at))) {
        if (event.type !== eventTypes.aiDecision) continue;
        const { hash, salt_bytes } = event.data.input_snapshot;
        // What is not salted may be the input of a later decision as well.
        if (salt_bytes !== undefined && (await snapshots.eraseKey(pool, hash))) await snapshots.deleteContent(hash);
      }
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) clearInterval(this.timer);
    await this.working;
  }
}
