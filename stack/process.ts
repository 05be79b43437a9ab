/** Child processes that never outlive us: they get a signal from the kernel when we die, however we die. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:net';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Running {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Asks it to end, and makes it after `patienceMs`. */
  stop(): Promise<Exit>;
}

export interface RunOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** The signal that ends it in good order. */
  readonly stopSignal: 'SIGINT' | 'SIGTERM';
  /** Where its output goes: a file, or a listener for each piece. */
  readonly output: string | ((text: string) => void);
  /** Runs it as this user and group; root only. */
  readonly uid?: number;
  readonly patienceMs?: number;
}

/** `setpriv` (util-linux) sets the signal that the kernel sends when the parent dies. */
export function run({ command, args, env, cwd, stopSignal, output, uid, patienceMs = 15_000 }: RunOptions): Running {
  const drop = uid === undefined ? [] : ['--reuid', String(uid), '--regid', String(uid), '--clear-groups'];
  const wrapped = [...drop, '--pdeathsig', stopSignal.replace('SIG', ''), '--', command, ...args];
  const log = typeof output === 'string' ? openSync(output, 'a', 0o600) : null;
  const child = spawn('setpriv', wrapped, {
    cwd: cwd ?? '/',
    env: env ?? process.env,
    // Its own process group: a terminal's Ctrl-C reaches us alone, and we stop things in order.
    detached: true,
    stdio: ['ignore', log ?? 'pipe', log ?? 'pipe'],
  });
  if (log !== null) closeSync(log);
  if (typeof output === 'function') {
    child.stdout?.setEncoding('utf8').on('data', output);
    child.stderr?.setEncoding('utf8').on('data', output);
  }
  const exited = exitOf(child);
  return {
    pid: child.pid ?? -1,
    exited,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill(stopSignal);
      const impatient = setTimeout(() => child.kill('SIGKILL'), patienceMs);
      const exit = await exited;
      clearTimeout(impatient);
      return exit;
    },
  };
}

const exitOf = (child: ChildProcess): Promise<Exit> =>
  new Promise((resolve, reject) => {
    child.once('error', (error) =>
      reject(new Error(`setpriv cannot be run: ${error.message}. Install it: apt-get install util-linux`)),
    );
    child.once('close', (code, signal) => resolve({ code, signal }));
  });

/** What a Node that a test starts is to know of our environment: nothing, but where programs are, and what is compiled already. */
export const bareEnvironment = (): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
});

/** A port on loopback that nothing listens on now. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
