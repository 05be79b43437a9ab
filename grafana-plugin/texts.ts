/**
 * Writes src/locales/en-US: every text of the app, as the calls of t() and the <Trans> in the sources give it. A test holds
 * the file to them. A key has one text, in plain letters where it is used; what cannot be read off the source is refused.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, type CallExpression, type Expression, type Node, type Property } from 'acorn';
import { transformSync } from 'esbuild';

const source = join(import.meta.dirname, 'src');
export const catalogueFile = join(source, 'locales/en-US/countersign-decisions-app.json');

/** The texts of all sources, as the file has them: nested by the dots of their keys, sorted. */
export function catalogue(): string {
  const texts = new Map<string, string>();
  for (const file of globSync('**/*.{ts,tsx}', { cwd: source, exclude: ['**/*.test.*', 'parts/i18n.ts'] })) {
    const code = readFileSync(join(source, file), 'utf8');
    for (const [key, text] of textsIn(code, file.endsWith('x') ? 'tsx' : 'ts')) {
      const other = texts.get(key);
      if (other !== undefined && other !== text)
        throw new Error(`${file}: ${key} is "${other}" elsewhere, not "${text}"`);
      texts.set(key, text);
    }
  }
  const tree: Tree = {};
  for (const [key, text] of [...texts].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const path = key.split('.');
    const name = path.pop() ?? '';
    let at = tree;
    for (const part of path) at = (at[part] ??= {}) as Tree;
    at[name] = text;
  }
  return `${JSON.stringify(tree, null, 2)}\n`;
}

interface Tree {
  [key: string]: string | Tree;
}

/** Key and text of each thing that a source says. */
export function textsIn(code: string, loader: 'ts' | 'tsx' = 'tsx'): [key: string, text: string][] {
  const plain = transformSync(code, { loader, jsx: 'automatic', target: 'es2022' }).code;
  const found: [string, string][] = [];
  visit(parse(plain, { ecmaVersion: 2022, sourceType: 'module' }), (call) => {
    const [first, second, third] = call.arguments as Expression[];
    if (isNamed(call.callee, 't')) {
      const key = literal(first, 'the key of t()');
      const plurals = properties(third).filter(({ name }) => name.startsWith('defaultValue_'));
      if (plurals.length === 0) found.push([key, literal(second, key)]);
      for (const { name, value } of plurals) found.push([key + name.slice('defaultValue'.length), literal(value, key)]);
    } else if (isNamed(first, 'Trans')) {
      const given = Object.fromEntries(properties(second).map(({ name, value }) => [name, value]));
      const key = literal(given['i18nKey'], 'the i18nKey of <Trans>');
      found.push([key, phrase(given['children'], key)]);
    }
  });
  return found;
}

function visit(node: Node, onCall: (call: CallExpression) => void): void {
  if (node.type === 'CallExpression') onCall(node as CallExpression);
  for (const child of Object.values(node).flat()) {
    if (typeof child === 'object' && child !== null && 'type' in child) visit(child as Node, onCall);
  }
}

/** As react-i18next has it: text, and the elements in it by their place; plain ones, with nothing but text, by their name. */
function phrase(children: Expression | undefined, key: string): string {
  const parts = children?.type === 'ArrayExpression' ? (children.elements as Expression[]) : [children];
  return parts
    .map((part, place) => {
      if (part?.type !== 'CallExpression') return literal(part, key);
      const [element, given] = part.arguments as Expression[];
      const [only, ...others] = properties(given);
      const inside = [only, ...others].find((property) => property?.name === 'children')?.value;
      const isPlain = others.length === 0 && inside?.type === 'Literal' && element?.type === 'Literal';
      const tag = isPlain && plainElements.has(element.value) ? element.value : place;
      return `<${tag}>${phrase(inside, key)}</${tag}>`;
    })
    .join('');
}
const plainElements = new Set<unknown>(['strong', 'i', 'p']);

const isNamed = (node: Node | undefined, name: string) =>
  node?.type === 'Identifier' && (node as Node & { name: string }).name === name;

function literal(node: Expression | undefined, what: string): string {
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value;
  throw new Error(`${what} is not a plain text`);
}

const properties = (node: Expression | undefined): { name: string; value: Expression }[] =>
  node?.type === 'ObjectExpression'
    ? node.properties
        .filter((property): property is Property => property.type === 'Property')
        .map(({ key, value }) => ({ name: (key as { name?: string }).name ?? '', value }))
    : [];

if (process.argv[1] === import.meta.filename) writeFileSync(catalogueFile, catalogue());
