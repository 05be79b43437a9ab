/** One AI decision: a span around the work, and an event when it ends. */
import type { Attributes, Span } from '@opentelemetry/api';
import {
  type DecisionAction,
  type Explanation,
  type Features,
  type Model,
  type Output,
  type Provenance,
  type RiskTier,
} from '@countersign/contract';
import type { UndoableStep } from './compensations.ts';
import type { ContentRules } from './content-rules.ts';
import { aiDecisionEvent, usualBytes, type EndedDecision } from './decision-event.ts';
import type { ModelCall } from './automatic/parts.ts';
import { errorTypeOf, failedStatus } from './failure.ts';
import type { GuardVerdict, Question } from './guard.ts';
import { newId } from './ids.ts';
import type { Inputs, RecordedInput } from './inputs.ts';
import type { PartOfDecision } from './in-context.ts';
import type { Outgoing } from './publisher.ts';
import { traceparentOf, type DecisionRef } from './ref.ts';
import { attribute } from './semconv.ts';

export interface DecisionOptions {
  readonly workflow: string;
  readonly task: string;
  /** What a person would call the case. It is stored, redacted when the policy says so: leave it out where it is private. */
  readonly title?: string;
  readonly model: Model;
  readonly riskTier: RiskTier;
  /** Whether what the AI may do can be taken back. */
  readonly reversible: boolean;
  readonly input: {
    readonly content: Uint8Array | string;
    readonly mediaType?: string;
    /**
     * Offers the content, so that reviewers can read it; the policy says whether it leaves the service, and what is taken out
     * before. Otherwise only its hash does.
     */
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

/** What decisions share of the service that takes them. */
export interface Deciding {
  readonly source: string;
  readonly inputs: Inputs;
  ask(question: Question): GuardVerdict;
  privacyOf(workflow: string): ContentRules;
  register(ref: DecisionRef, model: Model, sequence: number, step: UndoableStep): Promise<string>;
  /** How long an AI decision took. */
  measured(ms: number, about: Attributes): void;
}

export type Ended =
  | { readonly is: 'event'; readonly outgoing: Outgoing }
  | { readonly is: 'no_output' }
  /** A cycle or a bigint in what the service handed over. */
  | { readonly is: 'not_json'; readonly error: unknown }
  /** Something of it is not what its type says. */
  | { readonly is: 'invalid'; readonly error: unknown };

export class OpenDecision implements DecisionHandle, PartOfDecision {
  readonly id = newId();
  readonly options: DecisionOptions;
  private readonly span: Span;
  private readonly deciding: Deciding;
  /** On the monotonic clock, in ms. */
  private readonly startedAt = performance.now();
  said: Output | null = null;
  private confidence = 0;
  private explanation: string | undefined;
  private notJson: unknown = null;
  action: DecisionAction = 'accept';
  private justification = '';
  private answer: GuardVerdict | null = null;
  private snapshot: RecordedInput | null = null;
  private calls: Attributes | null = null;
  /** Steps that can be undone. */
  private steps = 0;

  constructor(options: DecisionOptions, span: Span, deciding: Deciding) {
    this.options = options;
    this.span = span;
    this.deciding = deciding;
  }

  // Functions of their own, so that the work may take them apart: `({ output }) => …`.
  get output(): DecisionHandle['output'] {
    return (output, confidence) => {
      this.said = output;
      this.confidence = confidence;
    };
  }

  get explain(): DecisionHandle['explain'] {
    return (explanation) => {
      this.explanation = this.json('explanation', explanation);
    };
  }

  get propose(): DecisionHandle['propose'] {
    return (action, justification) => {
      this.action = action;
      this.justification = justification;
    };
  }

  get authority(): DecisionHandle['authority'] {
    // What it was told that it may do, it may have done: that goes on record, whatever a later answer is.
    return () => (this.answer?.route === 'auto' ? this.answer : this.askAgain());
  }

  /** As the guard sees it now: for whoever has done nothing yet, whatever it was told before. */
  askAgain(): GuardVerdict {
    const { workflow, task, model, riskTier, reversible } = this.options;
    const question = { workflow, task, model, riskTier, reversible };
    this.answer = this.deciding.ask(this.said === null ? question : { ...question, confidence: this.confidence });
    return this.answer;
  }

  get undoable(): DecisionHandle['undoable'] {
    return (step) => {
      this.steps += 1;
      return this.deciding.register(this.ref(), this.options.model, this.steps, step);
    };
  }

  get ref(): DecisionHandle['ref'] {
    return () => {
      const { workflow, task } = this.options;
      const traced = traceparentOf(this.span.spanContext());
      return { v: 1, ...traced, decision_id: this.id, workflow_id: workflow, task_id: task };
    };
  }

  /** Of several calls the last one is named, and the tokens of all are counted. */
  rollUp({ provider, requestModel, responseModel, responseId, inputTokens, outputTokens }: ModelCall): void {
    const calls = (this.calls ??= {});
    if (provider !== null) calls[attribute.genAiProviderName] = provider;
    if (requestModel !== null) calls[attribute.genAiRequestModel] = requestModel;
    if (responseModel !== null) calls[attribute.genAiResponseModel] = responseModel;
    if (responseId !== null) calls[attribute.genAiResponseId] = responseId;
    if (inputTokens !== null)
      calls[attribute.genAiUsageInputTokens] = sum(calls[attribute.genAiUsageInputTokens], inputTokens);
    if (outputTokens !== null)
      calls[attribute.genAiUsageOutputTokens] = sum(calls[attribute.genAiUsageOutputTokens], outputTokens);
  }

  /** What the AI may do after all is left to a person: it was not done. */
  withhold(reason: 'authority_lost' | 'escalated'): GuardVerdict {
    this.answer = { route: 'human', reason, epoch: this.answer?.epoch ?? 0, useVersion: null };
    return this.answer;
  }

  /** What `end` would give now. */
  draft(): Ended {
    if (this.said === null) return { is: 'no_output' };
    const outgoing = this.outgoing(this.said, this.answer ?? this.authority());
    return this.notJson === null ? { is: 'event', outgoing } : { is: 'not_json', error: this.notJson };
  }

  /** Puts what is known on the span and ends it; with the event to send, when there is one. */
  end(): Ended {
    try {
      return this.ended();
    } catch (error) {
      return { is: 'invalid', error };
    } finally {
      this.span.end();
    }
  }

  private ended(): Ended {
    const { span, said } = this;
    const answer = this.answer ?? this.authority();
    this.describe();
    span.setAttribute(attribute.action, this.action);
    span.setAttribute(attribute.route, answer.route);
    span.setAttribute(attribute.routeReason, answer.reason);
    span.setAttribute(attribute.breakerEpoch, answer.epoch);
    if (said !== null) {
      span.setAttribute(attribute.confidence, this.confidence);
      if (typeof said.label === 'string') span.setAttribute(attribute.outputLabel, said.label);
    }
    this.deciding.measured(performance.now() - this.startedAt, {
      [attribute.workflowId]: this.options.workflow,
      [attribute.actorType]: 'ai',
      [attribute.route]: answer.route,
      [attribute.action]: this.action,
    });
    return this.draft();
  }

  /** One by one: an object of them would be made to be taken apart. */
  private describe(): void {
    const { span, options } = this;
    const { task, model, reversible } = options;
    span.setAttribute(attribute.id, this.id);
    span.setAttribute(attribute.taskId, task);
    span.setAttribute(attribute.actorType, 'ai');
    span.setAttribute(attribute.modelName, model.name);
    span.setAttribute(attribute.modelVersion, model.version);
    span.setAttribute(attribute.reversible, reversible);
    if (this.calls !== null) span.setAttributes(this.calls);
  }

  /** Never throws: what is recorded of a decision must not fail it. */
  private json(field: string, value: object): string | undefined {
    try {
      return JSON.stringify(value);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.notJson = new Error(`${field} cannot be written as JSON: ${why}`, { cause: error });
      return undefined;
    }
  }

  /** The work threw: there is no decision to record. */
  failed(error: unknown): void {
    try {
      this.showFailure(error);
    } catch {
      // What was thrown, or handed over, is no better than it was: whoever is to see it is the caller.
    } finally {
      this.span.end();
    }
  }

  private showFailure(error: unknown): void {
    const errorType = errorTypeOf(error);
    this.describe();
    this.span.setAttribute(attribute.errorType, errorType);
    const { workflow, riskTier } = this.options;
    this.deciding.measured(performance.now() - this.startedAt, {
      [attribute.workflowId]: workflow,
      [attribute.actorType]: 'ai',
      [attribute.errorType]: errorType,
    });
    this.span.setStatus(failedStatus(error, this.deciding.privacyOf(workflow), riskTier));
  }

  /** What the service may change when this returns is copied or written down; the rest waits until it is sent. */
  private outgoing(said: Output, answer: GuardVerdict): Outgoing {
    const { workflow, task, title, model, riskTier, reversible, input, features, provenance } = this.options;
    const rules = this.deciding.privacyOf(workflow);
    const snapshot = (this.snapshot ??= this.deciding.inputs.record(this.options, rules));
    const ended: EndedDecision = {
      source: this.deciding.source,
      spanContext: this.span.spanContext(),
      decisionId: this.id,
      workflow,
      task,
      title,
      model: { name: model.name, version: model.version, hash: model.hash },
      riskTier,
      reversible,
      inputHash: snapshot.hash,
      inputUri: input.uri,
      mediaType: input.mediaType,
      captured: snapshot.content !== null,
      redacted: snapshot.redacted,
      redactText: rules.redactText,
      features: features === undefined ? undefined : { ...features },
      label: said.label,
      scores: said.scores === undefined ? undefined : { ...said.scores },
      confidence: this.confidence,
      output: isPlain(said) ? undefined : this.json('output', said),
      explanation: this.explanation,
      provenance: provenance === undefined ? undefined : this.json('provenance', provenance),
      action: this.action,
      justification: this.justification,
      answer,
      latencyMs: performance.now() - this.startedAt,
      endedAt: Date.now(),
    };
    const { hash, content, bareHash } = snapshot;
    return {
      kind: 'decision_ai',
      workflow,
      event: () => aiDecisionEvent(ended),
      snapshot: content === null ? null : { hash, content, bareHash },
      bytes:
        usualBytes +
        (ended.output?.length ?? 0) +
        (ended.explanation?.length ?? 0) +
        (ended.provenance?.length ?? 0) +
        sizeOf(ended.features) +
        sizeOf(ended.scores) +
        (title?.length ?? 0) +
        (this.justification?.length ?? 0) +
        (content?.length ?? 0),
    };
  }
}

const sum = (before: Attributes[string], more: number): number => (typeof before === 'number' ? before : 0) + more;

/** About how many letters one level of names and values takes. */
function sizeOf(values: Readonly<Record<string, unknown>> | undefined): number {
  let letters = 0;
  for (const name in values) {
    const value = values[name];
    letters += name.length + (typeof value === 'string' ? value.length : 8);
  }
  return letters;
}

/** Nothing deeper than one level. */
function isPlain(output: Output): boolean {
  for (const name in output) if (name !== 'label' && name !== 'scores') return false;
  return true;
}

/** What samplers may go by. */
export const attributesAtStart = ({ workflow, riskTier }: DecisionOptions): Attributes => ({
  [attribute.workflowId]: workflow,
  [attribute.riskTier]: riskTier,
});
