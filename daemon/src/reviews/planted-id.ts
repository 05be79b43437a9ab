/** What a planted case is called, so that nothing about its number tells it from the one that it came with. Pure. */

/** UUIDs of version 7 begin with their time, in ms. */
const timeDigits = 12;
const digitsOf = (id: string): string => id.replaceAll('-', '');

/**
 * An id as `id` is one, of its version; where that holds a time, so many ms before. The rest is of ids of version 7 that are drawn, of
 * which the last 12 digits are random.
 */
export function idBefore(id: string, earlierMs: number, draw: () => string): string {
  const version = digitsOf(id)[timeDigits] ?? '4';
  const time = timeOf(id);
  const first = time === null ? digitsOf(draw()).slice(-12) : (time - earlierMs).toString(16).padStart(timeDigits, '0');
  const hex = `${first}${version}${digitsOf(draw()).slice(13)}`;
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** When an id of version 7 was made, Unix ms; null for others. */
export function timeOf(id: string): number | null {
  const digits = digitsOf(id);
  return digits[timeDigits] === '7' ? Number.parseInt(digits.slice(0, timeDigits), 16) : null;
}
