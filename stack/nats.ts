/** A real NATS with JetStream on loopback, with its data in a folder of ours. */
import { existsSync, mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { findProgram, unpackPackages } from './packages.ts';
import { freePort, run, type Running } from './process.ts';

export interface Nats {
  readonly url: string;
  readonly pid: number;
  readonly exited: Running['exited'];
  stop(): Promise<void>;
}

export interface NatsPasswords {
  readonly daemon: string;
  readonly service: string;
}

const configuration = join(import.meta.dirname, 'nats.conf');
const startupMs = 10_000;

/** The path of a `nats-server`; fetched from the system's packages when there is none. Throws what to do otherwise. */
export function findNatsServer(tools: string): string {
  const unpacked = join(tools, 'nats-server');
  const program = join(unpacked, 'usr/sbin/nats-server');
  const found = findProgram('nats-server') ?? (existsSync(program) ? program : null);
  if (found !== null) return found;
  if (unpackPackages(['nats-server'], unpacked) && existsSync(program)) return program;
  throw new Error(
    'There is no nats-server. Install it (apt-get install nats-server), or set NATS_URL to one with JetStream.',
  );
}

/** On any free port, unless one is asked for. */
export async function startNats(
  program: string,
  directory: string,
  passwords: NatsPasswords,
  wantedPort?: number,
): Promise<Nats> {
  mkdirSync(directory, { recursive: true });
  const port = wantedPort ?? (await freePort());
  let said = '';
  const server = run({
    command: program,
    args: ['-c', configuration, '-a', '127.0.0.1', '-p', String(port), '-sd', directory],
    env: {
      PATH: process.env['PATH'],
      // Quoted: NATS reads a variable as a value of its configuration, and some passwords look like a number.
      NATS_DAEMON_PASSWORD: JSON.stringify(passwords.daemon),
      NATS_SERVICE_PASSWORD: JSON.stringify(passwords.service),
    },
    stopSignal: 'SIGTERM',
    output: (text) => {
      said = (said + text).slice(-4_000);
    },
  });
  let ended = false;
  void server.exited.finally(() => (ended = true)).catch(() => undefined);
  for (let waited = 0; !(said.includes('Server is ready') && (await greets(port))); waited += 20) {
    if (ended || waited > startupMs) {
      await server.stop();
      throw new Error(`nats-server did not start:\n${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    url: `nats://127.0.0.1:${port}`,
    pid: server.pid,
    exited: server.exited,
    stop: async () => void (await server.stop()),
  };
}

/** NATS speaks first. */
const greets = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', (bytes) => {
      socket.destroy();
      resolve(bytes.toString().startsWith('INFO '));
    });
    socket.once('error', () => resolve(false));
  });
