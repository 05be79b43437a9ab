import { BuiltInPattern } from '@countersign/contract';
import { sizeOfOwnPattern } from '@countersign/contract/own-pattern';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { largestRedacted, redactContent } from './content.ts';
import { leftOut } from './mail.ts';
import { redactorOf } from './redactor.ts';

const redact = redactorOf(BuiltInPattern.enum, []);
const left = (content: Uint8Array | string, mediaType?: string) => redactContent(content, mediaType, redact);

describe('JSON', () => {
  it('is redacted in strings, names and numbers, and stays as it was written elsewhere', () => {
    const json =
      '{ "to": "ann@example.org", "n": 12345678901234567890.10, "ann@example.org": [4111111111111111, 1.5e3],\n "x": 1, "x": "a\\"b" }';
    expect(left(json, 'application/json; charset=utf-8')).toBe(
      '{ "to": "[email]", "n": 12345678901234567890.10, "[email]": ["[card]", 1.5e3],\n "x": 1, "x": "a\\"b" }',
    );
  });

  it('cannot hide anything behind escapes', () => {
    expect(left('{"to":"ann\\u0040example.org"}', 'application/vnd.mail+json')).toBe('{"to":"[email]"}');
    expect(left('["ann\\u0040example.org"]')).toBe('["[email]"]');
    expect(left('{"to":"ann\\u0040example.org"}\n\n{"a":1}\n', 'application/x-ndjson')).toBe(
      '{"to":"[email]"}\n\n{"a":1}\n',
    );
  });

  it('cannot hide a number in how it is written', () => {
    expect(left('[4.111111111111111e15, 4111111111111111.0, 41.5e1]', 'application/json')).toBe(
      '["[card]", "[card].0", 41.5e1]',
    );
  });

  it('cannot hide anything in a string that is JSON again', () => {
    const body = String.raw`{"to":"ann\u0040example.org"}`;
    expect(left(JSON.stringify({ body }), 'application/json')).toBe(JSON.stringify({ body: '{"to":"[email]"}' }));
  });

  it.each([
    ['{"SecretAccessKey":"KEY"}', '{"SecretAccessKey":"[api_key]"}'],
    ['{"aws_secret_access_key": "KEY"}', '{"aws_secret_access_key": "[api_key]"}'],
    ['{"Authorization":"Token KEY"}', '{"Authorization":"Token [bearer_token]"}'],
    [
      '{"http.request.header.authorization":["Basic dXNlcjpw"]}',
      '{"http.request.header.authorization":["Basic [bearer_token]"]}',
    ],
    ['{"name":"Authorization","value":"Basic dXNlcjpw"}', '{"name":"Authorization","value":"Basic [bearer_token]"}'],
    ['{"kind":"Basic course","name":"authorization"}', '{"kind":"Basic course","name":"authorization"}'],
  ])('knows a credential by the name that it has: %s', (json, wanted) => {
    const key = 'aB3'.repeat(14).slice(0, 40);
    expect(left(json.replace('KEY', key), 'application/json')).toBe(wanted);
  });

  it('says by the name of a field what its value is', () => {
    const headers = { Authorization: 'Basic dTpw', authorization: 'basic understanding', note: 'Basic dTpw' };
    expect(left(JSON.stringify({ headers }), 'application/json')).toBe(
      JSON.stringify({
        headers: { ...headers, Authorization: 'Basic [bearer_token]', authorization: 'basic [bearer_token]' },
      }),
    );
  });

  it('is not captured when it is none', () => {
    expect(left('{"to":"ann\\u0040example.org"', 'application/json')).toBeNull();
    expect(left('{"a":1}\n{"to":', 'application/jsonl')).toBeNull();
  });

  it('stays JSON, and to redact it again changes nothing', () => {
    const privateText = fc.constantFrom(
      'ann@example.org',
      '4111 1111 1111 1111',
      'to DE89370400440532013000',
      '+4915123456789',
    );
    const value = fc.jsonValue({ maxDepth: 3 });
    const withPrivate = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        value,
        privateText,
        fc.dictionary(fc.oneof(privateText, fc.string()), tie('value')),
        fc.array(tie('value')),
      ),
    })).value;
    fc.assert(
      fc.property(withPrivate, (any) => {
        const once = left(JSON.stringify(any), 'application/json') ?? '';
        expect(() => JSON.parse(once) as unknown).not.toThrow();
        expect(once).not.toMatch(/ann@example\.org|DE8937/);
        expect(left(once, 'application/json')).toBe(once);
      }),
    );
  });
});

