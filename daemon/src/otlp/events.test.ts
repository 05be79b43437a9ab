/** What a span says, as the event that goes on record; what is no decision, and what means to be one and is none. */
import { createHash, createHmac, createSecretKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { PromoteRule } from '@countersign/contract';
import { decode } from '../ingest/index.ts';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { aiTable, humanTable, outcomeTable } from './attributes.ts';
import { read } from './events.ts';
import { decisionIdOf, eventIdOf } from './ids.ts';
import type { Promoting } from './promotion.ts';
import { readProtobuf } from './protobuf.ts';
import type { AttributeValue, Span } from './span.ts';

const now = new Date('2026-11-24T08:00:00Z');
const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const [modelHash, inputHash] = [sha256('weights'), sha256('input')];

const decision: Record<string, AttributeValue> = {
  'decision.workflow.id': 'loans',
  'decision.task.id': 'a-1',
  'decision.model.name': 'credit-risk',
  'decision.model.version': '7',
  'decision.model.hash': modelHash,
  'decision.input.hash': inputHash,
  'decision.output.label': 'grant',
  'decision.confidence': 0.9,
  'decision.risk_tier': 'high',
  'decision.reversible': false,
  'decision.action': 'accept',
};
const span = (change: Partial<Span> = {}): Span => ({
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  traceState: '',
  flags: 0,
  name: 'decide',
  startNanos: 1_795_500_000_000_000_000n,
  endNanos: 1_795_500_000_012_500_000n,
  attributes: decision,
  links: [],
  droppedAttributes: 0,
  failed: false,
  scope: 'loan-service',
  service: 'bank/loan-service',
  ...change,
});
const withAttributes = (change: Record<string, AttributeValue>) => span({ attributes: { ...decision, ...change } });
const without = (name: string) =>
  span({ attributes: Object.fromEntries(Object.entries(decision).filter(([key]) => key !== name)) });

const promoting = (rules: readonly PromoteRule[] = [], change: Partial<Promoting> = {}): Promoting => ({
  rules,
  hashKey: null,
  hidesNames: () => false,
  ...change,
});

function eventOf(of: Span, by: Promoting = promoting()) {
  const reading = read(of, by, now);
  if (reading.is !== 'event') throw new Error(JSON.stringify(reading));
  const decoded = decode(reading.body, now);
  if (decoded.is !== 'event') throw new Error(decoded.detail);
  return { subject: reading.subject, event: decoded.event };
}
function problemOf(of: Span, rules: readonly PromoteRule[] = []): string {
  const reading = read(of, promoting(rules), now);
  return reading.is === 'rejected' ? reading.problem : `not rejected: ${reading.is}`;
}

describe('an AI decision', () => {
  it('needs few attributes; the rest is what can be said honestly without them', () => {
    expect(eventOf(span())).toEqual({
      subject: expect.stringMatching(/^countersign\.events\.\d+\.decision_ai$/),
      event: {
        specversion: '1.0',
        id: eventIdOf(span()),
        source: 'bank/loan-service',
        type: 'countersign.decision.ai.v1',
        subject: 'a-1',
        time: '2026-11-24T06:00:00.012Z',
        datacontenttype: 'application/json',
        traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
        data: {
          workflow_id: 'loans',
          task_id: 'a-1',
          decision_id: decisionIdOf(span()),
          model: { name: 'credit-risk', version: '7', hash: modelHash },
          input_snapshot: { hash: inputHash, uri: `urn:${inputHash}` },
          output: { label: 'grant' },
          confidence: 0.9,
          risk_tier: 'high',
          reversible: false,
          action: 'accept',
          justification: '',
          route: 'human',
          breaker_epoch: 0,
          latency_ms: 12.5,
        },
      },
    });
  });

  it('says everything that the contract knows', () => {
    const { event } = eventOf(
      withAttributes({
        'decision.id': '0195f000-0000-7000-8000-00000000aaaa',
        'decision.task.title': 'Zoë',
        'decision.input.uri': 's3://inputs/a-1',
        'decision.input.media_type': 'application/json',
        'decision.input.salt_bytes': 32,
        'decision.output.value': '{"limit":5000}',
        'decision.output.score.grant': 0.9,
        'decision.output.score.deny': 0.1,
        'decision.feature.income': 5200,
        'decision.feature.employer.size': 12,
        'decision.feature.employed': true,
        'decision.explanation.rationale': 'income covers the rate',
        'decision.explanation.relevance': '[{"feature":"income","value":5200,"weight":0.4}]',
        'decision.explanation.counterfactuals': '[{"change":{"income":900},"output":{"label":"deny"}}]',
        'decision.provenance.trained_at': '2026-11-01T00:00:00Z',
        'decision.provenance.sources': '[{"name":"bureau","fresh_at":"2026-11-24T06:00:00Z"}]',
        'decision.justification': 'sure',
        'decision.route': 'auto',
        'decision.breaker.epoch': 12,
      }),
    );
    expect(event.data).toMatchObject({
      decision_id: '0195f000-0000-7000-8000-00000000aaaa',
      title: 'Zoë',
      input_snapshot: { hash: inputHash, uri: 's3://inputs/a-1', media_type: 'application/json', salt_bytes: 32 },
      output: { label: 'grant', value: { limit: 5000 }, scores: { grant: 0.9, deny: 0.1 } },
      features: { income: 5200, 'employer.size': 12, employed: true },
      explanation: {
        rationale: 'income covers the rate',
        relevance: [{ feature: 'income', value: 5200, weight: 0.4 }],
        counterfactuals: [{ change: { income: 900 }, output: { label: 'deny' } }],
      },
      provenance: {
        trained_at: '2026-11-01T00:00:00Z',
        sources: [{ name: 'bureau', fresh_at: '2026-11-24T06:00:00Z' }],
      },
      justification: 'sure',
      route: 'auto',
      breaker_epoch: 12,
    });
  });

  it.each([
    ['halt', 'rolled_back', 'human', 'breaker'],
    ['human', 'low_confidence', 'human', 'low_confidence'],
    ['human', 'allowed', 'human', undefined],
    ['auto', 'allowed', 'auto', undefined],
  ])('of the route %s because of %s is on record as %s, %s', (route, reason, recorded, because) => {
    const { event } = eventOf(withAttributes({ 'decision.route': route, 'decision.route_reason': reason }));
    expect(event.data).toMatchObject({ route: recorded });
    expect((event.data as { route_reason?: string }).route_reason).toBe(because);
  });

  it.each(
    aiTable.rows
      .filter(({ required }) => required)
      .map(({ attribute }) => attribute)
      .slice(1),
  )('without %s is rejected by its name, with what to do', (attribute) => {
    expect(problemOf(without(attribute))).toMatch(
      `span "decide" (4bf92f3577b34da6a3ce929d0e0e4736:00f067aa0ba902b7): ${attribute} is missing. Set it: `,
    );
  });

  it.each<[string, Record<string, AttributeValue>, string]>([
    [
      'a confidence beyond 1',
      { 'decision.confidence': 1.5 },
      'decision.confidence is 1.5, it must be <= 1. Set the prob',
    ],
    ['a confidence as text', { 'decision.confidence': '0.9' }, 'decision.confidence is "0.9", it must be number.'],
    [
      'a tier that is none',
      { 'decision.risk_tier': 'huge' },
      'decision.risk_tier is "huge", it must be one of low, medium',
    ],
    ['a hash that is none', { 'decision.model.hash': 'abc' }, 'decision.model.hash is "abc", it must match pattern'],
    ['a task that is none', { 'decision.task.id': 'a b' }, 'decision.task.id is "a b", it must match'],
    ['a route that is none', { 'decision.route': 'maybe' }, 'decision.route is "maybe", it must be one of auto, human'],
    [
      'JSON that is none',
      { 'decision.explanation.relevance': '[' },
      'decision.explanation.relevance is a text of length 1, which is no JSON',
    ],
    [
      'a score as text',
      { 'decision.output.score.grant': 'x' },
      'decision.output.score.grant is a text of length 1, it must be number',
    ],
    [
      'a feature that is not finite',
      { 'decision.feature.income': Infinity },
      'decision.feature.income holds a number that is not finite',
    ],
    [
      'an output that is not finite',
      { 'decision.output.value': '{"a":1e400}' },
      'decision.output.value.a holds a number that is not finite',
    ],
    [
      'a title that is too long',
      { 'decision.task.title': `of ann@example.org ${'x'.repeat(200)}` },
      'decision.task.title is a text of length 219, it must',
    ],
    ['an actor that is none', { 'decision.actor.type': 'robot' }, 'decision.actor.type is "robot". Set ai or human'],
    ['half a character', { 'decision.task.title': '\ud800' }, 'decision.task.title holds U+0000 or half a character'],
  ])('with %s is rejected by the attribute, its value and what is wanted', (_what, change, problem) => {
    expect(problemOf(withAttributes(change))).toContain(`: ${problem}`);
  });

  it.each(['+00:00', '-00:00', 'Z'])('has instants in UTC, written as %s', (offset) => {
    const at = `2026-11-01T00:00:00.123456${offset}`;
    const sources = JSON.stringify([{ name: 'bureau', fresh_at: at }]);
    const { event } = eventOf(
      withAttributes({ 'decision.provenance.trained_at': at, 'decision.provenance.sources': sources }),
    );
    const utc = '2026-11-01T00:00:00.123456Z';
    expect(event.data).toMatchObject({
      provenance: { trained_at: utc, sources: [{ name: 'bureau', fresh_at: utc }] },
    });
  });

  it.each([100, 100_000])('with an output nested %i deep is rejected', (depth) => {
    const nested = `${'['.repeat(depth)}${']'.repeat(depth)}`;
    expect(problemOf(withAttributes({ 'decision.output.value': nested }))).toMatch(/nested .*Flatten it/);
  });

  it('that says nothing at all is rejected', () => {
    expect(problemOf(without('decision.output.label'))).toContain('decision.output.label is missing');
    expect(problemOf(span({ traceId: '' }))).toContain('trace or span id');
    expect(problemOf(span({ endNanos: 0n }))).toContain('End the span');
    expect(problemOf(span({ endNanos: 1n << 64n }))).toContain('end time');
    expect(problemOf(span({ endNanos: 1_000_000_000_000_000_000n }))).toContain('Set the clock of the service');
  });
});

describe('what is passed over', () => {
  it.each<[string, Partial<Span>]>([
    ['a span of something else', { attributes: { 'http.route': '/' } }],
    [
      'a span within a decision',
      { attributes: { 'decision.workflow.id': 'loans', 'decision.task.id': 'a', 'decision.id': 'b' } },
    ],
    [
      'a step of a decision',
      { attributes: { 'decision.workflow.id': 'loans', 'decision.id': 'b', 'decision.step.name': 's' } },
    ],
    ['a span of a task', { attributes: { 'decision.workflow.id': 'loans', 'decision.task.id': 'a' } }],
    ['work that threw', { failed: true }],
    ['what the package sends by itself', { scope: '@countersign/otel-instrumentation' }],
    ['a namesake without a workflow', { attributes: { 'decision.outcome': 'yes' } }],
  ])('is %s', (_what, change) => {
    expect(read(span(change), promoting(), now)).toEqual({ is: 'passed_over' });
  });
});

describe('a human decision and an outcome', () => {
  const links = [{ traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) }];
  const link = (type: string) => links.map((ids) => ({ ...ids, attributes: { 'decision.link.type': type } }));
  const about = { 'decision.workflow.id': 'loans', 'decision.task.id': 'a-1' };
  const linkedId = decisionIdOf({ traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) });

  it('is about the decision that it links', () => {
    const attributes = {
      ...about,
      'decision.actor.type': 'human',
      'decision.reviewer.id': 'ann',
      'decision.action': 'reject',
    };
    expect(eventOf(span({ attributes, links: link('reviews') }))).toMatchObject({
      subject: expect.stringMatching(/decision_human$/),
      event: { type: 'countersign.decision.human.v1', data: { reviews: linkedId, reviewer: 'ann', action: 'reject' } },
    });
    expect(problemOf(span({ attributes, links: link('other') }))).toContain('decision.reviews.id is missing');
  });

  it('can change the value and leave the label', () => {
    const reviews = '0195f000-0000-7000-8000-00000000aaaa';
    const attributes = {
      ...about,
      'decision.actor.type': 'human',
      'decision.reviews.id': reviews,
      'decision.reviewer.id': 'ann',
      'decision.action': 'modify',
    };
    const { event } = eventOf(span({ attributes: { ...attributes, 'decision.output.value': '{"limit":1}' } }));
    expect(event.data).toMatchObject({ reviews, output: { label: null, value: { limit: 1 } } });
  });

  it('is the truth that comes later', () => {
    const attributes = { ...about, 'decision.outcome.label': 'default', 'decision.outcome.cost': 90_000 };
    expect(eventOf(span({ attributes, links: link('settles') }))).toMatchObject({
      subject: expect.stringMatching(/outcome$/),
      event: { data: { decision_id: linkedId, label: 'default', cost: 90_000 } },
    });
    expect(problemOf(span({ attributes }))).toContain('decision.id is missing');
  });
});

