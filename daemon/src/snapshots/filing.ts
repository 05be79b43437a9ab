/**
 * Snapshots travel beside their event, through the object store of NATS, named by their hash. Here each is checked against
 * its name and filed.
 */
import { createHash } from 'node:crypto';
import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection, QueuedIterator } from '@nats-io/transport-node';
import { Objm, type ObjectInfo, type ObjectStore, type ObjectWatchInfo } from '@nats-io/obj';
import { StorageType } from '@nats-io/jetstream';
import { buckets } from '@countersign/contract';
import type { Snapshots } from './snapshots.ts';

export type Filed = 'filed' | 'wrong_hash' | 'too_large' | 'given_up';

export interface SnapshotOptions {
  readonly connection: NatsConnection;
  readonly replicas: number;
  readonly snapshots: Snapshots;
  readonly onFiled: (result: Filed) => void;
  readonly onError: (error: unknown) => void;
}

const largestBytes = 16 * 1_048_576;
const keptDays = 30;
const tries = 5;
const tryMs = 10_000;
const retryMs = 1_000;

export class SnapshotFiling {
  private readonly options: SnapshotOptions;
  private readonly store: ObjectStore;
  private readonly arrivals: QueuedIterator<ObjectWatchInfo | null>;
  private readonly ended: Promise<void>;
  private stopping = false;

  private constructor(options: SnapshotOptions, store: ObjectStore, arrivals: QueuedIterator<ObjectWatchInfo | null>) {
    this.options = options;
    this.store = store;
    this.arrivals = arrivals;
    this.ended = this.fileAll();
    this.ended.catch(options.onError);
  }

  /** Files what is there already, then what comes. */
  static async start(options: SnapshotOptions): Promise<SnapshotFiling> {
    const store = await new Objm(jetstream(options.connection)).create(buckets.snapshots, {
      storage: StorageType.File,
      replicas: options.replicas,
      // What was filed leaves a mark behind, and what nobody files must not stay for ever.
      ttl: keptDays * 86_400_000 * 1_000_000,
    });
    const arrivals = await store.watch({ ignoreDeletes: true, includeHistory: true });
    return new SnapshotFiling(options, store, arrivals);
  }

  private async fileAll(): Promise<void> {
    for await (const info of this.arrivals) {
      if (this.stopping) return;
      if (info === null || info.deleted) continue;
      this.options.onFiled(await this.persist(info));
    }
  }

  /** What cannot be read is given up after a few tries; where it cannot be kept, it is kept later, however late. */
  private async persist(info: ObjectInfo): Promise<Filed> {
    const { name, size } = info;
    if (size > largestBytes) return this.untilDone(() => this.discard(name, 'too_large'));
    const content = await this.read(name);
    if (content === 'unreadable') return 'given_up';
    // Filed by another daemon, or before a restart.
    if (content === null) return 'filed';
    if (`sha256:${createHash('sha256').update(content).digest('hex')}` !== name) {
      return this.untilDone(() => this.discard(name, 'wrong_hash'));
    }
    await this.untilDone(() => this.options.snapshots.file(name, Buffer.from(content)));
    return this.untilDone(() => this.discard(name, 'filed'));
  }

  private async read(name: string): Promise<Uint8Array | null | 'unreadable'> {
    for (let attempt = 1; attempt <= tries && !this.stopping; attempt++) {
      try {
        return await within(tryMs, this.store.getBlob(name));
      } catch (error) {
        this.options.onError(error);
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
    return 'unreadable';
  }

  /** Tries until it is done or filing stops. */
  private async untilDone<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await within(tryMs, work());
      } catch (error) {
        if (this.stopping) throw error;
        this.options.onError(error);
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  private async discard(name: string, result: Filed): Promise<Filed> {
    await this.store.delete(name);
    return result;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.arrivals.stop();
    // A read of an object whose chunks are gone never ends; nothing is lost by leaving it.
    await within(2_000, this.ended).catch(() => undefined);
  }
}

/** Rejects when `work` has not settled in time. */
function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the object store did not answer in ${ms} ms`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