describe('a mail', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const mail = [
    'From: =?utf-8?B?' + base64('Änn <ann@example.org>') + '?=',
    'Subject: =?iso-8859-1?Q?Gr=FC=DFe_an_ann=40example.org?=',
    'Content-Type: multipart/mixed;',
    '\tboundary="x y"',
    '',
    'preamble',
    '--x y',
    'Content-Type: text/plain; charset=iso-8859-1',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    'Gr=FC=DFe an ann=40exam=',
    'ple.org',
    '--x y',
    'Content-Type: text/html; charset="utf-8"',
    'Content-Transfer-Encoding: BASE64',
    '',
    base64('<p>ann@example.org</p>').slice(0, 12),
    base64('<p>ann@example.org</p>').slice(12),
    '--x y',
    'Content-Type: image/png',
    'Content-Transfer-Encoding: base64',
    '',
    base64('ann@example.org'),
    '--x y--',
    'epilogue',
  ].join('\r\n');

  it('is redacted as a person reads it', () => {
    expect(left(mail, 'message/rfc822')).toBe(
      [
        'From: Änn <[email]>',
        'Subject: Grüße an [email]',
        'Content-Type: multipart/mixed; boundary="x y"',
        '',
        'preamble',
        '--x y',
        'Content-Type: text/plain; charset=utf-8',
        'Content-Transfer-Encoding: 8bit',
        '',
        'Grüße an [email]',
        '--x y',
        'Content-Type: text/html; charset="utf-8"',
        'Content-Transfer-Encoding: 8bit',
        '',
        '<p>[email]</p>',
        '--x y',
        'Content-Type: image/png',
        'Content-Transfer-Encoding: 8bit',
        '',
        leftOut,
        '--x y--',
        'epilogue',
      ].join('\n'),
    );
  });

  it('is redacted within what it forwards, and within what it hides twice', () => {
    const inner = ['Content-Transfer-Encoding: base64', '', base64('ann@example.org')].join('\n');
    expect(left(`Content-Type: message/rfc822\n\n${inner}`, 'message/rfc822')).toBe(
      'Content-Type: message/rfc822\n\nContent-Transfer-Encoding: 8bit\n\n[email]',
    );
    const twice = `Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: base64\n\n${base64(`--b\n${inner}\n--b--`)}\n--b--`;
    expect(left(twice, 'message/rfc822')).not.toContain(base64('ann@example.org'));
  });

  const hidden = base64('to ann@example.org');
  const headed = (headers: string) => `${headers}\n\n${hidden}`;
  it.each([
    ['a comment', 'Content-Type: (x) text/plain (y)\nContent-Transfer-Encoding: base64 (z)'],
    ['a semicolon', 'Content-Transfer-Encoding: base64;'],
    ['a space before the colon', 'Content-Transfer-Encoding : base64'],
    ['a parameter without a semicolon', 'Content-Type: text/plain charset=utf-8\nContent-Transfer-Encoding: base64'],
    ['a header in two lines', 'Content-Transfer-Encoding:\n base64'],
    ['ends of lines that Macintoshes had', 'Subject: x\rContent-Transfer-Encoding: base64'],
    ['ends of lines that were changed twice', 'Subject: x\r\r\nContent-Transfer-Encoding: base64\r'],
  ])('is written out with %s', (_what, headers) => {
    expect(left(headed(headers), 'message/rfc822')).toMatch(/to \[email\]$/);
  });

  it.each([
    ['an encoding that nobody knows', 'Content-Transfer-Encoding: x-uuencode'],
    ['an encoding in words', 'Content-Transfer-Encoding: in base64'],
    ['two encodings', 'Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64'],
    ['two types', 'Content-Type: text/plain\nContent-Type: image/png'],
    ['a type that is none', 'Content-Type: text'],
    ['a charset that hides ASCII', 'Content-Type: text/plain; charset=utf-7'],
    ['a charset of two bytes a letter', 'Content-Type: text/plain; charset=utf-16'],
    ['parts without a boundary', 'Content-Type: multipart/mixed'],
    ['a boundary in pieces', "Content-Type: multipart/mixed; boundary*=utf-8''b"],
    ['two boundaries', 'Content-Type: multipart/mixed; boundary=a; boundary=b'],
    ['parts that are encoded together', 'Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64'],
    ['parts whose type is not said', 'Content-Type: multipart/digest; boundary=b'],
  ])('of %s is left out', (_what, headers) => {
    const nested = `${headed(headers)}\n--b\nContent-Transfer-Encoding: base64\n\n${hidden}\n--b--`;
    const within = `Content-Type: multipart/mixed; boundary=outer\n\n--outer\n${nested}\n--outer\n\nnext\n--outer--`;
    const once = left(within, 'message/rfc822') ?? '';
    expect(once).toContain(leftOut);
    expect(once).not.toContain(hidden);
    expect(once).not.toContain('ann@');
    expect(once).toMatch(/--outer\n\nnext\n--outer--$/);
  });

  it('is read in the letters of its charset', () => {
    const japanese = 'Content-Type: text/plain; charset=ISO-2022-JP\n\n\u001b$B$"\u001b(B =41 ann@example.org';
    expect(left(japanese, 'message/rfc822')).toBe('Content-Type: text/plain; charset=utf-8\n\nあ =41 [email]');
  });

  it('has its parts read where they are said to be encoded together', () => {
    const type = 'Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: quoted-printable';
    const parts = `${type}\n\n--b\n\nann@example.org\n--b--`;
    expect(left(parts, 'message/rfc822')).toBe(`${type}\n\n--b\n\n[email]\n--b--`);
    expect(left(parts.replace('\n--b', 'to ann=40example.org\n--b'), 'message/rfc822')).toContain(
      `\n${leftOut}\n--b\n`,
    );
  });

  it('has a boundary as it was meant', () => {
    for (const boundary of ['"a\\b"', 'ab (as always)', 'ab;', '(x) "ab"; charset=utf-8']) {
      const parts = `Content-Type: multipart/mixed; boundary=${boundary}\n\n--ab\nContent-Transfer-Encoding: base64\n\n${hidden}\n--ab--`;
      expect(left(parts, 'message/rfc822')).toMatch(/to \[email\]\n--ab--$/);
    }
  });

  it('that is forwarded encoded is read as a mail', () => {
    const inner = base64(`Subject: =?utf-8?Q?ann=40example.org?=\nContent-Transfer-Encoding: base64\n\n${hidden}`);
    const outer = `Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n${inner}`;
    expect(left(outer, 'message/rfc822')).toBe(
      'Content-Type: message/rfc822\nContent-Transfer-Encoding: 8bit\n\nSubject: [email]\nContent-Transfer-Encoding: 8bit\n\nto [email]',
    );
  });

  it('begins its text where a line is no header', () => {
    const text = `From ann Mon Nov 23\nContent-Transfer-Encoding: base64\n${hidden}`;
    expect(left(text, 'message/rfc822')).toBe('From ann Mon Nov 23\nContent-Transfer-Encoding: 8bit\n\nto [email]');
    expect(left('no header\nto =?utf-8?Q?ann=40example.org?=', 'message/rfc822')).toBe('no header\nto [email]');
  });

  it('takes time in proportion to its length though a quotation in its headers has no end', () => {
    const timeOf = (length: number) => {
      const unended = `Content-Type: ${'"\\'.repeat(length / 2)}\n\nhello`;
      const started = process.hrtime.bigint();
      left(unended, 'message/rfc822');
      return Number(process.hrtime.bigint() - started);
    };
    timeOf(10_000);
    expect(timeOf(200_000) / timeOf(20_000)).toBeLessThan(60);
  });

  it('may have very many lines', () => {
    const many = 'a\n'.repeat(200_000);
    expect(redactContent(`subject: to ann@example.org\n\n${many}`, 'message/rfc822', redact)).toBe(
      `subject: to [email]\n\n${many}`,
    );
  });

  it('that is broken is redacted as well as it can be, and redacting it again changes nothing', () => {
    const lines = [
      ...mail.split('\r\n'),
      '',
      '--',
      '--x y',
      'Content-Type: message/rfc822',
      '=?utf-8?Q?=?=',
      '=?x?B?????=',
      'Content-Type: multipart/mixed; boundary=c',
      '--c',
      'Content-Transfer-Encoding: base64 x',
      'no header',
      ' ',
    ];
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...lines), fc.string()), { maxLength: 20 }), (some) => {
        const once = left(some.join('\n'), 'message/rfc822') ?? '';
        expect(left(once, 'message/rfc822')).toBe(once);
        expect(once).not.toContain('ann@example.org');
      }),
    );
  });
});