describe('a promoted span', () => {
  const rules: PromoteRule[] = [
    {
      workflow: 'refunds',
      operation: 'execute_tool',
      name: 'send_refund',
      risk_tier: 'high',
      reversible: false,
      model: 'helper',
    },
    { workflow: 'triage', operation: 'chat', risk_tier: 'low', reversible: true, label_from: 'app.category' },
  ];
  const tool = {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'send_refund',
    'gen_ai.conversation.id': 'chat-7',
    'gen_ai.tool.call.arguments': '{"amount":40}',
  };

  it('of a tool is a decision that the AI has carried out without asking', () => {
    expect(
      eventOf(span({ name: 'execute_tool send_refund', attributes: tool }), promoting(rules)).event.data,
    ).toMatchObject({
      workflow_id: 'refunds',
      task_id: 'chat-7',
      decision_id: decisionIdOf(span()),
      model: { name: 'helper', version: 'unknown', hash: sha256('helper@unknown') },
      input_snapshot: {
        hash: sha256('{"amount":40}'),
        uri: `urn:opentelemetry:span:${span().traceId}:${span().spanId}`,
      },
      output: { label: 'send_refund' },
      confidence: 0,
      risk_tier: 'high',
      reversible: false,
      action: 'accept',
      justification: 'Promoted by the policy from the span "execute_tool send_refund".',
      route: 'auto',
      breaker_epoch: 0,
    });
  });

  it.each([
    ['OpenInference', { 'input.value': '{"amount":40}' }],
    ['OpenLLMetry', { 'traceloop.entity.input': '{"amount":40}' }],
  ])('is hashed by what %s captured of its input, as the package does', (_whose, captured) => {
    const { 'gen_ai.tool.call.arguments': _none, ...others } = tool;
    const { event } = eventOf(span({ attributes: { ...others, ...captured } }), promoting(rules));
    expect(event.data).toMatchObject({ input_snapshot: { hash: sha256('{"amount":40}') } });
  });

  it('is hashed by all that is on it where the input is hidden, or was not captured', () => {
    const { 'gen_ai.tool.call.arguments': _none, ...others } = tool;
    const hashed = (attributes: Record<string, string>) => {
      const { data } = eventOf(span({ attributes }), promoting(rules)).event;
      return 'input_snapshot' in data ? data.input_snapshot.hash : null;
    };
    const sorted = (attributes: object) => JSON.stringify(attributes, Object.keys(attributes).toSorted());
    expect(hashed(others)).toBe(sha256(sorted(others)));
    const hidden = { ...others, 'input.value': '__REDACTED__' };
    expect(hashed(hidden)).toBe(sha256(sorted(hidden)));
  });

  it('has a hash by the key of the daemon, and no name of a span where the policy redacts text', () => {
    const named = span({ name: 'execute_tool for ann@example.org', attributes: tool });
    const hidden = promoting(rules, {
      hashKey: createSecretKey(Buffer.alloc(32, 7)),
      hidesNames: (workflow) => workflow === 'refunds',
    });
    expect(eventOf(named, hidden).event.data).toMatchObject({
      input_snapshot: {
        hash: `hmac-sha256:${createHmac('sha256', Buffer.alloc(32, 7)).update('{"amount":40}').digest('hex')}`,
      },
      justification: 'Promoted by the policy from a span.',
    });
  });

  it('of a tool that failed was decided all the same; of a model that failed nothing was', () => {
    expect(eventOf(span({ attributes: tool, failed: true }), promoting(rules)).event.type).toBe(
      'countersign.decision.ai.v1',
    );
    const chat = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm' };
    expect(read(span({ attributes: chat, failed: true }), promoting(rules), now)).toEqual({ is: 'passed_over' });
  });

  it('has the model, the label and the confidence that are on it', () => {
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'large',
      'gen_ai.response.model': 'large-2026-08',
      'app.category': 'complaint',
      'decision.confidence': 0.7,
    };
    expect(eventOf(span({ attributes }), promoting(rules)).event.data).toMatchObject({
      task_id: span().traceId,
      model: { name: 'large', version: 'large-2026-08', hash: sha256('large@large-2026-08') },
      output: { label: 'complaint' },
      confidence: 0.7,
      route: 'human',
    });
  });

  it('without a model goes by what it did; within a decision it is not promoted', () => {
    const chat = { 'gen_ai.operation.name': 'chat', 'app.category': 'complaint' };
    expect(eventOf(span({ attributes: chat }), promoting(rules)).event.data).toMatchObject({ model: { name: 'chat' } });
    const within = { ...tool, 'decision.workflow.id': 'loans', 'decision.id': 'x' };
    expect(read(span({ attributes: within }), promoting(rules), now)).toEqual({ is: 'passed_over' });
  });
});

