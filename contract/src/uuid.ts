/** UUID version 7 (RFC 9562, 5.7): 48 bits of Unix milliseconds, then randomness. Sorts by time. */
export function uuidV7(unixMs: number, random: Uint8Array): string {
  if (random.length < 10) throw new RangeError(`random has ${random.length} bytes, want 10`);
  let text = '';
  for (let i = 0; i < 16; i++) {
    let byte = i < 6 ? Math.floor(unixMs / 2 ** (8 * (5 - i))) % 256 : random[i - 6]!;
    if (i === 6) byte = (byte & 0x0f) | 0x70;
    if (i === 8) byte = (byte & 0x3f) | 0x80;
    if (i === 4 || i === 6 || i === 8 || i === 10) text += '-';
    text += byte.toString(16).padStart(2, '0');
  }
  return text;
}
