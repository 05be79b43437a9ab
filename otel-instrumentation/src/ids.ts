/** New ids: UUIDs of version 7 (RFC 9562, 5.7), with randomness fetched a page at a time, for each fetch by itself costs more than a span. */
import { createHash, randomFillSync } from 'node:crypto';

const page = Buffer.allocUnsafeSlow(8_192);
/** Of the page, in hexadecimal digits, and how many of them are used up. */
let digits = '';
let at = 0;
/** 74 random bits: 3 digits, 2 bits of one, 3 and 12. */
const eachTakes = 19;
/** Of the digit that has them, by its character code. */
const variants: string[] = [];
for (let i = 0; i < 16; i++) variants[i.toString(16).charCodeAt(0)] = '89ab'.charAt(i & 3);
/** The last time of an id, as it is written. */
let [lastMs, time] = [-1, ''];

export function newId(unixMs = Date.now()): string {
  if (at + eachTakes > digits.length) {
    digits = randomFillSync(page).toString('hex');
    at = 0;
  }
  if (unixMs !== lastMs) {
    const written = Math.floor(unixMs).toString(16).padStart(12, '0');
    [lastMs, time] = [unixMs, `${written.slice(0, 8)}-${written.slice(8)}`];
  }
  const from = at;
  at += eachTakes;
  const variant = variants[digits.charCodeAt(from + 3)] ?? '8';
  return `${time}-7${digits.slice(from, from + 3)}-${variant}${digits.slice(from + 4, from + 7)}-${digits.slice(from + 7, from + 19)}`;
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
