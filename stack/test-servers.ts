/** Real servers for the tests: one PostgreSQL for all, a fresh NATS for whoever asks. Started once, gone at the end. */
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { findNatsServer } from './nats.ts';
import { makeReachableDirectory, startPostgres } from './postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a superuser; each test file makes its own database. */
    readonly postgresUrl: string;
    readonly natsServer: string;
  }
}

export const toolsDirectory = join(import.meta.dirname, '../.countersign/tools');

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = makeReachableDirectory(join(tmpdir(), 'countersign-test-'));
  const natsServer = findNatsServer(toolsDirectory);
  const postgres = await startPostgres(join(directory, 'postgres'), 'test');
  project.provide('postgresUrl', postgres.url);
  project.provide('natsServer', natsServer);
  // What one test leaves unsent is not sent to the NATS of another.
  process.env['COUNTERSIGN_SPOOL'] = join(directory, 'spool');
  return async () => {
    await postgres.stop();
    rmSync(directory, { recursive: true, force: true });
  };
}