describe('ids', () => {
  const ids = fc.record({
    traceId: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex')),
    spanId: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString('hex')),
    endNanos: fc.bigInt(1_795_400_000_000_000_000n, 1_795_500_000_000_000_000n),
  });

  it('make the same span the same bytes, and another span another event', () => {
    fc.assert(
      fc.property(ids, ids, (one, other) => {
        const of = (from: typeof one) => read(span({ ...from, startNanos: from.endNanos }), promoting(), now);
        expect(of(one)).toEqual(of({ ...one }));
        if (one.spanId === other.spanId && one.traceId === other.traceId) return;
        expect(eventIdOf(one)).not.toBe(eventIdOf(other));
        expect(decisionIdOf(one)).not.toBe(decisionIdOf(other));
      }),
    );
  });
});

it('takes attributes of the registry alone, none of them twice', () => {
  const registry = new Set(
    ['attributes', 'attributes-ai'].flatMap((file) => {
      const url = new URL(`../../../otel-instrumentation/semconv/registry/${file}.yaml`, import.meta.url);
      return (parse(readFileSync(url, 'utf8')) as { attributes: { key: string }[] }).attributes.map(({ key }) => key);
    }),
  );
  for (const { rows, families } of [aiTable, humanTable, outcomeTable]) {
    const names = [...rows.map(({ attribute }) => attribute), ...families.map(({ prefix }) => prefix)];
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !registry.has(name.replace(/\.$/, '')))).toEqual([]);
  }
});

