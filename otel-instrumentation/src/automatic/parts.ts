/**
 * Spans of GenAI instrumentations that happen within a decision are parts of it: they carry its ids, and what they know of
 * provider, model and response is rolled up onto the decision's span. Nothing is published from here: sampling decides what
 * comes by, and must not decide what is on record.
 */
import type { Attributes, Context, Span, SpanContext, SpanStatus } from '@opentelemetry/api';
import { decisionOf, type PartOfDecision } from '../in-context.ts';
import { attribute } from '../semconv.ts';

/** What the SDK's spans, while they are open and after, have in common with ours. */
export interface SeenSpan {
  readonly name: string;
  readonly attributes: Attributes;
  readonly status: SpanStatus;
  spanContext(): SpanContext;
}

/** Told of each span that begins and ends. */
export interface SpanObserver {
  onStart(span: Span & SeenSpan, parent: Context): void;
  onEnd(span: SeenSpan): void;
}

/** By what instrumentations of models, agents and tools are known: OpenTelemetry's, OpenInference's, OpenLLMetry's. */
const prefixes = ['gen_ai.', 'openinference.', 'llm.', 'mcp.', 'traceloop.'] as const;

export const isGenAi = (attributes: Attributes): boolean =>
  Object.keys(attributes).some((name) => prefixes.some((prefix) => name.startsWith(prefix)));

/** By span, of whoever saw it first: a span may be seen by a processor and by an observed provider. */
const decisions = new WeakMap<object, PartOfDecision>();

export class Parts implements SpanObserver {
  onStart(span: Span & SeenSpan, parent: Context): void {
    const decision = decisionOf(parent);
    if (decision === null || decisions.has(span) || !isGenAi(span.attributes)) return;
    decisions.set(span, decision);
    const { decision_id, workflow_id, task_id } = decision.ref();
    span.setAttributes({
      [attribute.id]: decision_id,
      [attribute.workflowId]: workflow_id,
      [attribute.taskId]: task_id,
    });
  }

  onEnd(span: SeenSpan): void {
    const decision = decisions.get(span);
    if (decision === undefined) return;
    decisions.delete(span);
    decision.rollUp(modelCallOf(span.attributes));
  }
}

/** What a call to a model says about itself, in OpenTelemetry's names. */
export interface ModelCall {
  readonly provider: string | null;
  readonly requestModel: string | null;
  readonly responseModel: string | null;
  readonly responseId: string | null;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
}

/** OpenTelemetry's names, and where they differ those of OpenInference and of OpenTelemetry before 1.37. */
export const modelCallOf = (attributes: Attributes): ModelCall => ({
  provider: text(attributes, 'gen_ai.provider.name', 'gen_ai.system', 'llm.provider', 'llm.system'),
  requestModel: text(attributes, 'gen_ai.request.model'),
  responseModel: text(attributes, 'gen_ai.response.model', 'llm.model_name'),
  responseId: text(attributes, 'gen_ai.response.id'),
  inputTokens: count(attributes, 'gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens', 'llm.token_count.prompt'),
  outputTokens: count(
    attributes,
    'gen_ai.usage.output_tokens',
    'gen_ai.usage.completion_tokens',
    'llm.token_count.completion',
  ),
});

const text = (attributes: Attributes, ...names: string[]): string | null =>
  names.map((name) => attributes[name]).find((value) => typeof value === 'string') ?? null;

const count = (attributes: Attributes, ...names: string[]): number | null =>
  names.map((name) => attributes[name]).find((value) => typeof value === 'number') ?? null;
