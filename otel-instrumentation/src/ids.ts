/** New ids: UUIDs of version 7, with randomness fetched a page at a time, for each fetch by itself costs more than a span. */
import { randomFillSync } from 'node:crypto';
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
