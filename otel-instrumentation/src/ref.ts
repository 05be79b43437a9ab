/** A reference to a decision: small, plain, and good for days in a database or a message. */
import { isSpanContextValid, trace, TraceFlags, type SpanContext } from '@opentelemetry/api';

export interface DecisionRef {
  readonly v: 1;
  /** W3C Trace Context of the AI decision's span; null when nothing traced it. */
  readonly traceparent: string | null;
  readonly tracestate: string | null;
  readonly decision_id: string;
  readonly workflow_id: string;
  readonly task_id: string;
}

export function traceparentOf(spanContext: SpanContext): { traceparent: string | null; tracestate: string | null } {
  const { traceId, spanId, traceFlags, traceState } = spanContext;
  if (!isSpanContextValid(spanContext)) return { traceparent: null, tracestate: null };
  const flags = (traceFlags & 0xff).toString(16).padStart(2, '0');
  return { traceparent: `00-${traceId}-${spanId}-${flags}`, tracestate: traceState?.serialize() ?? null };
}

/** The span context that a ref was made of; null when there was none. */
export function spanContextOf(ref: DecisionRef): SpanContext | null {
  const parts = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(ref.traceparent ?? '');
  if (parts === null) return null;
  const [, traceId = '', spanId = '', flags = ''] = parts;
  const context: SpanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED,
    isRemote: true,
  };
  return trace.wrapSpanContext(context).spanContext();
}
