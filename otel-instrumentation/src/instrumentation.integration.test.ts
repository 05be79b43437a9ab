/** The package as a service uses it, with a real NATS that comes and goes, and OpenTelemetry's own SDK. */
import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { context, logs, ROOT_CONTEXT, trace, type Attributes, type Context, type Span } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import {
  InMemorySpanExporter,
  SamplingDecision,
  SimpleSpanProcessor,
  TracerProvider,
  type Sampler,
} from '@opentelemetry/sdk-trace';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { largestEventBytes, streams, verdictConsumer, type AiDecisionEvent } from '@countersign/contract';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { startNats, type Nats } from '../../stack/nats.ts';
import { freePort, run } from '../../stack/process.ts';
import { eventually, passwords } from '../../stack/test-loop.ts';
import { withInputInHand } from './automatic/in-hand.ts';
import { promoteBy } from './automatic/promotion.ts';
import { decisionSpanProcessor } from './automatic/span-processor.ts';
import * as countersign from './index.ts';

const spans = new InMemorySpanExporter();
const records = new InMemoryLogRecordExporter();
const directory = mkdtempSync(join(tmpdir(), 'countersign-otel-'));
let nats: Nats;
let operator: NatsConnection;

beforeAll(async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }));
  logs.setGlobalLoggerProvider(
    new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: records })] }),
  );
  nats = await startNats(inject('natsServer'), directory, passwords);
  operator = await connect({ servers: nats.url, user: 'daemon', pass: passwords.daemon, inboxPrefix: '_INBOX_daemon' });
  const manager = await jetstreamManager(operator);
  await manager.streams.add({ name: 'COUNTERSIGN_EVENTS', subjects: ['countersign.events.>'] });
});

afterAll(async () => {
  await operator?.close();
  await nats?.stop();
  rmSync(directory, { recursive: true, force: true });
});

afterEach(async () => {
  await countersign.shutdown(1_000);
  spans.reset();
  records.reset();
});

const begin = (natsUrl = nats.url, queueLimit = 10_000) => {
  const troubles: string[] = [];
  const spool = { directory: join(directory, 'spool') };
  const options = { source: 'test', natsUrl, user: 'service', password: passwords.service, queueLimit, spool };
  countersign.start({ ...options, onTrouble: (text) => troubles.push(text) }).catch(() => undefined);
  return troubles;
};

const options = (task: string) => ({
  workflow: 'w',
  task,
  model: { name: 'm', version: '1', hash: `sha256:${'0'.repeat(64)}` },
  riskTier: 'low' as const,
  reversible: true,
  input: { content: 'what came in' },
});

const answer = (decision: countersign.DecisionHandle) => {
  decision.output({ label: 'yes', scores: { yes: 0.8, no: 0.2 } }, 0.8);
  decision.propose('accept', 'because');
  return decision.ref();
};

async function streamed(): Promise<AiDecisionEvent[]> {
  const manager = await jetstreamManager(operator);
  const { state } = await manager.streams.info('COUNTERSIGN_EVENTS');
  const events: AiDecisionEvent[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const message = await manager.streams.getMessage('COUNTERSIGN_EVENTS', { seq });
    if (message !== null) events.push(message.json());
  }
  return events;
}

