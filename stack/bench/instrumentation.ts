/**
 * What a decision costs the service that takes it, against a bare span with the same attributes in the same run; and what one
 * process can take, with a real NATS that has to acknowledge each.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect } from '@nats-io/transport-node';
import { trace } from '@opentelemetry/api';
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace';
import { buckets, streams, type Authority } from '@countersign/contract';
import * as countersign from '@countersign/otel-instrumentation';
import { findNatsServer, startNats } from '../nats.ts';
import { run } from '../process.ts';
import type { DecisionsTaken } from './decisions-process.ts';
import {
  atMost,
  milliseconds,
  nanoseconds,
  nanosecondsEach,
  nanosecondsInTurn,
  perSecond,
  ratio,
  type Figure,
} from './figure.ts';

/** Takes spans and forgets them: the exporter is not what is measured. */
const nowhere: SpanExporter = {
  export: (_spans, done) => done({ code: 0 }),
  shutdown: () => Promise.resolve(),
};

export async function benchmarkInstrumentation(): Promise<Figure[]> {
  return [...(await benchmarkCost()), ...(await benchmarkRate())];
}

async function benchmarkCost(): Promise<Figure[]> {
  const exporter = new BatchSpanProcessor({ exporter: nowhere });
  trace.setGlobalTracerProvider(new TracerProvider({ sampler: new AlwaysOnSampler(), spanProcessors: [exporter] }));
  // Nobody listens there; the queue is what is measured, and it is large enough.
  countersign
    .start({
      source: 'bench',
      natsUrl: 'nats://127.0.0.1:9',
      queueLimit: 10_000_000,
      spool: false,
      onTrouble: () => undefined,
    })
    .catch(() => undefined);
  const tracer = trace.getTracer('bench');
  const options = {
    workflow: 'w',
    model: { name: 'm', version: '1', hash: `sha256:${'0'.repeat(64)}` },
    riskTier: 'low' as const,
    reversible: true,
    input: { content: 'x'.repeat(2_048) },
  };

  const id = crypto.randomUUID();
  // As somebody would write it by hand.
  const bareSpan = (i: number) =>
    tracer.startActiveSpan('decision w', (span) => {
      span.setAttributes({
        'decision.id': id,
        'decision.workflow.id': options.workflow,
        'decision.task.id': `t${i}`,
        'decision.actor.type': 'ai',
        'decision.model.name': options.model.name,
        'decision.model.version': options.model.version,
        'decision.risk_tier': options.riskTier,
        'decision.reversible': options.reversible,
        'decision.action': 'accept',
        'decision.route': 'human',
        'decision.route_reason': 'authority_lost',
        'decision.breaker.epoch': 0,
      });
      span.end();
      return 1;
    });
  // Without an output there is no event: the span alone.
  const decisionSpan = (i: number) => countersign.decision({ ...options, task: `t${i}` }, () => 1);
  const wholeDecision = (i: number) =>
    countersign.decision({ ...options, task: `t${i}` }, (decision) => {
      decision.output({ label: 'yes', scores: { yes: 0.9, no: 0.1 } }, 0.9);
      decision.propose('accept', 'because');
      return 1;
    });
  const timed = [
    { calls: 20_000, work: bareSpan },
    { calls: 20_000, work: decisionSpan },
    // In short rounds, for all of them together have to find room: what is dropped is another way to go.
    { calls: 2_000, work: wholeDecision },
  ];
  const [bare = 0, spanOnly = 0, whole = 0] = nanosecondsInTurn(timed, 20);
  if (countersign.pending() !== 40_000) throw new Error(`${countersign.pending()} events are queued, want 40,000`);
  const question = { ...options, task: 't', confidence: 0.9 };
  const guard = nanosecondsEach(200_000, () => countersign.guard(question));
  await countersign.shutdown(1);
  return [
    atMost('decision span against a bare span', spanOnly / bare, 1.3, ratio),
    atMost('with 2 KB hashed and the event queued', whole / bare, 2.5, ratio),
    { what: 'a bare span with the same attributes', measured: nanoseconds(bare), goal: '', met: null },
    atMost('guard that has heard nothing yet', guard, 200, nanoseconds),
  ];
}

