/** Services that nobody wrote for this package, started with two lines more, against a real NATS. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PromoteRule } from '@countersign/contract';
import { afterAll, afterEach, beforeAll, expect, inject, it } from 'vitest';
import { node22, packageDirectory, register, startServiceStage, type ServiceStage } from '../../stack/test-services.ts';

let stage: ServiceStage;
beforeAll(async () => (stage = await startServiceStage(inject('natsServer'))));
afterEach(() => stage.clear());
afterAll(() => stage?.stop());

const run: ServiceStage['run'] = (...rest) => stage.run(...rest);
const events = () => stage.events();

const rule = (operation: PromoteRule['operation'], rest: Partial<PromoteRule> = {}): PromoteRule => ({
  workflow: 'quick-start',
  operation,
  risk_tier: 'low',
  reversible: true,
  ...rest,
});

it.each([
  ['', 'ai-sdk.mjs'],
  [', also where the service registers its telemetry', 'ai-sdk-registered.mjs'],
])("records a tool that the AI SDK's quick start had run, once%s", async (_where, service) => {
  const ended = await run(`test-services/${service}`, { rules: [rule('execute_tool', { name: 'weather' })] });
  expect(ended).toEqual({ code: 0, out: 'This is a test.\n', err: '' });
  expect(await events()).toMatchObject([
    {
      source: '@countersign/otel-instrumentation',
      data: { workflow_id: 'quick-start', route: 'auto', output: { label: 'weather' }, risk_tier: 'low' },
    },
  ]);
});

it.each([
  ['24', process.execPath],
  ['22', node22],
])("records the answers of OpenAI's quick start, whole and streamed, with Node %s", async (_version, node) => {
  const ended = await run('test-services/openai.mjs', { rules: [rule('chat')], node });
  expect(ended).toEqual({ code: 0, out: 'This is a test.\nThis is a test.', err: '' });
  const found = await events();
  expect(found.map(({ data }) => data.model)).toMatchObject([
    { name: 'gpt-5', version: 'gpt-5-2026-08-07' },
    { name: 'gpt-5', version: 'gpt-5-2026-08-07' },
  ]);
  expect(found.map(({ data }) => data.route)).toEqual(['human', 'human']);
});

it.each([
  ['24', process.execPath],
  ['22', node22],
])('records those of a CommonJS module, with Node %s', async (_version, node) => {
  const ended = await run('test-services/openai.cjs', { rules: [rule('chat')], node });
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

it.each([
  ['imports', 'own-sdk.mjs', process.execPath],
  ['requires', 'own-sdk.cjs', process.execPath],
  ['requires, on Node 22', 'own-sdk.cjs', node22],
])(
  'sits beside an OpenTelemetry that the service %s and sets up after it, and makes no second one',
  async (_how, file, node) => {
    const quiet = { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };
    const ended = await run(`test-services/${file}`, { rules: [rule('chat')], env: quiet, node });
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toContain("[ 'chat gpt-5', 'quick-start' ]");
    expect(ended.out).toContain("[ 'a request', null ]");
    expect(await events()).toHaveLength(1);
  },
);

it.each([
  [
    'samples nothing',
    {
      OTEL_TRACES_SAMPLER: 'always_off',
      OTEL_TRACES_EXPORTER: 'console',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
    },
  ],
  [
    'wants no traces exported',
    { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'console', OTEL_LOGS_EXPORTER: 'none' },
  ],
  ['has a file without a tracer provider', { OTEL_CONFIG_FILE: 'without-traces.yaml' }],
])('promotes though the environment %s', async (_what, given) => {
  const env: Record<string, string> = { ...given };
  if (env['OTEL_CONFIG_FILE'] !== undefined) {
    const file = join(stage.directory, env['OTEL_CONFIG_FILE']);
    const readers = [{ periodic: { exporter: { console: {} } } }];
    writeFileSync(file, JSON.stringify({ file_format: '1.0', meter_provider: { readers } }));
    env['OTEL_CONFIG_FILE'] = file;
  }
  const ended = await run('test-services/openai.cjs', { rules: [rule('chat')], env });
  expect(ended).toMatchObject({ code: 0, err: '' });
  expect(await events()).toHaveLength(1);
});

it.each([
  ['before', (sdk: string) => [sdk, register]],
  ['after', (sdk: string) => [register, sdk]],
])('sits beside an OpenTelemetry that is imported %s it', async (_when, imports) => {
  const sdk = join(packageDirectory, 'test-services/sdk.mjs');
  const ended = await run('test-services/openai.mjs', { rules: [rule('chat')], imports: imports(sdk) });
  expect(ended).toMatchObject({ code: 0, err: '' });
  // Whole and streamed, each exported once by the service's own.
  expect(ended.out.split('\n').filter((line) => line.startsWith('exported'))).toEqual([
    'exported: chat gpt-5 of quick-start',
    'exported: chat gpt-5 of quick-start',
  ]);
  expect(await events()).toHaveLength(2);
});

it('goes on with the metrics of the environment when the service sets up its traces alone', async () => {
  const env = { OTEL_METRICS_EXPORTER: 'console', OTEL_TRACES_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };
  const ended = await run('test-services/own-tracer.mjs', { env });
  expect(ended).toMatchObject({ code: 0, err: '' });
  expect(ended.out).toContain("name: 'letters.sent'");
  expect(ended.out).toContain('value: 3');
});

it('exports as a configuration file says, and sees those spans too', async () => {
  const file = join(stage.directory, 'otel.yaml');
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
  ['a key', 'k'.repeat(32), ''],
  ['one that is too short, which it says', 'short', 'countersign: COUNTERSIGN_HASH_KEY has 5 bytes, want at least 32.'],
])('gives no input away by its hash, with %s', async (_what, key, said) => {
  const ended = await run('test-services/openai.cjs', { rules: [rule('chat')], env: { COUNTERSIGN_HASH_KEY: key } });
  expect([ended.code, ended.out]).toEqual([0, 'This is a test.\n']);
  expect(ended.err.startsWith(said)).toBe(true);
  const [event] = await events();
  expect(event?.data.input_snapshot.hash).toMatch(/^hmac-sha256:/);
});

it('knows with the first decision of a program what the AI may do', async () => {
  const automatic = { reversible: 'automatic', irreversible: 'automatic', confidence_at_least: 0.5 } as const;
  await stage.distribute({
    v: 1,
    workflow_id: 'known',
    epoch: 1,
    policy_epoch: 1,
    lease_ms: 60_000,
    when_unreachable: { low: 'human', medium: 'human', high: 'human' },
    intake: 'open',
    change_control: false,
    automation: { low: automatic, medium: automatic, high: automatic },
    breakers: [],
    models: [],
  });
  const ended = await run('test-services/short.mjs', { args: ['knows its authority'] });
  expect(ended).toEqual({ code: 0, out: 'allowed\n', err: '' });
});

it('leaves pipes as they were, for programs that read and write them at once', async () => {
  const service = spawn(process.execPath, ['--import', register, 'test-services/reads-at-once.mjs'], {
    cwd: packageDirectory,
    env: { ...process.env, NATS_URL: 'nats://127.0.0.1:1' },
  });
  let [err, read] = ['', 0];
  service.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  // Something to read comes late, and what is written is read late.
  setTimeout(() => service.stdin.end('0123456789'), 4_000);
  setTimeout(() => service.stdout.on('data', (bytes: Buffer) => (read += bytes.length)), 6_000);
  const code = await new Promise((resolve) => service.once('close', resolve));
  expect([code, err, read]).toEqual([0, '', 1_000_000]);
});

it('says what is wrong with the address of NATS, and no password', async () => {
  const NATS_URL = 'nats://svc:s3cretpw@127.0.0.1:1';
  const ended = await run('test-services/short.mjs', { args: ['asks'], env: { NATS_URL } });
  expect([ended.code, ended.out]).toEqual([0, '']);
  expect(ended.err).toContain('NATS cannot be reached at nats://127.0.0.1:1');
  expect(ended.err).toContain('NATS_URL');
  expect(ended.err).not.toContain('s3cretpw');
});

it('starts the service whatever the environment says', async () => {
  const ended = await run('test-services/openai.cjs', {
    env: { COUNTERSIGN_PROMOTE: '[{"workflow":"w","operation":"guess"}]', NATS_URL: 'nats://127.0.0.1:1' },
  });
  expect([ended.code, ended.out]).toEqual([0, 'This is a test.\n']);
  expect(ended.err).toContain('COUNTERSIGN_PROMOTE, rule 1: must have required properties risk_tier, reversible');
});