it.each([
  ['bytes that are no UTF-8', Uint8Array.of(0x61, 0xff), 'text/plain'],
  ['an image', 'text in it', 'image/png'],
  ['a form, which escapes', 'to=ann%40example.org', 'application/x-www-form-urlencoded'],
  ['text with zeros between its letters', Buffer.from('ann@example.org', 'utf16le'), 'text/plain'],
  ['text in another charset', 'ann+AEA-example.org', 'text/plain; charset=utf-7'],
  ['half a letter', 'a\ud800', undefined],
])('is not redacted: %s', (_what, content, mediaType) => expect(left(content, mediaType)).toBeNull());

it.each([
  ['text/plain', 'to ann@example.org', 'to [email]'],
  ['text/csv; charset="UTF-8"', 'a,ann@example.org\n', 'a,[email]\n'],
  ['application/xml', '<to>ann@example.org</to>', '<to>[email]</to>'],
  [undefined, '{ no JSON: ann@example.org', '{ no JSON: [email]'],
])('is redacted as text: %s', (mediaType, content, wanted) => {
  expect(left(content, mediaType)).toBe(wanted);
  expect(left(Buffer.from(content), mediaType)).toBe(wanted);
});

describe('the largest input that is redacted', () => {
  const own = (count: number, regex: string) => Array.from({ length: count }, () => ({ name: 'x', regex }));

  it('is a megabyte for the built-in patterns, and smaller the more a policy adds', () => {
    expect(largestRedacted([])).toBe(1_048_576);
    const sizes = [1, 5, 30].map((count) => largestRedacted(own(count, '\\bC-\\d{6}\\b')));
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    expect(sizes[0]).toBeGreaterThan(500_000);
    expect(sizes[2]).toBeGreaterThan(40_000);
  });

  it('bounds how often all own patterns together look at a letter, whatever they are', () => {
    for (const some of [own(30, 'C-\\d{6}'), own(30, '[a-z]{1,30}0[0-9]{1,30}'), own(1, '[a-z]{1,450}[0-9]{2}')]) {
      const looks = largestRedacted(some) * some.reduce((sum, pattern) => sum + sizeOfOwnPattern(pattern), 0);
      expect(looks).toBeLessThan(20 * 1_048_576);
    }
  });
});
