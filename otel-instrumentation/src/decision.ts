/** One AI decision: a span around the work, and an event when it ends. */
import { SpanStatusCode, type Span } from '@opentelemetry/api';
import {
  eventTypes,
  saltBytes,
  type AiDecision,
  type AiDecisionEvent,
  type DecisionAction,
  type Explanation,
  type Features,
  type Model,
  type Output,
  type Provenance,
  type RiskTier,
} from '@countersign/contract';
import type { UndoableStep } from './compensations.ts';
import type { GuardVerdict } from './guard.ts';
import { sha256, type Outgoing } from './publisher.ts';
import { traceparentOf, type DecisionRef } from './ref.ts';
import { attribute } from './semconv.ts';

export interface DecisionOptions {
  readonly workflow: string;
  readonly task: string;
  /** What a person would call the case. It is stored: leave it out where it is private. */
  readonly title?: string;
  readonly model: Model;
  readonly riskTier: RiskTier;
  /** Whether what the AI may do can be taken back. */
  readonly reversible: boolean;
  readonly input: {
    readonly content: Uint8Array | string;
    readonly mediaType?: string;
    /** Send the content along, so that reviewers can read it. By default only its hash leaves the service. */
    readonly capture?: boolean;
    /** Where the content is kept, when the service keeps it. */
    readonly uri?: string;
  };
  readonly features?: Features;
  readonly provenance?: Provenance;
}

/** What the work of a decision says about it, in any order, before it returns. */
export interface DecisionHandle {
  /** What the model said, and how sure it is: the probability, in [0, 1], that it is right. */
  output(output: Output, confidence: number): void;
  explain(explanation: Explanation): void;
  /** What the AI wants done with the case, and why, in a sentence. */
  propose(action: DecisionAction, justification: string): void;
  /** Asks the guard and puts the answer on record. Say the output first, so that its confidence counts. */
  authority(): GuardVerdict;
  /**
   * Registers how what the AI is about to do is undone, before it does it. Resolves to the key of the step when that is
   * durable; rejects when it cannot be made so, and then the AI must not act. Of several steps the last is undone first.
   */
  undoable(step: UndoableStep): Promise<string>;
  /** To find this decision again: keep it with the task. */
  ref(): DecisionRef;
}

export interface DecisionContext {
  readonly span: Span;
  readonly newId: () => string;
  readonly newSalt: () => Uint8Array;
  readonly now: () => Date;
  readonly elapsedMs: () => number;
  readonly source: string;
  readonly register: (ref: DecisionRef, sequence: number, step: UndoableStep) => Promise<string>;
  readonly ask: (confidence: number | undefined) => GuardVerdict;
}

export class OpenDecision implements DecisionHandle {
  private readonly id: string;
  private readonly options: DecisionOptions;
  private readonly context: DecisionContext;
  private said: { output: Output; confidence: number } | null = null;
  private explained: Explanation | null = null;
  private proposed: { action: DecisionAction; justification: string } | null = null;
  private answer: GuardVerdict | null = null;
  /** Steps that can be undone. */
  private steps = 0;

  constructor(options: DecisionOptions, context: DecisionContext) {
    this.options = options;
    this.context = context;
    this.id = context.newId();
  }

  output(output: Output, confidence: number): void {
    this.said = { output, confidence };
  }

  explain(explanation: Explanation): void {
    this.explained = explanation;
  }

  propose(action: DecisionAction, justification: string): void {
    this.proposed = { action, justification };
  }

  authority(): GuardVerdict {
    // What it was told that it may do, it may have done: that goes on record, whatever a later answer is.
    if (this.answer?.route !== 'auto') this.answer = this.context.ask(this.said?.confidence);
    return this.answer;
  }

  undoable(step: UndoableStep): Promise<string> {
    this.steps += 1;
    return this.context.register(this.ref(), this.steps, step);
  }

  ref(): DecisionRef {
    const { workflow, task } = this.options;
    return { v: 1, ...traceparentOf(this.context.span), decision_id: this.id, workflow_id: workflow, task_id: task };
  }

  /** Puts what is known on the span and ends it; the event to send, or null when no output was said. */
  end(): Outgoing | null {
    const { span } = this.context;
    const latency = this.context.elapsedMs();
    const said = this.said;
    const answer = this.answer ?? this.authority();
    const proposed = this.proposed ?? { action: 'accept' as const, justification: '' };
    span.setAttributes({
      [attribute.action]: proposed.action,
      [attribute.route]: answer.route,
      [attribute.reason]: answer.reason,
      [attribute.epoch]: answer.epoch,
      ...(said === null ? {} : { [attribute.confidence]: said.confidence, [attribute.label]: said.output.label ?? '' }),
    });
    const outgoing = said === null ? null : this.outgoing(said, proposed, answer, latency);
    span.end();
    return outgoing;
  }

  /** The work threw: there is no decision to record. */
  failed(error: unknown): void {
    const { span } = this.context;
    span.setAttribute(attribute.errorType, error instanceof Error ? error.name : 'unknown');
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
    span.end();
  }

  private outgoing(
    said: { output: Output; confidence: number },
    proposed: { action: DecisionAction; justification: string },
    answer: GuardVerdict,
    latencyMs: number,
  ): Outgoing {
    const { workflow, task, title, model, riskTier, reversible, input, features, provenance } = this.options;
    const content = typeof input.content === 'string' ? Buffer.from(input.content, 'utf8') : input.content;
    // Salted, so that the hash does not give away an input that could be guessed, and erasing the salt erases the link.
    const sent = input.capture ? Buffer.concat([this.context.newSalt(), content]) : content;
    const hash = sha256(sent);
    const data: AiDecision = {
      workflow_id: workflow,
      task_id: task,
      decision_id: this.id,
      ...(title === undefined ? {} : { title }),
      model: { name: model.name, version: model.version, hash: model.hash },
      input_snapshot: {
        hash,
        uri: input.uri ?? (input.capture ? `nats-object:countersign_snapshots/${hash}` : `urn:${hash}`),
        ...(input.mediaType === undefined ? {} : { media_type: input.mediaType }),
        ...(input.capture ? { salt_bytes: saltBytes } : {}),
      },
      output: said.output,
      confidence: said.confidence,
      risk_tier: riskTier,
      reversible,
      ...(features === undefined ? {} : { features }),
      ...(this.explained === null ? {} : { explanation: this.explained }),
      ...(provenance === undefined ? {} : { provenance }),
      action: proposed.action,
      justification: proposed.justification,
      // A halted version decides nothing; what it said is still on record, for a person.
      route: answer.route === 'auto' ? 'auto' : 'human',
      ...(answer.route === 'auto'
        ? {}
        : { route_reason: answer.reason === 'rolled_back' ? 'breaker' : reviewReason(answer) }),
      breaker_epoch: answer.epoch,
      latency_ms: latencyMs,
    };
    const at = this.context.now();
    const { traceparent, tracestate } = this.ref();
    const event: AiDecisionEvent = {
      specversion: '1.0',
      id: this.context.newId(),
      source: this.context.source,
      type: eventTypes.aiDecision,
      subject: task,
      time: at.toISOString(),
      datacontenttype: 'application/json',
      ...(traceparent === null ? {} : { traceparent }),
      ...(tracestate === null ? {} : { tracestate }),
      data,
    };
    return { kind: 'decision_ai', event, snapshot: input.capture ? { hash, content: sent } : null };
  }
}

const reviewReason = ({ reason }: GuardVerdict) =>
  reason === 'allowed' || reason === 'rolled_back' || reason === 'queue_full' ? 'automation_level' : reason;
