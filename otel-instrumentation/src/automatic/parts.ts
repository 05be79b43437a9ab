/**
 * Spans of GenAI instrumentations that happen within a decision are parts of it: they carry its ids, and what they know of
 * provider, model and response is rolled up onto the decision's span. Nothing is published from here: sampling decides what
 * comes by, and must not decide what is on record.
 */
import {
  context,
  trace,
  type Attributes,
  type Context,
  type Span,
  type SpanContext,
  type SpanStatus,
} from '@opentelemetry/api';
import { requestModelOf, responseModelOf } from '@countersign/contract';
import { decisionOf, type PartOfDecision } from '../in-context.ts';
import { attribute } from '../semconv.ts';

/** What the SDK's spans, while they are open and after, have in common with ours. */
export interface SeenSpan {
  readonly name: string;
  readonly attributes: Attributes;
  readonly status: SpanStatus;
  spanContext(): SpanContext;
  isRecording?(): boolean;
  setAttributes?(attributes: Attributes): unknown;
}

/** Told of each span that begins and ends. */
export interface SpanObserver {
  onStart(span: Span & SeenSpan, parent: Context): void;
  onEnd(span: SeenSpan): void;
  /** Whether those that are sampled out are to be seen as well. */
  wantsUnsampled(): boolean;
}

/** By what instrumentations of models, agents and tools are known: OpenTelemetry's, OpenInference's, OpenLLMetry's. */
const prefixes = ['gen_ai.', 'openinference.', 'llm.', 'mcp.', 'traceloop.'] as const;

export const isGenAi = (attributes: Attributes): boolean =>
  Object.keys(attributes).some((name) => prefixes.some((prefix) => name.startsWith(prefix)));

interface Part {
  readonly decision: PartOfDecision;
  readonly parent: string | null;
}

/** By span, of whoever saw it first: a span may be seen by a processor and by an observed provider. */
const parts = new WeakMap<object, Part>();

/** Of each decision the ids of spans below which tokens were counted: an agent says again what its models said. */
const counted = new WeakMap<PartOfDecision, Set<string>>();

export class Parts implements SpanObserver {
  onStart(span: Span & SeenSpan, parent: Context): void {
    // A client that keeps its session's context gives its spans that one.
    const decision = decisionOf(parent) ?? decisionOf(context.active());
    if (decision === null || parts.has(span)) return;
    parts.set(span, { decision, parent: trace.getSpanContext(parent)?.spanId ?? null });
    if (isGenAi(span.attributes)) stamp(span, decision);
  }

  /** Nobody sees the decision's own span then either. */
  wantsUnsampled(): boolean {
    return false;
  }

  onEnd(span: SeenSpan): void {
    const part = parts.get(span);
    if (part === undefined) return;
    parts.delete(span);
    const call = isGenAi(span.attributes) ? modelCallOf(span.attributes) : null;
    const isNew = isFirstToCount(
      span.spanContext().spanId,
      part,
      (call?.inputTokens ?? call?.outputTokens ?? null) !== null,
    );
    if (call === null) return;
    // Some say what they are only after they have begun.
    if (span.attributes[attribute.id] === undefined && isOpen(span)) stamp(span, part.decision);
    part.decision.rollUp(isNew ? call : { ...call, inputTokens: null, outputTokens: null });
  }
}

/** Whether no span below has counted the tokens. Those above are not to count them again. */
function isFirstToCount(id: string, { decision, parent }: Part, hasTokens: boolean): boolean {
  const ids = counted.get(decision) ?? new Set<string>();
  counted.set(decision, ids);
  const isFirst = !ids.delete(id);
  if (parent !== null && (hasTokens || !isFirst)) ids.add(parent);
  return isFirst;
}

export type OpenSpan = SeenSpan & Required<Pick<SeenSpan, 'setAttributes'>>;

/** Attributes can still be set. */
export const isOpen = (span: SeenSpan): span is OpenSpan =>
  span.isRecording?.() === true && span.setAttributes !== undefined;

function stamp(span: OpenSpan, decision: PartOfDecision): void {
  const { decision_id, workflow_id, task_id } = decision.ref();
  span.setAttributes({
    [attribute.id]: decision_id,
    [attribute.workflowId]: workflow_id,
    [attribute.taskId]: task_id,
  });
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
  requestModel: requestModelOf(attributes),
  responseModel: responseModelOf(attributes),
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
