/**
 * The registry of `decision.*` as it is written in `registry/*.yaml`, in the form of OpenTelemetry weaver (definition/2), and
 * what has to hold of it: what weaver checks, as far as that can be checked without OpenTelemetry's own registries.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const folder = join(import.meta.dirname, 'registry');

/** Its files by name, but for the manifest. */
export const files: ReadonlyMap<string, unknown> = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml') && name !== 'manifest.yaml')
    .map((name) => [name, parse(readFileSync(join(folder, name), 'utf8'))]),
);

/** What OpenTelemetry defines and is referred to here: its type there. */
export const imported: Readonly<Record<string, string>> = {
  'error.type': 'string',
  'gen_ai.agent.name': 'string',
  'gen_ai.evaluation.explanation': 'string',
  'gen_ai.evaluation.name': 'string',
  'gen_ai.evaluation.score.label': 'string',
  'gen_ai.operation.name': 'string',
  'gen_ai.provider.name': 'string',
  'gen_ai.request.model': 'string',
  'gen_ai.response.id': 'string',
  'gen_ai.response.model': 'string',
  'gen_ai.tool.name': 'string',
  'gen_ai.usage.input_tokens': 'int',
  'gen_ai.usage.output_tokens': 'int',
};

interface Said {
  readonly brief: string;
  readonly note?: string;
  readonly stability: string;
}

export interface Attribute extends Said {
  readonly key: string;
  readonly type: string | { readonly members: readonly { readonly value: string; readonly brief?: string }[] };
  readonly examples?: readonly unknown[];
}

type Level = 'required' | 'recommended' | 'opt_in';
export interface Ref {
  readonly ref: string;
  readonly brief?: string;
  readonly note?: string;
  readonly requirement_level?: Level | { readonly [K in Level | 'conditionally_required']?: string };
  readonly annotations?: { readonly cardinality?: string };
  readonly sampling_relevant?: boolean;
}
export type Refs = readonly (Ref | { readonly ref_group: string })[];

interface Group extends Said {
  readonly id: string;
  readonly visibility: 'public' | 'internal';
  readonly attributes: Refs;
}
export interface Span extends Said {
  readonly type: string;
  readonly kind: string;
  readonly name: { readonly note: string };
  readonly attributes: Refs;
}
export interface Event extends Said {
  readonly id: string;
  readonly ref: string;
  readonly attributes: Refs;
}
export interface Metric extends Said {
  readonly name: string;
  readonly instrument: string;
  readonly unit: string;
  readonly attributes?: Refs;
}

/** What a file may define. */
interface Definitions {
  readonly attributes: Attribute;
  readonly attribute_groups: Group;
  readonly spans: Span;
  readonly event_refinements: Event;
  readonly metrics: Metric;
}

const all = <K extends keyof Definitions>(kind: K): readonly Definitions[K][] =>
  [...files.values()].flatMap((file) => (file as { readonly [P in K]?: Definitions[P][] })[kind] ?? []);

export const attributes = all('attributes');
export const groups = all('attribute_groups');
export const spans = all('spans');
export const events = all('event_refinements');
export const metrics = all('metrics');

/** What is said of each attribute: by the reference itself, then by the groups, as weaver has it. */
export function refsOf(refs: Refs = []): readonly Ref[] {
  const merged = new Map<string, Ref>();
  for (const entry of refs) {
    if (!('ref_group' in entry)) continue;
    const group = groups.find(({ id }) => id === entry.ref_group);
    if (group === undefined) throw new Error(`there is no group ${entry.ref_group}`);
    for (const ref of refsOf(group.attributes)) merged.set(ref.ref, ref);
  }
  for (const entry of refs) if ('ref' in entry) merged.set(entry.ref, { ...merged.get(entry.ref), ...entry });
  return [...merged.values()];
}

/** What is wrong with the registry beyond its form, in words; nothing when all is well. */
export function problems(): string[] {
  const found: string[] = [];
  const keys = attributes.map(({ key }) => key);
  for (const key of keys) {
    if (!isName(key)) found.push(`${key} is not a name`);
    if (keys.filter((other) => other === key).length > 1) found.push(`${key} is defined twice`);
    const inside = keys.filter((other) => other.startsWith(`${key}.`));
    if (inside.length > 0) found.push(`${key} is also the namespace of ${inside.join(', ')}`);
  }
  for (const { key, type, examples } of attributes) {
    const wants = typeof type === 'string' && type !== 'boolean';
    if (wants && (examples === undefined || examples.length === 0)) found.push(`${key} has no example`);
  }
  const used = [...groups, ...spans, ...events, ...metrics].flatMap((signal) => refsOf(signal.attributes));
  for (const { ref } of used) {
    if (!keys.includes(ref) && !Object.hasOwn(imported, ref)) found.push(`${ref} is not defined`);
  }
  for (const key of [...keys, ...Object.keys(imported)]) {
    const isOnLinks = key === 'decision.link.type';
    if (!isOnLinks && !used.some(({ ref }) => ref === key)) found.push(`${key} is used by nothing`);
  }
  const names = metrics.map(({ name }) => name);
  for (const { name, unit, instrument } of metrics) {
    if (!isName(name)) found.push(`${name} is not a name`);
    if (names.some((other) => other.startsWith(`${name}.`))) found.push(`${name} is also a namespace`);
    if (name.endsWith('.duration') && unit !== 's') found.push(`${name} is not in seconds`);
    if (instrument !== 'histogram' && !/^\{[a-z]+\}$/.test(unit)) found.push(`${name} counts ${unit}`);
  }
  return found;
}

/** OpenTelemetry's rule for names: words in lower case, joined by single dots and underscores. */
const isName = (name: string) => /^[a-z][a-z0-9]*(?:[._][a-z0-9]+)*$/.test(name);
