import { BuiltInPattern } from '@countersign/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { patterns, redactorOf } from './redactor.ts';

const redact = redactorOf(BuiltInPattern.enum, []);

describe.each(BuiltInPattern.enum)('%s', (name) => {
  const pattern = patterns[name];
  const alone = redactorOf([name], []);

  it.each(pattern.matches.map(([text, left]) => ({ text, left })))('takes it out of $text', ({ text, left }) => {
    expect(alone(text)).toBe(left);
    // Also together with all others, nothing that it was may be left.
    expect(redact(text)).not.toBe(text);
    expect(redact(redact(text))).toBe(redact(text));
  });

  it.each([...pattern.leaves])('leaves %j as it is', (text) => expect(alone(text)).toBe(text));

  it.each([...pattern.known_false_positives])('is known to take %j for one', (text) =>
    expect(alone(text)).toContain(pattern.replacement),
  );

  it('leaves what stands for others alone', () => {
    for (const { replacement } of Object.values(patterns))
      expect(redact(`a ${replacement} b`)).toBe(`a ${replacement} b`);
  });
});

const fragments = Object.values(patterns).flatMap(({ matches, leaves, known_false_positives, replacement }) => [
  ...matches.map(([text]) => text),
  ...leaves,
  ...known_false_positives,
  replacement,
]);
const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(...fragments, ' ', '+', '-', ':', '@', '&#64;', '%40', '\\u0040', '\u00a0', '://', 'eyJ', 'sk-'),
      fc.string(),
    ),
    {
      maxLength: 8,
    },
  )
  .map((parts) => parts.join(''));

describe('letters that are hidden', () => {
  it.each([
    ['<a href="mailto:ann&#64;example.org">ann&#x40;example&period;org</a>', '<a href="mailto:[email]">[email]</a>'],
    ['4111&nbsp;1111&nbsp;1111&#160;1111', '[card]'],
    ['ann&commat;example.org and ann&#0064example.org', '[email] and [email]'],
    ['log {"to":"ann\\u0040example.org"}', 'log {"to":"[email]"}'],
    [String.raw`{"body":"{\"to\":\"ann\\u0040example.org\"}"}`, String.raw`{"body":"{\"to\":\"[email]\"}"}`],
    ['to: "ann\\x40example.org"', 'to: "[email]"'],
    [String.raw`"https:\/\/ann:hunter2@db\/x"`, '"https://ann:[url_password]@db/x"'],
    ['https://example.org/?to=ann%40example.org', 'https://example.org/?to=[email]'],
    ['ann@exam\u200bple.org, 4111\u00ad111111111111', '[email], [card]'],
    ['ann\u200e@example.org 4111\ufe0f1111\u20631111\u034f1111', '[email] [card]'],
    ['ann@example.org, 5 &#37; of ann%40example.org', '[email], 5 % of [email]'],
  ])('are written out where they hide something: %s', (text, left) => expect(redact(text)).toBe(left));

  it.each([
    [
      String.raw`{"note":"write to:\nann@example.org\tbob@example.org"}`,
      String.raw`{"note":"write to:\n[email]\t[email]"}`,
    ],
    [String.raw`"{\"to\":\"\\nann@example.org\"}"`, String.raw`"{\"to\":\"\\n[email]\"}"`],
    [`key\\n${['ghp', 'aB3'.repeat(12)].join('_')}`, String.raw`key\n[api_key]`],
    [`a=1%0A${['ghp', 'aB3'.repeat(12)].join('_')}`, 'a=1%0A[api_key]'],
    [String.raw`call:\t+49 151 2345-6789\nssn:\n078-05-1120`, String.raw`call:\t[phone]\nssn:\n[us_ssn]`],
  ])('are no part of what stands behind the end of a line: %s', (text, left) => expect(redact(text)).toBe(left));

  it.each([
    '<p>5 &#37; &#60;b&#62; &amp;&nbsp;50%25 \\u00e9\\u0000\\ud83d</p>',
    'C:\\x41 \\\\u0041 a\u00adb',
    '&#1114112; &#xd800; &#0;',
  ])('stay as they are where nothing is found: %s', (text) => expect(redact(text)).toBe(text));

  it('never become markup or the end of a string', () => {
    const hidden = ['&#60;b&#x3e;', '&#34;&#39;&#38;', '\\u0022\\u005c\\u003c\\u000a', '%22%3C%5c'].join(' ');
    expect(redact(`ann&#64;example.org ${hidden}`)).toBe(`[email] ${hidden}`);
  });
});

it('finds nothing in what is left', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const left = redact(text);
      expect(redact(left)).toBe(left);
      for (const name of BuiltInPattern.enum) expect(redactorOf([name], [])(left)).toBe(left);
    }),
    { numRuns: 2_000 },
  );
});

/** The least of some times, in ms: what else the machine does only adds to them. Of the processor's time: whatever else the machine does meanwhile is not counted. */
function msToRedact(text: string, repeats = 3): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < repeats; i++) {
    const before = process.cpuUsage();
    redact(text);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1_000);
  }
  return least;
}

// A length of time squared would be sixteen times as much for a text four times as long.
it.each([
  'a',
  'a.',
  'a@',
  'a@b.',
  '@1.1',
  '1',
  '1 ',
  '1-',
  '4',
  '4111 ',
  '0',
  '00 ',
  '+1 ',
  '1.',
  '255.',
  ':',
  'a:',
  '::',
  'DE89 ',
  'DE12',
  'eyJ',
  'eyJaaaaaaaa.',
  'sk-',
  'SG.',
  'ya29.',
  'AKIA',
  'Bearer ',
  'bearer a',
  'x://a:',
  'x://',
  '://a:b',
  '-----BEGIN PRIVATE KEY-----',
  '-----BEGIN RSA ',
  '-----BEGIN PRIVATE KEY-----\na: b\n',
  '-----BEGIN PRIVATE KEY-----\n\n\n\n',
  '-----BEGIN PRIVATE KEY-----\n> a',
  'authorization: basic ',
  'x://a:/',
  'é',
  '(',
  '123-45-',
  '4111\n',
  '4111 \r\n ',
  '4111.',
  '4111\u00a0',
  '４１１１\u3000',
  '٤',
  'DE89-',
  'DE89  ',
  '+49/',
  '"a',
  '"a b"@',
  '&#64;',
  '&#x',
  '\\',
  '\\u0040',
  '\\/',
  '%40',
  '%2540',
  '%0A',
  '\\n',
  'a\u00ad',
  'eyJaaaaaaaa.a.',
  'authorization:[basic ',
  'aws_secret_access_key=',
  '+1 / ',
  '01.23.',
])('takes time in proportion to its length for a megabyte of %j', (piece) => {
  const megabyte = piece.repeat(Math.ceil(1_048_576 / piece.length));
  const quarter = megabyte.slice(0, megabyte.length / 4);
  redact(quarter);
  expect(msToRedact(megabyte) / Math.max(1, msToRedact(quarter))).toBeLessThan(10);
});
