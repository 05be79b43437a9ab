/** The app in a browser with a daemon behind it and cases of the test's own making: for stories that the demo does not tell. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Policy } from '@countersign/contract';
import { parse } from 'yaml';
import { readConfig } from '../daemon/src/config.ts';
import { startDaemon, type Daemon } from '../daemon/src/main.ts';
import { freePort, run } from './process.ts';
import { eventually, pluginSecret, repository, startTestLoop, type TestLoop } from './test-loop.ts';

export interface TestPage {
  readonly loop: TestLoop;
  readonly daemon: Daemon;
  /** Of daemon and command line. */
  readonly env: NodeJS.ProcessEnv;
  /** Where a page of the app is, such as "review". */
  url(page: string): string;
  /** What a person of the host gets from the API; a body makes it a POST. */
  ask(login: string, path: string, body?: object): Promise<{ status: number; body: unknown }>;
  stop(): Promise<void>;
}

/** With the demo's policy, in which `change` replaces what it names. */
export async function startTestPage(
  postgresUrl: string,
  natsServer: string,
  change: (demo: Policy) => Partial<Policy>,
): Promise<TestPage> {
  const loop = await startTestLoop(postgresUrl, natsServer);
  const policies = join(loop.directory, 'policies');
  mkdirSync(policies);
  const demo = parse(readFileSync(join(repository, 'policies/mail-moderation.yaml'), 'utf8')) as Policy;
  writeFileSync(join(policies, 'mail.yaml'), JSON.stringify({ ...demo, ...change(demo) }));

  const appUrl = `http://127.0.0.1:${await freePort()}`;
  const daemonPort = String(await freePort());
  const host = run({
    command: process.execPath,
    args: [join(repository, 'grafana-plugin/host/server.ts')],
    env: {
      PATH: process.env['PATH'],
      COUNTERSIGN_APP_PORT: new URL(appUrl).port,
      COUNTERSIGN_DAEMON_URL: `http://127.0.0.1:${daemonPort}`,
      COUNTERSIGN_PLUGIN_SECRET: pluginSecret,
    },
    stopSignal: 'SIGTERM',
    output: (text) => void text,
  });
  await eventually('the host', () =>
    fetch(`${appUrl}/api/signing-keys/keys`).then(
      () => true,
      () => null,
    ),
  );
  const env = {
    ...process.env,
    ...loop.env(),
    COUNTERSIGN_HTTP_PORT: daemonPort,
    COUNTERSIGN_GRAFANA_URL: appUrl,
    COUNTERSIGN_POLICIES: policies,
    COUNTERSIGN_LOG_LEVEL: 'silent',
  };
  const daemon = await startDaemon(readConfig(env));
  return {
    loop,
    daemon,
    env,
    url: (page) => `${appUrl}/a/countersign-decisions-app/${page}`,
    ask: async (login, path, body) => {
      const response = await fetch(`${appUrl}/api/plugin-proxy/countersign-decisions-app/${path}`, {
        headers: { cookie: `countersign_user=${login}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      });
      return { status: response.status, body: await response.json() };
    },
    stop: async () => {
      await daemon.stop();
      await host.stop();
      await loop.stop();
    },
  };
}
