/** Takes private data out of text: the built-in patterns and a policy's own, one after another, until nothing is found. */
import { BuiltInPattern, type OwnPattern } from '@countersign/contract';
import { compileOwnPattern } from '@countersign/contract/own-pattern';
import { payments } from './payments.ts';
import { people } from './people.ts';
import type { Pattern } from './pattern.ts';
import { secrets } from './secrets.ts';

export const patterns: Readonly<Record<BuiltInPattern, Pattern>> = { ...secrets, ...payments, ...people };

/** Text with everything that was found replaced. To redact again changes nothing. Throws when it cannot be sure of that. */
export type Redactor = (text: string) => string;

/** What is taken out may bring forth something else in what was beside it; in texts that were not made for it, once. */
const mostRounds = 5;

/** Throws when a pattern is not known, or none that can be used. */
export function redactorOf(names: readonly BuiltInPattern[], own: readonly OwnPattern[]): Redactor {
  const found = BuiltInPattern.enum.filter((name) => names.includes(name)).map((name) => patterns[name]);
  const replaces = [...found.map((pattern) => replacing(pattern)), ...own.map(compileOwnPattern)];
  return (text) => untilNothingChanges(text, (left) => replaces.reduce((rest, replace) => replace(rest), left));
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

export const replacing =
  ({ regex, accepts, replacement }: Pattern): Redactor =>
  (text) => {
    if (accepts === undefined) return text.replace(regex, replacement);
    let result = '';
    let from = 0;
    regex.lastIndex = 0;
    for (let found = regex.exec(text); found !== null; found = regex.exec(text)) {
      const length = accepts(found[0]);
      const end = found.index + length;
      // Another may begin within what is none.
      regex.lastIndex = length === 0 ? found.index + 1 : end;
      if (length === 0) continue;
      result += text.slice(from, found.index) + replacement;
      from = end;
    }
    return from === 0 ? text : result + text.slice(from);
  };
