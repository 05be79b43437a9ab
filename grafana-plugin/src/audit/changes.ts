/** The fields in which two JSON values differ, by their dotted paths. Pure. */

export interface Change {
  readonly field: string;
  /** JSON; empty for a field that was not there, or is not any more. */
  readonly was: string;
  readonly is: string;
}

export function changesBetween(before: unknown, after: unknown, path = ''): Change[] {
  if (isObject(before) && isObject(after)) {
    // Of an output's parts, a person says nothing of those that they leave out; within a part, what is left out is gone.
    const names = path === '' ? Object.keys(after) : [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.flatMap((name) => changesBetween(before[name], after[name], path === '' ? name : `${path}.${name}`));
  }
  const [was, is] = [textOf(before), textOf(after)];
  return was === is ? [] : [{ field: path, was, is }];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textOf = (value: unknown): string => (value === undefined ? '' : JSON.stringify(value));
