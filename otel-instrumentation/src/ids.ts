/** New ids: UUIDs of version 7, with randomness fetched a page at a time, for each fetch by itself costs more than a span. */
import { createHash, randomFillSync } from 'node:crypto';
import { uuidV7 } from '@countersign/contract';

const eachTakes = 10;
const page = Buffer.allocUnsafeSlow(8_192);
let at = page.length;

export function newId(unixMs = Date.now()): string {
  if (at + eachTakes > page.length) {
    randomFillSync(page);
    at = 0;
  }
  at += eachTakes;
  return uuidV7(unixMs, page, at - eachTakes);
}

/**
 * The id of the decision that a promoted span is: a UUID of version 8 (RFC 9562, 5.8) that follows from trace and span, as in
 * the daemon that gets such spans over OTLP. Whoever has a link to the span can tell it.
 */
export function decisionIdOfSpan({ traceId, spanId }: { readonly traceId: string; readonly spanId: string }): string {
  const bytes = createHash('sha256').update(`countersign decision ${traceId} ${spanId}`).digest();
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
