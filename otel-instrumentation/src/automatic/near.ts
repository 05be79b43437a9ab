/** What a service has installed, as its own code would find it. */
import { readFileSync, realpathSync } from 'node:fs';
import { createRequire, findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface Near {
  has(name: string): boolean;
  load(name: string): Promise<Record<string, unknown>>;
  require(name: string): unknown;
  /** Where the package is that the name is of, and its version; else beside one of those that bring it along. */
  packageOf(
    name: string,
    broughtBy?: readonly string[],
  ): { readonly directory: string; readonly version: string } | null;
}

/** Beside the working directory, or else beside the script: a service may be started from anywhere. */
export function nearTo(cwd: string, script = ''): Near {
  const places = [join(cwd, 'package.json'), ...(script === '' ? [] : [script])].map((path) => pathToFileURL(path));
  const placeOf = (name: string) => places.find((place) => packageNear(packageName(name), place) !== null) ?? places[0];
  const requireFor = (name: string) => createRequire(placeOf(name) ?? pathToFileURL(join(cwd, 'package.json')));
  const packageOf: Near['packageOf'] = (name, broughtBy = []) => {
    const place = placeOf(name);
    const found = place === undefined ? null : packageNear(packageName(name), place);
    if (found !== null) return found;
    for (const one of broughtBy) {
      const beside = packageOf(one);
      const brought =
        beside === null ? null : packageNear(packageName(name), pathToFileURL(join(beside.directory, 'x')));
      if (brought !== null) return brought;
    }
    return null;
  };
  return {
    has: (name) => packageOf(name) !== null,
    load: (name) => import(entryOf(requireFor(name), name)) as Promise<Record<string, unknown>>,
    require: (name) => requireFor(name)(name) as unknown,
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
