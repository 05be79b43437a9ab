/** Spans of a model's client within a decision, by OpenTelemetry's SDK, as a span processor and as an observed provider. */
import { ROOT_CONTEXT, context, trace, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { unheardRules } from '../content-rules.ts';
import type { Deciding } from '../decision.ts';
import { Inputs } from '../inputs.ts';
import { startDecision, takeDecision, type Taking } from '../taking.ts';
import { ObservedTracerProvider } from './observed-provider.ts';
import { Observers } from './observers.ts';
import { decisionSpanProcessor } from './span-processor.ts';

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});

const exporter = new InMemorySpanExporter();
afterEach(() => exporter.reset());

const deciding: Deciding = {
  source: 'test',
  inputs: new Inputs(
    null,
    () => undefined,
    () => undefined,
  ),
  privacyOf: unheardRules,
  ask: () => ({ route: 'human', reason: 'automation_level', epoch: 0, useVersion: null }),
  register: () => Promise.resolve(''),
  measured: () => undefined,
};
const taking = (tracer: Tracer): Taking => ({
  tracer,
  deciding,
  onEnded: vi.fn<Taking['onEnded']>(),
  onTrouble: vi.fn<Taking['onTrouble']>(),
});
const options = {
  workflow: 'w',
  task: 't',
  model: { name: 'm', version: '1', hash: `sha256:${'0'.repeat(64)}` },
  riskTier: 'low' as const,
  reversible: true,
  input: { content: 'in' },
};

const processed = (...more: SpanProcessor[]) =>
  new TracerProvider({ spanProcessors: [...more, new SimpleSpanProcessor({ exporter })] });

describe.each([
  ['a span processor', () => processed(decisionSpanProcessor())],
  ['an observed provider', () => new ObservedTracerProvider(processed(), new Observers())],
  // Seen twice is seen once.
  ['both', () => new ObservedTracerProvider(processed(decisionSpanProcessor()), new Observers())],
])('with %s', (_name, provider) => {
  /** A chat, as instrumentations make it. */
  const chat = (tracer: Tracer, id: string) =>
    tracer.startActiveSpan('chat gpt', { attributes: { 'gen_ai.request.model': 'gpt' } }, (span) => {
      span.setAttributes({
        'gen_ai.response.model': 'gpt-1',
        'gen_ai.response.id': id,
        'gen_ai.usage.input_tokens': 5,
      });
      span.end();
    });

  it('stamps the calls within a decision, and rolls up what they say', async () => {
    const tracer = provider().getTracer('test');
    const ref = await takeDecision(taking(tracer), options, async (decision) => {
      chat(tracer, 'a');
      await Promise.resolve();
      chat(tracer, 'b');
      tracer.startSpan('a query').end();
      decision.output({ label: 'yes' }, 0.9);
      return decision.ref();
    });
    const [first, second, query, decision] = exporter.getFinishedSpans();
    const ids = { 'decision.id': ref.decision_id, 'decision.workflow.id': 'w', 'decision.task.id': 't' };
    expect(first?.attributes).toMatchObject({ ...ids, 'gen_ai.response.id': 'a' });
    expect(second?.attributes).toMatchObject({ ...ids, 'gen_ai.response.id': 'b' });
    expect(query?.attributes).toEqual({});
    expect(decision?.attributes).toMatchObject({
      'gen_ai.request.model': 'gpt',
      'gen_ai.response.model': 'gpt-1',
      'gen_ai.response.id': 'b',
      'gen_ai.usage.input_tokens': 10,
    });
    expect(first?.parentSpanContext?.spanId).toBe(decision?.spanContext().spanId);
  });

  it('knows those that say only later what they are, and those of a client with a context of its own', async () => {
    const tracer = provider().getTracer('test');
    const ref = await takeDecision(taking(tracer), options, async (decision) => {
      const span = tracer.startSpan('weather.tool', {}, ROOT_CONTEXT);
      await Promise.resolve();
      span.setAttributes({ 'traceloop.span.kind': 'tool', 'llm.request.model_name': 'gpt' });
      span.end();
      decision.output({ label: 'yes' }, 0.9);
      return decision.ref();
    });
    const [tool, decision] = exporter.getFinishedSpans();
    expect(tool?.attributes).toMatchObject({ 'decision.id': ref.decision_id, 'decision.task.id': 't' });
    expect(decision?.attributes['gen_ai.request.model']).toBe('gpt');
  });

  it('counts tokens once that an agent says again', async () => {
    const tracer = provider().getTracer('test');
    const tokens = (count: number) => ({ 'gen_ai.usage.input_tokens': count, 'gen_ai.usage.output_tokens': count });
    await takeDecision(taking(tracer), options, async (decision) => {
      tracer.startActiveSpan('invoke_agent', (agent) => {
        for (const count of [5, 7]) {
          tracer.startActiveSpan('step', (step) => {
            tracer.startSpan('chat', { attributes: tokens(count) }).end();
            step.end();
          });
        }
        agent.setAttributes(tokens(12));
        agent.end();
      });
      tracer.startSpan('chat', { attributes: tokens(100) }).end();
      decision.output({ label: 'yes' }, 0.9);
    });
    expect(exporter.getFinishedSpans().at(-1)?.attributes).toMatchObject({
      'gen_ai.usage.input_tokens': 112,
      'gen_ai.usage.output_tokens': 112,
    });
  });

  it('leaves alone what happens outside of any', () => {
    const tracer = provider().getTracer('test');
    chat(tracer, 'a');
    expect(exporter.getFinishedSpans()[0]?.attributes).not.toHaveProperty('decision.id');
  });

  it('finds a decision that was started and is ended elsewhere', () => {
    const tracer = provider().getTracer('test');
    const before = trace.getActiveSpan();
    const decision = startDecision(taking(tracer), options);
    expect(trace.getActiveSpan()).toBe(before);
    decision.run(() => chat(tracer, 'a'));
    decision.output({ label: 'yes' }, 0.9);
    decision.end();
    const [part, whole] = exporter.getFinishedSpans();
    expect(part?.attributes['decision.id']).toBe(decision.ref().decision_id);
    expect(whole?.attributes['gen_ai.response.id']).toBe('a');
  });
});

describe('a started decision', () => {
  const begin = () => {
    const about = taking(processed().getTracer('test'));
    return { about, decision: startDecision(about, options) };
  };

  it('is recorded once, however often it is ended', () => {
    const { about, decision } = begin();
    decision.output({ label: 'yes' }, 0.9);
    decision.end();
    decision.end();
    decision.fail(new Error('too late'));
    expect(about.onEnded).toHaveBeenCalledOnce();
    expect(about.onTrouble).toHaveBeenCalledWith('a decision on w/t was ended twice');
    expect(exporter.getFinishedSpans()).toHaveLength(1);
  });

  it('is ended when its block is left', () => {
    const { about, decision } = begin();
    {
      using block = decision;
      block.output({ label: 'yes' }, 0.9);
    }
    expect(about.onEnded).toHaveBeenCalledOnce();
  });

  it('is not recorded when it failed', () => {
    const { about, decision } = begin();
    decision.fail(new TypeError('no'));
    expect(about.onEnded).not.toHaveBeenCalled();
    expect(exporter.getFinishedSpans()[0]?.attributes['error.type']).toBe('TypeError');
  });

  it('keeps `this` and arguments of what runs within it', () => {
    const { decision } = begin();
    function add(this: { readonly base: number }, more: number) {
      return this.base + more;
    }
    expect(decision.run(add, { base: 40 }, 2)).toBe(42);
    decision.fail(new Error('over'));
  });
});