describe('decision', () => {
  it('gives back what the work gives back, sync and async, and throws what it throws', async () => {
    begin();
    expect(countersign.decision(options('sync'), (d) => (answer(d), 42))).toBe(42);
    await expect(countersign.decision(options('async'), async (d) => (answer(d), 43))).resolves.toBe(43);
    expect(() =>
      countersign.decision(options('throws'), () => {
        throw new TypeError('no');
      }),
    ).toThrow(TypeError);
    await expect(countersign.decision(options('rejects'), () => Promise.reject(new RangeError('no')))).rejects.toThrow(
      RangeError,
    );
    const finished = spans.getFinishedSpans();
    expect(finished).toHaveLength(4);
    // What an error says in words may quote the input, and nothing captures that here.
    expect(finished.map(({ status }) => status)).toEqual([{ code: 0 }, { code: 0 }, { code: 2 }, { code: 2 }]);
    expect(finished[2]?.attributes).toMatchObject({ 'error.type': 'TypeError' });
    expect(finished[0]?.attributes).toMatchObject({
      'decision.workflow.id': 'w',
      'decision.task.id': 'sync',
      'decision.actor.type': 'ai',
      'decision.confidence': 0.8,
      'decision.route': 'human',
      'decision.route_reason': 'authority_lost',
    });
    expect(await countersign.flush()).toBe(true);
    const tasks = (await streamed()).map(({ subject }) => subject);
    expect(tasks.toSorted((a, b) => a.localeCompare(b))).toEqual(['async', 'sync']);
  });

  it('tells a sampler of which workflow and how risky a decision is that begins', async () => {
    const told: Attributes[] = [];
    const sampler: Sampler = {
      shouldSample: (_parent, _traceId, _name, _kind, attributes) => {
        told.push(attributes);
        return { decision: SamplingDecision.NOT_RECORD };
      },
      toString: () => 'of the test',
    };
    const provider = trace.getTracerProvider();
    trace.disable();
    trace.setGlobalTracerProvider(new TracerProvider({ sampler }));
    try {
      begin();
      countersign.decision(options('sampled-out'), answer);
      expect(told).toEqual([{ 'decision.workflow.id': 'w', 'decision.risk_tier': 'low' }]);
      // What is on record does not depend on it.
      expect(await countersign.flush()).toBe(true);
      expect((await streamed()).map(({ subject }) => subject)).toContain('sampled-out');
    } finally {
      trace.disable();
      trace.setGlobalTracerProvider(provider);
    }
  });

  it('leaves the label out of the span when the answer has none', () => {
    begin();
    countersign.decision(options('unlabelled'), (d) => d.output({ label: null, value: 12.5 }, 0.8));
    const attributes = spans.getFinishedSpans()[0]?.attributes;
    expect(attributes).toHaveProperty(['decision.confidence'], 0.8);
    expect(attributes).not.toHaveProperty(['decision.output.label']);
  });

  it('records nothing, and says so, when there was no output', () => {
    const troubles = begin();
    countersign.decision(options('silent'), () => undefined);
    expect(countersign.dropped()).toBe(1);
    expect(troubles[0]).toContain('w/silent ended without output()');
  });

  it('says what the daemon is going to refuse, and sends it: there it is kept with the reason', async () => {
    const troubles = begin();
    countersign.decision({ ...options('sure-of-too-much'), features: { amount: 5 } }, (d) => {
      d.output({ label: 'yes' }, 1.2);
      d.propose('accept', 'because');
    });
    expect(await countersign.flush()).toBe(true);
    expect(troubles).toContainEqual(
      expect.stringMatching(
        /^countersign: the daemon is going to refuse an event about "sure-of-too-much": .*confidence.*1\.2/,
      ),
    );
    expect((await streamed()).map(({ subject }) => subject)).toContain('sure-of-too-much');
  });

  it('sends the hash of the input and not the input, unless told to', async () => {
    begin();
    const uri = 'https://ann:hunter2@files.example/in@box?to=x@y';
    countersign.decision({ ...options('private'), input: { content: 'what came in', uri } }, answer);
    await countersign.flush();
    const event = (await streamed()).find(({ subject }) => subject === 'private');
    // SHA-256 of "what came in".
    expect(event?.data.input_snapshot.hash).toBe(
      'sha256:4a7f10df0b0e09391d2c1fff179667ac2caad7f2895dbbcb869be87416c418d3',
    );
    expect(JSON.stringify(event)).not.toContain('what came in');
    expect(event?.data.input_snapshot.uri).toBe('https://files.example/in@box?to=x@y');
  });
});

