/** A reference to a decision: small, plain, and good for days in a database or in the headers of a message or request. */
import { createTraceState, isSpanContextValid, TraceFlags, type SpanContext } from '@opentelemetry/api';
import { shown } from '@countersign/contract';

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
export function spanContextOf({
  traceparent,
  tracestate,
}: Pick<DecisionRef, 'traceparent' | 'tracestate'>): SpanContext | null {
  const parts = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent ?? '');
  if (parts === null) return null;
  const [, traceId = '', spanId = '', flags = ''] = parts;
  const context: SpanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED,
    isRemote: true,
    ...(tracestate ? { traceState: createTraceState(tracestate) } : {}),
  };
  return isSpanContextValid(context) ? context : null;
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

/**
 * The ref that came along in headers; null when there are none, as a message of NATS may have none, or none that can be read. In whatever
 * case somebody on the way has put its name.
 */
export function extractRef(headers: Headers | null | undefined): DecisionRef | null {
  try {
    const found = headers === null || headers === undefined ? undefined : valueIn(headers);
    const value = typeof found === 'string' ? found : found?.[0];
    return !value || value.length > mostCharacters ? null : parseRef(decodeURIComponent(value));
  } catch {
    return null;
  }
}

function valueIn(headers: Headers): string | readonly string[] | null | undefined {
  if (hasMethods(headers)) return headers.get(header) || headers.get('Decision-Ref');
  const name = Object.keys(headers).find((one) => one.toLowerCase() === header);
  return name === undefined ? undefined : headers[name];
}

const hasMethods = (headers: Headers): headers is Extract<Headers, { set: unknown; get: unknown }> =>
  typeof headers.set === 'function' && typeof headers.get === 'function';

/**
 * A ref as it was kept: an object, or its JSON. Throws a `TypeError` that names the field when it is none, or one of another
 * workflow than is wanted.
 */
export function parseRef(value: unknown, workflow: string | null = null): DecisionRef {
  const found: unknown = typeof value === 'string' ? parseJson(value) : value;
  if (typeof found !== 'object' || found === null) throw wrong('the ref', found, 'an object, or its JSON');
  const { v, traceparent = null, tracestate = null, ...ids } = found as Record<keyof DecisionRef, unknown>;
  if (v !== 1) throw wrong('v', v, '1, the version of refs that this package knows');
  const id = (name: 'decision_id' | 'workflow_id' | 'task_id') => {
    const text = ids[name];
    if (typeof text !== 'string' || text === '') throw wrong(name, text, 'a text');
    return text;
  };
  const trace = (name: string, text: unknown) => {
    if (text !== null && typeof text !== 'string') throw wrong(name, text, 'a text or null');
    return text;
  };
  if (workflow !== null && ids.workflow_id !== workflow) throw wrong('workflow_id', ids.workflow_id, `"${workflow}"`);
  return {
    v,
    traceparent: trace('traceparent', traceparent),
    tracestate: trace('tracestate', tracestate),
    decision_id: id('decision_id'),
    workflow_id: id('workflow_id'),
    task_id: id('task_id'),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrong('the ref', text, 'an object, or its JSON');
  }
}

const wrong = (field: string, value: unknown, wanted: string) =>
  new TypeError(`${field} of a decision ref is ${shown(value)}, it must be ${wanted}. Keep what decision.ref() gave.`);
