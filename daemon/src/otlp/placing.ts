/** Puts attributes where the table says, and says what is wrong with an event in the attributes' own names. Pure. */
import { outlined, withoutUser } from '@countersign/contract';
import type { Row, Table } from './attributes.ts';
import type { Attributes } from './span.ts';

export interface Fields {
  [name: string]: unknown;
}

export type Placed =
  { readonly is: 'placed'; readonly data: Fields } | { readonly is: 'wrong'; readonly problem: string };

/** The `data` of an event: what is derived, and over it what the attributes say. */
export function place(table: Table, attributes: Attributes, derived: Fields): Placed {
  const data = structuredClone(derived);
  for (const row of table.rows) {
    const value = attributes[row.attribute];
    if (value === undefined || value === null) {
      if (row.required && at(data, row.field) === undefined) {
        return wrong(`${row.attribute} is missing. Set it: ${row.says}.`);
      }
      continue;
    }
    const parsed = row.json ? parse(value) : value;
    if (parsed === undefined) {
      return wrong(`${row.attribute} is ${outlined(value)}, which is no JSON. Set ${row.says}.`);
    }
    const said = asRecorded(row.field, parsed);
    put(data, row.field, row.times !== undefined && typeof said === 'number' ? said * row.times : said);
  }
  for (const { prefix, field } of table.families) {
    const found = Object.entries(attributes).filter(([name]) => name.startsWith(prefix));
    if (found.length === 0) continue;
    put(data, field, Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value])));
  }
  const output = data['output'] as Fields | undefined;
  if (output !== undefined) output['label'] ??= null;
  if (isEmpty(output)) return wrong('decision.output.label is missing. Set it, or decision.output.value.');
  return { is: 'placed', data };
}

/** Addresses without who logs in; instants as UTC is written on the record, however an SDK writes it. */
function asRecorded(field: string, value: unknown): unknown {
  if (field === 'provenance.sources' && Array.isArray(value)) return value.map((source) => withUtc(source));
  if (typeof value !== 'string') return value;
  if (field === 'input_snapshot.uri') return withoutUser(value);
  return field === 'provenance.trained_at' ? inUtc(value) : value;
}

const withUtc = (source: unknown): unknown => {
  const { fresh_at } = (source ?? {}) as { fresh_at?: unknown };
  return typeof fresh_at === 'string' ? { ...(source as object), fresh_at: inUtc(fresh_at) } : source;
};

/** RFC 3339 has three ways to write an offset of none. */
const inUtc = (instant: string): string => instant.replace(/(?:[+-]00:00|z)$/, 'Z');

/** Fields that a problem names, by the attributes that they came from. */
export function inAttributes({ rows, families }: Table, wrongField: string): string {
  const detail = wrongField.replace(/\.$/, '');
  const row = longest(rows.filter(({ field }) => isAt(detail, field)));
  if (row !== undefined) return `${row.attribute}${detail.slice(`data.${row.field}`.length)}. Set ${row.says}.`;
  const family = families.find(({ field }) => detail.startsWith(`data.${field}.`));
  if (family !== undefined)
    return `${family.prefix}${detail.slice(`data.${family.field}.`.length)}. Set ${family.says}.`;
  return detail.replace(/^subject /, 'decision.task.id ');
}

const isAt = (detail: string, field: string): boolean =>
  /^[ .]/.test(detail.slice(`data.${field}`.length)) && detail.startsWith(`data.${field}`);

const longest = (rows: readonly Row[]): Row | undefined => rows.toSorted((a, b) => b.field.length - a.field.length)[0];

function put(data: Fields, field: string, value: unknown): void {
  const path = field.split('.');
  const last = path.pop() ?? field;
  let holder = data;
  for (const name of path) holder = (holder[name] ??= {}) as Fields;
  holder[last] = value;
}

const at = (data: Fields, field: string): unknown =>
  field.split('.').reduce<unknown>((holder, name) => (holder as Fields | undefined)?.[name], data);

/** Undefined when it is no JSON; a list or map of the SDK's own is taken as it is. */
function parse(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return undefined;
  }
}

/** Says neither a label nor anything else. */
const isEmpty = (output: Fields | undefined): boolean =>
  output !== undefined && Object.keys(output).length === 1 && output['label'] === null;

const wrong = (problem: string): Placed => ({ is: 'wrong', problem });
