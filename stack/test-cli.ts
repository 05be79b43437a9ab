/** The command line as a test runs it: beside a daemon in the test's own process, so it must not block that. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { repository } from './test-loop.ts';

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const runCountersign = (env: NodeJS.ProcessEnv, args: readonly string[]): Promise<Ran> =>
  new Promise((resolve) => {
    const cli = join(repository, 'daemon/src/cli.ts');
    const child = spawn(process.execPath, ['--conditions=countersign-source', cli, ...args], { env });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