it('links a human decision to the AI decision, and judges it in its own trace', async () => {
  begin();
  const ref = countersign.decision(options('reviewed'), answer);
  const kept = JSON.parse(JSON.stringify(ref)) as countersign.DecisionRef;
  countersign.humanDecision(kept, {
    reviewer: 'ann',
    action: 'modify',
    justification: 'not so',
    output: { label: 'no' },
    reasonCode: 'wrong_label',
    reviewMs: 1_500,
    queueMs: 3_000,
  });
  const [ai, human] = spans.getFinishedSpans();
  expect(human?.links).toHaveLength(1);
  expect(human?.links[0]?.context.spanId).toBe(ai?.spanContext().spanId);
  expect(human?.spanContext().traceId).not.toBe(ai?.spanContext().traceId);
  expect(human?.status.code).toBe(0);
  expect(human?.attributes).toMatchObject({
    'decision.reason_code': 'wrong_label',
    'decision.output.label': 'no',
    'decision.review.duration': 1.5,
    'decision.queue.duration': 3,
  });
  const [judged] = records.getFinishedLogRecords();
  expect(judged?.eventName).toBe('gen_ai.evaluation.result');
  expect(judged?.spanContext?.traceId).toBe(ai?.spanContext().traceId);
  expect(judged?.attributes).toMatchObject({
    'gen_ai.evaluation.name': 'human_review',
    'gen_ai.evaluation.score.label': 'modify',
  });
  // No policy lets content be captured.
  expect(judged?.attributes['gen_ai.evaluation.explanation']).toBeUndefined();
});

it('takes a verdict for the human step of its decision: linked once, and judged in its trace when it is dealt with', async () => {
  begin();
  const manager = await jetstreamManager(operator);
  await manager.streams.add({ name: streams.verdicts, subjects: ['countersign.verdicts.>'] });
  const durable_name = verdictConsumer('answered');
  await manager.consumers.add(streams.verdicts, {
    durable_name,
    ack_policy: 'explicit',
    filter_subject: 'countersign.verdicts.answered',
  });
  const ref = countersign.decision({ ...options('answered'), workflow: 'answered' }, answer);
  const [ai] = spans.getFinishedSpans();
  let tries = 0;
  const handled = new Promise<string | undefined>((resolve) => {
    void countersign.verdicts('answered', () => {
      tries += 1;
      if (tries === 1) throw new Error('the database is away');
      resolve(trace.getActiveSpan()?.spanContext().spanId);
    });
  });
  const verdict = {
    v: 1,
    verdict_id: 'one',
    workflow_id: 'answered',
    task_id: 'answered',
    decision_id: ref.decision_id,
    action: 'reject',
    output: { label: 'no' },
    justification: 'not so',
    reviewer: 'ann',
    decided_at: new Date().toISOString(),
    executed: false,
    traceparent: ref.traceparent,
  };
  await jetstream(operator).publish('countersign.verdicts.answered', JSON.stringify(verdict));
  const within = await handled;
  const steps = await eventually('both spans', async () => {
    const found = spans.getFinishedSpans().filter(({ name }) => name === 'human decision answered');
    return found.length === 2 ? found : null;
  });
  expect(steps.map(({ status, attributes }) => [status.code, attributes['error.type'] ?? null])).toEqual([
    [2, 'Error'],
    [0, null],
  ]);
  const [, human] = steps;
  expect(human?.spanContext().spanId).toBe(within);
  expect(human?.links.map(({ context: { spanId }, attributes }) => [spanId, attributes])).toEqual([
    [ai?.spanContext().spanId, { 'decision.link.type': 'reviews' }],
  ]);
  expect(human?.attributes).toMatchObject({ 'decision.action': 'reject', 'decision.reviewer.id': 'ann' });
  // Judged once, when it was dealt with.
  const judged = records
    .getFinishedLogRecords()
    .filter(({ spanContext }) => spanContext?.spanId === ai?.spanContext().spanId);
  expect(judged.map(({ attributes }) => attributes['gen_ai.evaluation.score.label'])).toEqual(['reject']);
});

it('ends in order while it waits for verdicts that no daemon has made room for', async () => {
  begin();
  await countersign.flush();
  const followed = countersign.verdicts('nobody-s', () => undefined);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await countersign.shutdown(500);
  await expect(followed).resolves.toBeTypeOf('function');
});

