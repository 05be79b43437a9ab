/** `npm start`: builds, starts everything, says where it is, and stops it all on Ctrl-C. */
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildAll } from './build.ts';
import { isFree, notePath, runningStack, serviceEnvironmentPath, startStack, writeNote } from './stack.ts';

const usage = `npm start: everything on this machine, at http://127.0.0.1:3300

  npm start                    with the demo: real mail, simulated reviewers, and you
  npm start -- --no-demo       without it
  npm start -- --help          this text

Variables: DATABASE_URL and NATS_URL use servers of yours; COUNTERSIGN_APP_PORT (3300), COUNTERSIGN_HTTP_PORT (8787) and
COUNTERSIGN_OTLP_PORT (4318) choose ports; COUNTERSIGN_STATE (.countersign) is where everything is kept.
`;

const usualOtlpPort = 4318;
const takenOtlp = `not taken: port ${usualOtlpPort} is another's. COUNTERSIGN_OTLP_PORT=${usualOtlpPort + 1} npm start`;

process.exitCode = await main();

async function main(): Promise<number> {
  let flags: { 'no-demo'?: boolean; help?: boolean };
  try {
    flags = parseArgs({ options: { 'no-demo': { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } }).values;
  } catch (error) {
    process.stderr.write(`countersign: ${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  if (flags.help) {
    process.stdout.write(usage);
    return 0;
  }
  const directory = resolve(process.env['COUNTERSIGN_STATE'] ?? join(import.meta.dirname, '../.countersign'));
  const ending = new AbortController();
  const end = () => {
    if (!ending.signal.aborted) process.stdout.write('\nstopping …\n');
    ending.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  const parent = process.ppid;
  // Whoever started us was killed, and can not pass a signal on any more.
  setInterval(() => process.ppid !== parent && end(), 1_000).unref();
  const asked = new Promise<null>((done) => ending.signal.addEventListener('abort', () => done(null)));
  try {
    const other = runningStack(directory);
    if (other !== null)
      throw new Error(`it runs already, as process ${other.pid}. Stop that one first (Ctrl-C in its terminal).`);
    await step('build', buildAll);
    const otlpPort = await chooseOtlpPort();
    const stack = await startStack({
      directory,
      demo: flags['no-demo'] !== true,
      demoArguments: [],
      appPort: portOf('COUNTERSIGN_APP_PORT', 3300),
      httpPort: portOf('COUNTERSIGN_HTTP_PORT', 8787),
      otlpPort,
      step,
      ending: ending.signal,
    });
    writeNote(directory, stack);
    process.stdout.write(`
  Review, audit, response   ${stack.appUrl}
  API, metrics              ${stack.daemonUrl}/openapi.json   ${stack.daemonUrl}/metrics
  A service of yours        node --env-file=${serviceEnvironmentPath(directory)} …
  Traces of any service     ${otlpPort === null ? takenOtlp : `http://127.0.0.1:${otlpPort}/v1/traces   (OTLP)`}
  Logs and state            ${directory}

  Break the model           npm run demo -- --degrade      (in a second terminal)
  Stop                      Ctrl-C

`);
    const failure = await Promise.race([asked, stack.failed]);
    end();
    for (const path of [notePath(directory), serviceEnvironmentPath(directory)]) rmSync(path, { force: true });
    await stack.stop();
    if (failure !== null) return complain(failure);
    process.stdout.write('stopped\n');
    return 0;
  } catch (error) {
    if (ending.signal.aborted) {
      process.stdout.write('stopped\n');
      return 0;
    }
    return complain(error);
  }
}

function complain(error: unknown): number {
  process.stderr.write(`\ncountersign: ${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
}

async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  process.stdout.write(`• ${name} …`);
  try {
    const result = await work();
    process.stdout.write(` ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
    return result;
  } catch (error) {
    process.stdout.write(' failed\n');
    throw error;
  }
}

/** Unless one is asked for it is the usual one, or none when that is taken: many machines run a collector there. */
async function chooseOtlpPort(): Promise<number | null> {
  const port = portOf('COUNTERSIGN_OTLP_PORT', usualOtlpPort);
  return process.env['COUNTERSIGN_OTLP_PORT'] !== undefined || (await isFree(port)) ? port : null;
}

function portOf(variable: string, fallback: number): number {
  const given = process.env[variable];
  const port = Number(given ?? fallback);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Error(`${variable} is "${given}", want a port from 1 to 65535.`);
}
