/**
 * Patterns of a policy's own. They are run by RE2, which reads each letter once whatever the pattern, and have to say how
 * often a part may repeat at most: then the longest match is bounded too, and looking for all matches of a text takes time in
 * proportion to its length. The same for the daemon that checks a policy and for the service that goes by it.
 */
import { RE2JS } from 're2js';
import type { OwnPattern } from './privacy.ts';

/** Instructions of a compiled pattern, which is also how long a match can be. */
const largestProgram = 1_000;

/** Puts the replacement in the place of every match. */
export type Replace = (text: string) => string;

/** Throws a RangeError that says what to write instead. */
export function compileOwnPattern({ name, regex, replacement = `[${name}]` }: OwnPattern): Replace {
  const compiled = compile(regex);
  if (repeatsWithoutBound(regex)) {
    throw new RangeError(
      `it repeats without bound. Say how often at most: "{1,40}" instead of "+", "{0,40}" instead of "*".`,
    );
  }
  if (compiled.programSize() > largestProgram) {
    throw new RangeError('it is too large. Repeat less, or make two patterns of it.');
  }
  if (compiled.matcher('').find()) throw new RangeError('it matches where nothing is. Have it want at least a letter.');
  const replace: Replace = (text) => replaceAll(compiled, text, replacement);
  if (replace(replacement) !== replacement) {
    throw new RangeError(`it matches its own replacement, ${JSON.stringify(replacement)}. Name another.`);
  }
  return replace;
}

/** How many instructions it compiles to: that many times may each letter of a text be looked at. Throws what is no RE2. */
export const sizeOfOwnPattern = ({ regex }: OwnPattern): number => compile(regex).programSize();

function compile(regex: string): RE2JS {
  try {
    return RE2JS.compile(regex);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new RangeError(`${why}. Write it in RE2's syntax, which has no look-around and no back-references.`, {
      cause: error,
    });
  }
}

/** A `*`, a `+` or a `{2,}` outside of `[…]`. Sees one too many in classes that begin with `]`, never one too few. */
function repeatsWithoutBound(regex: string): boolean {
  const bare = regex.replace(/\\[\s\S]/g, '.').replace(/\[[^\]]*\]/g, '.');
  return /[*+]|\{\d*,\}/.test(bare);
}

function replaceAll(compiled: RE2JS, text: string, replacement: string): string {
  const matcher = compiled.matcher(text);
  let result = '';
  let from = 0;
  while (matcher.find()) {
    // An empty match has nothing to take out.
    if (matcher.end() === matcher.start()) continue;
    result += text.slice(from, matcher.start()) + replacement;
    from = matcher.end();
  }
  return from === 0 ? text : result + text.slice(from);
}