it('promotes a call once that more than one instrumentation has seen, and another call within it by itself', async () => {
  const service = { user: 'service', password: passwords.service };
  countersign.start({ source: 'test', natsUrl: nats.url, ...service, spool: false }).catch(() => undefined);
  promoteBy([{ workflow: 'seen-twice', operation: 'execute_tool', risk_tier: 'low', reversible: true }]);
  const tracer = new TracerProvider({ spanProcessors: [decisionSpanProcessor()] }).getTracer('x');
  const open = (name: string, parent: Context, attributes: Attributes) => {
    const span = tracer.startSpan(name, { attributes }, parent) as Span & { readonly attributes: Attributes };
    return { span, within: trace.setSpan(parent, span) };
  };
  const tool = (name: string) => ({ 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': name });
  const outer = open('execute_tool mail', ROOT_CONTEXT, tool('mail'));
  const between = open('POST', outer.within, {});
  // One that says only later what it is.
  const inner = open('mcp', between.within, {});
  const other = open('execute_tool look_up', inner.within, tool('look_up'));
  other.span.end();
  inner.span.setAttributes(tool('mail'));
  for (const { span } of [inner, between, outer]) span.end();
  // A tool that calls itself, and one of whose two spans the outer ends first.
  const first = open('execute_tool refund', ROOT_CONTEXT, { ...tool('refund'), 'gen_ai.tool.call.id': 'c1' });
  const again = open('execute_tool refund', first.within, { ...tool('refund'), 'gen_ai.tool.call.id': 'c2' });
  const seen = open('mcp', again.within, { ...tool('refund'), 'gen_ai.tool.call.id': 'c2' });
  for (const { span } of [again, seen, first]) span.end();
  promoteBy([]);
  expect(await countersign.flush()).toBe(true);
  const found = (await streamed()).filter(({ data }) => data.workflow_id === 'seen-twice').map(({ data }) => data);
  expect(found.map(({ output }) => output.label)).toEqual(['look_up', 'mail', 'refund', 'refund']);
  const [lookedUp, mailed] = found.map(({ decision_id }) => decision_id);
  expect([outer, inner, other].map(({ span }) => span.attributes['decision.id'])).toEqual([mailed, mailed, lookedUp]);
});

it('names the input of a promoted span by its key, and its span without what is private', async () => {
  const hashKey = Buffer.alloc(32, 7);
  const service = { user: 'service', password: passwords.service };
  countersign.start({ source: 'test', natsUrl: nats.url, ...service, spool: false, hashKey }).catch(() => undefined);
  promoteBy([{ workflow: 'promoting', operation: 'execute_tool', risk_tier: 'low', reversible: true }]);
  const provider = new TracerProvider({ spanProcessors: [decisionSpanProcessor()] });
  const input = '{"ssn":"078-05-1120"}';
  const attributes = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'mail' };
  const tracer = provider.getTracer('x');
  const name = 'execute_tool mail to ann@example.org';
  tracer.startSpan(name, { attributes: { ...attributes, 'gen_ai.tool.call.arguments': input } }).end();
  withInputInHand({ ssn: '078-05-1120' }, () => tracer.startSpan(name, { attributes })).end();
  promoteBy([]);
  expect(await countersign.flush()).toBe(true);
  const found = (await streamed()).filter(({ data }) => data.workflow_id === 'promoting').map(({ data }) => data);
  const hash = `hmac-sha256:${createHmac('sha256', hashKey).update(input).digest('hex')}`;
  expect(found.map(({ input_snapshot }) => input_snapshot.hash)).toEqual([hash, hash]);
  expect(found[0]?.justification).toBe(
    'Promoted by a rule of the service from the span "execute_tool mail to [email]".',
  );
});

it('records about a ref from a column of text, and of what is no ref says why, each once, and counts it', async () => {
  const troubles = begin();
  const ref = countersign.decision(options('kept'), answer);
  const judged = { reviewer: 'ann', action: 'reject', justification: 'not so' } as const;
  const id = countersign.humanDecision(JSON.stringify(ref), judged);
  expect(countersign.humanDecision('kept', judged)).toBeNull();
  expect(countersign.recordOutcome({ ...ref, task_id: '' }, { label: 'no' })).toBeNull();
  const other = countersign.workflow<countersign.WorkflowTypes>('another');
  expect(other.humanDecision(ref, judged)).toBeNull();
  expect(other.recordOutcome(ref, { label: 'no' })).toBeNull();
  expect(countersign.dropped()).toBe(4);
  // Each thing that is wrong, once a second.
  expect(troubles).toEqual([
    expect.stringContaining('the ref of a decision ref is "kept"'),
    expect.stringContaining('task_id'),
    expect.stringContaining('another'),
  ]);
  expect(await countersign.flush()).toBe(true);
  const [, human, ...others] = (await streamed()).filter(({ subject }) => subject === 'kept');
  expect(human).toMatchObject({ id, data: { reviews: ref.decision_id } });
  expect(others).toEqual([]);
});

it('keeps what cannot be sent up to its bound, counts the rest, and never waits', async () => {
  // Nobody listens there.
  const troubles = begin('nats://127.0.0.1:9', 5);
  const started = performance.now();
  for (let i = 0; i < 8; i++) countersign.decision(options(`offline-${i}`), answer);
  expect(countersign.pending()).toBe(5);
  expect(countersign.dropped()).toBe(3);
  expect(troubles.join()).toContain('queue_full');
  expect(await countersign.flush(50)).toBe(false);
  expect(performance.now() - started).toBeLessThan(5_000);
  // They wait on disk: there is room in memory again.
  await eventually('the disk', async () => (countersign.spooled() === 5 ? true : null));
  countersign.decision(options('offline-later'), answer);
  expect(countersign.dropped()).toBe(3);
});

it('sends what a process that was killed had on disk, in order and once each', async () => {
  const { port } = new URL(nats.url);
  await nats.stop();
  const program = `
    import * as countersign from '@countersign/otel-instrumentation';
    const spool = { directory: ${JSON.stringify(join(directory, 'spool'))} };
    countersign.start({ source: 'test', natsUrl: '${nats.url}', user: 'service', password: '${passwords.service}', spool, onTrouble: () => {} }).catch(() => {});
    const model = { name: 'm', version: '1', hash: 'sha256:' + '0'.repeat(64) };
    for (let i = 0; i < 600; i++) {
      const input = { content: 'input ' + i };
      countersign.decision({ workflow: 'w', task: 'killed-' + i, model, riskTier: 'low', reversible: true, input }, (d) => {
        d.output({ label: 'yes' }, 0.9);
      });
    }
    const look = setInterval(() => {
      // With what a test before has left.
      const waiting = countersign.spooled();
      if (waiting >= 600 && waiting === countersign.pending()) process.kill(process.pid, 'SIGKILL');
    }, 5);
    setTimeout(() => clearInterval(look), 20_000);
  `;
  const ended = spawnSync(process.execPath, ['--conditions=countersign-source', '--input-type=module', '-e', program], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    timeout: 30_000,
  });
  expect([ended.signal, ended.stderr]).toEqual(['SIGKILL', '']);
  nats = await startNats(inject('natsServer'), directory, passwords, Number(port));
  await operator.close();
  operator = await connect({ servers: nats.url, user: 'daemon', pass: passwords.daemon, inboxPrefix: '_INBOX_daemon' });
  begin();
  // What is new waits behind it, though the disk has not been read yet.
  countersign.decision(options('killed-last'), answer);
  expect(await countersign.flush(20_000)).toBe(true);
  const killed = (await streamed()).map(({ subject }) => subject).filter((subject) => subject.startsWith('killed-'));
  expect(killed).toEqual([...Array.from({ length: 600 }, (_, i) => `killed-${i}`), 'killed-last']);
  await countersign.shutdown(1_000);
  expect(readdirSync(join(directory, 'spool'))).toEqual([]);
});

