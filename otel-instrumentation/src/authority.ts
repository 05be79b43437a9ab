/** Keeps a guard up to date with what the daemon distributes, for as long as the service runs. */
import { jetstream } from '@nats-io/jetstream';
import { Kvm, type KvEntry } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { buckets, type Authority } from '@countersign/contract';
import type { Guard } from './guard.ts';
import type { Trouble } from './trouble.ts';

const readWithinMs = 5_000;
const silenceLookMs = 1_000;
const retryMs = 1_000;

/** Tries until the daemon has made the bucket; and begins anew whenever nothing is heard any more. */
export class AuthorityFollower {
  private readonly guard: Guard;
  private readonly trouble: Trouble;
  private isEnding = false;
  private watching = false;
  /** Resolves when the guard follows; until a document is in, it answers `human`. Rejects when the connection never came about. */
  readonly ready: Promise<void>;
  /** Resolves when it follows, or has failed to for the first time. */
  readonly tried: Promise<void>;
  private readonly isTried: () => void;

  constructor(connection: Promise<NatsConnection>, guard: Guard, trouble: Trouble) {
    this.guard = guard;
    this.trouble = trouble;
    const tried = Promise.withResolvers<void>();
    const ready = Promise.withResolvers<void>();
    [this.tried, this.isTried, this.ready] = [tried.promise, tried.resolve, ready.promise];
    this.ready.then(tried.resolve, tried.resolve);
    this.follow(connection, ready.resolve).catch(ready.reject);
  }

  /** A watch has a timer that keeps the process alive. */
  get isWatching(): boolean {
    return this.watching;
  }

  /** The connection is going to be closed. */
  end(): void {
    this.isEnding = true;
  }

  private async follow(connecting: Promise<NatsConnection>, isReady: () => void): Promise<void> {
    const connection = await connecting;
    while (!connection.isClosed()) {
      try {
        const following = await followAuthority(connection, this.guard, this.trouble);
        isReady();
        this.watching = true;
        const look = setInterval(() => this.guard.isSilent && following.stop(), silenceLookMs).unref();
        await following.ended.finally(() => clearInterval(look));
        this.watching = false;
        if (connection.isClosed() || this.isEnding) return;
        if (this.guard.hasHeard) this.trouble('no authority was heard of for longer than its lease; asking anew');
      } catch (error) {
        this.trouble(error);
        this.isTried();
      }
      await new Promise((resolve) => setTimeout(resolve, retryMs).unref());
    }
  }
}

/** A guard that is kept up to date. */
export interface Following {
  /** Settles when it is not any more, for whatever reason. */
  readonly ended: Promise<void>;
  stop(): void;
}

/** Resolves when it is watching; documents follow at once. */
export async function followAuthority(
  connection: NatsConnection,
  guard: Guard,
  onTrouble: (error: unknown) => void,
): Promise<Following> {
  const kv = await new Kvm(jetstream(connection)).open(buckets.authority, { allow_direct: true });
  const updates = await kv.watch();
  guard.listen();
  const newest = new Map<string, number>();
  const hear = (entry: KvEntry) => {
    // Heard in two ways, of which either may be behind.
    if (entry.operation !== 'PUT' || entry.revision <= (newest.get(entry.key) ?? 0)) return;
    newest.set(entry.key, entry.revision);
    try {
      // By the clocks of server and service; one that is ahead makes a lease shorter, never longer.
      guard.hear(entry.json<Authority>(), Date.now() - entry.created.getTime());
    } catch (error) {
      onTrouble(error);
    }
  };
  const listen = async () => {
    for await (const entry of updates) hear(entry);
  };
  const ended = listen().catch(onTrouble);
  const stop = () => updates.stop();
  try {
    // What is there already, so that the guard knows it when this resolves; the watch brings it too, some time later.
    const keys = await kv.keys();
    // Seldom, where documents are put anew as they are listed, the list has no end.
    const late = setTimeout(() => keys.stop(new Error('authority could not be read in time')), readWithinMs);
    try {
      for await (const key of keys) {
        const entry = await kv.get(key);
        if (entry !== null) hear(entry);
      }
    } finally {
      clearTimeout(late);
    }
  } catch (error) {
    stop();
    throw error;
  }
  return { ended, stop };
}
