/** The 256 bytes as two hexadecimal digits each. */
const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const hex = (byte: number): string => digits[byte & 0xff]!;

/**
 * UUID version 7 (RFC 9562, 5.7): 48 bits of Unix milliseconds, then randomness, of which 10 bytes from `offset` on are taken.
 * Sorts by time.
 */
export function uuidV7(unixMs: number, random: Uint8Array, offset = 0): string {
  if (random.length < offset + 10) throw new RangeError(`random has ${random.length} bytes, want ${offset + 10}`);
  const high = Math.floor(unixMs / 2 ** 32);
  const low = unixMs >>> 0;
  const at = (i: number): string => hex(random[offset + i]!);
  const seconds = `${hex(high >>> 8)}${hex(high)}${hex(low >>> 24)}${hex(low >>> 16)}-${hex(low >>> 8)}${hex(low)}`;
  const version = `${hex((random[offset]! & 0x0f) | 0x70)}${at(1)}`;
  const variant = `${hex((random[offset + 2]! & 0x3f) | 0x80)}${at(3)}`;
  return `${seconds}-${version}-${variant}-${at(4)}${at(5)}${at(6)}${at(7)}${at(8)}${at(9)}`;
}
