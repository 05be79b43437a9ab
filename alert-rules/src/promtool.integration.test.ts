/** The rules in Debian's Prometheus, and the routes in Debian's Alertmanager: each alert fires, does not fire, and recovers. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { findAlertmanager, findPrometheus } from '../../stack/prometheus.ts';
import { isAlert, type Alert, type StorySeries } from './alert.ts';
import { alerts, groups, prometheusFile } from './files.ts';

const root = join(import.meta.dirname, '..');
const tools = join(root, '../.countersign/tools');
const files = Object.keys(groups).map((name) => join(root, `prometheus/${name}.yaml`));
let directory: string;
let promtool: string;
let amtool: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-rules-'));
  promtool = join(findPrometheus(tools), 'promtool');
  amtool = findAlertmanager(tools);
}, 300_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const usualHours = 4;

/** A third each of good, bad, and good again; in Prometheus' notation of a series. */
function valuesOf({ kind, good, bad }: StorySeries, samples: number, minutesEach: number): string {
  const more = samples - 1;
  if (bad === null) {
    const again = kind === 'gauge' ? `${good}x${more}` : `0+${good * minutesEach}x${more}`;
    return `${again} _x${more} ${again}`;
  }
  if (kind === 'gauge') return `${good}x${more} ${bad}x${more} ${good}x${more}`;
  const [slow, fast] = [good * minutesEach, bad * minutesEach];
  const [second, third] = [slow * samples, (slow + fast) * samples];
  return `0+${slow}x${more} ${second}+${fast}x${more} ${third}+${slow}x${more}`;
}

/** The alert's own rule, and what it goes by, alone: all of them for all stories would take a quarter of an hour. */
function storyOf(alert: Alert) {
  const { name, story } = alert;
  const hours = story.hours ?? usualHours;
  const minutesEach = hours > 24 ? 10 : 1;
  const samples = (hours * 60) / minutesEach;
  const query = `count(ALERTS{alertname="${name}",alertstate="firing"})`;
  const at = (sample: number, fires: boolean) => ({
    expr: fires ? `${query} > bool 0` : query,
    eval_time: `${sample * minutesEach}m`,
    exp_samples: fires ? [{ labels: '{}', value: 1 }] : [],
  });
  const recorded =
    groups['recording']?.rules.filter((rule) => !isAlert(rule) && alert.expr.includes(rule.record)) ?? [];
  const path = join(directory, `${name}.rules.yaml`);
  writeFileSync(path, prometheusFile({ name, interval: `${minutesEach}m`, rules: [...recorded, alert] }));
  return {
    rule_files: [path],
    evaluation_interval: `${minutesEach}m`,
    tests: [
      {
        name,
        interval: `${minutesEach}m`,
        input_series: story.series.map((one) => ({ series: one.series, values: valuesOf(one, samples, minutesEach) })),
        promql_expr_test: [at(samples - 1, false), at(2 * samples - 1, true), at(3 * samples - 1, false)],
      },
    ],
  };
}

const run = (program: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
};

it('is accepted by promtool', () => {
  expect(run(promtool, 'check', 'rules', ...files)).toMatchObject({ status: 0 });
});

describe('each alert', () => {
  it.each(alerts.map((alert) => [alert.name, alert] as const))(
    '%s fires, does not fire, and recovers',
    (name, alert) => {
      const path = join(directory, `${name}.yaml`);
      writeFileSync(path, stringify(storyOf(alert), { lineWidth: 0 }));
      expect(run(promtool, 'test', 'rules', path)).toMatchObject({ status: 0 });
    },
  );

  it('is no longer what it was when its story is another', () => {
    const [first] = alerts;
    if (first === undefined) throw new Error('there are no alerts');
    const quiet = { ...first, story: { series: first.story.series.map((one) => ({ ...one, bad: one.good })) } };
    const path = join(directory, 'quiet.yaml');
    writeFileSync(path, stringify(storyOf(quiet)));
    expect(run(promtool, 'test', 'rules', path).status).not.toBe(0);
  });
});

it('is loaded by the configuration that is deployed', () => {
  const deployed = readFileSync(join(root, '../deploy/prometheus.yaml'), 'utf8');
  const path = join(directory, 'prometheus.yaml');
  // What is mounted there is here.
  writeFileSync(path, deployed.replaceAll(/\/etc\/prometheus\/[^\s,\]]*\*\.yaml/g, join(root, 'prometheus/*.yaml')));
  const checked = run(promtool, 'check', 'config', path);
  expect(checked).toMatchObject({ status: 0 });
  expect(checked.said).toContain('5 rule files found');
});

describe('Alertmanager', () => {
  const config = join(root, 'alertmanager.yaml');

  it.each([config, join(root, '../deploy/alertmanager.yaml')])('takes the configuration %s', (path) => {
    expect(run(amtool, 'check-config', path)).toMatchObject({ status: 0 });
  });

  it.each([
    ['incident', 'model', 'pager,chat-model'],
    ['incident', 'platform', 'pager,chat-platform'],
    ['action_required', 'oversight', 'chat-oversight'],
    ['action_required', 'platform', 'chat-platform'],
    ['action_required', 'model', 'chat-model'],
    ['incident', 'oversight', 'pager,chat-oversight'],
    ['info', 'model', 'mail'],
    ['info', 'oversight', 'mail'],
    ['info', 'platform', 'mail'],
  ])('sends %s of the team %s to %s', (tier, team, receivers) => {
    const args = ['config', 'routes', 'test', `--config.file=${config}`, `tier=${tier}`, `team=${team}`];
    expect(execFileSync(amtool, args, { encoding: 'utf8' }).trim()).toBe(receivers);
  });
});
