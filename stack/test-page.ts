/** The app in a browser with a daemon behind it and cases of the test's own making: for stories that the demo does not tell. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes, randomUUID } from 'node:crypto';
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import {
  eventSubject,
  eventTypes,
  uuidV7,
  type AiDecision,
  type CompensationReport,
  type EventKind,
  type Outcome,
  type Policy,
} from '@countersign/contract';
import { parse } from 'yaml';
import { readConfig } from '../daemon/src/config.ts';
import { startDaemon, type Daemon } from '../daemon/src/main.ts';
import { bareEnvironment, freePort, run } from './process.ts';
import {
  eventually,
  passwords,
  pluginSecret,
  repository,
  startTestLoop,
  testPrivacy,
  type TestLoop,
} from './test-loop.ts';

export interface TestPage {
  readonly loop: TestLoop;
  readonly daemon: Daemon;
  /** Of daemon and command line. */
  readonly env: NodeJS.ProcessEnv;
  /** Where a page of the app is, such as "review". */
  url(page: string): string;
  /** What a person of the host gets from the API; a body makes it a POST. */
  ask(login: string, path: string, body?: object): Promise<{ status: number; body: unknown }>;
  /** The AI decides something that needs a person; its decision_id, when it waits for one. */
  decided(title: string, change?: Partial<AiDecision>): Promise<string>;
  /** What a decision of the task turned out to be. */
  turnedOut(outcome: Outcome): Promise<void>;
  /** What a service can undo, or has undone. */
  reported(report: CompensationReport): Promise<void>;
  stop(): Promise<void>;
}

export interface TestPageOptions {
  /** Before there is a daemon; gives what else it is to have in its environment. */
  readonly prepare?: (loop: TestLoop) => Promise<NodeJS.ProcessEnv | void>;
  /** The line of Grafana whose libraries the host has. */
  readonly grafana?: '12' | '13';
}

/** With the demo's policy, in which `change` replaces what it names, in a page of that line of Grafana's libraries. */
export async function startTestPage(
  postgresUrl: string,
  natsServer: string,
  change: (demo: Policy) => Partial<Policy>,
  { prepare = async () => undefined, grafana = '12' }: TestPageOptions = {},
): Promise<TestPage> {
  const loop = await startTestLoop(postgresUrl, natsServer);
  const prepared = (await prepare(loop)) ?? {};
  const policies = join(loop.directory, 'policies');
  mkdirSync(policies);
  const demo = parse(readFileSync(join(repository, 'policies/mail-moderation.yaml'), 'utf8')) as Policy;
  writeFileSync(join(policies, 'mail.yaml'), JSON.stringify({ ...demo, privacy: testPrivacy, ...change(demo) }));

  const appUrl = `http://127.0.0.1:${await freePort()}`;
  const daemonPort = String(await freePort());
  const host = run({
    command: process.execPath,
    args: [join(repository, 'grafana-plugin/host/server.ts')],
    env: {
      ...bareEnvironment(),
      COUNTERSIGN_GRAFANA: grafana,
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
    ...prepared,
  };
  const daemon = await startDaemon(readConfig(env));
  const service = await connect({
    servers: loop.nats.url,
    user: 'service',
    pass: passwords.service,
    inboxPrefix: '_INBOX_service',
  });
  const ask: TestPage['ask'] = async (login, path, body) => {
    const response = await fetch(`${appUrl}/api/plugin-proxy/countersign-decisions-app/${path}`, {
      headers: {
        cookie: `countersign_user=${login}`,
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
      },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  };
  const send = async (kind: EventKind, type: string, data: AiDecision | Outcome | CompensationReport) => {
    const [id, time] = [newId(), new Date().toISOString()];
    const event = { specversion: '1.0', id, source: 'test', type, subject: data.task_id, time, data };
    await jetstream(service).publish(eventSubject(data.workflow_id, kind), JSON.stringify(event), { msgID: id });
  };
  let tasks = 0;
  return {
    decided: async (title, differs = {}) => {
      tasks += 1;
      const decision = aiDecisionOf(title, tasks, differs);
      const { decision_id } = decision;
      await send('decision_ai', eventTypes.aiDecision, decision);
      await eventually('the case', async () => {
        const { status } = await ask('ann', `v1/evidence/cases/${decision_id}`);
        return status === 200 ? true : null;
      });
      return decision_id;
    },
    turnedOut: (outcome) => send('outcome', eventTypes.outcome, outcome),
    reported: (report) => send('compensation', eventTypes.compensation, report),
    loop,
    daemon,
    env,
    url: (page) => `${appUrl}/a/countersign-decisions-app/${page}`,
    ask,
    stop: async () => {
      await service.close();
      await daemon.stop();
      await host.stop();
      await loop.stop();
    },
  };
}

const newId = () => uuidV7(Date.now(), randomBytes(10));

function aiDecisionOf(title: string, nth: number, change: Partial<AiDecision>): AiDecision {
  return {
    workflow_id: 'mail-moderation',
    task_id: `task-${nth}`,
    decision_id: newId(),
    title,
    model: { name: 'spam-logit', version: '1.0.0', hash: `sha256:${'0'.repeat(64)}` },
    input_snapshot: { hash: `sha256:${'1'.repeat(64)}`, uri: 'urn:none' },
    output: { label: 'spam', scores: { spam: 0.83, ham: 0.17 } },
    confidence: 0.83,
    risk_tier: 'medium',
    reversible: true,
    explanation: { relevance: [{ feature: 'links', value: 12, weight: 0.8 }] },
    action: 'accept',
    justification: 'because of the links',
    route: 'human',
    breaker_epoch: 0,
    latency_ms: 1,
    ...change,
  };
}
