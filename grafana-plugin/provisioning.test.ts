/** The files that an operator gives to Grafana, against what the plugins say of themselves: Grafana only logs what it skips. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

const folder = join(import.meta.dirname, 'provisioning');
const read = (path: string) => readFileSync(join(folder, path), 'utf8');
const [app, panel] = ['plugin.json', 'panel/plugin.json'].map(
  (path) => JSON.parse(readFileSync(join(import.meta.dirname, 'src', path), 'utf8')) as PluginJson,
) as [PluginJson, PluginJson];

interface Permission {
  readonly action: string;
  readonly scope?: string;
}
interface PluginJson {
  readonly id: string;
  readonly roles: readonly { readonly role: { readonly name: string; readonly permissions: readonly Permission[] } }[];
  readonly routes: readonly object[];
}
interface Apps {
  readonly apiVersion: number;
  readonly apps: readonly {
    readonly type: string;
    readonly disabled: boolean;
    readonly jsonData: Readonly<Record<string, string>>;
    readonly secureJsonData: Readonly<Record<string, string>>;
  }[];
}
interface AccessControl {
  readonly apiVersion: number;
  readonly roles: readonly { readonly name: string; readonly permissions: readonly Permission[] }[];
  readonly teams: readonly { readonly name: string; readonly roles: readonly { readonly name: string }[] }[];
}
interface Dashboards {
  readonly apiVersion: number;
  readonly providers: readonly {
    readonly type: string;
    readonly folder: string;
    readonly folderUid: string;
    readonly options: { readonly path: string };
  }[];
}
interface Dashboard {
  readonly id: null;
  readonly uid: string;
  readonly title: string;
  readonly links: readonly { readonly url: string }[];
  readonly panels: readonly { readonly type: string; readonly options: object }[];
}

const { apiVersion: appsVersion, apps } = parse(read('plugins/countersign.yaml')) as Apps;
const accessControl = parse(read('access-control/countersign.yaml')) as AccessControl;
const dashboards = parse(read('dashboards/countersign.yaml')) as Dashboards;

it('has no file that this test does not know', () => {
  const files = globSync('**/*.*', { cwd: folder }).toSorted();
  expect(files).toEqual([
    'access-control/countersign.yaml',
    'dashboards/countersign.yaml',
    'dashboards/countersign/queue.json',
    'plugins/countersign.yaml',
  ]);
});

it('sets up the app, with all that its routes take', () => {
  expect(appsVersion).toBe(1);
  expect(apps.map(({ type, disabled }) => ({ type, disabled }))).toEqual([{ type: app.id, disabled: false }]);
  const given = apps.flatMap(({ jsonData, secureJsonData }) => [
    ...Object.keys(jsonData).map((name) => `.JsonData.${name}`),
    ...Object.keys(secureJsonData).map((name) => `.SecureJsonData.${name}`),
  ]);
  const taken = [...JSON.stringify(app.routes).matchAll(/\{\{ *(\.\w+\.\w+) *\}\}/g)].map(([, name = '']) => name);
  expect(taken.length).toBeGreaterThan(1);
  expect(given).toEqual(expect.arrayContaining([...new Set(taken)]));
});

it('takes addresses and secrets from the environment, and has none in a file', () => {
  for (const { jsonData, secureJsonData } of apps) {
    for (const value of Object.values({ ...jsonData, ...secureJsonData })) expect(value).toMatch(/^\$[A-Z_]+$/);
  }
});

it('gives roles that there are, under the names that Grafana makes of them', () => {
  const names = app.roles.map(({ role }) => `plugins:${app.id}:${role.name.toLowerCase().replaceAll(' ', '-')}`);
  const own = accessControl.roles.map(({ name }) => name);
  const given = accessControl.teams.flatMap(({ roles }) => roles.map(({ name }) => name));
  expect(accessControl.apiVersion).toBe(2);
  expect(given.filter((name) => !names.includes(name) && !own.includes(name))).toEqual([]);
  // The basic roles have the others: plugin.json says so.
  expect(names.filter((name) => given.includes(name))).toHaveLength(4);
});

it('permits what there is to be permitted, and in its own folder', () => {
  const actions = app.roles.flatMap(({ role }) => role.permissions.map(({ action }) => action));
  const scopes = dashboards.providers.map(({ folderUid }) => `folders:uid:${folderUid}`);
  for (const { action, scope } of accessControl.roles.flatMap(({ permissions }) => permissions)) {
    if (action.startsWith(app.id)) expect(actions).toContain(action);
    else {
      expect(['folders:read', 'dashboards:read']).toContain(action);
      expect(scopes).toContain(scope);
    }
  }
});

it('makes the folder Countersign, of dashboards that are there', () => {
  expect(dashboards.apiVersion).toBe(1);
  const [provider] = dashboards.providers;
  expect(dashboards.providers).toHaveLength(1);
  expect(provider).toMatchObject({ type: 'file', folder: 'Countersign', folderUid: 'countersign' });
  const path = provider?.options.path.replace('/etc/grafana/provisioning', folder) ?? '';
  expect(existsSync(path)).toBe(true);
  expect(globSync('dashboards/*/*.json', { cwd: folder }).map((file) => join(folder, dirname(file)))).toEqual([path]);
});

it('shows panels and pages that there are', () => {
  const dashboard = JSON.parse(read('dashboards/countersign/queue.json')) as Dashboard;
  expect([dashboard.id, dashboard.uid]).toEqual([null, 'countersign-queue']);
  for (const { type, options } of dashboard.panels) {
    expect(type).toBe(panel.id);
    expect(Object.keys(options).toSorted()).toEqual(['mine', 'workflow']);
  }
  for (const { url } of dashboard.links) expect(JSON.stringify(app)).toContain(`"${url}"`);
});
