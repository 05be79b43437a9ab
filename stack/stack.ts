/** Everything that Countersign is, on one machine: servers, daemon, the page, and the demo. Started and stopped in order. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect as connectNats } from '@nats-io/transport-node';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { migrate } from '../daemon/src/database/index.ts';
import { findNatsServer, startNats } from './nats.ts';
import { startPostgres } from './postgres.ts';
import { freePort, run, type Running } from './process.ts';

const root = join(import.meta.dirname, '..');

export interface StackOptions {
  /** Where all state is kept. */
  readonly directory: string;
  readonly demo: boolean;
  readonly demoArguments: readonly string[];
  readonly appPort: number;
  readonly httpPort: number;
  /** Where OTLP traces are taken, on loopback; null for nowhere. */
  readonly otlpPort: number | null;
  /** Told of each step as it begins, and gets told when it is done. */
  readonly step: <T>(name: string, work: () => Promise<T>) => Promise<T>;
  /** Gives up starting when it is aborted. */
  readonly ending?: AbortSignal;
}

export interface Stack {
  readonly appUrl: string;
  readonly daemonUrl: string;
  /** For a second terminal that wants to join in. */
  readonly note: StackNote;
  /** Settles when a part has ended by itself, with what it was. */
  readonly failed: Promise<Error>;
  stop(): Promise<void>;
}

interface Secrets {
  readonly postgres: string;
  /** Of the login that the daemon has, which may write and nothing more. */
  readonly daemonDatabase: string;
  /** Of auditors' own tools. */
  readonly audit: string;
  readonly natsDaemon: string;
  readonly natsService: string;
  readonly plugin: string;
}

/** What a second terminal needs to join in; readable by the owner alone. */
export interface StackNote {
  readonly pid: number;
  readonly demo: boolean;
  readonly environment: Record<string, string>;
  /** Of a service that joins in: where NATS is, and who it is there. */
  readonly service: Record<string, string>;
}

export const notePath = (directory: string) => join(directory, 'running.json');

export const serviceEnvironmentPath = (directory: string) => join(directory, 'service.env');

/** Also what a service of one's own needs, as `node --env-file` and a shell read it. */
export function writeNote(directory: string, { note }: Stack): void {
  writeFileSync(notePath(directory), JSON.stringify(note), { mode: 0o600 });
  const lines = Object.entries(note.service).map(([name, value]) => `${name}='${value}'\n`);
  writeFileSync(serviceEnvironmentPath(directory), lines.join(''), { mode: 0o600 });
}

/** The stack that runs from this folder now; null when none does. */
export function runningStack(directory: string): StackNote | null {
  const path = notePath(directory);
  if (!existsSync(path)) return null;
  const note = JSON.parse(readFileSync(path, 'utf8')) as StackNote;
  try {
    // A process that was killed leaves its note, and its number may be another's by now.
    const since = statSync(`/proc/${note.pid}`).ctimeMs;
    return since <= statSync(path).mtimeMs ? note : null;
  } catch {
    return null;
  }
}

