/** The whole loop by one call of the package: at once, by way of people, and back again; against a real daemon and NATS. */
import { randomBytes } from 'node:crypto';
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import {
  uuidV7,
  verdictSubject,
  type Claim,
  type Queue,
  type ResponseOverview,
  type ReviewCase,
} from '@countersign/contract';
import * as countersign from '@countersign/otel-instrumentation';
import { eventually, passwords, startTestLoop, type TestLoop } from '../../stack/test-loop.ts';
import { readConfig } from './config.ts';
import { startDaemon, type Daemon } from './main.ts';

const workflow = 'mail-moderation';
let loop: TestLoop;
let daemon: Daemon;
let decide: countersign.Decider<string>;
const done: string[] = [];
const executed: countersign.Carried[] = [];
const undone: string[] = [];
const spans = new InMemorySpanExporter();
const isHuman = ({ name }: ReadableSpan) => name.startsWith('human decision');

beforeAll(async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }));
  loop = await startTestLoop(inject('postgresUrl'), inject('natsServer'));
  daemon = await startDaemon(readConfig({ ...loop.env(), COUNTERSIGN_LOG_LEVEL: 'silent' }));
  const login = { natsUrl: loop.nats.url, user: 'service', password: passwords.service };
  await countersign.start({ source: 'test', ...login, spool: false, onTrouble: () => undefined });
  decide = countersign.decider({
    workflow,
    step: 'file',
    execute: (what) => {
      executed.push(what);
      done.push(`${what.task} filed as ${what.output.label} by ${what.reviewer === null ? 'the AI' : 'a person'}`);
      return `filed ${what.task}`;
    },
    compensate: ({ task, key }) => {
      undone.push(key);
      done.push(`${task} moved back`);
    },
    refused: ({ task_id, action }) => void done.push(`${task_id}: ${action}`),
  });
  await decide.ready;
});
afterAll(async () => {
  await countersign.shutdown(1_000);
  await daemon?.stop();
  await loop?.stop();
});

const take = (task: string, confidence: number) =>
  decide({
    task,
    model: { name: 'spam-logit', version: '1.0.0', hash: `sha256:${'0'.repeat(64)}` },
    riskTier: 'medium',
    reversible: true,
    input: { content: `content of ${task}` },
    judge: (decision) => {
      decision.output({ label: 'spam' }, confidence);
      decision.propose('accept', 'it looks like it');
    },
  });

