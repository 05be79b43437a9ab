/** What functions of this room may be given. A number that is none is a caller's bug, so it throws and names the argument. */

/** Throws unless all are finite. */
export function assertFinite(values: readonly number[], name: string): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw new RangeError(`${name}[${at}] is ${values[at]}; leave out what is not finite`);
}

/** Throws unless all are finite and at least 0. */
export function assertCounts(counts: readonly number[], name: string): void {
  const at = counts.findIndex((count) => !(count >= 0 && count <= largestCount));
  if (at >= 0) throw new RangeError(`${name}[${at}] is ${counts[at]}; a count is from 0 to ${largestCount}`);
}

/** Throws unless `value` is above `low` and below `high`. */
export function assertBetween(value: number, name: string, low: number, high: number): void {
  if (value > low && value < high) return;
  throw new RangeError(`${name} is ${value}; give a number between ${low} and ${high}`);
}

/** Sums of larger ones would overflow. */
const largestCount = 1e100;

export function assertSameLength(a: readonly unknown[], b: readonly unknown[], names: string): void {
  if (a.length !== b.length) throw new RangeError(`${names} have ${a.length} and ${b.length} entries; give as many`);
}

/** Throws unless `p` are probabilities and `y` as many 0s and 1s. */
export function assertForecasts(p: readonly number[], y: readonly number[]): void {
  assertSameLength(p, y, 'p and y');
  const outside = p.findIndex((value) => !(value >= 0 && value <= 1));
  if (outside >= 0) throw new RangeError(`p[${outside}] is ${p[outside]}; a probability is from 0 to 1`);
  const odd = y.findIndex((value) => value !== 0 && value !== 1);
  if (odd >= 0) throw new RangeError(`y[${odd}] is ${y[odd]}; an outcome is 0 or 1`);
}

export const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** The element, which the caller knows to be there. */
export const at = <T>(values: readonly T[], i: number): T => values[i] as T;

export const ascending = (a: number, b: number): number => a - b;
