import { describe, expect, it } from 'vitest';
import { compileOwnPattern } from './own-pattern.ts';

const compile = (regex: string, replacement?: string) =>
  compileOwnPattern({ name: 'customer', regex, ...(replacement === undefined ? {} : { replacement }) });

it('puts its name, or what it says, in the place of every match', () => {
  expect(compile('C-\\d{6}')('C-123456, C-654321 and C-1')).toBe('[customer], [customer] and C-1');
  expect(compile('(?i)patient: [a-z]{1,40}', 'patient: …')('Patient: Ann, PATIENT: Bob')).toBe(
    'patient: …, patient: …',
  );
  expect(compile('a{0,3}b')('xaabx')).toBe('x[customer]x');
  // A replacement is text, whatever letters it has.
  expect(compile('\\bC\\d', '$1')('C1')).toBe('$1');
  const text = 'nothing of the kind';
  expect(compile('C-\\d{6}')(text)).toBe(text);
});

describe('is refused', () => {
  it.each([
    ['(a', /missing closing \)/],
    ['(?=a)b', /RE2's syntax, which has no look-around/],
    ['(a)\\1', /RE2's syntax/],
    ['\\d+', /repeats without bound. Say how often at most: "\{1,40\}"/],
    ['(a*)*b', /repeats without bound/],
    ['\\[x*', /repeats without bound/],
    ['[*]+', /repeats without bound/],
    ['[]x*]*', /repeats without bound/],
    ['a{2,}', /repeats without bound/],
    ['(\\d{1,400}x){1,2}', /too large/],
    ['a{0,3}', /matches where nothing is/],
    ['\\[c', /matches its own replacement, "\[customer\]"/],
  ])('%s', (regex, message) => expect(() => compile(regex)).toThrow(message));
});

it.each(['[*+]', '\\+\\*', 'a{1,2}', '\\x{2b}'])('may have such letters as letters: %s', (regex) => {
  expect(() => compile(regex)).not.toThrow();
});

// Where it takes exponential time, or time that grows with the square of a length, elsewhere.
it.each([
  ['(a{1,20}){1,20}b', 'a'],
  ['(a|a|a){1,30}$', 'a'],
  ['x[^y]{0,200}y|x', 'x'],
])('takes time in proportion to the length of a text: %s', (regex, piece) => {
  const replace = compile(regex);
  const ms = (length: number) => {
    const text = piece.repeat(length);
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 3; i++) {
      const before = performance.now();
      replace(text);
      least = Math.min(least, performance.now() - before);
    }
    return least;
  };
  ms(2_000);
  expect(ms(20_000) / ms(5_000)).toBeLessThan(10);
});