async function call<T>(person: string, grant: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${daemon.address}${path}`, {
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    headers: { ...(await loop.headers(person, grant)), 'content-type': 'application/json' },
  });
  const answer = (await response.json()) as T;
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer;
}

/** As a person does on the page. */
async function review(task: string, action: string, output?: object): Promise<void> {
  const item = await eventually('the case', async () => {
    const { items } = await call<Queue>('ann', 'read', '/v1/reviews/queue');
    return items.find(({ task_id }) => task_id === task);
  });
  const claim = await call<Claim>('ann', 'decide', `/v1/reviews/cases/${item.decision_id}/claim`, {});
  const { evidence_hash } = await call<ReviewCase>('ann', 'decide', `/v1/evidence/cases/${item.decision_id}`);
  await call('ann', 'decide', `/v1/reviews/cases/${item.decision_id}/decide`, {
    action,
    justification: 'I have read it',
    ...(output === undefined ? {} : { output }),
    lease_epoch: claim.lease.epoch,
    case_version: claim.item.version,
    evidence_hash,
    idempotency_key: crypto.randomUUID(),
    review_ms: 1_000,
  });
}

async function askRollback(scope: object): Promise<string> {
  const ask = { workflow_id: workflow, scope, justification: 'it was no spam' };
  try {
    return (await call<{ message: string }>('ann', 'operate', '/v1/breakers/ask-rollback', ask)).message;
  } catch (error) {
    return String(error);
  }
}
async function approveRollback(): Promise<void> {
  const { rollbacks } = await call<ResponseOverview>('ann', 'read', '/v1/response');
  const { rollback_id } = rollbacks[0]!;
  await call('ben', 'approve', '/v1/approvals/approve-rollback', { rollback_id, justification: 'agreed' });
}

/** Of what the AI did alone, as the daemon sends it when a person has changed the label. */
async function correct({ decision_id, task_id }: countersign.DecisionRef): Promise<void> {
  const verdict: countersign.Verdict = {
    v: 1,
    verdict_id: uuidV7(Date.now(), randomBytes(10)),
    workflow_id: workflow,
    task_id,
    decision_id,
    action: 'modify',
    output: { label: 'ham' },
    justification: 'it is from a friend',
    reviewer: 'ann',
    decided_at: new Date().toISOString(),
    executed: true,
  };
  const { url: servers } = loop.nats;
  const operator = await connect({ servers, user: 'daemon', pass: passwords.daemon, inboxPrefix: '_INBOX_daemon' });
  await jetstream(operator).publish(verdictSubject(workflow), JSON.stringify(verdict));
  await operator.close();
}

it('carries out at once what the AI may decide alone, and takes it back when that is ordered', async () => {
  const decided = await take('alone', 0.99);
  expect(decided).toMatchObject({ route: 'auto', result: 'filed alone' });
  expect(done).toEqual(['alone filed as spam by the AI']);
  const scope = { decision_id: decided.ref.decision_id };
  await eventually('what was registered', async () => ((await askRollback(scope)).startsWith('1 steps') ? true : null));
  await approveRollback();
  await eventually('the end', async () => (done.at(-1) === 'alone moved back' ? true : null), 20_000);
  expect(done).toHaveLength(2);
  // What was done is undone by the key it was done with.
  expect(executed[0]?.key).toMatch(/^[0-9a-f-]{36}$/);
}, 40_000);

it.each([
  ['accept', undefined, 'filed as spam by a person'],
  ['modify', { label: 'ham' }, 'filed as ham by a person'],
  ['reject', undefined, ': reject'],
])(
  'leaves what it is not sure of to a person, who can %s it',
  async (action, output, then) => {
    const before = done.length;
    const task = `asked-to-${action}`;
    const decided = await take(task, 0.6);
    expect(decided).toMatchObject({ route: 'human', verdict: { reason: 'low_confidence' } });
    expect(done).toHaveLength(before);
    await review(task, action, output);
    const last = await eventually('what came of it', async () => done[before]);
    expect(last).toBe(`${task}${then.startsWith(':') ? '' : ' '}${then}`);
    expect(done).toHaveLength(before + 1);
    // The human step: one span with one link to the AI's, and what was carried out within it.
    const human = await eventually('the span of the human step', async () =>
      spans.getFinishedSpans().find((span) => span.attributes['decision.task.id'] === task && isHuman(span)),
    );
    const asked = decided.ref.traceparent?.split('-') ?? [];
    expect(human.links.map((link) => [link.context.traceId, link.context.spanId, link.attributes])).toEqual([
      [asked[1], asked[2], { 'decision.link.type': 'reviews' }],
    ]);
    const execute = spans
      .getFinishedSpans()
      .find(({ name, attributes }) => name.startsWith('execute') && attributes['decision.task.id'] === task);
    if (action === 'reject') expect(execute).toBeUndefined();
    else {
      expect(execute?.parentSpanContext?.spanId).toBe(human.spanContext().spanId);
      expect(execute?.links[0]?.context.spanId).toBe(asked[2]);
    }
  },
  30_000,
);

it('takes back what a person agreed to, when that is ordered, and not with a version of the model', async () => {
  const decided = await take('agreed', 0.6);
  await review('agreed', 'accept');
  await eventually('what came of it', async () => (done.at(-1)?.startsWith('agreed filed') ? true : null));
  const { key } = executed.at(-1)!;
  const [from, to] = [new Date(Date.now() - 600_000).toISOString(), new Date(Date.now() + 600_000).toISOString()];
  const scope = { decision_id: decided.ref.decision_id };
  await eventually('the step', async () => ((await askRollback(scope)).startsWith('1 steps') ? true : null));
  expect(await askRollback({ model_name: 'spam-logit', version: '1.0.0', from, to })).toContain(
    'no service has registered',
  );
  await approveRollback();
  await eventually('the end', async () => (done.at(-1) === 'agreed moved back' ? true : null), 20_000);
  expect(undone.at(-1)).toBe(key);
}, 40_000);

it('leaves what a person corrected as it is, when the decision of the AI is taken back', async () => {
  const { ref } = await take('corrected', 0.99);
  await correct(ref);
  await eventually('the correction', async () => (done.at(-1) === 'corrected filed as ham by a person' ? true : null));
  expect(done.slice(-3)).toEqual([
    'corrected filed as spam by the AI',
    'corrected moved back',
    'corrected filed as ham by a person',
  ]);
  // By the key it was done with.
  expect(undone.at(-1)).toBe(executed.at(-2)?.key);
  const [from, to] = [new Date(Date.now() - 600_000).toISOString(), new Date(Date.now() + 600_000).toISOString()];
  const version = { model_name: 'spam-logit', version: '1.0.0', from, to };
  await eventually('the word of it', async () => ((await askRollback(version)).includes('no service') ? true : null));
}, 40_000);

it('does not do what it could not undo', async () => {
  const before = done.length;
  await loop.nats.stop();
  // The guard still has its lease; how to undo it can be registered nowhere.
  const decided = await take('cut-off', 0.99);
  expect(decided).toMatchObject({ route: 'human', verdict: { reason: 'authority_lost' } });
  expect(done).toHaveLength(before);
}, 30_000);