/** Starts everything, or throws what is wrong with nothing left running. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { directory, appPort, httpPort, otlpPort, ending } = options;
  const step: StackOptions['step'] = (name, work) => {
    ending?.throwIfAborted();
    return options.step(name, work);
  };
  makeStateDirectory(directory);
  const secrets = readSecrets(directory);
  const stops: (() => Promise<unknown>)[] = [];
  let stopping = false;
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<Error>((resolve) => (fail = resolve));
  const watch = (name: string, { exited }: Pick<Running, 'exited'>, log: string | null) => {
    const end = async () => {
      const { code, signal } = await exited;
      const said = log === null ? '' : `\n${tail(log)}`;
      if (!stopping) fail(new Error(`${name} ended by itself (${signal ?? `code ${code}`}).${said}`));
    };
    void end();
  };
  const stop = async () => {
    stopping = true;
    for (const end of stops.splice(0).toReversed()) await end();
  };

  try {
    if (appPort === httpPort) {
      throw new Error(`COUNTERSIGN_APP_PORT and COUNTERSIGN_HTTP_PORT are both ${appPort}. Choose two ports.`);
    }
    await assertFree(appPort, 'COUNTERSIGN_APP_PORT');
    await assertFree(httpPort, 'COUNTERSIGN_HTTP_PORT');
    if (otlpPort !== null) await assertFree(otlpPort, 'COUNTERSIGN_OTLP_PORT');

    const databaseUrl = await step('PostgreSQL', async () => {
      const given = process.env['DATABASE_URL'];
      if (given) return checkDatabase(given);
      const postgres = await startPostgres(join(directory, 'postgres'), secrets.postgres);
      stops.push(() => postgres.stop());
      watch('PostgreSQL', postgres, null);
      return prepareDatabase(postgres.url, secrets.daemonDatabase, join(directory, 'postgres'));
    });

    const nats = await step('NATS', async () => {
      const given = process.env['NATS_URL'];
      if (given) return checkNats(given);
      const server = await startNats(findNatsServer(join(directory, 'tools')), join(directory, 'nats'), {
        daemon: secrets.natsDaemon,
        service: secrets.natsService,
      });
      stops.push(() => server.stop());
      watch('NATS', server, null);
      return {
        url: server.url,
        daemon: { NATS_USER: 'daemon', NATS_PASSWORD: secrets.natsDaemon },
        service: { NATS_USER: 'service', NATS_PASSWORD: secrets.natsService },
      };
    });

    const start = async (
      name: string,
      script: string,
      args: string[],
      env: NodeJS.ProcessEnv,
      ready: () => Promise<boolean>,
    ) => {
      const log = join(directory, `log/${name}.log`);
      writeFileSync(log, '', { mode: 0o600 });
      const child = run({
        command: process.execPath,
        args: [join(root, script), ...args],
        cwd: root,
        env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
        stopSignal: 'SIGTERM',
        output: log,
      });
      stops.push(() => child.stop());
      let ended = false;
      void child.exited.then(() => (ended = true));
      for (let waited = 0; !(await ready()); waited += 100) {
        ending?.throwIfAborted();
        if (ended || waited > 60_000) throw new Error(`the ${name} did not start:\n${tail(log)}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      watch(`the ${name}`, child, log);
    };

    const pagerPort = await freePort();
    const channels = writeChannels(directory, pagerPort);
    const appUrl = `http://127.0.0.1:${appPort}`;
    const daemonUrl = `http://127.0.0.1:${httpPort}`;
    await step('daemon', () =>
      start(
        'daemon',
        'daemon/dist/cli.js',
        ['daemon'],
        {
          ...channels,
          DATABASE_URL: databaseUrl,
          NATS_URL: nats.url,
          ...nats.daemon,
          COUNTERSIGN_HTTP_PORT: String(httpPort),
          ...(otlpPort === null ? {} : { COUNTERSIGN_OTLP_PORT: String(otlpPort) }),
          COUNTERSIGN_PLUGIN_SECRET: secrets.plugin,
          COUNTERSIGN_AUDIT_TOKEN: secrets.audit,
          COUNTERSIGN_GRAFANA_URL: appUrl,
          COUNTERSIGN_SIGNING_KEY_FILE: join(directory, 'signing-key.pem'),
          COUNTERSIGN_POLICIES: join(root, 'policies'),
        },
        () => answers(`${daemonUrl}/readyz`),
      ),
    );
    await step('app', () =>
      start(
        'app',
        'grafana-plugin/host/server.ts',
        [],
        {
          COUNTERSIGN_APP_PORT: String(appPort),
          COUNTERSIGN_DAEMON_URL: daemonUrl,
          COUNTERSIGN_PLUGIN_SECRET: secrets.plugin,
        },
        () => answers(`${appUrl}/api/signing-keys/keys`),
      ),
    );

    const service = { NATS_URL: nats.url, ...nats.service };
    const environment = {
      ...service,
      COUNTERSIGN_SPOOL: join(directory, 'spool'),
      COUNTERSIGN_APP_URL: appUrl,
      COUNTERSIGN_DEMO_STATE: join(directory, 'demo'),
      COUNTERSIGN_DEMO_PAGER_PORT: String(pagerPort),
    };
    if (options.demo) {
      await step('demo: training on real mail', () =>
        start('demo', 'demo/dist/main.js', [...options.demoArguments], environment, async () =>
          tail(join(directory, 'log/demo.log')).includes('messages a second arrive'),
        ),
      );
    }
    const note: StackNote = { pid: process.pid, demo: options.demo, environment, service };
    return { appUrl, daemonUrl, note, failed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Made once, kept beside the data that they guard. */
function readSecrets(directory: string): Secrets {
  const path = join(directory, 'secrets.json');
  const kept = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Partial<Secrets>) : {};
  const fresh = () => randomBytes(24).toString('base64url');
  const secrets: Secrets = {
    postgres: fresh(),
    daemonDatabase: fresh(),
    audit: fresh(),
    natsDaemon: fresh(),
    natsService: fresh(),
    plugin: fresh(),
    ...kept,
  };
  writeFileSync(path, JSON.stringify(secrets), { mode: 0o600 });
  return secrets;
}

const assertFree = (port: number, variable: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      const why =
        code === 'EADDRINUSE' ? 'is taken. Stop what listens on it, or choose' : `cannot be used (${message}). Choose`;
      reject(new Error(`port ${port} ${why} another: ${variable}=${port < 1_024 ? port + 8_000 : port - 1} npm start`));
    });
    server.listen(port, '127.0.0.1', () => server.close(() => resolve()));
  });

