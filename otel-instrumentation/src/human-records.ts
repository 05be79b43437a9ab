/** What people decide about an AI decision in the service's own tools, and what it turned out to be: as spans and events. */
import type { Tracer } from '@opentelemetry/api';
import {
  eventTypes,
  type DecisionAction,
  type HumanDecisionEvent,
  type OutcomeEvent,
  type Output,
} from '@countersign/contract';
import type { ContentRules } from './content-rules.ts';
import { envelopeOf } from './envelope.ts';
import { emitEvaluation, startHumanSpan } from './human-step.ts';
import { newId } from './ids.ts';
import type { Meters } from './meters.ts';
import { spanContextOf, traceparentOf, type DecisionRef } from './ref.ts';
import { attribute } from './semconv.ts';
import { redactedText, toldText } from './texts.ts';
import type { Trouble } from './trouble.ts';

export interface HumanDecisionOptions {
  readonly reviewer: string;
  readonly action: DecisionAction;
  readonly justification: string;
  /** What it should have been, when the action is modify. */
  readonly output?: Output;
  readonly reasonCode?: string;
  /** How long the person looked at the case, and how long it waited before. */
  readonly reviewMs?: number;
  readonly queueMs?: number;
}

export interface Outcome {
  readonly label: string;
  /** Of the error, in the smallest unit of the currency. */
  readonly cost?: number;
}

export interface Recording {
  readonly source: string;
  readonly tracer: Tracer;
  readonly meters: Meters;
  readonly privacyOf: (workflow: string) => ContentRules;
  readonly trouble: Trouble;
}

/** A new span, linked to the decision, an evaluation in the decision's own trace, and the event of both. */
export function recordedHumanDecision(
  { source, tracer, meters, privacyOf, trouble }: Recording,
  ref: DecisionRef,
  options: HumanDecisionOptions,
): HumanDecisionEvent {
  const { reviewer, action, output, reasonCode, reviewMs, queueMs } = options;
  const { workflow_id, task_id, decision_id } = ref;
  const rules = privacyOf(workflow_id);
  const justification = redactedText(options.justification, rules.redactText);
  const reviewed = spanContextOf(ref);
  const span = startHumanSpan(tracer, workflow_id, reviewed);
  const id = newId();
  span.setAttributes({
    [attribute.id]: id,
    [attribute.workflowId]: workflow_id,
    [attribute.taskId]: task_id,
    [attribute.actorType]: 'human',
    [attribute.action]: action,
    [attribute.reviewsId]: decision_id,
    [attribute.reviewerId]: reviewer,
    [attribute.reasonCode]: reasonCode,
    [attribute.outputLabel]: output?.label ?? undefined,
    [attribute.reviewDuration]: inSeconds(reviewMs),
    [attribute.queueDuration]: inSeconds(queueMs),
  });
  try {
    emitEvaluation(reviewed, action, toldText(options.justification, rules));
  } catch (error) {
    // Whatever becomes of the word on it: the decision goes on record.
    trouble(error);
  }
  if (reviewMs !== undefined) {
    meters.reviewed(reviewMs, { [attribute.workflowId]: workflow_id, [attribute.action]: action });
  }
  const { traceparent } = traceparentOf(span.spanContext());
  span.end();
  return {
    ...envelopeOf(source, task_id),
    type: eventTypes.humanDecision,
    ...(traceparent === null ? {} : { traceparent }),
    data: {
      workflow_id,
      task_id,
      decision_id: id,
      reviews: decision_id,
      reviewer,
      action,
      justification,
      ...(output === undefined ? {} : { output }),
      ...(reasonCode === undefined ? {} : { reason_code: reasonCode }),
      ...(reviewMs === undefined ? {} : { review_ms: reviewMs }),
      ...(queueMs === undefined ? {} : { queue_ms: queueMs }),
    },
  };
}

export const outcomeEvent = (source: string, ref: DecisionRef, { label, cost }: Outcome): OutcomeEvent => ({
  ...envelopeOf(source, ref.task_id),
  type: eventTypes.outcome,
  data: {
    workflow_id: ref.workflow_id,
    task_id: ref.task_id,
    decision_id: ref.decision_id,
    label,
    ...(cost === undefined ? {} : { cost }),
  },
});

const inSeconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1_000);
