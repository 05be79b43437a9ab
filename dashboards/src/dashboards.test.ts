/** What holds for all dashboards: committed as built, queries of what there is, panels that explain themselves and fit. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Dashboard, Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dataquery } from '@grafana/grafana-foundation-sdk/prometheus';
import { metrics } from '@countersign/contract';
import { parse } from 'yaml';
import { dashboards, textOf } from './dashboards.ts';
import { tag } from './links.ts';
import { readQuery } from './test-promql.ts';

const json = join(import.meta.dirname, '../json');
const app = JSON.parse(readFileSync(join(import.meta.dirname, '../../grafana-plugin/src/plugin.json'), 'utf8')) as {
  readonly includes: readonly { readonly path: string }[];
};

interface Provider {
  readonly name: string;
  readonly folder: string;
  readonly folderUid: string;
  readonly options: { readonly path: string };
}

const isPanel = (panel: Panel | RowPanel): panel is Panel => panel.type !== 'row';
const panelsOf = ({ panels = [] }: Dashboard) => panels.filter(isPanel);
const queriesOf = ({ targets = [] }: Panel) => targets as readonly object[] as readonly Dataquery[];
const all = Object.entries(dashboards).map(([name, dashboard]) => ({ name, dashboard }));
const eachPanel = all.flatMap(({ name, dashboard }) =>
  panelsOf(dashboard).map((panel) => ({ name, title: panel.title ?? '', panel })),
);

it('is provisioned into the folder that the app provisions', () => {
  const providers = ['../provisioning.yaml', '../../grafana-plugin/provisioning/dashboards/countersign.yaml'].map(
    (path) => (parse(readFileSync(join(import.meta.dirname, path), 'utf8')) as { providers: [Provider] }).providers[0],
  );
  const [own, ofTheApp] = providers as [Provider, Provider];
  expect([own.folder, own.folderUid]).toEqual([ofTheApp.folder, ofTheApp.folderUid]);
  // Two providers of one name or one place would delete each other's dashboards.
  expect(own.name).not.toBe(ofTheApp.name);
  expect(own.options.path).not.toBe(ofTheApp.options.path);
});

it('is committed as it is built: npm run build writes it anew', () => {
  expect(readdirSync(json).toSorted()).toEqual(
    Object.keys(dashboards)
      .map((name) => `${name}.json`)
      .toSorted(),
  );
  const stale = all.filter(
    ({ name, dashboard }) => readFileSync(join(json, `${name}.json`), 'utf8') !== textOf(dashboard),
  );
  expect(stale.map(({ name }) => name)).toEqual([]);
});

describe.each(all)('$name', ({ dashboard }) => {
  it('can be provisioned in Grafana 12.3 and 13', () => {
    expect(dashboard).toMatchObject({ id: null, schemaVersion: 42, timezone: 'utc', tags: [tag] });
    expect(dashboard.uid).toMatch(/^[a-z-]{8,40}$/);
  });

  it('is shown by Grafana as it is written: no panel is taken for one of long ago, and no link is put away', () => {
    expect(panelsOf(dashboard).filter(({ pluginVersion = '' }) => Number.parseFloat(pluginVersion) < 12)).toEqual([]);
    expect(panelsOf(dashboard).every(({ pluginVersion }) => pluginVersion !== undefined)).toBe(true);
    expect(textOf(dashboard)).not.toContain('inControlsMenu');
  });

  it('has ids of its own for every panel', () => {
    const ids = (dashboard.panels ?? []).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).not.toContain(undefined);
  });

  it('fits: 24 columns, full rows, nothing over anything else', () => {
    const taken = new Map<string, string>();
    const misplaced: string[] = [];
    for (const { gridPos, title = '' } of dashboard.panels ?? []) {
      const { x = 0, y = 0, w = 0, h = 0 } = gridPos ?? {};
      if (w * h <= 0 || x + w > 24) misplaced.push(title);
      for (let row = y; row < y + h; row++) {
        for (let column = x; column < x + w; column++) {
          const cell = `${row}/${column}`;
          if (taken.has(cell)) misplaced.push(`${title} over ${taken.get(cell)}`);
          taken.set(cell, title);
        }
      }
    }
    expect(misplaced).toEqual([]);
    expect(taken.size % 24).toBe(0);
  });

  it('begins with numbers that say whether all is well', () => {
    const first = panelsOf(dashboard).filter(({ gridPos }) => gridPos?.y === 0);
    expect(first.map(({ type }) => type)).toEqual(Array.from({ length: 6 }, () => 'stat'));
  });

  it('has variables and marks that ask for what there is', () => {
    const names = (dashboard.templating.list ?? []).map(({ name }) => name);
    for (const { definition } of dashboard.templating.list ?? []) {
      const [, selector = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(definition ?? '') ?? [];
      if (definition !== undefined) expect(readQuery(`max by (${label}) (${selector})`).labels).toEqual([label]);
    }
    expect(dashboard.annotations.list).toHaveLength(2);
    for (const { expr = '', useValueForTime } of dashboard.annotations.list ?? []) {
      expect(useValueForTime).toBe(true);
      expect(readQuery(expr).metrics.join()).toMatch(/_timestamp_seconds$/);
      // Grafana takes the value for milliseconds.
      expect(expr).toMatch(/\* 1000$/);
    }
    const used = [...textOf(dashboard).matchAll(/\$\{?([a-z]\w*)/g)].map(([, name]) => name);
    expect(new Set(used.filter((name = '') => !names.includes(name)))).toEqual(new Set());
  });

  it('leads only to dashboards and pages that there are', () => {
    const uids = all.map((other) => other.dashboard.uid);
    const pages = app.includes.map(({ path }) => path);
    const urls = [...textOf(dashboard).matchAll(/"url": "([^"?]+)/g)].map(([, url = '']) => url);
    expect(urls.length).toBeGreaterThan(3);
    for (const url of urls) {
      if (url.startsWith('/d/')) expect(uids).toContain(url.slice('/d/'.length));
      else if (url !== '/explore') expect(pages).toContain(url);
    }
  });
});

describe.each(eachPanel)('$name: $title', ({ panel }) => {
  it('explains itself', () => {
    expect(panel.title).toMatch(/^[A-Z].*[^.]$/);
    const [shows = '', normal = '', otherwise = '', ...more] = (panel.description ?? '').split('\n\n');
    expect(shows).toMatch(/^[A-Z0-9].*\.$/);
    expect(normal).toMatch(/^\*\*Normal:\*\* .+\.$/);
    expect(otherwise).toMatch(/^\*\*Otherwise:\*\* .+\.$/);
    expect(more).toEqual([]);
    expect(panel.fieldConfig?.defaults.unit).toBeTruthy();
  });

  it('asks for what there is, from the data source that was chosen', () => {
    expect(panel.datasource).toEqual({ type: 'prometheus', uid: '${datasource}' });
    expect(queriesOf(panel).length).toBeGreaterThan(0);
    for (const { expr, legendFormat = '', instant, range } of queriesOf(panel)) {
      const { labels } = readQuery(expr);
      for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) expect(labels).toContain(label);
      expect([instant, range].filter((is) => is === true)).toHaveLength(1);
    }
  });

  it('uses green, yellow and red for states alone, and one axis', () => {
    const text = JSON.stringify(panel);
    expect(text).not.toContain('"axisPlacement":"right"');
    expect(text).not.toContain('palette-classic');
  });
});

it('shows every metric', () => {
  const shown = new Set(
    eachPanel.flatMap(({ panel }) => queriesOf(panel).flatMap(({ expr }) => readQuery(expr).metrics)),
  );
  // A mark on every picture.
  shown.add('countersign_breaker_changed_timestamp_seconds');
  expect(Object.keys(metrics).filter((name) => !shown.has(name))).toEqual([]);
});

it('shows people and AI in the same colour everywhere', () => {
  const colored = eachPanel.flatMap(({ panel }) =>
    queriesOf(panel).flatMap(({ expr, refId }) => {
      const override = panel.fieldConfig?.overrides.find(({ matcher }) => matcher.options === refId);
      const color = override?.properties.find(({ id }) => id === 'color')?.value as { fixedColor: string } | undefined;
      const [, actor] = /actor="(ai|human)"/.exec(expr) ?? [];
      return color === undefined || actor === undefined ? [] : [{ actor, color: color.fixedColor }];
    }),
  );
  expect(colored.length).toBeGreaterThan(5);
  expect(colored.filter(({ actor, color }) => !color.endsWith(actor === 'ai' ? 'purple' : 'blue'))).toEqual([]);
});