it('reads what a Python service has sent, the review with the decision that it links', () => {
  const recorded = readProtobuf(gunzipSync(readFileSync(new URL('fixtures/python.pb.gz', import.meta.url))));
  const [decided, other, reviewed] = recorded.map((of) => read(of, promoting(), now));
  expect(other).toEqual({ is: 'passed_over' });
  const dataOf = (reading: typeof decided) =>
    reading?.is === 'event' ? (JSON.parse(Buffer.from(reading.body).toString()) as { data: object }).data : reading;
  const id = decisionIdOf(recorded[0] ?? span());
  expect(dataOf(decided)).toMatchObject({
    decision_id: id,
    features: { income: 5200, debt_ratio: 0.18, employed: true, region: 'north' },
    output: { label: 'grant', scores: { grant: 0.91, deny: 0.09 } },
  });
  expect(dataOf(reviewed)).toMatchObject({ reviews: id, reviewer: 'ann', action: 'reject', review_ms: 64_000 });
});

it('rejects what may lack what its SDK left out, and passes over what says nothing of a decision', () => {
  const cut = read(span({ droppedAttributes: 3 }), promoting(), now);
  expect(cut).toMatchObject({
    is: 'rejected',
    problem: expect.stringContaining(
      '3 of its attributes were left out before it was sent. Raise OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT',
    ),
  });
  // The oldest are left out first, by some: those that say which decision it is.
  const { 'decision.workflow.id': _workflow, ...others } = decision;
  expect(read(span({ attributes: others, droppedAttributes: 1 }), promoting(), now).is).toBe('rejected');
  expect(
    read(span({ attributes: { 'gen_ai.operation.name': 'chat' }, droppedAttributes: 9 }), promoting(), now).is,
  ).toBe('passed_over');
});

it('leaves out of the address of an input who logs in to it, and how', () => {
  const { event } = eventOf(withAttributes({ 'decision.input.uri': 'https://bob:hunter2@files.example/x' }));
  expect(event.data).toMatchObject({ input_snapshot: { uri: 'https://files.example/x' } });
});
