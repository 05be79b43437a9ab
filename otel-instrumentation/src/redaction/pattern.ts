/** What a pattern for private data is: an expression, what it must and must not find, and what it finds in error. */

export interface Pattern {
  /**
   * With the flag `g`. Wherever it begins, it takes time in proportion to what it reads, and it begins once in a run of the
   * letters that it reads: by that a text takes time in proportion to its length, also one that was made to be slow.
   */
  readonly regex: RegExp;
  /**
   * How many of the first letters of a candidate are one; 0 when it is none. Without it all that the expression finds is one.
   * Where it is there, the length of a candidate is bounded.
   */
  readonly accepts?: (candidate: string) => number;
  readonly replacement: string;
  /** Texts, each with what is left of it. */
  readonly matches: readonly (readonly [text: string, left: string])[];
  /** Texts that are none, and stay as they are. */
  readonly leaves: readonly string[];
  /** Texts that are none and are taken for one: known, and put up with. */
  readonly known_false_positives: readonly string[];
}
