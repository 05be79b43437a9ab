/**
 * A text as the patterns read it: letters that look alike or mean the same are one. It has the length of the text, so that what
 * is found in it can be cut out of the text by its place.
 */

/** Digits beyond U+FFFF are two units long, and stay as they are. */
const foldable =
  /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]|[\u2010-\u2015\u2212\ufe58\ufe63]|[\uff01-\uff5e]|(?![\d\u{10000}-\u{10ffff}])\p{Nd}/gu;

/** Ends of lines and tabs as JSON, programs and addresses write them: the letter of an escape begins no word. */
const escapes = /(?<!\\)\\+[nrt]|%0[9ad]/gi;
const ofTab = /[t9]$/i;

/** The text itself when there is nothing to fold. */
export function shadowOf(text: string): string {
  const lines = text.replace(escapes, (escape) => (ofTab.test(escape) ? '\t' : '\n').repeat(escape.length));
  return isAscii.test(lines) ? lines : lines.replace(foldable, folded);
}

const isAscii = /^[\0-\x7f]*$/;

function folded(letter: string): string {
  if (/\p{Zs}/u.test(letter)) return ' ';
  if (/[\p{Pd}\u2212]/u.test(letter) && letter < '\uff00') return '-';
  // Full-width forms stand in the order of ASCII.
  if (letter >= '\uff01') return String.fromCharCode(letter.charCodeAt(0) - 0xfee0);
  return digitOf(letter);
}

/** Unicode has the digits of a script in ten places beside one another, from 0 to 9. */
function digitOf(letter: string): string {
  const known = digits.get(letter);
  if (known !== undefined) return known;
  const code = letter.charCodeAt(0);
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCharCode(code - value - 1))) value++;
  digits.set(letter, String(value));
  return String(value);
}
const digits = new Map<string, string>();