const [wantedPerSecond, forSeconds] = [50_000, 10];
const [wordyPerSecond, wordyBytes] = [5_000, 5_000];
const rule = { reversible: 'automatic', irreversible: 'human', confidence_at_least: 0.8 } as const;
const automatic: Authority = {
  v: 1,
  workflow_id: 'w',
  epoch: 1,
  policy_epoch: 1,
  lease_ms: 600_000,
  when_unreachable: { low: 'human', medium: 'human', high: 'human' },
  intake: 'open',
  change_control: false,
  automation: { low: rule, medium: rule, high: rule },
  breakers: [],
  models: [],
};
const root = join(import.meta.dirname, '../..');

/** Decisions of one process at a rate, until all are acknowledged, or lost. */
async function benchmarkRate(): Promise<Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  const passwords = { daemon: 'daemon', service: 'service' };
  const nats = await startNats(findNatsServer(join(root, '.countersign/tools')), join(directory, 'nats'), passwords);
  try {
    const daemon = { user: 'daemon', pass: passwords.daemon, inboxPrefix: '_INBOX_daemon' };
    const connection = await connect({ servers: nats.url, ...daemon });
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: streams.events, subjects: ['countersign.events.>'] });
    const authority = await new Kvm(connection).create(buckets.authority);
    await authority.put('w', JSON.stringify(automatic));
    const take = (...how: number[]) => takeDecisions(directory, nats.url, passwords.service, how);
    const taken = await take(wantedPerSecond, forSeconds);
    const { messages } = (await manager.streams.info(streams.events)).state;
    const wordy = await take(wordyPerSecond, forSeconds, wordyBytes);
    await connection.close();
    const mebibytes = (bytes: number) => `${(bytes / 1_048_576).toFixed(1)} MiB`;
    const sent = messages / (taken.seconds + taken.drainSeconds);
    const fact = (what: string, measured: string): Figure => ({ what, measured, goal: '', met: null });
    return [
      {
        what: `decisions a second of one process, for ${forSeconds} s`,
        measured: perSecond(taken.taken / taken.seconds),
        goal: `at least ${perSecond(wantedPerSecond)}`,
        met: taken.taken / taken.seconds >= wantedPerSecond,
      },
      atMost(`of ${taken.taken.toLocaleString('en')}, lost`, taken.taken - messages, 0, (n) => n.toLocaleString('en')),
      fact('acknowledged by NATS, until all are', perSecond(sent)),
      fact('waited on disk when the last was taken', taken.spooledAtEnd.toLocaleString('en')),
      atMost('heap when all was sent, against before', taken.heapAfter / taken.heapBefore, 1.5, ratio),
      fact('heap before', mebibytes(taken.heapBefore)),
      fact('event loop held up meanwhile, p99', milliseconds(taken.loopP99Ms)),
      fact(
        `event loop held up by ${perSecond(wordyPerSecond)} with justifications of ${wordyBytes / 1_000} kB, p99`,
        milliseconds(wordy.loopP99Ms),
      ),
      atMost('guard that has heard its document', taken.guardNs, 200, nanoseconds),
    ];
  } finally {
    await nats.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** `how`: decisions a second, for so many seconds, with justifications of so many bytes. */
async function takeDecisions(
  directory: string,
  natsUrl: string,
  password: string,
  how: readonly number[],
): Promise<DecisionsTaken> {
  let said = '';
  const service = run({
    command: process.execPath,
    args: ['--expose-gc', join(import.meta.dirname, 'decisions-process.ts'), ...how.map(String)],
    env: {
      ...process.env,
      NATS_URL: natsUrl,
      NATS_USER: 'service',
      NATS_PASSWORD: password,
      COUNTERSIGN_SPOOL: join(directory, 'spool'),
    },
    stopSignal: 'SIGTERM',
    output: (text) => (said += text),
  });
  await service.exited;
  const line = said.split('\n').find((one) => one.startsWith('{'));
  if (line === undefined) throw new Error(`the service said nothing of its decisions:\n${said}`);
  return JSON.parse(line) as DecisionsTaken;
}
