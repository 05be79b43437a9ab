/** Patterns for what tells who somebody is, and how they are reached. */
import { isIPv6 } from 'node:net';
import type { BuiltInPattern } from '@countersign/contract';
import type { Pattern } from './pattern.ts';

const digitsIn = (text: string): number => text.replace(/\D/g, '').length;
/** Without an area code and a number of some length it is rather a date or a price. */
const fewestDigits = 9;

function ipv6In(candidate: string): number {
  const address = candidate.replace(/[.:]$/, (end) => (candidate.endsWith('::') ? end : ''));
  return /[\da-f]/i.test(address) && isIPv6(address) ? address.length : 0;
}

const byte = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)';
const ipv4 = `(?<![\\d.])(?:${byte}\\.){3}${byte}(?!\\d|\\.\\d)`;
// RFC 5321, 4.1.3: mail servers write [IPv6:…].
const ipv6 = '(?:(?<![\\w:.])|(?<=\\bIPv6:))(?=[\\da-f]{0,4}:)[\\da-f:.]{2,45}(?![\\w:])';

const international = '(?<![\\w+])(?:\\+|00)[1-9](?:[ ()./-]{0,3}\\d){6,14}(?!\\d)';
const american = '(?<![\\w.-])(?:1[-. ])?(?:\\(\\d{3}\\)[- ]?|\\d{3}[-. ])\\d{3}[-. ]\\d{4}(?![\\w-])';
// At the end of a sentence, and behind a comma or a colon; but no part of a number, a date or a time.
const national =
  '(?<![\\w/-]|\\d[.,:])(?:0\\d(?:\\.\\d\\d){4}|(?:\\(0\\d{1,4}\\)[ /-]?|0\\d{1,4}(?: ?[/-] ?| ))\\d{2,4}(?:[ -]?\\d{2,4}){1,3})(?!\\w|[.:]\\d)';

export const people = {
  email: {
    regex:
      /(?:"[^"\r\n]{1,64}"|(?<![\p{L}\p{M}\p{N}._%+-])[\p{L}\p{M}\p{N}._%+-]+)@[\p{L}\p{M}\p{N}-]+(?:\.[\p{L}\p{M}\p{N}-]+)*\.(?:xn--[a-z\d-]{2,59}|\p{L}[\p{L}\p{M}]{1,62})/gu,
    replacement: '[email]',
    matches: [
      ['write to ann.lee+work@mail.example.org.', 'write to [email].'],
      ['<Ann@EXAMPLE.co.uk>', '<[email]>'],
      ['bücher@bücher.example und 用户@例子.公司', '[email] und [email]'],
      ['ann@example.xn--p1ai', '[email]'],
      ["'ann@example.org'", "'[email]'"],
      ['a@b.com,c@d.com;e@f.com', '[email],[email];[email]'],
      ['mailto:ann@example.org?subject=hi', 'mailto:[email]?subject=hi'],
      ['"john doe"@example.org, a"b c"@example.org', '[email], a[email]'],
      ['ann＠example.org', '[email]'],
      ['संपर्क@डाटामेल.भारत, ann@socie\u0301te\u0301.fr', '[email], [email]'],
    ],
    leaves: [
      '@example.org',
      'ann@',
      'react@18.2.0',
      'an @mention.',
      'root@localhost',
      'a @ b.com',
      'x@@y',
      'say "hi" @ noon',
    ],
    known_false_positives: [
      'git@github.com:owner/name.git',
      'this@MainActivity.finish()',
      'x@self.weight',
      'the Message-ID <17a3.42@mx1.example.org>',
    ],
  },
  us_ssn: {
    regex: /(?<![\w-])(?!000|666|9\d\d)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-])/g,
    replacement: '[us_ssn]',
    matches: [
      ['SSN 078-05-1120', 'SSN [us_ssn]'],
      ['(219 09 9999)', '([us_ssn])'],
      ['078\u201305\u20131120 078\u00a005\u00a01120', '[us_ssn] [us_ssn]'],
    ],
    leaves: ['000-12-3456', '666-12-3456', '900-12-3456', '123-00-4567', '123-45-0000', '123-45-67890', '078051120'],
    known_false_positives: ['part 123-45-6789'],
  },
  ip_address: {
    regex: new RegExp(`${ipv4}|${ipv6}`, 'gi'),
    accepts: (candidate) => (candidate.includes(':') ? ipv6In(candidate) : candidate.length),
    replacement: '[ip_address]',
    matches: [
      ['from 203.0.113.9:4222', 'from [ip_address]:4222'],
      ['[192.168.0.255].', '[[ip_address]].'],
      ['at 2001:db8::8a2e:370:7334, and fe80::1.', 'at [ip_address], and [ip_address].'],
      ['::ffff:192.0.2.128', '[ip_address]'],
      ['from mail.example.org ([IPv6:2001:db8::25])', 'from mail.example.org ([IPv6:[ip_address]])'],
    ],
    leaves: ['256.1.1.1', '1.2.3', '1.2.3.4.5', '12:30:45', 'std::vector', '::', 'aa:bb:cc:dd:ee:ff', 'ratio 3:2'],
    known_false_positives: ['version 10.0.19.41', 'the name dead::beef'],
  },
  phone: {
    regex: new RegExp(`${international}|${american}|${national}`, 'g'),
    accepts: (candidate) => (digitsIn(candidate) >= fewestDigits ? candidate.length : 0),
    replacement: '[phone]',
    matches: [
      ['call +49 151 2345-6789 now', 'call [phone] now'],
      ['+14155550123', '[phone]'],
      ['0044 20 7946 0958', '[phone]'],
      ['(415) 555-0123, 415-555-0123, 415.555.0123', '[phone], [phone], [phone]'],
      ['089 1234567, 020 7946 0958', '[phone], [phone]'],
      ['01 23 45 67 89, 01.23.45.67.89', '[phone], [phone]'],
      ['+49 (0) 711 / 123 - 4567, 089 / 1234567, (415)-555-0123', '[phone], [phone], [phone]'],
      ['Call me on 0151 23456789. My number: 020 7946 0958.', 'Call me on [phone]. My number: [phone].'],
      ['Ann,0151 23456789,10.0.0.1', 'Ann,[phone],10.0.0.1'],
      ['Tel.:030 12345678, (030)12345678', 'Tel.:[phone], [phone]'],
      ['1-800-555-0199', '[phone]'],
      ['+49/151/23456789, +49\u00a0151\u00a023456789, 415\u2011555\u20110123', '[phone], [phone], [phone]'],
    ],
    leaves: [
      '2026-11-23',
      '23-11-2026',
      '05-11-2026 10:30',
      '1,234,567,890',
      '4155550123',
      '+1',
      '555-0123',
      '3.14159',
    ],
    known_false_positives: [
      'due 05-11-2026 1200',
      'the interval +1000000000',
      'brandcode=003001000003',
      'ticket 013-2316-2002-477',
      '00 01 02 03 04 05 06 07',
      'index 0012345..6789012',
    ],
  },
} satisfies Partial<Record<BuiltInPattern, Pattern>>;
