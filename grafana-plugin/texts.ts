/**
 * Writes locales/en-US of the app and of its panel: what each of the two plugins says, as the calls of t() and the <Trans> in
 * what it is bundled of give it. A test holds the files to them. A key has one text, in plain letters where it is used; what
 * cannot be read off the source is refused.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, type CallExpression, type Expression, type Node, type Property } from 'acorn';
import { buildSync, transformSync } from 'esbuild';

const source = join(import.meta.dirname, 'src');

/** The module of each plugin that Grafana loads, and where its texts are. */
export const plugins = [
  { id: 'countersign-decisions-app', folder: source },
  { id: 'countersign-queue-panel', folder: join(source, 'panel') },
].map(({ id, folder }) => ({
  id,
  entry: join(folder, 'module.tsx'),
  file: join(folder, 'locales/en-US', `${id}.json`),
}));

/** The texts of all that `entry` comes to, as the file has them: nested by the dots of their keys, sorted. */
export function catalogue(entry: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [entry],
    bundle: true,
    packages: 'external',
    write: false,
    format: 'esm',
    jsx: 'automatic',
    target: 'es2022',
  });
  const texts = new Map<string, string>();
  for (const [key, text] of outputFiles.flatMap((bundle) => textsIn(bundle.text))) {
    const other = texts.get(key);
    if (other !== undefined && other !== text) throw new Error(`${key} is "${other}" elsewhere, not "${text}"`);
    texts.set(key, text);
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
export function textsIn(code: string): [key: string, text: string][] {
  const plain = transformSync(code, { loader: 'tsx', jsx: 'automatic', target: 'es2022' }).code;
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

if (process.argv[1] === import.meta.filename) {
  for (const { entry, file } of plugins) writeFileSync(file, catalogue(entry));
}
