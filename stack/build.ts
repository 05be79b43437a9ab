/** Compiles the packages and builds the app, and skips what is up to date. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
const stamp = join(root, '.countersign/app-built-from');

/** The app after the packages: it takes the contract as it is built. */
export async function buildAll(): Promise<void> {
  await buildPackages();
  await buildApp();
}

export async function buildPackages(): Promise<void> {
  const packages = ['contract', 'otel-instrumentation', 'daemon', 'dashboards', 'demo'];
  for (const name of packages) removeLeftOver(join(root, name));
  await command('tsc', ['-b', ...packages]);
}

/** Of sources that are gone; tsc leaves it, and it would be published. */
function removeLeftOver(directory: string): void {
  const dist = join(directory, 'dist');
  if (!existsSync(dist)) return;
  for (const built of filesBelow(dist)) {
    const source = relative(dist, built).replace(/\.(?:js|d\.ts)(?:\.map)?$/, '.ts');
    if (!existsSync(join(directory, 'src', source))) rmSync(built);
  }
}

/** The app and its host, unless they were built from these very files. */
async function buildApp(): Promise<void> {
  const from = fingerprint(['grafana-plugin', 'contract/src', 'docs/runbooks', 'package-lock.json']);
  const isBuilt = ['12', '13'].every((line) => existsSync(join(root, `grafana-plugin/dist/host-${line}/host.js`)));
  if (isBuilt && existsSync(stamp) && readFileSync(stamp, 'utf8') === from) return;
  await command('node', ['grafana-plugin/build.ts']);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, from);
}

function command(name: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(name, args, { cwd: root, maxBuffer: 16_777_216 }, (error, stdout, stderr) => {
      if (error === null) resolve();
      else reject(new Error(`${name} ${args.join(' ')} failed:\n${stdout}${stderr}`));
    });
  });
}

function fingerprint(paths: readonly string[]): string {
  const hash = createHash('sha256');
  const add = (path: string): void => {
    const name = relative(root, path);
    hash.update(`${name}\0`).update(readFileSync(path));
  };
  for (const path of paths) {
    if (path.includes('.')) add(join(root, path));
    else for (const file of filesBelow(join(root, path))) add(file);
  }
  return hash.digest('hex');
}

const filesBelow = (directory: string): string[] =>
  readdirSync(directory, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules' && name !== 'dist')
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      return entry.isDirectory() ? filesBelow(path) : [path];
    });