export const isFree = (port: number): Promise<boolean> =>
  assertFree(port, '').then(
    () => true,
    () => false,
  );

/** The channels that policies name, of which the demo plays the other side. COUNTERSIGN_CHANNELS names others. */
function writeChannels(directory: string, port: number): Record<string, string> {
  const given = process.env['COUNTERSIGN_CHANNELS'];
  if (given) return { ...definedOf(process.env), COUNTERSIGN_CHANNELS: given };
  const url = `http://127.0.0.1:${port}`;
  const file = join(directory, 'channels.yaml');
  const secret = '{ env: COUNTERSIGN_DEMO_SECRET }';
  writeFileSync(
    file,
    `# Written by npm start: stand-ins that the demo plays.
channels:
  slack: { kind: slack_webhook, url: { env: COUNTERSIGN_DEMO_SLACK_URL } }
  pagerduty: { kind: pagerduty, routing_key: ${secret}, url: "${url}/pagerduty" }
  executives-phone:
    { kind: phone, by: call, account: demo, token: ${secret}, from: "+15005550006", to: "+15005550001", url: "${url}" }
`,
  );
  return {
    COUNTERSIGN_CHANNELS: file,
    COUNTERSIGN_DEMO_SECRET: 'of-a-stand-in',
    COUNTERSIGN_DEMO_SLACK_URL: `${url}/slack`,
  };
}

/** The secrets of channels are under whatever names their owner chose. */
const definedOf = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

function makeStateDirectory(directory: string): void {
  try {
    mkdirSync(join(directory, 'log'), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Error(
      `state cannot be kept in ${directory}: ${String(error)}. Choose another folder: COUNTERSIGN_STATE=… npm start`,
      {
        cause: error,
      },
    );
  }
}

/** Makes schema and roles as the superuser, and a login for the daemon that may write the ledger and nothing more. */
async function prepareDatabase(url: string, password: string, directory: string): Promise<string> {
  try {
    await migrate(url);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${message} To begin anew, without what is recorded: rm -r ${directory}`, { cause: error });
  }
  const client = new pg.Client(url);
  await client.connect();
  try {
    // A role takes no parameters: PostgreSQL itself quotes the password.
    const { rows } = await client.query<{ statement: string }>(
      `SELECT format(CASE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = 'countersign_daemon')
         THEN 'ALTER ROLE countersign_daemon PASSWORD %L'
         ELSE 'CREATE ROLE countersign_daemon LOGIN PASSWORD %L IN ROLE countersign_writer' END, $1::text) AS statement`,
      [password],
    );
    await client.query(rows[0]?.statement ?? '');
  } finally {
    await client.end();
  }
  const daemonUrl = new URL(url);
  daemonUrl.username = 'countersign_daemon';
  daemonUrl.password = password;
  return daemonUrl.href;
}

async function checkDatabase(url: string): Promise<string> {
  if (!URL.canParse(url)) {
    throw new Error(
      'DATABASE_URL is no URL. Write postgres://user:password@host:port/database, or unset it to have PostgreSQL started for you.',
    );
  }
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string }>('SHOW server_version_num AS version');
    const version = Number(Object.values(rows[0] ?? {})[0]);
    if (version < 150_000) throw new Error(`it is version ${Math.floor(version / 10_000)}, want 15 or later`);
    await client.end();
    return url;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw new Error(
      `the database of DATABASE_URL refuses: ${error instanceof Error ? error.message : String(error)}. ` +
        'Correct DATABASE_URL, or unset it to have PostgreSQL started for you.',
      { cause: error },
    );
  }
}

async function checkNats(url: string) {
  const { NATS_USER = '', NATS_PASSWORD = '' } = process.env;
  const credentials = { NATS_USER, NATS_PASSWORD };
  try {
    const connection = await connectNats({
      servers: url,
      timeout: 5_000,
      ...(NATS_USER ? { user: NATS_USER, pass: NATS_PASSWORD } : {}),
    });
    const jetstream = connection.info?.jetstream === true;
    await connection.close();
    if (!jetstream) throw new Error('it runs without JetStream; start it with -js');
    return { url, daemon: credentials, service: credentials };
  } catch (error) {
    throw new Error(
      `the NATS of NATS_URL cannot be used: ${error instanceof Error ? error.message : String(error)}. ` +
        'Correct NATS_URL, NATS_USER and NATS_PASSWORD, or unset NATS_URL to have NATS started for you.',
      { cause: error },
    );
  }
}

const answers = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    (response) => response.ok,
    () => false,
  );

/** The last lines of a log. */
function tail(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(-15).join('\n') : '';
}