it('loses nothing of a service that is killed a moment after its NATS has frozen', async () => {
  // It keeps its connections, and says nothing more: what was handed to it may have arrived, or not.
  const program = `
    import * as countersign from '@countersign/otel-instrumentation';
    const spool = { directory: ${JSON.stringify(join(directory, 'spool'))} };
    countersign.start({ source: 'test', natsUrl: '${nats.url}', user: 'service', password: '${passwords.service}', spool, onTrouble: () => {} }).catch(() => {});
    const model = { name: 'm', version: '1', hash: 'sha256:' + '0'.repeat(64) };
    const decide = (task) =>
      countersign.decision({ workflow: 'w', task, model, riskTier: 'low', reversible: true, input: { content: task } }, (d) => d.output({ label: 'yes' }, 0.9));
    decide('frozen-first');
    await countersign.flush();
    process.kill(${nats.pid}, 'SIGSTOP');
    let i = 0;
    setInterval(() => decide('frozen-' + i++), 2);
    const since = Date.now();
    setInterval(() => {
      if (Date.now() - since > 2_000) {
        process.stdout.write(String(i) + ' ' + String(countersign.pending() - countersign.spooled()));
        process.kill(process.pid, 'SIGKILL');
      }
    }, 20);
  `;
  const ended = spawnSync(process.execPath, ['--conditions=countersign-source', '--input-type=module', '-e', program], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    timeout: 30_000,
  });
  process.kill(nats.pid, 'SIGCONT');
  expect([ended.signal, ended.stderr]).toEqual(['SIGKILL', '']);
  const [taken = 0, inMemory = 0] = ended.stdout.split(' ').map(Number);
  expect(taken).toBeGreaterThan(100);
  begin();
  countersign.decision(options('frozen-last'), answer);
  expect(await countersign.flush(20_000)).toBe(true);
  const frozen = (await streamed()).map(({ subject }) => subject).filter((subject) => subject.startsWith('frozen-'));
  const wanted = ['frozen-first', ...Array.from({ length: taken - inMemory }, (_, i) => `frozen-${i}`)];
  // What was in memory for less than a moment when it was killed may be gone, and nothing else.
  expect(inMemory).toBeLessThan(100);
  expect(frozen.slice(0, wanted.length)).toEqual(wanted);
  expect(new Set(frozen).size).toBe(frozen.length);
  expect(frozen.at(-1)).toBe('frozen-last');
});

