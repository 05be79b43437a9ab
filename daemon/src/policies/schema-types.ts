/**
 * A JSON Schema as a TypeScript type. The type is never narrower than the schema: what types cannot say (ranges, patterns, `not`,
 * references) they leave open, so that nothing the schema lets pass is an error of types. Pure.
 */

/** As text, for the place of a type. `indent` is what comes before each line but the first. */
export function typeOfSchema(schema: unknown, indent = ''): string {
  if (schema === false) return 'never';
  if (!isObject(schema) || '$ref' in schema || '$dynamicRef' in schema) return 'unknown';
  const parts = [
    plainType(schema, indent),
    ...['anyOf', 'oneOf'].map((name) => (isList(schema[name]) ? union(schema[name].map(inner)) : 'unknown')),
    ...(isList(schema['allOf']) ? schema['allOf'].map(inner) : []),
  ];
  return intersection(parts);

  function inner(part: unknown): string {
    return typeOfSchema(part, indent);
  }
}

/** Without what combines schemas. */
function plainType(schema: Fields, indent: string): string {
  if ('const' in schema) return literalType(schema['const']);
  if (isList(schema['enum'])) return union(schema['enum'].map(literalType));
  const types = [schema['type'] ?? []].flat();
  if (types.length === 0) return 'unknown';
  return union(types.map((type) => named(type, schema, indent)));
}

function named(type: unknown, schema: Fields, indent: string): string {
  if (type === 'string' || type === 'boolean' || type === 'null' || type === 'number') return type;
  if (type === 'integer') return 'number';
  if (type === 'array') return `readonly ${grouped(itemType(schema, indent))}[]`;
  return type === 'object' ? objectType(schema, indent) : 'unknown';
}

/** `items` are those after `prefixItems`, where there are such. */
const itemType = (schema: Fields, indent: string) =>
  'prefixItems' in schema ? 'unknown' : typeOfSchema(schema['items'] ?? true, indent);

function objectType(schema: Fields, indent: string): string {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const required = isList(schema['required']) ? schema['required'] : [];
  const names = new Set([...Object.keys(properties), ...required.filter((name) => typeof name === 'string')]);
  const deeper = `${indent}  `;
  const lines = [...names].flatMap((name) => {
    const property = Object.hasOwn(properties, name) ? properties[name] : true;
    const mark = required.includes(name) ? '' : '?';
    const says =
      isObject(property) && typeof property['description'] === 'string' ? [comment(property['description'])] : [];
    return [...says, `readonly ${keyOf(name)}${mark}: ${typeOfSchema(property, deeper)};`];
  });
  const others = othersType(schema, names.size > 0, deeper);
  if (others !== null) lines.push(`readonly [name: string]: ${others};`);
  if (lines.length === 0) return 'Readonly<Record<string, never>>';
  return `{\n${lines.map((line) => deeper + line).join('\n')}\n${indent}}`;
}

/** Of fields that are not named. Beside named ones theirs has to be wide enough for those, too. */
function othersType(schema: Fields, hasNamed: boolean, indent: string): string | null {
  const { additionalProperties: others = true, patternProperties } = schema;
  if (patternProperties !== undefined) return 'unknown';
  if (others === false) return null;
  return hasNamed ? 'unknown' : typeOfSchema(others, indent);
}

/** The type of one very value. */
export function literalType(value: unknown): string {
  if (Array.isArray(value)) return `readonly [${value.map(literalType).join(', ')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, field]) => `readonly ${keyOf(name)}: ${literalType(field)}`);
  return fields.length === 0 ? 'Readonly<Record<string, never>>' : `{ ${fields.join('; ')} }`;
}

export function union(types: readonly string[]): string {
  const each = [...new Set(types)].filter((type) => type !== 'never');
  if (each.includes('unknown')) return 'unknown';
  return each.length === 0 ? 'never' : each.map((type) => (each.length > 1 ? grouped(type) : type)).join(' | ');
}

function intersection(types: readonly string[]): string {
  const each = [...new Set(types)].filter((type) => type !== 'unknown');
  return each.length === 0 ? 'unknown' : each.map((type) => (each.length > 1 ? grouped(type) : type)).join(' & ');
}

/** In brackets where what comes after, or before, would take only a part of it. */
const grouped = (type: string) => (/ [|&] |^readonly /.test(type) ? `(${type})` : type);

/** The name of a field, in quotes where it needs them. */
export const keyOf = (name: string) => (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : JSON.stringify(name));

/** On one line, and nothing in it ends it early. */
export const comment = (text: string) => `/** ${text.replaceAll(/\s+/g, ' ').replaceAll('*/', '*\\/')} */`;

interface Fields {
  readonly [name: string]: unknown;
}
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
