/** What the configuration files say of the daemon's environment, held against what the daemon reads. For the tests. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DockerfileParser } from 'dockerfile-ast';
import { variables } from '../daemon/src/config.ts';

export const root = join(import.meta.dirname, '..');
export const dockerfile = readFileSync(join(import.meta.dirname, 'Dockerfile'), 'utf8');

/** What the image of the daemon sets by itself. */
export function imageEnvironment(): Map<string, string> {
  const properties = DockerfileParser.parse(dockerfile)
    .getENVs()
    .flatMap((env) => env.getProperties());
  return new Map(properties.map((property) => [property.getName(), property.getValue() ?? '']));
}

/** In words, what is set that the daemon does not read, and what it needs that is not set. */
export function problemsOf(names: readonly string[]): string[] {
  const known = new Set(variables.map(([name]) => name));
  const read = (name: string) => known.has(name) || (name.endsWith('_FILE') && known.has(name.slice(0, -5)));
  const unread = names.filter((name) => !read(name));
  const all = new Set([...names, ...imageEnvironment().keys()]);
  const missing = variables
    .filter(([name, fallback]) => fallback === null && !all.has(name) && !all.has(`${name}_FILE`))
    .map(([name]) => name);
  return [...unread.map((name) => `${name} is read by nobody`), ...missing.map((name) => `${name} is missing`)];
}
