/** What is wrong with a request, for whoever sent it: the field, what it is, and what it should be. */
import { UtcInstant, Uuid, UuidV7, Words } from '@countersign/contract';
import type { FastifyError } from 'fastify';
import type { TSchema } from 'typebox';

const patternOf = (schema: TSchema): string => String((schema as { readonly pattern?: unknown }).pattern);

/** What a pattern means, in words. */
const meanings: Readonly<Record<string, string>> = {
  [patternOf(UtcInstant)]: 'Write a time in UTC, such as 2026-01-31T00:00:00Z',
  [patternOf(Uuid)]: 'Give an id, which is a UUID',
  [patternOf(UuidV7)]: 'Give an id, which is a UUID of version 7',
  [patternOf(Words(1))]: 'Say something in it',
};

/** `parts` of the request by their names, as `body` and `querystring`. */
export function wrongRequest(
  { validation = [], validationContext = 'querystring' }: Pick<FastifyError, 'validation' | 'validationContext'>,
  parts: Readonly<Record<string, unknown>>,
): string {
  const [first] = validation;
  const path = (first?.instancePath ?? '').split('/').slice(1);
  const field = [validationContext, ...path].join('.');
  const value = valueAt(parts[validationContext], path);
  const pattern = (first?.params as { readonly pattern?: unknown } | undefined)?.pattern;
  const meant = typeof pattern === 'string' ? meanings[pattern.replace(/^\/(.*)\/\w*$/, '$1')] : undefined;
  const is = value === undefined || typeof value === 'object' ? '' : ` is ${JSON.stringify(value).slice(0, 100)}`;
  if (meant !== undefined) return `${path.join('.')}${is}. ${meant}.`;
  const allowed = (first?.params as { readonly allowedValues?: unknown } | undefined)?.allowedValues;
  const use = Array.isArray(allowed) ? ` Use ${allowed.join(', ')}.` : '';
  return `${field} ${first?.message ?? 'is not valid'}${is === '' ? '' : `, and${is}`}.${use}`;
}

const valueAt = (part: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (at, name) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[name] : undefined),
    part,
  );
