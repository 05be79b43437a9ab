/** Why the daemon does not take an event, in words that say what to change: for the daemon, and for a service that asks before. */
import type { TSchema } from 'typebox';
import { Check, Errors } from 'typebox/value';
import { unstorableIn } from './storable.ts';
import { largestEventBytes } from './subjects.ts';

/** Deeper than any event is, and far from where anything that walks it would run out of stack. */
export const deepestEvent = 64;

/** The first thing that is wrong with an event of a service, as it would be sent; null when the daemon takes it. */
export function eventProblem(schema: TSchema, event: unknown): string | null {
  let body: string;
  try {
    body = JSON.stringify(event);
  } catch (error) {
    return `the event cannot be written as JSON: ${String(error)}`;
  }
  const bytes = new TextEncoder().encode(body);
  if (bytes.length > largestEventBytes) return `the event has ${bytes.length} bytes, at most ${largestEventBytes} fit`;
  const depth = depthOf(bytes);
  if (depth > deepestEvent) return `the event is nested ${depth} deep, at most ${deepestEvent} are accepted`;
  // Before it is JSON: that makes a null of an infinity, and leaves out what is undefined.
  const unstorable = unstorableIn(event);
  if (unstorable !== null) return `${unstorable} holds U+0000, half a character, or a number that is not finite`;
  const sent: unknown = JSON.parse(body);
  return Check(schema, sent) ? null : firstProblem(sent, Errors(schema, sent));
}

/** How deep objects and arrays lie in each other; counted in the bytes, because walking what is too deep is the danger. */
export function depthOf(bytes: Uint8Array): number {
  let [depth, most, inString] = [0, 0, false];
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === 0x22) inString = !inString;
    else if (inString) {
      if (byte === 0x5c) i += 1;
    } else if (byte === 0x7b || byte === 0x5b) most = Math.max(most, ++depth);
    else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  return most;
}

interface SchemaError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly message: string;
  readonly params: unknown;
}

/** The first thing that is wrong: the field, its value, and what is wanted. */
export function firstProblem(value: unknown, errors: readonly SchemaError[]): string {
  const error = errors[0];
  if (error === undefined) return 'the event does not fit its schema';
  const path = error.instancePath.split('/').slice(1);
  let at = value;
  for (const key of path) at = (at as Record<string, unknown> | undefined)?.[key];
  const allowed = (error.params as { allowedValues?: unknown[] }).allowedValues;
  const wanted = allowed === undefined ? error.message : `must be one of ${allowed.join(', ')}`;
  if (error.keyword === 'required') return `${path.length === 0 ? 'the event' : path.join('.')} ${error.message}`;
  return `${path.join('.')} is ${isContent(path) ? outlined(at) : shown(at)}, it ${wanted}`;
}

/** What people and models wrote is for the record; a problem is for logs, which others read. */
const isContent = (path: readonly string[]): boolean => path[0] === 'data' && contentFields.has(path[1] ?? '');
const contentFields: ReadonlySet<string> = new Set([
  'title',
  'justification',
  'explanation',
  'features',
  'output',
  'detail',
  'payload',
]);

/** What a value is, without what it holds. */
export function outlined(value: unknown): string {
  if (typeof value === 'string') return `a text of length ${value.length}`;
  if (Array.isArray(value)) return 'a list';
  return value === null ? 'null' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** A value for a message: as JSON, and not too long. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}
