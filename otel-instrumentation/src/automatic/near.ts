/** What a service has installed, as its own code would find it. */
import { readFileSync, realpathSync } from 'node:fs';
import { createRequire, findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface Near {
  has(name: string): boolean;
  load(name: string): Promise<Record<string, unknown>>;
  /** Where the package is that the name is of, and its version. */
  packageOf(name: string): { readonly directory: string; readonly version: string } | null;
}

export function nearTo(cwd: string): Near {
  const from = pathToFileURL(join(cwd, 'package.json'));
  const near = createRequire(from);
  const packageOf = (name: string) => packageNear(packageName(name), from);
  return {
    has: (name) => packageOf(name) !== null,
    load: (name) => import(entryOf(near, name)) as Promise<Record<string, unknown>>,
    packageOf,
  };
}

const packageName = (name: string): string =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');

function packageNear(name: string, from: URL): ReturnType<Near['packageOf']> {
  try {
    const file = findPackageJSON(name, from);
    if (file === undefined) return null;
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown };
    return { directory: dirname(realpathSync(file)), version: String(version) };
  } catch {
    return null;
  }
}

/** By its name alone, as seen from here, where it is made for `import` only. */
function entryOf(near: NodeJS.Require, name: string): string {
  try {
    return pathToFileURL(near.resolve(name)).href;
  } catch {
    return name;
  }
}
