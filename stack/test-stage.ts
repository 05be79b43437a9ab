/** Servers and daemons of a test's own, as processes that may be killed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bareEnvironment, freePort } from './process.ts';
import { makeReachableDirectory, startPostgres, type Postgres } from './postgres.ts';
import { eventually, repository, startTestLoop, type TestLoop } from './test-loop.ts';

/** What has to be ended after the test, the last first. */
export type Ends = (() => Promise<unknown>)[];

export async function endAll(ends: Ends): Promise<void> {
  for (const end of ends.splice(0).toReversed()) await end();
}

export interface Stage {
  readonly loop: TestLoop;
  readonly postgres: Postgres;
  readonly directory: string;
  /** Starts a daemon as a process of its own, and waits until it is ready. */
  startDaemon(change?: NodeJS.ProcessEnv): Promise<KillableDaemon>;
}

export interface KillableDaemon {
  readonly process: ChildProcess;
  readonly address: string;
  /** As the kernel kills when memory is short: it finishes nothing. */
  kill(): Promise<void>;
}

export interface StageOptions {
  readonly ends: Ends;
  readonly natsServer: string;
  readonly directory?: string;
}

/** A PostgreSQL and a NATS that may be killed. */
export async function startStage({
  ends,
  natsServer,
  directory = makeReachableDirectory(join(tmpdir(), 'countersign-faults-')),
}: StageOptions): Promise<Stage> {
  ends.push(async () => rmSync(directory, { recursive: true, force: true }));
  const postgres = await startPostgres(join(directory, 'postgres'), 'test');
  ends.push(() => postgres.stop());
  const loop = await startTestLoop(postgres.url, natsServer);
  ends.push(() => loop.stop().catch(() => undefined));
  return {
    loop,
    postgres,
    directory,
    startDaemon: async (change = {}) => {
      const cli = join(repository, 'daemon/src/cli.ts');
      const port = String(await freePort());
      const child = spawn(process.execPath, ['--conditions=countersign-source', cli, 'daemon'], {
        env: { ...bareEnvironment(), ...loop.env(), COUNTERSIGN_HTTP_PORT: port, ...change },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      const kill = async () => {
        child.kill('SIGKILL');
        await exited;
      };
      let said = '';
      child.stderr.on('data', (text: Buffer) => (said += text.toString()));
      ends.push(kill);
      const address = `http://127.0.0.1:${port}`;
      await eventually(
        'the daemon',
        async () => {
          if (child.exitCode !== null) throw new Error(said);
          return fetch(`${address}/readyz`).then(
            (response) => (response.ok ? true : null),
            () => null,
          );
        },
        30_000,
      );
      return { process: child, address, kill };
    },
  };
}
