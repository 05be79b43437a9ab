/**
 * The rules are what the files say (else: node --conditions=countersign-source alert-rules/src/build.ts), ask only what there is, and send people to pages that exist.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { metrics, processMetrics } from '@countersign/contract';
import { describe, expect, it } from 'vitest';
import { isAlert } from './alert.ts';
import { alerts, grafanaFile, groups, operatorFile, prometheusFile, uidOf } from './files.ts';
import { tableOfAlerts } from './page.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const rules = Object.values(groups).flatMap((group) => group.rules);
const table: Readonly<Record<string, { readonly labels: readonly string[]; readonly type: string }>> = metrics;
const recorded = new Set(rules.flatMap((rule) => (isAlert(rule) ? [] : [rule.record])));
/** Of Prometheus itself, and of the daemon's process. */
const others = new Set(['up', ...Object.keys(processMetrics)]);

it.each(Object.entries(groups))('writes %s as it is committed', (name, group) => {
  expect(read(`alert-rules/prometheus/${name}.yaml`)).toBe(prometheusFile(group));
});

it('writes the same for Grafana, and the table of alerts', () => {
  expect(read('alert-rules/grafana/alert-rules.yaml')).toBe(grafanaFile());
  // Grafana has neither what Prometheus records nor Prometheus' own words for values and addresses.
  expect(grafanaFile()).not.toMatch(/:ratio|\$value\b|\$externalLabels/);
  expect(read('deploy/kustomize/components/prometheus-rules/prometheus-rule.yaml')).toBe(operatorFile());
  const words = (text: string) => text.replaceAll(/[\s|-]+/g, ' ');
  expect(words(read('docs/alerts.md'))).toContain(words(tableOfAlerts()));
});

describe.each(rules.map((rule) => [isAlert(rule) ? rule.name : rule.record, rule] as const))('%s', (_name, rule) => {
  it('asks for metrics that there are, by labels that they have', () => {
    const selectors = [...rule.expr.matchAll(/([a-z_][a-z0-9_:]*)\s*(?:\{([^}]*)\})?(?=[\s[)><=]|$)/g)];
    const asked = selectors.filter(
      ([, name = '']) => recorded.has(name) || /^(countersign|up$|process_|nodejs_)/.test(name),
    );
    expect(asked.length).toBeGreaterThan(0);
    for (const [, name = '', matchers = ''] of asked) {
      if (recorded.has(name) || others.has(name)) continue;
      const base = table[name] === undefined ? name.replace(/_(bucket|count|sum)$/, '') : name;
      expect(Object.keys(table)).toContain(base);
      if (base !== name) expect(table[base]?.type).toBe('histogram');
      const labels = [...matchers.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label);
      expect([...(table[base]?.labels ?? []), 'le']).toEqual(expect.arrayContaining(labels));
    }
  });
});

it.each(readdirSync(join(root, 'docs/runbooks')))('%s says all that somebody needs who was woken up by it', (file) => {
  const text = readFileSync(join(root, 'docs/runbooks', file), 'utf8');
  const sections = text.split(/^## /m).slice(1);
  const headings = ['First look', 'Likely causes', 'What to do', 'How to stop the AI', 'When it ends'];
  expect(sections.map((section) => section.split('\n')[0])).toEqual(headings);
  for (const section of sections) expect(section.split('\n').slice(1).join('').trim().length).toBeGreaterThan(20);
});

describe.each(alerts.map((alert) => [alert.name, alert] as const))('%s', (name, alert) => {
  it('says what is wrong and where to go on', () => {
    expect(alert.summary.length).toBeGreaterThan(20);
    expect(alert.description).toMatch(/\.$/);
    expect(existsSync(join(root, `docs/runbooks/${alert.runbook}.md`)), `docs/runbooks/${alert.runbook}.md`).toBe(true);
  });

  it('has a name of its own, short enough for Grafana', () => {
    expect(uidOf(name).length).toBeLessThanOrEqual(40);
    expect(alerts.filter((other) => uidOf(other.name) === uidOf(name))).toHaveLength(1);
  });
});
