/** What is published: that it is whole, that nothing else is in it, and that a service which installs it works. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { buckets, type AiDecisionEvent } from '@countersign/contract';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startNats, type Nats } from './nats.ts';
import { pack, published, type Packed } from './published.ts';
import { passwords, repository } from './test-loop.ts';
import { node22 } from './test-services.ts';

const directory = mkdtempSync(join(tmpdir(), 'countersign-published-'));
const packed = new Map<string, Packed>();

beforeAll(() => {
  for (const name of published) packed.set(name, pack(name, directory));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function packedOf(name: string): Packed {
  const found = packed.get(name);
  if (found === undefined) throw new Error(`${name} is not packed`);
  return found;
}

/** What a package may hold: what is built, the sources that its maps lead to, what it reads when it runs, and what is to be read. */
const mayHold = [
  /^(?:LICENSE|README\.md|package\.json)$/,
  /^dist\/(?:[a-z0-9-]+\/)*[a-z0-9-]+\.(?:js|d\.ts)(?:\.map)?$/,
  /^src\/(?:[a-z0-9-]+\/)*[a-z0-9-]+\.ts$/,
  /^bin\/countersign\.js$/,
  /^migrations\/\d{4}_[a-z_]+\.sql$/,
  /^semconv\/registry\/[a-z-]+\.yaml$/,
];

describe.each(published)('the package of %s', (name) => {
  it('holds what it needs and nothing else', () => {
    const { files } = packedOf(name);
    expect(files.filter((file) => !mayHold.some((pattern) => pattern.test(file)) || /\.test\./.test(file))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
    expect(readFileSync(join(repository, name, 'LICENSE'))).toEqual(readFileSync(join(repository, 'LICENSE')));
    const sources = files.filter((file) => file.startsWith('src/'));
    const built = (ending: string) => sources.map((file) => file.replace(/^src\/(.*)\.ts$/, `dist/$1.${ending}`));
    expect(files.filter((file) => file.startsWith('dist/')).toSorted()).toEqual(
      ['js', 'js.map', 'd.ts', 'd.ts.map'].flatMap(built).toSorted(),
    );
  });

  it('is one that publint finds nothing in', async () => {
    const tarball = Uint8Array.from(readFileSync(packedOf(name).tarball)).buffer;
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  it('has types wherever it has code', async () => {
    const analysis = await checkPackage(createPackageFromTarballData(readFileSync(packedOf(name).tarball)));
    if (analysis.types === false) throw new Error('it has no types');
    // ES modules alone, which every Node that we support can require as well; and the TypeScript that knows no `exports` is gone.
    const isOurs = (problem: (typeof analysis.problems)[number]) =>
      problem.kind !== 'CJSResolvesToESM' && !('resolutionKind' in problem && problem.resolutionKind === 'node10');
    expect(analysis.problems.filter(isOurs)).toEqual([]);
  });
});

describe('a service that installs them', () => {
  const service = join(directory, 'service');
  let nats: Nats;
  let operator: NatsConnection;

  beforeAll(async () => {
    mkdirSync(service);
    writeFileSync(join(service, 'package.json'), JSON.stringify({ name: 'a-service', private: true }));
    const tarballs = published.map((name) => packedOf(name).tarball);
    const args = ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    execFileSync('npm', [...args, ...tarballs, '@opentelemetry/api@1', '@types/node@24'], {
      cwd: service,
      stdio: 'pipe',
    });
    nats = await startNats(inject('natsServer'), join(directory, 'nats'), passwords);
    operator = await connect({
      servers: nats.url,
      user: 'daemon',
      pass: passwords.daemon,
      inboxPrefix: '_INBOX_daemon',
    });
    const manager = await jetstreamManager(operator);
    await manager.streams.add({ name: 'COUNTERSIGN_EVENTS', subjects: ['countersign.events.>'] });
    await new Kvm(operator).create(buckets.authority);
  }, 180_000);
  afterAll(async () => {
    await operator?.close();
    await nats?.stop();
  });

  const run = (command: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(command, args, {
      cwd: service,
      encoding: 'utf8',
      timeout: 30_000,
      env: {
        PATH: process.env['PATH'],
        NATS_URL: nats.url,
        NATS_USER: 'service',
        NATS_PASSWORD: passwords.service,
        COUNTERSIGN_SPOOL: join(directory, 'spool'),
      },
    });
    return { status, stdout, stderr };
  };
  const write = (name: string, text: string) => writeFileSync(join(service, name), text);
  const decide = `decision(
  {
    workflow: 'refunds',
    task: 'R-1',
    model: { name: 'm', version: '1', hash: 'sha256:${'0'.repeat(64)}' },
    riskTier: 'low',
    reversible: true,
    input: { content: 'what came in' },
  },
  (d) => d.output({ label: 'yes' }, 0.9),
);
`;

  const imported = "import { decision, shutdown } from '@countersign/otel-instrumentation';";
  const required = "const { decision, shutdown } = require('@countersign/otel-instrumentation');";
  it.each([
    ['an ES module on Node 24', process.execPath, 'service.mjs', imported],
    ['CommonJS on Node 24', process.execPath, 'service.cjs', required],
    ['CommonJS on Node 22', node22, 'service.cjs', required],
  ])('records its decisions as %s', async (_what, node, file, head) => {
    write(file, `${head}\n${decide}shutdown().then(() => console.log('done'));\n`);
    const ended = run(node, '--import', '@countersign/otel-instrumentation/register', file);
    expect(ended).toEqual({ status: 0, stdout: 'done\n', stderr: '' });
    const { streams } = await jetstreamManager(operator);
    const { state } = await streams.info('COUNTERSIGN_EVENTS');
    const last = await streams.getMessage('COUNTERSIGN_EVENTS', { seq: state.last_seq });
    expect(last?.json<AiDecisionEvent>()).toMatchObject({ source: 'a-service', subject: 'R-1' });
    await streams.purge('COUNTERSIGN_EVENTS');
  });

  it.each(['consumer.mts', 'consumer.cts'])('is compiled by TypeScript as %s', (file) => {
    const uses = `import { decision, type DecisionRef } from '@countersign/otel-instrumentation';
import { parseCheckpoint } from '@countersign/contract/note';
import { populationStabilityIndex } from '@countersign/daemon/statistics';
export const used = [decision, parseCheckpoint, populationStabilityIndex];
// @ts-expect-error A ref is more than this.
export const ref: DecisionRef = { v: 1 };
`;
    write(file, uses);
    const options = ['--module', 'nodenext', '--strict', '--noEmit', '--types', 'node'];
    const ended = run(process.execPath, join(repository, 'node_modules/.bin/tsc'), ...options, file);
    expect(ended).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('has the command of the operator', () => {
    const command = join(service, 'node_modules/.bin/countersign');
    expect(existsSync(command)).toBe(true);
    expect(run(process.execPath, command, '--help')).toMatchObject({ status: 0, stderr: '' });
  });
});
