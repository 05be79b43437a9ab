/** What is built, as Grafana's catalogue and its loader want it. */
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { externals } from './webpack.config.ts';

const dist = join(import.meta.dirname, 'dist/plugin');
const read = (path: string) => readFileSync(join(dist, path), 'utf8');

interface PluginJson {
  readonly id: string;
  readonly languages: readonly string[];
  readonly info: {
    readonly version: string;
    readonly updated: string;
    readonly logos: { readonly small: string; readonly large: string };
    readonly screenshots?: readonly { readonly name: string; readonly path: string }[];
  };
  readonly includes?: readonly { readonly type: string; readonly path?: string; readonly action?: string }[];
  readonly roles?: readonly {
    readonly role: { readonly name: string; readonly permissions: readonly { readonly action: string }[] };
    readonly grants: readonly string[];
  }[];
  readonly routes?: readonly { readonly reqAction: string }[];
}
const jsonOf = (path: string) => JSON.parse(read(path)) as PluginJson;

describe.each(['.', 'panel'])('the plugin in %s', (folder) => {
  const plugin = jsonOf(join(folder, 'plugin.json'));

  it('says which version it is, and of when', () => {
    expect(plugin.info.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(plugin.info.updated).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(read(join(folder, 'plugin.json'))).not.toContain('%');
  });

  it('has every file that it names', () => {
    const { logos, screenshots = [] } = plugin.info;
    const files = [logos.small, logos.large, ...screenshots.map(({ path }) => path), 'module.js'];
    expect(files.filter((file) => !existsSync(join(dist, folder, file)))).toEqual([]);
  });

  // Grafana looks for them below the plugin that they are of, whichever plugin it came with.
  it('has its texts in each language that it names, and in English', () => {
    expect(plugin.languages).toContain('en-US');
    const files = plugin.languages.map((code) => `${code}/${plugin.id}.json`);
    expect(globSync('*/*.json', { cwd: join(dist, folder, 'locales') }).toSorted()).toEqual(files.toSorted());
  });

  it('takes from Grafana what Grafana provides, and nothing else', () => {
    const wanted =
      /define\(\[([^\]]*)\]/
        .exec(read(join(folder, 'module.js')))?.[1]
        ?.replaceAll('"', '')
        .split(',') ?? [];
    const provided = (name: string) =>
      [externals]
        .flat()
        .some((one) =>
          one instanceof RegExp
            ? one.test(name)
            : one === name || (typeof one === 'object' && Object.values(one).includes(name)),
        );
    expect(wanted.length).toBeGreaterThan(3);
    expect(wanted.filter((name) => !provided(name))).toEqual([]);
    // Bundled, the old runtime is what breaks a plugin under React 19.
    expect(wanted).toContain('react/jsx-runtime');
  });
});

// Grafana may load them with any of its pages, before anybody has opened the app.
it.each(['module.js', 'panel/module.js'])('%s is small', (entry) => {
  expect(gzipSync(read(entry)).length).toBeLessThanOrEqual(150_000);
});

it('has each page in a chunk of its own, which is loaded when somebody opens it', () => {
  const pages = globSync('**/{*Page,QueuePanel}.tsx', { cwd: join(import.meta.dirname, 'src') });
  expect(pages.length).toBeGreaterThan(8);
  const chunks = pages.flatMap(scriptsWith);
  expect(chunks).toHaveLength(pages.length);
  expect(new Set(chunks).size).toBe(pages.length);
  for (const early of ['module.js', 'panel/module.js', 'app.js']) expect(chunks).not.toContain(early);
});

/** The scripts that have this source in them, as their maps say. */
const scriptsWith = (source: string): string[] =>
  globSync('**/*.js.map', { cwd: dist })
    .filter((map) =>
      (JSON.parse(read(map)) as { sources: string[] }).sources.some((one) => one.endsWith(`/./${source}`)),
    )
    .map((map) => map.slice(0, -'.map'.length));

it('has what the catalogue shows', () => {
  for (const file of ['README.md', 'CHANGELOG.md', 'LICENSE'])
    expect(statSync(join(dist, file)).size).toBeGreaterThan(150);
  // The pictures of the README are where Grafana serves them.
  const { id } = jsonOf('plugin.json');
  const pictures = [...read('README.md').matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(([, path = '']) => path);
  expect(pictures.length).toBeGreaterThan(2);
  for (const path of pictures) {
    expect(path.startsWith(`/public/plugins/${id}/`)).toBe(true);
    expect(statSync(join(dist, path.slice(`/public/plugins/${id}/`.length))).size).toBeGreaterThan(1_000);
  }
  expect(read('CHANGELOG.md')).toContain(jsonOf('plugin.json').info.version);
  expect(jsonOf('plugin.json').info.screenshots?.length).toBeGreaterThan(2);
});

it('gives no page and no route without an action of its own, and each action to a role', () => {
  const { id, includes = [], routes = [], roles = [] } = jsonOf('plugin.json');
  const given = new Set(roles.flatMap(({ role }) => role.permissions.map(({ action }) => action)));
  const pages = includes.filter(({ type }) => type === 'page').map(({ action }) => action ?? 'none');
  for (const action of [...pages, ...routes.map(({ reqAction }) => reqAction)]) {
    expect(action.startsWith(`${id}:`)).toBe(true);
    expect(given).toContain(action);
  }
});

it('gives each role what is its own, and basic roles no more than one of them', () => {
  const { id, roles = [] } = jsonOf('plugin.json');
  const given = roles.map(({ role, grants }) => [
    role.name,
    role.permissions.map(({ action }) => action.slice(id.length + 1)).join(' '),
    grants.join(' '),
  ]);
  expect(given).toEqual([
    ['Countersign viewer', 'read', 'Viewer'],
    ['Countersign reviewer', 'read decide', 'Editor'],
    ['Countersign approver', 'read decide operate approve', ''],
    ['Countersign auditor', 'read audit', ''],
    ['Countersign SRE', 'read operate', ''],
    ['Countersign admin', 'read decide audit operate approve', 'Admin'],
  ]);
});

it('touches no internals of React, and names no machine', () => {
  for (const file of globSync('**/*.js', { cwd: dist })) {
    const code = read(file);
    expect([file, code.includes('__SECRET_INTERNALS')]).toEqual([file, false]);
    expect([file, /localhost|127\.0\.0\.1/.test(code)]).toEqual([file, false]);
  }
});