it('comes back when its password is right again', async () => {
  const { port } = new URL(nats.url);
  begin();
  countersign.decision(options('login-before'), answer);
  expect(await countersign.flush()).toBe(true);
  await nats.stop();
  const others = { daemon: 'others', service: 'others' };
  nats = await startNats(inject('natsServer'), directory, others, Number(port));
  // Refused more than once: a client of NATS would give up for good.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  countersign.decision(options('login-after'), answer);
  await nats.stop();
  nats = await startNats(inject('natsServer'), directory, passwords, Number(port));
  await operator.close();
  operator = await connect({ servers: nats.url, user: 'daemon', pass: passwords.daemon, inboxPrefix: '_INBOX_daemon' });
  expect(await countersign.flush(20_000)).toBe(true);
  expect((await streamed()).map(({ subject }) => subject).slice(-2)).toEqual(['login-before', 'login-after']);
});

it('drops what NATS will never take, says so, and sends what is behind it', async () => {
  const port = await freePort();
  // As it comes: it takes 1 MiB, headers included.
  const server = run({
    command: inject('natsServer'),
    args: ['-js', '-a', '127.0.0.1', '-p', String(port), '-sd', join(directory, 'usual')],
    env: { PATH: process.env['PATH'] },
    stopSignal: 'SIGTERM',
    output: () => undefined,
  });
  const connection = await eventually('the server', () => connect({ port }).catch(() => null));
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: 'COUNTERSIGN_EVENTS', subjects: ['countersign.events.>'] });
  const troubles = begin(`nats://127.0.0.1:${port}`);
  const dropped = countersign.dropped();
  const sized = (task: string, length: number) =>
    countersign.decision(options(task), (d) => d.output({ label: 'yes', value: 'x'.repeat(length) }, 0.5));
  sized('before', 1_000);
  expect(await countersign.flush(5_000)).toBe(true);
  const before = await manager.streams.getMessage('COUNTERSIGN_EVENTS', { seq: 1 });
  sized('poison', largestEventBytes - 10 - ((before?.data.length ?? 0) - 1_000));
  countersign.decision(options('behind'), answer);
  expect(await countersign.flush(5_000)).toBe(true);
  expect((await manager.streams.info('COUNTERSIGN_EVENTS')).state.messages).toBe(2);
  expect(countersign.dropped() - dropped).toBe(1);
  expect(troubles).toContainEqual(expect.stringContaining('Raise its max_payload'));
  await countersign.shutdown(1_000);
  await connection.close();
  await server.stop();
});

