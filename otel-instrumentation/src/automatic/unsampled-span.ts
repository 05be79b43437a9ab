/**
 * A span that is sampled out, with what is said of it kept while it is open: nobody exports it, and whether a decision is on record
 * must not depend on that. To who writes on it, it is one that is recorded.
 */
import {
  SpanStatusCode,
  type Attributes,
  type AttributeValue,
  type HrTime,
  type Span,
  type SpanStatus,
} from '@opentelemetry/api';
import type { SeenSpan } from './parts.ts';

const mostAttributes = 128;

type Kept = { name: string; attributes: Attributes; status: SpanStatus; startTime: HrTime };

/** `span` itself, which nobody else holds yet. */
export function keepWhatIsSaid(span: Span, name: string, attributes: Attributes, startMs: number): Span & SeenSpan {
  const kept: Kept = {
    name,
    attributes: { ...attributes },
    status: { code: SpanStatusCode.UNSET },
    startTime: [Math.floor(startMs / 1_000), Math.round((startMs % 1_000) * 1e6)],
  };
  const set = (key: string, value: AttributeValue) => {
    if (value === undefined || (!(key in kept.attributes) && Object.keys(kept.attributes).length >= mostAttributes))
      return;
    kept.attributes[key] = value;
  };
  let isOpen = true;
  const end = span.end.bind(span);
  return Object.assign(span, kept, {
    isRecording: () => isOpen,
    setAttribute(key: string, value: AttributeValue) {
      set(key, value);
      return span;
    },
    setAttributes(all: Attributes) {
      for (const [key, value] of Object.entries(all)) set(key, value);
      return span;
    },
    updateName(changed: string) {
      (span as unknown as Kept).name = changed;
      return span;
    },
    setStatus(status: SpanStatus) {
      (span as unknown as Kept).status = status;
      return span;
    },
    recordException: () => undefined,
    end(time?: Parameters<Span['end']>[0]) {
      isOpen = false;
      end(time);
    },
  });
}
