/** Grafana's own tool on what the app uses of its libraries: the same in the oldest line and in the newest, both as installed. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { getIncompatibilitiesBetweenPackages, createTsProgram } from '@grafana/levitate';

/** Looked at: what changed in them is nothing that the app uses. */
const known = new Set(['config', 'AppPlugin.setRootPage']);
const folderOf = (name: string, from: string) =>
  dirname(createRequire(join(from, 'package.json')).resolve(`${name}/package.json`));

const app = createTsProgram(join(import.meta.dirname, 'src/module.tsx')) as unknown as Parameters<
  typeof getIncompatibilitiesBetweenPackages
>[0];
for (const name of ['@grafana/data', '@grafana/runtime', '@grafana/ui']) {
  // A name that is a folder here is taken from there; any other would be downloaded, and be the latest.
  process.chdir(join(folderOf(name, import.meta.dirname), '../..'));
  const newest = folderOf(name, join(import.meta.dirname, '../stack/grafana-13'));
  for (const found of await getIncompatibilitiesBetweenPackages(app, name, newest, {})) {
    if (known.has(found.name)) continue;
    const how = found.removal === undefined ? 'changed' : 'is gone';
    process.stderr.write(`${name}: ${found.name} ${how}; ${found.sourceFile.fileName} uses it\n`);
    process.exitCode = 1;
  }
}
