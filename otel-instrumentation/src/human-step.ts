/**
 * The human step in traces, hours after the AI's own: its span ended long ago, so that there is a new one with exactly one link
 * back, and an evaluation event into the trace of the decision that was judged, which itself stays as it is.
 */
import {
  context,
  logs,
  SeverityNumber,
  SpanKind,
  trace,
  type Link,
  type Span,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import type { DecisionAction } from '@countersign/contract';
import { scope } from './scope.ts';
import { attribute, eventName } from './semconv.ts';

/** In the context of whoever acts now; without a link where the decision's own span is not known. */
export function startHumanSpan(tracer: Tracer, workflow: string, reviewed: SpanContext | null): Span {
  const links: Link[] =
    reviewed === null ? [] : [{ context: reviewed, attributes: { [attribute.linkType]: 'reviews' } }];
  return tracer.startSpan(`human decision ${workflow}`, { kind: SpanKind.INTERNAL, links });
}

/** Nothing where the decision's own span is not known. */
export function emitEvaluation(reviewed: SpanContext | null, action: DecisionAction, explanation: string | null): void {
  if (reviewed === null) return;
  logs.getLogger(scope.name, scope.version).emit({
    eventName: eventName.genAiEvaluationResult,
    severityNumber: SeverityNumber.INFO,
    attributes: {
      [attribute.genAiEvaluationName]: 'human_review',
      [attribute.genAiEvaluationScoreLabel]: action,
      [attribute.genAiEvaluationExplanation]: explanation ?? undefined,
    },
    context: trace.setSpanContext(context.active(), reviewed),
  });
}
