/**
 * Spans of GenAI instrumentations that a rule promotes are AI decisions of their own, though the service says nothing of
 * them. Their ids follow from trace and span, as they do in the daemon that gets such spans over OTLP.
 */
import { SpanStatusCode, type Attributes, type HrTime, type Span } from '@opentelemetry/api';
import { nameAttribute, promoted, routeOf, type PromoteRule, type Promotion } from '@countersign/contract';
import { hash } from 'node:crypto';
import type { EndedDecision } from '../decision-event.ts';
import { decisionIdOfSpan } from '../ids.ts';
import { running } from '../running.ts';
import { attribute } from '../semconv.ts';
import { inputInHand } from './input-in-hand.ts';
import { modelCallOf, type SeenSpan, type SpanObserver } from './parts.ts';

let rules: readonly PromoteRule[] = [];

/** By what spans are promoted from now on. The first that fits counts. */
export function promoteBy(these: readonly PromoteRule[]): void {
  rules = these;
}

/** By span, of whoever saw it first. */
const underWay = new WeakMap<object, { readonly rule: PromoteRule; readonly inputHash: string | null }>();

export class Promotions implements SpanObserver {
  onStart(span: Span & SeenSpan): void {
    // What is part of a decision is recorded with it.
    if (rules.length === 0 || span.attributes[attribute.workflowId] !== undefined || underWay.has(span)) return;
    const rule = promoted(rules, span.attributes);
    if (rule === null) return;
    const input = inputInHand();
    underWay.set(span, { rule, inputHash: input === null ? null : sha256(input) });
    span.setAttributes({
      [attribute.id]: decisionIdOfSpan(span.spanContext()),
      [attribute.workflowId]: rule.workflow,
      [attribute.taskId]: taskOf(span),
    });
  }

  onEnd(span: SeenSpan): void {
    const found = underWay.get(span);
    if (found === undefined) return;
    underWay.delete(span);
    // A model that has not answered has decided nothing. A tool that failed was chosen all the same.
    if (span.status.code === SpanStatusCode.ERROR && found.rule.operation !== 'execute_tool') return;
    running()?.recordPromoted(endedOf(span, found.rule, found.inputHash ?? sha256(inputOf(span.attributes))));
  }
}

type Timed = SeenSpan & { readonly startTime?: HrTime };

function endedOf(span: Timed, rule: PromoteRule, inputHash: string): Omit<EndedDecision, 'source'> {
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
    redactText: null,
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
  text(attributes, nameAttribute(operation)) ?? operation;

/** What was captured of the input; when nothing was, all that is on the span. */
function inputOf(attributes: Attributes): string {
  const captured = attributes['gen_ai.tool.call.arguments'] ?? attributes['gen_ai.input.messages'];
  return typeof captured === 'string' ? captured : JSON.stringify(attributes, Object.keys(attributes).toSorted());
}

function text(attributes: Attributes, name: string): string | null {
  const value = attributes[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

const sha256 = (content: string): string => `sha256:${hash('sha256', content, 'hex')}`;
