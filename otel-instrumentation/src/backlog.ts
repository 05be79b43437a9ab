/**
 * All that waits on disk for one service and one NATS: what this process could not send, and what processes before it left
 * behind. Each process has a directory of its own; one whose process is gone is taken over, whole and by one other only.
 */
import { createHash, randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, rename, utimes } from 'node:fs/promises';
import { hostname, tmpdir, userInfo } from 'node:os';
import { basename, join } from 'node:path';
import type { SpooledEvent } from './spool-record.ts';
import { keepSpool, Spool } from './spool.ts';

export interface BacklogOptions {
  readonly directory: string;
  /** Of this process's own. */
  readonly mostBytes: number;
}

/** A process that has not touched its directory for longer is gone, whatever else is known of it. */
const goneAfterMs = 10 * 60_000;
const beatEveryMs = 60_000;
/** Names of directories that this process uses: it may start more than once. */
const inUse = new Set<string>();

/** Where events wait by default: for this user, service and NATS alone. */
export function usualDirectory(source: string, natsUrl: string): string {
  const whom = createHash('sha256').update(`${source} ${natsUrl}`).digest('hex').slice(0, 16);
  const user = userInfo().uid;
  return join(process.env['COUNTERSIGN_SPOOL'] ?? join(tmpdir(), `countersign-spool-${user}`), whom);
}

export class Backlog {
  private readonly options: BacklogOptions;
  private readonly name: string;
  /** The oldest first; this process's own is the last, once it has one. */
  private readonly spools: Spool[];
  private readonly directories: string[];
  private own: Spool | null = null;
  private readonly beat: NodeJS.Timeout;

  private constructor(options: BacklogOptions, name: string, directories: string[], spools: Spool[]) {
    this.options = options;
    this.name = name;
    this.directories = directories;
    this.spools = spools;
    this.beat = setInterval(() => {
      const now = new Date();
      for (const directory of this.directories) void utimes(directory, now, now).catch(() => undefined);
    }, beatEveryMs).unref();
  }

  /** Takes over what is there of processes that are gone. Throws when the directory is somebody else's, or no directory. */
  static async open(options: BacklogOptions): Promise<Backlog> {
    const { directory } = options;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const found = await lstat(directory);
    if (!found.isDirectory() || found.uid !== userInfo().uid || (found.mode & 0o022) !== 0) {
      throw new Error(`${directory} is not a directory that only this user may write to; events are not spooled`);
    }
    const name = `${hostname()}.${process.pid}.${randomBytes(4).toString('hex')}`;
    const [directories, spools]: [string[], Spool[]] = [[], []];
    for (const left of (await readdir(directory)).toSorted()) {
      if (!(await isLeft(directory, left))) continue;
      const taken = join(directory, `${name}.${directories.length}`);
      try {
        await rename(join(directory, left), taken);
      } catch {
        // Another process was first.
        continue;
      }
      inUse.add(`${name}.${directories.length}`);
      directories.push(taken);
      spools.push(await Spool.open({ directory: taken, mostBytes: options.mostBytes }));
    }
    return new Backlog(options, name, directories, spools);
  }

  /** Events that are not sent yet. */
  get length(): number {
    return this.spools.reduce((sum, spool) => sum + spool.length, 0);
  }

  /** How many of the events, from the first on, there was room for. */
  async append(events: readonly SpooledEvent[]): Promise<number> {
    if (this.own === null) {
      inUse.add(this.name);
      const directory = join(this.options.directory, this.name);
      this.own = await Spool.open({ directory, mostBytes: this.options.mostBytes });
      this.spools.push(this.own);
      this.directories.push(directory);
    }
    return this.own.append(events);
  }

  /** The first events that are not sent, at most so many. */
  first(most: number): Promise<SpooledEvent[]> {
    const spool = this.spools.find(({ length }) => length > 0);
    return spool === undefined ? Promise.resolve([]) : spool.first(most);
  }

  /** The first so many are sent. */
  async release(count: number): Promise<void> {
    await this.spools.find(({ length }) => length > 0)?.release(count);
  }

  /** In a directory of their own, for the next process to take; at once, because this one ends. */
  keep(events: readonly SpooledEvent[]): void {
    keepSpool(join(this.options.directory, `${this.name}.${this.spools.length + 1}`), events);
  }

  async close(): Promise<void> {
    clearInterval(this.beat);
    for (const spool of this.spools) await spool.close();
    for (const directory of this.directories) inUse.delete(basename(directory));
  }
}

async function isLeft(directory: string, name: string): Promise<boolean> {
  const parts = /^(?<host>.+?)\.(?<pid>\d+)\.[0-9a-f]{8}(?:\.\d+)?$/.exec(name)?.groups;
  if (parts === undefined || inUse.has(name)) return false;
  const { mtimeMs } = await lstat(join(directory, name)).catch(() => ({ mtimeMs: Date.now() }));
  if (Date.now() - mtimeMs > goneAfterMs) return true;
  return parts['host'] === hostname() && !isRunning(Number(parts['pid']));
}

/** What bears this process's number and is not its own is of one before it, as in a container that was started again. */
function isRunning(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
