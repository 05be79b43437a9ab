/** A reference to a decision: small, plain, and good for days in a database or in the headers of a message or request. */
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
export function spanContextOf(ref: Pick<DecisionRef, 'traceparent'>): SpanContext | null {
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

/** Of HTTP (`Headers`, or the plain object of Node's requests) or of NATS (`MsgHdrs`). */
export type Headers =
  | { set(name: string, value: string): void; get(name: string): string | null | undefined }
  | { [name: string]: string | readonly string[] | undefined };

/** In lower case, as Node's HTTP gives headers: NATS tells cases apart. */
const header = 'decision-ref';
const mostCharacters = 4_096;

/** Sends a ref along in headers. */
export function injectRef(ref: DecisionRef, headers: Headers): void {
  const value = encodeURIComponent(JSON.stringify(ref));
  if (hasMethods(headers)) headers.set(header, value);
  else headers[header] = value;
}

/** The ref that came along in headers; null when there is none, or none that can be read. */
export function extractRef(headers: Headers): DecisionRef | null {
  const found = hasMethods(headers) ? headers.get(header) : headers[header];
  const value = typeof found === 'string' ? found : found?.[0];
  if (!value || value.length > mostCharacters) return null;
  try {
    return asRef(JSON.parse(decodeURIComponent(value)));
  } catch {
    return null;
  }
}

const hasMethods = (headers: Headers): headers is Extract<Headers, { set: unknown; get: unknown }> =>
  typeof headers.set === 'function' && typeof headers.get === 'function';

function asRef(value: unknown): DecisionRef | null {
  if (typeof value !== 'object' || value === null) return null;
  const { v, traceparent = null, tracestate = null, decision_id, workflow_id, task_id } = value as Partial<DecisionRef>;
  const ids = [decision_id, workflow_id, task_id].every((id) => typeof id === 'string' && id !== '');
  const traced = [traceparent, tracestate].every((text) => text === null || typeof text === 'string');
  if (v !== 1 || !ids || !traced) return null;
  return { v, traceparent, tracestate, decision_id, workflow_id, task_id } as DecisionRef;
}
