import { BuiltInPattern } from '@countersign/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { patterns, redactorOf, replacing } from './redactor.ts';

const redact = redactorOf(BuiltInPattern.enum, []);

describe.each(BuiltInPattern.enum)('%s', (name) => {
  const pattern = patterns[name];
  const alone = replacing(pattern);

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
  .array(fc.oneof(fc.constantFrom(...fragments, ' ', '+', '-', ':', '@', '://', 'eyJ', 'sk-'), fc.string()), {
    maxLength: 8,
  })
  .map((parts) => parts.join(''));

it('finds nothing in what is left', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const left = redact(text);
      expect(redact(left)).toBe(left);
      for (const name of BuiltInPattern.enum) expect(replacing(patterns[name])(left)).toBe(left);
    }),
    { numRuns: 2_000 },
  );
});

/** The least of some times, in ms: what else the machine does only adds to them. */
function msToRedact(text: string, repeats = 3): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < repeats; i++) {
    const before = performance.now();
    redact(text);
    least = Math.min(least, performance.now() - before);
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
  'é',
  '(',
  '123-45-',
])('takes time in proportion to its length for a megabyte of %j', (piece) => {
  const megabyte = piece.repeat(Math.ceil(1_048_576 / piece.length));
  const quarter = megabyte.slice(0, megabyte.length / 4);
  redact(quarter);
  expect(msToRedact(megabyte) / Math.max(1, msToRedact(quarter))).toBeLessThan(10);
});
