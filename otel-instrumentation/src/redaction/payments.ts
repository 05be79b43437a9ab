/** Patterns for what is paid with: candidates by their shape, and then by their check digits. */
import type { BuiltInPattern } from '@countersign/contract';
import type { Pattern } from './pattern.ts';

/** Luhn, ISO/IEC 7812-1: every second digit from the right counts double, and the sum ends in 0. */
function luhn(candidate: string): number {
  let sum = 0;
  let isDoubled = false;
  for (let i = candidate.length - 1; i >= 0; i--) {
    const digit = candidate.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) continue;
    const counted = isDoubled ? digit * 2 : digit;
    sum += counted > 9 ? counted - 9 : counted;
    isDoubled = !isDoubled;
  }
  return sum % 10 === 0 ? candidate.length : 0;
}

/** ISO 13616: with its first four letters at the end and letters as numbers from 10 on, an IBAN is 1 modulo 97. */
function isIban(iban: string): boolean {
  let rest = 0;
  for (let i = 0; i < iban.length; i++) {
    const code = iban.charCodeAt((i + 4) % iban.length);
    // A and a are 1 in their last five bits.
    rest = (code < 58 ? rest * 10 + code - 48 : rest * 100 + (code & 31) + 9) % 97;
  }
  return rest === 1;
}

/** How long an IBAN is, by country (SWIFT's registry): what follows it may look as if it belonged to it. */
const ibanLengths: Readonly<Record<string, string>> = {
  15: 'NO',
  16: 'BE',
  18: 'DK FI FK FO GL NL SD',
  19: 'MK SI',
  20: 'AT BA EE KZ LT LU MN XK',
  21: 'CH HR LI LV',
  22: 'BG BH CR DE GB GE IE ME RS VA',
  23: 'AE GI IL IQ OM SO TL',
  24: 'AD CZ ES MD PK RO SA SE SK TN VG',
  25: 'LY PT ST',
  26: 'IS TR',
  27: 'BI DJ FR GR IT MC MR SM',
  28: 'AL AZ BY CY DO GT HN HU LB NI PL SV',
  29: 'BR EG PS QA UA',
  30: 'JO KW MU YE',
  31: 'MT SC',
  32: 'LC',
  33: 'RU',
};
const lengthOf = new Map(
  Object.entries(ibanLengths).flatMap(([length, countries]) =>
    countries.split(' ').map((country) => [country, Number(length)] as const),
  ),
);

function ibanIn(candidate: string): number {
  const length = lengthOf.get(candidate.slice(0, 2).toUpperCase());
  if (length === undefined) return 0;
  let iban = '';
  for (let i = 0; i < candidate.length; i++) {
    if (!' -'.includes(candidate[i] ?? '')) iban += candidate[i];
    if (iban.length === length) return isIban(iban) ? i + 1 : 0;
  }
  return 0;
}

/** Between the groups of a card's number: what people type, and the end of a line. Few, for a candidate is to be bounded. */
const gap = '(?:[ \\t.-]{1,2}|[ \\t]{0,2}\\r?\\n[ \\t]{0,4})?';
const four = `(?:4\\d{3}|5[1-5]\\d\\d|2[2-7]\\d\\d|35\\d\\d|6[0-9]\\d\\d)(?:${gap}\\d{4}){3}`;
const amex = `3[47]\\d\\d${gap}\\d{6}${gap}\\d{5}`;
const diners = `3(?:0[0-5]|[689]\\d)\\d${gap}\\d{6}${gap}\\d{4}`;

export const payments = {
  iban: {
    // A letter begins after anything but a letter or digit, and no IBAN is longer than 34 letters.
    regex: /(?<![A-Z\d])[A-Z]{2}\d\d(?:[ -]{0,2}[A-Z\d]){11,30}/gi,
    accepts: ibanIn,
    replacement: '[iban]',
    matches: [
      ['DE89 3704 0044 0532 0130 00 PLEASE', '[iban] PLEASE'],
      ['gb82west12345698765432', '[iban]'],
      ['to NO9386011117947, today', 'to [iban], today'],
      ['DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000', '[iban]'],
      ['DE89-3704-0044-0532-0130-00 or DE89  3704  0044  0532  0130  00', '[iban] or [iban]'],
      ['AB12 FR14 2004 1010 0505 0001 3M02 606', 'AB12 [iban]'],
      ['CR05 0152 0200 1026 2840 66', '[iban]'],
    ],
    leaves: ['DE89 3704 0044 0532 0130 01', 'ZZ89 3704 0044 0532 0130 00', 'DE89 3704', 'AB12CD34EF56GH78IJ90'],
    // Every ninety-seventh of what has its shape, as in encoded data.
    known_false_positives: ['the order DE89370400440532013000', 'zj2k1575e42\nAe11o0AAyoAAAAAAAAAAAAA'],
  },
  card: {
    regex: new RegExp(`(?<!\\d|\\d\\.)(?:${four}|${amex}|${diners})(?!\\d)`, 'g'),
    accepts: luhn,
    replacement: '[card]',
    matches: [
      ['Visa 4111 1111 1111 1111', 'Visa [card]'],
      ['5500-0000-0000-0004 and 378282246310005', '[card] and [card]'],
      ['2223003122003222,6011111111111117', '[card],[card]'],
      ['3056 930902 5904', '[card]'],
      ['cvc 123 4111 1111 1111 1111', 'cvc 123 [card]'],
      ['4111\u00a01111\u00a01111\u00a01111, 4111\u20111111\u20111111\u20111111', '[card], [card]'],
      ['4111.1111.1111.1111, 4111  1111  1111  1111, 4111\t1111\t1111\t1111', '[card], [card], [card]'],
      ['card 4111 1111\n1111 1111', 'card [card]'],
      ['4111-1111 \r\n  1111-1111, 4111-1111 1111-1111', '[card], [card]'],
      ['４１１１\u3000１１１１ １１１１ １１１１', '[card]'],
      ['٤١١١ ١١١١ ١١١١ ١١١١', '[card]'],
    ],
    leaves: [
      '4111 1111 1111 1112',
      '1732400000000',
      '0.4111111111111111',
      '41111111111111111',
      '4111\n\n1111 1111 1111',
      '4111, 1111, 1111, 1111',
    ],
    // Every tenth of what has its shape, as in a column of numbers.
    known_false_positives: ['order 4000000000000002', '4111\n1111\n1111\n1111'],
  },
} satisfies Partial<Record<BuiltInPattern, Pattern>>;
