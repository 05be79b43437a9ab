/**
 * All that waits on disk for one service and one NATS: what this process could not send, and what processes before it left
 * behind. Each process has a directory of its own; one whose process is gone is taken over, whole and by one other only.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { rename, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { SpooledEvent } from './spool-record.ts';
import { nameOf, nameOfLeft, ownerOf, sequenceOf } from './spool-name.ts';
import { bytesIn, keepSpool, Spool } from './spool.ts';

export interface Place {
  readonly directory: string;
  /** Of all that waits, this process's own and what others have left. */
  readonly mostBytes: number;
}

export interface BacklogOptions extends Place {
  /** Told of events that are lost: damaged, or deleted by somebody else. */
  readonly onLost: (events: number) => void;
  /** Told of what cannot be taken over now; the next process may. */
  readonly onTrouble: (error: unknown) => void;
  /** A clock that nobody sets. */
  readonly monotonicMs: () => number;
}

const beatEveryMs = 60_000;
/** Whoever is there has touched their directory by then, whatever the clocks say. */
const heardOfWithinMs = 2 * beatEveryMs + 10_000;
/** Names of directories that this thread uses: it may start more than once. */
const inUse = new Set<string>();

/** Where events wait by default: for this user, service and NATS alone. */
export function usualDirectory(source: string, natsUrl: string): string {
  const whom = createHash('sha256').update(`${source} ${natsUrl}`).digest('hex').slice(0, 16);
  return join(process.env['COUNTERSIGN_SPOOL'] || join(tmpdir(), `countersign-spool-${uid()}`), whom);
}

export class Backlog {
  private readonly options: BacklogOptions;
  /** Later than all that was there. */
  private readonly sequence: number;
  /** The oldest first; this process's own is the last, once it has one. */
  private readonly spools: Spool[];
  private readonly directories: string[];
  private own: Spool | null = null;
  private readonly beat: NodeJS.Timeout;
  /** Directories of processes that are silent: when they were touched, and since when that is known. */
  private readonly silent = new Map<string, { readonly touchedAt: number; readonly since: number }>();

  private constructor(options: BacklogOptions, sequence: number) {
    this.options = options;
    this.sequence = sequence;
    this.directories = [];
    this.spools = [];
    this.beat = setInterval(() => {
      const now = new Date();
      for (const directory of this.directories) void utimes(directory, now, now).catch(() => undefined);
    }, beatEveryMs).unref();
  }

  /** Takes over what is there of processes that are gone. Throws when the directory is somebody else's, or no directory. */
  static async open(options: BacklogOptions): Promise<Backlog> {
    makeOurs(options.directory);
    const backlog = new Backlog(options, nextIn(options.directory));
    await backlog.takeOver();
    return backlog;
  }

  /** Looks again for what processes that are gone have left. */
  async takeOver(): Promise<void> {
    const { directory } = this.options;
    const found: { readonly name: string; readonly spool: Spool }[] = [];
    for (const left of spoolsIn(directory)) {
      const spool = inUse.has(left) || !this.isLeft(left) ? null : await this.take(left);
      if (spool !== null) found.push(spool);
    }
    // What is older than this process goes out before what it has written itself.
    this.spools.unshift(...found.map(({ spool }) => spool));
    this.directories.unshift(...found.map(({ name }) => join(directory, name)));
  }

  private isLeft(name: string): boolean {
    const owner = ownerOf(this.options.directory, name);
    if (owner.is !== 'silent') return owner.is === 'gone';
    const now = this.options.monotonicMs();
    const before = this.silent.get(name);
    if (before?.touchedAt === owner.touchedAt) return now - before.since > heardOfWithinMs;
    this.silent.set(name, { touchedAt: owner.touchedAt, since: now });
    return false;
  }

  /** Null when another process was first, or there is nothing in it. */
  private async take(left: string): Promise<{ readonly name: string; readonly spool: Spool } | null> {
    const { directory, onLost, onTrouble } = this.options;
    const name = nameOf(sequenceOf(left), randomBytes(4));
    try {
      await rename(join(directory, left), join(directory, name));
    } catch {
      return null;
    }
    try {
      const spool = await Spool.open({ directory: join(directory, name), onLost });
      if (spool.length === 0) {
        await spool.close();
        return null;
      }
      inUse.add(name);
      return { name, spool };
    } catch (error) {
      // One that cannot be read, or mended, keeps no other from being sent.
      onTrouble(error);
      return null;
    }
  }

  /** Events that are not sent yet. */
  get length(): number {
    return this.spools.reduce((sum, spool) => sum + spool.length, 0);
  }

