/** Reads a policy and says all that is wrong with it, each with its line and column. */
import { createHash } from 'node:crypto';
import { Policy } from '@countersign/contract';
import { Compile } from 'typebox/compile';
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import { meaning, type Wrong } from './meaning.ts';

const schema = Compile(Policy);

export interface PolicyProblem {
  readonly line: number;
  readonly column: number;
  /** Dotted, as a person would say it; empty for the file as a whole. */
  readonly field: string;
  readonly message: string;
}

export type PolicyCheck =
  | { readonly is: 'good'; readonly policy: Policy; readonly hash: string }
  | { readonly is: 'bad'; readonly problems: readonly PolicyProblem[] };

/** A policy from YAML text. Its hash is of the text's UTF-8 bytes, comments included. */
export function checkPolicy(text: string): PolicyCheck {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const syntax = document.errors.map((error) => ({
    line: error.linePos?.[0].line ?? 1,
    column: error.linePos?.[0].col ?? 1,
    field: '',
    message: error.message.split('\n')[0] ?? error.code,
  }));
  if (syntax.length > 0) return { is: 'bad', problems: syntax };

  const value: unknown = document.toJS();
  const wrong = schema.Check(value) ? meaning(value) : shape(value);
  if (wrong.length === 0 && schema.Check(value)) {
    return { is: 'good', policy: value, hash: `sha256:${createHash('sha256').update(text).digest('hex')}` };
  }
  const problems = wrong.map(({ path, message }) => {
    const { line, col } = lines.linePos(offsetOf(document, path));
    return { line, column: col, field: path.join('.'), message };
  });
  return { is: 'bad', problems: problems.toSorted((a, b) => a.line - b.line || a.column - b.column) };
}

/** `FILE:LINE:COLUMN  FIELD: MESSAGE`, which editors make a link of. */
export const formatProblem = (file: string, { line, column, field, message }: PolicyProblem): string =>
  `${file}:${line}:${column}  ${field === '' ? '' : `${field}: `}${message}`;

/** The JSON Schema of a policy (draft 2020-12), for editors that complete YAML. */
export function policySchema(): string {
  const head = { $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Countersign policy' };
  return `${JSON.stringify({ ...head, ...Policy }, null, 2)}\n`;
}

/** What the schema refuses. */
function shape(value: unknown): Wrong[] {
  if (value === null || typeof value !== 'object') {
    return [{ path: [], message: 'The file holds no policy. See docs/policy-reference.md for one to start from.' }];
  }
  return schema.Errors(value).flatMap(({ instancePath, schemaPath, keyword, params, message }): Wrong[] => {
    // Of what may be one thing or another, the first says enough.
    if (keyword === 'anyOf' || /\/anyOf\/[1-9]/.test(schemaPath)) return [];
    const path = instancePath
      .split('/')
      .slice(1)
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    const named = params as {
      requiredProperties?: string[];
      additionalProperties?: string[];
      allowedValues?: unknown[];
    };
    switch (keyword) {
      case 'required':
        return (named.requiredProperties ?? []).map((name) => ({ path, message: `"${name}" is missing. Add it.` }));
      case 'additionalProperties':
        return (named.additionalProperties ?? []).map((name) => ({
          path: [...path, name],
          message: 'There is no such field. Correct its name, or remove it.',
        }));
      case 'boolean':
        // The refusal of an unknown field's value, which "additionalProperties" reports by name.
        return [];
      case 'enum':
        return [{ path, message: `${show(value, path)} is not one of ${(named.allowedValues ?? []).join(', ')}.` }];
      default:
        return [{ path, message: `${show(value, path)} ${message}.` }];
    }
  });
}

function show(value: unknown, path: readonly string[]): string {
  let at = value;
  for (const key of path) at = (at as Record<string, unknown> | undefined)?.[key];
  const text = JSON.stringify(at) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Where the value at `path` stands, or the nearest thing around it that is there. */
function offsetOf(document: Document.Parsed, path: readonly string[]): number {
  const startOf = (node: unknown) => (isNode(node) ? node.range?.[0] : undefined);
  let node: unknown = document.contents;
  let start = startOf(node) ?? 0;
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document);
    let next: unknown;
    if (isMap(node)) {
      const pair = node.items.find((item) => String(isScalar(item.key) ? item.key.value : item.key) === key);
      next = pair?.value;
      start = startOf(next) ?? startOf(pair?.key) ?? start;
    } else if (isSeq(node)) {
      next = node.items[Number(key)];
      start = startOf(next) ?? start;
    }
    if (next === undefined) break;
    node = next;
  }
  return start;
}
