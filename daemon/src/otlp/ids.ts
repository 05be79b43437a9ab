/** Ids that follow from trace and span: a span that is exported again is the same event again. */
import { createHash } from 'node:crypto';
import { uuidV7 } from '@countersign/contract';
import type { Link, Span } from './span.ts';

type SpanIds = Pick<Link, 'traceId' | 'spanId'>;

/** What an event and a decision of one span are told apart by. */
const digest = (what: 'event' | 'decision', { traceId, spanId }: SpanIds): Buffer =>
  createHash('sha256').update(`countersign ${what} ${traceId} ${spanId}`).digest();

/** A UUID of version 7, so that it sorts by the end of the span. */
export const eventIdOf = (span: SpanIds & Pick<Span, 'endNanos'>): string =>
  uuidV7(Number(span.endNanos / 1_000_000n), digest('event', span));

/** A UUID of version 8 (RFC 9562, 5.8), of trace and span id alone: whoever has a link to the span can tell it. */
export function decisionIdOf(span: SpanIds): string {
  const bytes = digest('decision', span).subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