  /** Of those, what this process has written. */
  get ownLength(): number {
    return this.own?.length ?? 0;
  }

  /** How many of the events, from the first on, there was room for. */
  async append(events: readonly SpooledEvent[]): Promise<number> {
    const { directory, mostBytes, onLost } = this.options;
    // It may have been tidied up, and be somebody else's now.
    makeOurs(directory);
    const room = mostBytes - this.spools.reduce((sum, { bytes }) => sum + bytes, 0);
    if (room <= 0) return 0;
    if (this.own === null) {
      const name = nameOf(this.sequence, randomBytes(4));
      this.own = await Spool.open({ directory: join(directory, name), onLost });
      inUse.add(name);
      this.spools.push(this.own);
      this.directories.push(join(directory, name));
    }
    return this.own.append(events, room);
  }

  /** The first events that are not sent, at most so many; none when these are lost. */
  first(most: number): Promise<SpooledEvent[]> {
    const spool = this.spools.find(({ length }) => length > 0);
    return spool === undefined ? Promise.resolve([]) : spool.first(most);
  }

  /** The first so many are sent. */
  async release(count: number): Promise<void> {
    await this.spools.find(({ length }) => length > 0)?.release(count);
  }

  /** At the end of a process or thread, at once: others may take what is there, though the process goes on. */
  leave(): void {
    clearInterval(this.beat);
    for (const directory of this.directories) inUse.delete(basename(directory));
    for (const directory of this.directories.splice(0)) {
      try {
        renameSync(directory, join(dirname(directory), nameOfLeft(sequenceOf(basename(directory)), randomBytes(4))));
      } catch {
        // It is empty and gone, or tidied up; or stays this process's, and is taken when that is gone.
      }
    }
  }

  async close(): Promise<void> {
    for (const spool of this.spools) await spool.close();
    this.leave();
  }
}

/**
 * In a directory of their own, for the next process to take; at once, because this one ends. How many of them, from the first
 * on, there was room for. Throws as `Backlog.open` does.
 */
export function keepForNext({ directory, mostBytes }: Place, events: readonly SpooledEvent[]): number {
  makeOurs(directory);
  // Of processes that are there each has room of its own.
  const counted = spoolsIn(directory).filter((name) => inUse.has(name) || ownerOf(directory, name).is !== 'alive');
  const there = counted.reduce((sum, name) => sum + bytesIn(join(directory, name)), 0);
  const sequence = nextIn(directory);
  const own = join(directory, nameOf(sequence, randomBytes(4)));
  const kept = keepSpool(own, events, mostBytes - there);
  // Not before it is whole.
  if (kept > 0) renameSync(own, join(directory, nameOfLeft(sequence, randomBytes(4))));
  return kept;
}

/** Names of spools, the oldest first. */
const spoolsIn = (directory: string): string[] =>
  readdirSync(directory)
    .filter((name) => sequenceOf(name) > 0)
    .toSorted((a, b) => sequenceOf(a) - sequenceOf(b) || (a < b ? -1 : 1));

const nextIn = (directory: string): number => sequenceOf(spoolsIn(directory).at(-1) ?? '') + 1;

/** -1 where there are no users. */
const uid = (): number => process.getuid?.() ?? -1;

/** Makes the directory. Throws when it cannot, or when somebody else may write to it, or put another in its place. */
function makeOurs(directory: string): void {
  try {
    makeDirectory(directory);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${why}; events are not spooled. Set COUNTERSIGN_SPOOL to where they can be.`, { cause: error });
  }
  const found = lstatSync(directory);
  if (!found.isDirectory() || (uid() >= 0 && found.uid !== uid()) || (found.mode & 0o022) !== 0) {
    throw new Error(
      `${directory} is not a directory that only this user may write to; events are not spooled. Set COUNTERSIGN_SPOOL.`,
    );
  }
  const above = lstatSync(dirname(directory));
  const isSticky = (above.mode & 0o1000) !== 0;
  if (uid() >= 0 && ((above.uid !== uid() && above.uid !== 0) || ((above.mode & 0o022) !== 0 && !isSticky))) {
    throw new Error(`others may write to ${dirname(directory)}; events are not spooled. Set COUNTERSIGN_SPOOL.`);
  }
}

/** Level by level: Node's `recursive` never returns where a level cannot be made that is said not to be there, as in /proc. */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  makeDirectory(dirname(directory));
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    // Another process may have been first.
    if (!existsSync(directory)) throw error;
  }
}
