/** Takes private data out of text: the built-in patterns and a policy's own, one after another, until nothing is found. */
import { BuiltInPattern, type OwnPattern } from '@countersign/contract';
import { compileOwnPattern } from '@countersign/contract/own-pattern';
import { writtenOut } from './hidden.ts';
import { payments } from './payments.ts';
import { people } from './people.ts';
import type { Pattern } from './pattern.ts';
import { secrets } from './secrets.ts';
import { shadowOf } from './shadow.ts';

export const patterns: Readonly<Record<BuiltInPattern, Pattern>> = { ...secrets, ...payments, ...people };

/** Text with everything that was found replaced. To redact again changes nothing. Throws when it cannot be sure of that. */
export type Redactor = (text: string) => string;

/** What is taken out may bring forth something else in what was beside it; in texts that were not made for it, once. */
const mostRounds = 5;

/** Throws when a pattern is not known, or none that can be used. */
export function redactorOf(names: readonly BuiltInPattern[], own: readonly OwnPattern[]): Redactor {
  const builtIn = BuiltInPattern.enum.filter((name) => names.includes(name)).map((name) => patterns[name]);
  const replaces = own.map(compileOwnPattern);
  const takeOut: Redactor = (text) => replaces.reduce((rest, replace) => replace(rest), withoutAny(builtIn, text));
  return (text) => untilNothingChanges(text, (left) => withoutHidden(takeOut(left), takeOut));
}

/** What hides nothing that is found stays hidden: a text is changed where it must be. */
function withoutHidden(text: string, takeOut: Redactor): string {
  const plain = writtenOut(text);
  if (plain === text) return text;
  const left = takeOut(plain);
  return left === plain ? text : left;
}

/** Throws when that takes more than a few rounds. */
export function untilNothingChanges(text: string, change: Redactor): string {
  let left = text;
  for (let round = 0; round < mostRounds; round++) {
    const before = left;
    left = change(left);
    if (left === before) return left;
  }
  throw new Error(`the text still changes after ${mostRounds} rounds of redaction`);
}

/** A text, and beside it what the patterns read of it. */
interface Read {
  readonly text: string;
  readonly shadow: string;
}

const withoutAny = (some: readonly Pattern[], text: string): string =>
  some.reduce(without, { text, shadow: shadowOf(text) }).text;

function without({ text, shadow }: Read, pattern: Pattern): Read {
  const places = placesOf(pattern, shadow);
  if (places.length === 0) return { text, shadow };
  const left = cut(text, places, pattern.replacement);
  return { text: left, shadow: text === shadow ? left : cut(shadow, places, pattern.replacement) };
}

interface Place {
  readonly from: number;
  readonly to: number;
}

function placesOf({ regex, accepts }: Pattern, shadow: string): Place[] {
  const places: Place[] = [];
  regex.lastIndex = 0;
  for (let found = regex.exec(shadow); found !== null; found = regex.exec(shadow)) {
    const [candidate] = found;
    const length = accepts === undefined ? candidate.length : accepts(candidate);
    const from = found.index;
    // Another may begin within what is none.
    regex.lastIndex = length === 0 ? from + 1 : from + length;
    if (length > 0) places.push({ from, to: from + length });
  }
  return places;
}

function cut(text: string, places: readonly Place[], replacement: string): string {
  let left = '';
  let at = 0;
  for (const { from, to } of places) {
    left += text.slice(at, from) + replacement;
    at = to;
  }
  return left + text.slice(at);
}