const throwing = (): never => {
  throw new Error('a getter of the service');
};

it.each<[string, (given: ReturnType<typeof options>) => unknown, unknown]>([
  ['content that is none', (given) => ({ ...given, input: { content: 42 } }), { label: 'yes' }],
  ['no input', ({ input: _input, ...given }) => given, { label: 'yes' }],
  ['no model', ({ model: _model, ...given }) => given, { label: 'yes' }],
  [
    'features that throw',
    (given) => ({ ...given, features: Object.defineProperty({}, 'a', { enumerable: true, get: throwing }) }),
    { label: 'yes' },
  ],
  ['an output that throws', (given) => given, Object.defineProperty({}, 'label', { get: throwing })],
])('gives back what the work gives, with its span ended, for %s', async (_what, change, output) => {
  const troubles = begin();
  const given = change(options('wrong')) as ReturnType<typeof options>;
  const dropped = countersign.dropped();
  expect(countersign.decision(given, (d) => (d.output(output as { label: string }, 0.5), 'done'))).toBe('done');
  await expect(
    countersign.decision(given, async (d) => (d.output(output as { label: string }, 0.5), 'done')),
  ).resolves.toBe('done');
  expect(spans.getFinishedSpans()).toHaveLength(2);
  expect(countersign.dropped() - dropped).toBe(2);
  expect(troubles).toEqual([expect.stringContaining('a decision on w/wrong cannot be recorded')]);
});

it('throws what the work throws, whatever it is', () => {
  begin();
  const nameless = Object.defineProperty(new Error('x'), 'name', { get: throwing });
  for (const thrown of [nameless, Object.create(null) as object, undefined]) {
    let caught: unknown = 'nothing';
    try {
      countersign.decision(options('throws'), () => {
        throw thrown;
      });
    } catch (error) {
      caught = error;
    }
    expect(caught).toBe(thrown);
  }
  expect(spans.getFinishedSpans()).toHaveLength(3);
});

it('follows what has a then as await would, once', async () => {
  begin();
  let followed = 0;
  const lazy = {
    // oxlint-disable-next-line unicorn/no-thenable
    then: (resolve: (value: string) => void) => {
      followed += 1;
      resolve('rows');
      resolve('again');
    },
  };
  const taken = countersign.decision(options('lazy'), (d) => (answer(d), lazy as unknown as Promise<string>));
  await expect(taken).resolves.toBe('rows');
  expect(followed).toBe(1);
  expect(spans.getFinishedSpans()).toHaveLength(1);
});

it('is a stream where the work is one, and ends with it', async () => {
  begin();
  const words: string[] = [];
  const stream = countersign.decision(options('streamed'), async function* (d) {
    expect(trace.getActiveSpan()?.spanContext().spanId).toBeDefined();
    yield 'is';
    yield 'spam';
    answer(d);
  });
  for await (const word of stream) words.push(word);
  expect(words).toEqual(['is', 'spam']);
  expect(spans.getFinishedSpans()).toHaveLength(1);
  for await (const _word of countersign.decision(options('left'), async function* (d) {
    answer(d);
    yield 1;
    yield 2;
  }))
    break;
  expect(spans.getFinishedSpans()).toHaveLength(2);
  expect(await countersign.flush(5_000)).toBe(true);
  const subjects = (await streamed()).map(({ subject }) => subject);
  expect(subjects).toEqual(expect.arrayContaining(['streamed', 'left']));
});

it('ends in time though a handler of verdicts hangs, and leaves the verdict to the next', async () => {
  begin();
  const manager = await jetstreamManager(operator);
  await manager.streams.add({ name: streams.verdicts, subjects: ['countersign.verdicts.>'] });
  await manager.consumers.add(streams.verdicts, { durable_name: verdictConsumer('w'), ack_policy: 'explicit' });
  let isCalled = false;
  await countersign.verdicts('w', () => {
    isCalled = true;
    return new Promise(() => undefined);
  });
  await jetstream(operator).publish(
    'countersign.verdicts.w',
    JSON.stringify({
      v: 1,
      workflow_id: 'w',
      verdict_id: 'one',
      task_id: 't',
      decision_id: 'd',
      action: 'accept',
      output: { label: 'yes' },
      justification: '',
      reviewer: 'ann',
    }),
  );
  await eventually('the handler', async () => (isCalled ? true : null));
  const before = performance.now();
  await countersign.shutdown(500);
  expect(performance.now() - before).toBeLessThan(5_000);
  begin();
  const again = new Promise<string>((resolve) => {
    countersign.verdicts('w', ({ verdict_id }) => resolve(verdict_id)).catch(() => undefined);
  });
  expect(await again).toBe('one');
  // Sooner than the server would hand it out by itself.
  expect(performance.now() - before).toBeLessThan(15_000);
});

