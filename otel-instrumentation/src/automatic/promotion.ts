/**
 * Spans of GenAI instrumentations that a rule promotes are AI decisions of their own, though the service says nothing of
 * them. Their ids follow from trace and span, as they do in the daemon that gets such spans over OTLP.
 */
import { SpanStatusCode, trace, type Attributes, type Context, type HrTime, type Span } from '@opentelemetry/api';
import { actorNameOf, inputOfSpan, promoted, routeOf, type PromoteRule, type Promotion } from '@countersign/contract';
import { hash } from 'node:crypto';
import type { EndedDecision } from '../decision-event.ts';
import { decisionIdOfSpan } from '../ids.ts';
import { running } from '../running.ts';
import { attribute } from '../semconv.ts';
import { inputInHand, isAborting } from './in-hand.ts';
import { isOpen, modelCallOf, type OpenSpan, type SeenSpan, type SpanObserver } from './parts.ts';

let rules: readonly PromoteRule[] = [];

/** By what spans are promoted from now on. The first that fits counts. */
export function promoteBy(these: readonly PromoteRule[]): void {
  rules = these;
}

interface Begun {
  readonly rule: PromoteRule | null;
  /** What it is the same call as, if that was known when it began: it may end later than that. */
  readonly above: SeenSpan | null;
  readonly input: string | null;
  readonly parent: SeenSpan | null;
}

/** What was known of a span when it began: by span, of whoever saw it first. */
const begun = new WeakMap<object, Begun>();

export class Promotions implements SpanObserver {
  onStart(span: Span & SeenSpan, context: Context): void {
    // What is part of a decision is recorded with it.
    if (rules.length === 0 || span.attributes[attribute.workflowId] !== undefined || begun.has(span)) return;
    const rule = promoted(rules, span.attributes);
    const parent = trace.getSpan(context);
    const seen = isSeen(parent) ? parent : null;
    const above = rule === null ? null : sameAbove(span, rule, seen);
    begun.set(span, { rule, input: inputInHand(), parent: seen, above });
    if (rule !== null) stamp(span, rule, above ?? span);
  }

  /** Sampling must not decide what is on record. */
  wantsUnsampled(): boolean {
    return rules.length > 0;
  }

  onEnd(span: SeenSpan): void {
    const start = begun.get(span);
    if (start === undefined) return;
    begun.delete(span);
    // Some say only after they have begun what they are, or the name by which a rule knows them.
    const rule = promoted(rules, span.attributes);
    if (rule === null || (start.rule === null && span.attributes[attribute.workflowId] !== undefined)) return;
    const above = (rule === start.rule ? start.above : null) ?? sameAbove(span, rule, start.parent);
    if (rule !== start.rule && isOpen(span)) stamp(span, rule, above ?? span);
    // It is on record with what it happens in.
    if (above !== null) return;
    // A model that has not answered has decided nothing. A tool that failed was chosen all the same.
    const hasFailed = span.status.code === SpanStatusCode.ERROR || isAborting();
    if (hasFailed && rule.operation !== 'execute_tool') return;
    const recorder = running();
    if (recorder === null) return;
    const inputHash = recorder.inputs.hashOf(start.input ?? inputOfSpan(span.attributes));
    recorder.recordPromoted(endedOf(span, rule, inputHash));
  }
}

const isSeen = (span: (Span & Partial<SeenSpan>) | undefined): span is Span & SeenSpan =>
  span?.attributes !== undefined;

/**
 * The outermost span of the same call, seen by more than one instrumentation: the call of a tool by an agent, by the AI SDK and by an
 * MCP client. Null when there is none but this one.
 */
function sameAbove(span: SeenSpan, rule: PromoteRule, parent: SeenSpan | null): SeenSpan | null {
  let found: SeenSpan | null = null;
  for (let above = parent; above !== null; above = begun.get(above)?.parent ?? null) {
    if (begun.has(above) && promoted(rules, above.attributes) === rule && isSameCall(rule, above, span)) found = above;
  }
  return found;
}

/** A tool may call itself, and then has another id of its call; what has no name is nothing in particular. */
function isSameCall({ operation }: PromoteRule, above: SeenSpan, span: SeenSpan): boolean {
  const [name, other] = [above, span].map(({ attributes }) => actorNameOf(operation, attributes));
  const [id, otherId] = [above, span].map(({ attributes }) => text(attributes, 'gen_ai.tool.call.id'));
  const isOther = id !== null && otherId !== null && id !== otherId;
  return !isOther && name === other && (name !== null || !namedOperations.has(operation));
}

const namedOperations: ReadonlySet<string> = new Set(['execute_tool', 'invoke_agent', 'invoke_workflow']);

/** With the ids of the decision that `of` is. */
function stamp(span: OpenSpan, rule: PromoteRule, of: SeenSpan): void {
  span.setAttributes({
    [attribute.id]: decisionIdOfSpan(of.spanContext()),
    [attribute.workflowId]: rule.workflow,
    [attribute.taskId]: taskOf(of),
  });
}

type Timed = SeenSpan & { readonly startTime?: HrTime };

function endedOf(span: Timed, rule: PromoteRule, inputHash: string): Omit<EndedDecision, 'source' | 'redactText'> {
  const { attributes } = span;
  const spanContext = span.spanContext();
  const { requestModel, responseModel } = modelCallOf(attributes);
  const name =
    rule.model ?? requestModel ?? responseModel ?? text(attributes, 'gen_ai.agent.name') ?? nameOf(rule, attributes);
  const version = responseModel ?? text(attributes, 'gen_ai.agent.version') ?? 'unknown';
  const endedAt = Date.now();
  const [seconds, nanoseconds] = span.startTime ?? [endedAt / 1_000, 0];
  return {
    spanContext,
    decisionId: decisionIdOfSpan(spanContext),
    workflow: rule.workflow,
    task: taskOf(span),
    title: undefined,
    // Of a hosted model nobody has the weights.
    model: { name, version, hash: sha256(`${name}@${version}`) },
    riskTier: rule.risk_tier,
    reversible: rule.reversible,
    inputHash,
    inputUri: `urn:opentelemetry:span:${spanContext.traceId}:${spanContext.spanId}`,
    mediaType: undefined,
    captured: false,
    redacted: false,
    features: undefined,
    label: rule.label_from === undefined ? nameOf(rule, attributes) : text(attributes, rule.label_from),
    scores: undefined,
    // It has said nothing of how sure it is.
    confidence: 0,
    output: undefined,
    explanation: undefined,
    provenance: undefined,
    action: 'accept',
    justification: `Promoted by a rule of the service from the span ${JSON.stringify(span.name)}.`,
    answer: { route: routeOf(rule), reason: 'automation_level', epoch: 0, useVersion: null },
    latencyMs: Math.max(0, endedAt - seconds * 1_000 - nanoseconds / 1e6),
    endedAt,
  };
}

/** As the contract wants the id of a task. */
const isTask = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$/;

function taskOf(span: SeenSpan): string {
  const conversation = text(span.attributes, 'gen_ai.conversation.id');
  return conversation !== null && isTask.test(conversation) ? conversation : span.spanContext().traceId;
}

const nameOf = ({ operation }: Promotion, attributes: Attributes): string =>
  actorNameOf(operation, attributes) ?? operation;

function text(attributes: Attributes, name: string): string | null {
  const value = attributes[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

const sha256 = (content: string): string => `sha256:${hash('sha256', content, 'hex')}`;
