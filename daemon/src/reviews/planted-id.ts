/** What a planted case is called, so that nothing about its number tells it from the one that it came with. Pure. */
import { createHash } from 'node:crypto';

/** UUIDs of version 7 begin with their time, in ms. */
const timeDigits = 12;

/** An id as `id` is one, of its version; where that holds a time, so many ms before. The same for the same id. */
export function idBefore(id: string, earlierMs: number): string {
  const digits = id.replaceAll('-', '');
  const version = digits[timeDigits] ?? '4';
  const drawn = createHash('sha256').update(`planted ${id}`).digest('hex');
  const time = version === '7' ? (timeOf(id) ?? 0) - earlierMs : null;
  const first = time === null ? drawn.slice(0, timeDigits) : time.toString(16).padStart(timeDigits, '0');
  const variant = '89ab'[Number.parseInt(drawn[16] ?? '0', 16) % 4] ?? '8';
  const hex = `${first}${version}${drawn.slice(13, 16)}${variant}${drawn.slice(17, 32)}`;
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** When an id of version 7 was made, Unix ms; null for others. */
export function timeOf(id: string): number | null {
  const digits = id.replaceAll('-', '');
  return digits[timeDigits] === '7' ? Number.parseInt(digits.slice(0, timeDigits), 16) : null;
}
