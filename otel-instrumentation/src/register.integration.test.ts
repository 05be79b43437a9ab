/** Services that nobody wrote for this package, started with two lines more, against a real NATS. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { buckets, type AiDecisionEvent, type PromoteRule } from '@countersign/contract';
import { afterAll, afterEach, beforeAll, expect, inject, it } from 'vitest';
import { startNats, type Nats } from '../../stack/nats.ts';
import { startStandInProvider, type StandInProvider } from '../../stack/stand-in-provider.ts';
import { passwords } from '../../stack/test-loop.ts';

const directory = mkdtempSync(join(tmpdir(), 'countersign-register-'));
const packageDirectory = join(import.meta.dirname, '..');
let nats: Nats;
let operator: NatsConnection;
let provider: StandInProvider;

beforeAll(async () => {
  provider = await startStandInProvider();
  nats = await startNats(inject('natsServer'), directory, passwords);
  operator = await connect({ servers: nats.url, user: 'daemon', pass: passwords.daemon, inboxPrefix: '_INBOX_daemon' });
  const manager = await jetstreamManager(operator);
  await manager.streams.add({ name: 'COUNTERSIGN_EVENTS', subjects: ['countersign.events.>'] });
  await new Kvm(operator).create(buckets.authority);
});

afterEach(async () => {
  const manager = await jetstreamManager(operator);
  await manager.streams.purge('COUNTERSIGN_EVENTS');
});

afterAll(async () => {
  await operator?.close();
  await nats?.stop();
  await provider?.stop();
  rmSync(directory, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a service to its end, as its `npm start` would. */
function run(
  service: string,
  {
    rules = [],
    env = {},
    args = [],
    cwd = packageDirectory,
  }: {
    rules?: readonly PromoteRule[];
    env?: Record<string, string>;
    args?: readonly string[];
    cwd?: string;
  } = {},
): Promise<Ended> {
  const register = join(packageDirectory, 'dist/register.js');
  const child = spawn(process.execPath, ['--import', register, service, ...args], {
    cwd,
    env: {
      PATH: process.env['PATH'],
      PROVIDER_URL: provider.url,
      NATS_URL: nats.url,
      NATS_USER: 'service',
      NATS_PASSWORD: passwords.service,
      COUNTERSIGN_SPOOL: join(directory, 'spool'),
      COUNTERSIGN_PROMOTE: JSON.stringify(rules),
      ...env,
    },
    timeout: 20_000,
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

async function events(): Promise<AiDecisionEvent[]> {
  const manager = await jetstreamManager(operator);
  const { state } = await manager.streams.info('COUNTERSIGN_EVENTS');
  const found: AiDecisionEvent[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const message = await manager.streams.getMessage('COUNTERSIGN_EVENTS', { seq });
    if (message !== null) found.push(message.json());
  }
  return found;
}

const rule = (operation: PromoteRule['operation'], rest: Partial<PromoteRule> = {}): PromoteRule => ({
  workflow: 'quick-start',
  operation,
  risk_tier: 'low',
  reversible: true,
  ...rest,
});

it("records a tool that the AI SDK's quick start had run", async () => {
  const ended = await run('test-services/ai-sdk.mjs', { rules: [rule('execute_tool', { name: 'weather' })] });
  expect(ended).toEqual({ code: 0, out: 'This is a test.\n', err: '' });
  expect(await events()).toMatchObject([
    {
      source: '@countersign/otel-instrumentation',
      data: { workflow_id: 'quick-start', route: 'auto', output: { label: 'weather' }, risk_tier: 'low' },
    },
  ]);
});

it("records the answers of OpenAI's quick start, whole and streamed", async () => {
  const ended = await run('test-services/openai.mjs', { rules: [rule('chat')] });
  expect(ended).toEqual({ code: 0, out: 'This is a test.\nThis is a test.', err: '' });
  const found = await events();
  expect(found.map(({ data }) => data.model)).toMatchObject([
    { name: 'gpt-5', version: 'gpt-5-2026-08-07' },
    { name: 'gpt-5', version: 'gpt-5-2026-08-07' },
  ]);
  expect(found.map(({ data }) => data.route)).toEqual(['human', 'human']);
});

it('records those of a CommonJS module', async () => {
  const ended = await run('test-services/openai.cjs', { rules: [rule('chat')] });
  expect(ended).toEqual({ code: 0, out: 'This is a test.\n', err: '' });
  expect(await events()).toHaveLength(1);
});

it('records no answer where there was none', async () => {
  const ended = await run('test-services/openai.cjs', { rules: [rule('chat')], args: ['fail'] });
  expect(ended).toEqual({ code: 0, out: '500\n', err: '' });
  expect(await events()).toEqual([]);
});

it('tells, once, of a library that is loaded but not patched', async () => {
  const cwd = join(packageDirectory, '../stack/openai-7');
  const ended = await run(join(cwd, 'service.mjs'), { cwd, rules: [rule('chat')] });
  expect(ended.out).toBe('This is a test.\nThis is a test.');
  expect(ended.err.split('\n')).toEqual([
    expect.stringMatching(
      /^countersign: openai 7\.\d+\.\d+ is loaded but not patched: its calls are no part of any decision\./,
    ),
    '',
  ]);
});

it('sits beside an OpenTelemetry that the service sets up after it, and makes no second one', async () => {
  const quiet = { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };
  const ended = await run('test-services/own-sdk.mjs', { rules: [rule('chat')], env: quiet });
  expect(ended).toMatchObject({ code: 0, err: '' });
  expect(ended.out).toContain("[ 'chat gpt-5', 'quick-start' ]");
  expect(ended.out).toContain("[ 'a request', null ]");
  expect(await events()).toHaveLength(1);
});

it('exports as a configuration file says, and sees those spans too', async () => {
  const file = join(directory, 'otel.yaml');
  writeFileSync(
    file,
    `file_format: '1.0'
tracer_provider:
  processors:
    - simple:
        exporter:
          console: {}
`,
  );
  const ended = await run('test-services/openai.cjs', { rules: [rule('chat')], env: { OTEL_CONFIG_FILE: file } });
  expect(ended).toMatchObject({ code: 0, err: '' });
  expect(ended.out).toContain("name: 'chat gpt-5'");
  expect(ended.out).toContain("'decision.workflow.id': 'quick-start'");
  expect(await events()).toHaveLength(1);
});

it.each([
  ['SIGTERM', null],
  ['exit', 3],
])('loses nothing when it ends by %s', async (how, code) => {
  const service = { args: [how] };
  expect(await run('test-services/stopped.mjs', service)).toMatchObject({ code, err: '' });
  const tasks = async () => new Set((await events()).map(({ subject }) => subject));
  // What was not sent any more is sent by the next process.
  if (how === 'exit') await run('test-services/stopped.mjs', { args: ['SIGTERM'] });
  expect(await tasks()).toEqual(new Set(['one', 'two']));
  expect((await events()).length).toBe(how === 'exit' ? 4 : 2);
});

it('starts the service whatever the environment says', async () => {
  const ended = await run('test-services/openai.cjs', {
    env: { COUNTERSIGN_PROMOTE: '[{"workflow":"w","operation":"guess"}]', NATS_URL: 'nats://127.0.0.1:1' },
  });
  expect([ended.code, ended.out]).toEqual([0, 'This is a test.\n']);
  expect(ended.err).toContain('COUNTERSIGN_PROMOTE, rule 1: must have required properties risk_tier, reversible');
});
