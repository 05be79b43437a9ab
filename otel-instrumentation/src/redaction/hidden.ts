/**
 * Letters that a text hides: entities of HTML and XML, escapes of JSON and URLs, and what nobody sees between two letters.
 * Written out, the patterns find what they are part of. What is markup, ends a string or controls something stays hidden, so that
 * HTML is the same HTML, and JSON the same JSON.
 */

const hidden =
  /&(?:#(?:x([\da-f]{1,6})|(\d{1,7}))|([a-z]{2,7}));?|(?<!\\)\\+(?:u([\da-f]{4})|x([\da-f]{2})|\/)|%([2-7][\da-f])|[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]|\u034f|\p{Variation_Selector}/giu;

const named: Readonly<Record<string, string>> = {
  colon: ':',
  commat: '@',
  dash: '\u2010',
  emsp: ' ',
  ensp: ' ',
  hyphen: '\u2010',
  lowbar: '_',
  lpar: '(',
  mdash: '\u2014',
  minus: '\u2212',
  nbsp: '\u00a0',
  ndash: '\u2013',
  numsp: ' ',
  percnt: '%',
  period: '.',
  plus: '+',
  rpar: ')',
  shy: '',
  sol: '/',
  thinsp: ' ',
};

/** Every part that hides a letter, by that letter. The text itself when there is none. */
export const writtenOut = (text: string): string =>
  text.replace(
    hidden,
    (
      found: string,
      hex: string | undefined,
      decimal: string | undefined,
      name: string | undefined,
      u: string | undefined,
      x: string | undefined,
      percent: string | undefined,
    ) => {
      if (name !== undefined) return named[name.toLowerCase()] ?? found;
      if (decimal !== undefined) return letterOf(Number(decimal)) ?? found;
      const code = hex ?? u ?? x ?? percent;
      if (code !== undefined) return letterOf(Number.parseInt(code, 16)) ?? found;
      return found.endsWith('/') ? '/' : '';
    },
  );

function letterOf(code: number): string | null {
  if (code > 0x10_ff_ff || (code >= 0xd8_00 && code <= 0xdf_ff)) return null;
  const letter = String.fromCodePoint(code);
  return /[\p{Cc}<>&"'\\]/u.test(letter) ? null : letter;
}