it('sends later what was decided while NATS was away, in order and once each', async () => {
  begin();
  countersign.decision(options('before'), answer);
  expect(await countersign.flush()).toBe(true);
  const { port } = new URL(nats.url);
  await nats.stop();
  for (let i = 0; i < 20; i++) countersign.decision(options(`away-${i}`), answer);
  expect(await countersign.flush(300)).toBe(false);
  nats = await startNats(inject('natsServer'), directory, passwords, Number(port));
  expect(await countersign.flush(20_000)).toBe(true);
  const all = await eventually('the operator', () => streamed().catch(() => null), 20_000);
  const away = all.map(({ subject }) => subject).filter((subject) => subject.startsWith('away-'));
  expect(away).toEqual(Array.from({ length: 20 }, (_, i) => `away-${i}`));
});

it('sends what is in memory when NATS is back, though the disk takes nothing any more', async () => {
  const troubles = begin();
  const { port } = new URL(nats.url);
  await nats.stop();
  countersign.decision(options('unspooled-0'), answer);
  await eventually('the disk', async () => (countersign.spooled() === 1 ? true : null));
  chmodSync(join(directory, 'spool'), 0o777);
  countersign.decision(options('unspooled-1'), answer);
  await eventually('the refusal', async () => (troubles.join().includes('only this user may write to') ? true : null));
  nats = await startNats(inject('natsServer'), directory, passwords, Number(port));
  expect(await countersign.flush(20_000)).toBe(true);
  chmodSync(join(directory, 'spool'), 0o700);
  const all = await eventually('the operator', () => streamed().catch(() => null), 20_000);
  const sent = all.map(({ subject }) => subject).filter((subject) => subject.startsWith('unspooled'));
  expect(sent).toEqual(['unspooled-0', 'unspooled-1']);
});

it('answers before start, and refuses a second start', () => {
  const question = {
    workflow: 'w',
    task: 't',
    model: { name: 'm', version: '1' },
    riskTier: 'low' as const,
    reversible: true,
  };
  expect(countersign.guard(question)).toMatchObject({ route: 'human', reason: 'authority_lost' });
  begin();
  expect(() => begin()).toThrow('started already');
});

it.each([
  ['does not wait for it', `started.then(() => {}); setTimeout(() => countersign.shutdown(100), 700);`, ''],
  [
    'waits for nothing else',
    `await started; console.log('goes on', countersign.guard(about).route);`,
    'goes on human\n',
  ],
  [
    'serves meanwhile',
    `setInterval(() => {}, 60_000); await started; console.log('goes on'); process.exit();`,
    'goes on\n',
  ],
  [
    'is ended while it waits for verdicts',
    `setTimeout(() => countersign.shutdown(100), 500); await countersign.verdicts('mail', () => {}); console.log('over');`,
    'over\n',
  ],
])('starts, and ends, a program whose NATS never came and that %s', (_which, then, out) => {
  const program = `
    import * as countersign from '@countersign/otel-instrumentation';
    const about = { workflow: 'mail', model: { name: 'm', version: '1' }, riskTier: 'low' };
    const started = countersign.start({ source: 'test', natsUrl: 'nats://127.0.0.1:9', onTrouble: () => {} });
    ${then}
  `;
  const ended = spawnSync(process.execPath, ['--conditions=countersign-source', '--input-type=module', '-e', program], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    timeout: 15_000,
  });
  expect([ended.signal, ended.status, ended.stdout, ended.stderr]).toEqual([null, 0, out, '']);
});
