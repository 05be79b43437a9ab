/**
 * How long a guard in another process goes on letting the AI act after the event that stops it was published, while other
 * decisions come in; and what a verdict costs with a document in hand.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream, type JetStreamClient } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { parse } from 'yaml';
import { eventSubject, uuidV7, type Authority, type Policy } from '@countersign/contract';
import { readConfig } from '../../daemon/src/config.ts';
import { startDaemon } from '../../daemon/src/main.ts';
import { Guard } from '../../otel-instrumentation/src/guard.ts';
import { findNatsServer } from '../nats.ts';
import { makeReachableDirectory, startPostgres } from '../postgres.ts';
import { passwords, repository, startTestLoop, type TestLoop } from '../test-loop.ts';
import { atMost, milliseconds, nanoseconds, nanosecondsEach, perSecond, type Figure } from './figure.ts';

const flips = 100;
const load = 5_000;
const workflow = 'mail-moderation';
const newId = () => uuidV7(Date.now(), randomBytes(10));
const time = () => performance.timeOrigin + performance.now();

export async function benchmarkBreaker(): Promise<Figure[]> {
  const directory = makeReachableDirectory(join(tmpdir(), 'countersign-bench-'));
  const postgres = await startPostgres(join(directory, 'postgres'), 'bench');
  const loop = await startTestLoop(postgres.url, findNatsServer(join(repository, '.countersign/tools')));
  const daemon = await startDaemon(readConfig({ ...loop.env(), COUNTERSIGN_POLICIES: policiesIn(directory) }));
  const children: ChildProcess[] = [];
  const run = async (script: string, ...args: string[]): Promise<ChildProcess> => {
    const env = { ...process.env, NATS_URL: loop.nats.url, NATS_USER: 'service', NATS_PASSWORD: passwords.service };
    const child = fork(join(import.meta.dirname, script), args, { env, execArgv: ['--conditions=countersign-source'] });
    children.push(child);
    await message(child);
    return child;
  };
  try {
    const quiet = await flipTimes(loop, await run('guard-process.ts'), 'quiet');
    const loader = await run('load-process.ts', String(load));
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const busy = await flipTimes(loop, await run('guard-process.ts'), 'busy');
    loader.send('stop');
    const rate = Number(await message(loader));
    return [
      atMost(
        `event published, guard elsewhere flips, p99 of ${flips} at ${load} events/s`,
        quantile(busy, 0.99),
        50,
        milliseconds,
      ),
      { what: 'the same, p50', measured: milliseconds(quantile(busy, 0.5)), goal: '', met: null },
      { what: 'the same without load, p99', measured: milliseconds(quantile(quiet, 0.99)), goal: '', met: null },
      { what: 'events that the load had acknowledged', measured: perSecond(rate), goal: '', met: null },
      atMost('guard verdict with a document of 10 models in hand', verdictNanoseconds(), 200, nanoseconds),
    ];
  } finally {
    for (const child of children) child.kill();
    await daemon.stop();
    await loop.stop();
    await postgres.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The demo's policy, with a rule that one override is an incident, and nobody to be told. */
function policiesIn(directory: string): string {
  const demo = parse(readFileSync(join(repository, 'policies/mail-moderation.yaml'), 'utf8')) as Policy;
  const policy: Policy = {
    ...demo,
    alerts: { counts: [{ name: 'any override', of: 'override', at_least: 1, within: '1 hour', tier: 'incident' }] },
    escalation: { tiers: [{ name: 'nobody', notify: [] }] },
  };
  const path = join(directory, 'policies');
  mkdirSync(path);
  writeFileSync(join(path, 'policy.yaml'), JSON.stringify(policy));
  return path;
}

/** A model at a time: decided by it, overridden by a person, and looked at from elsewhere. In ms. */
async function flipTimes(loop: TestLoop, guard: ChildProcess, prefix: string): Promise<number[]> {
  const connection = await connect({
    servers: loop.nats.url,
    user: 'service',
    pass: passwords.service,
    inboxPrefix: '_INBOX_service',
  });
  const stream = jetstream(connection, { timeout: 30_000 });
  const times: number[] = [];
  for (let i = 0; i < flips; i++) {
    const model = `${prefix}-${i}`;
    const decisionId = await send(stream, 'decision_ai', 'decision.ai', aiData(model));
    // Long enough for it to be known; the time that counts begins with the next event.
    await new Promise((resolve) => setTimeout(resolve, 300));
    guard.send(model);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const flipped = message(guard);
    const published = time();
    await send(stream, 'decision_human', 'decision.human', humanData(decisionId));
    times.push(Number(await flipped) - published);
  }
  await connection.close();
  return times;
}

const aiData = (model: string) => ({
  decision_id: newId(),
  model: { name: model, version: '1', hash: `sha256:${'0'.repeat(64)}` },
  input_snapshot: { hash: `sha256:${'1'.repeat(64)}`, uri: 'urn:none' },
  output: { label: 'spam' },
  confidence: 0.5,
  risk_tier: 'low',
  reversible: true,
  action: 'accept',
  justification: '',
  route: 'human',
  breaker_epoch: 0,
  latency_ms: 1,
});
const humanData = (reviews: string) => ({
  decision_id: newId(),
  reviews,
  reviewer: 'ann',
  action: 'reject',
  justification: '',
});

/** The decision's id. */
async function send(
  stream: JetStreamClient,
  kind: 'decision_ai' | 'decision_human',
  type: string,
  data: { decision_id: string },
): Promise<string> {
  const id = newId();
  const event = {
    specversion: '1.0',
    id,
    source: 'bench',
    type: `countersign.${type}.v1`,
    subject: 'task-1',
    time: new Date().toISOString(),
    data: { workflow_id: workflow, task_id: 'task-1', ...data },
  };
  await stream.publish(eventSubject(workflow, kind), JSON.stringify(event), { msgID: id });
  return data.decision_id;
}

const message = (child: ChildProcess): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const ended = () => reject(new Error('a process of the benchmark ended'));
    child.once('exit', ended);
    child.once('message', (said) => {
      child.off('exit', ended);
      resolve(said);
    });
  });

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

function verdictNanoseconds(): number {
  const guard = new Guard(() => performance.now());
  const hash = `sha256:${'0'.repeat(64)}`;
  const models = Array.from({ length: 10 }, (_, i) => `model-${i}`);
  const rule = { reversible: 'automatic', irreversible: 'automatic', confidence_at_least: 0.5 } as const;
  const authority: Authority = {
    v: 1,
    workflow_id: workflow,
    epoch: 3,
    policy_epoch: 0,
    lease_ms: 3_600_000,
    when_unreachable: { low: 'human', medium: 'human', high: 'human' },
    intake: 'open',
    change_control: true,
    automation: { low: rule, medium: rule, high: rule },
    breakers: models.map((model_name) => ({
      model_name,
      risk_tier: null,
      state: 'half_open',
      epoch: 3,
      canary_share: 0.5,
    })),
    models: models.map((model_name) => ({
      model_name,
      rolled_back: [],
      versions: [{ version: '1', hash, autonomy: 'canary', canary_share: 0.5, epoch: 3 }],
    })),
  };
  guard.hear(authority, 0);
  const model = { name: 'model-7', version: '1', hash };
  const question = { workflow, task: 'task-12345', model, riskTier: 'low', reversible: true, confidence: 0.9 } as const;
  return nanosecondsEach(200_000, () => guard.ask(question));
}
