/** The rules in Debian's Prometheus, and the routes in Debian's Alertmanager: each alert fires, does not fire, and recovers. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { findAlertmanager, findPrometheus } from '../../stack/prometheus.ts';
import { gauge, isAlert, type Alert, type StorySeries } from './alert.ts';
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
    return `${again} _x${samples} ${again}`;
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
  // From when the expression began to hold until the alert first fires, in seconds.
  const waited = `min(min_over_time(timestamp(ALERTS{alertname="${name}",alertstate="firing"})[${hours * 3}h:${minutesEach}m])) - min(min_over_time(ALERTS_FOR_STATE{alertname="${name}"}[${hours * 3}h]))`;
  const step = minutesEach * 60;
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
        external_labels: { grafana_url: 'https://grafana.example' },
        // So that promtool says what there is instead.
        alert_rule_test: [{ eval_time: `${(2 * samples - 1) * minutesEach}m`, alertname: name, exp_alerts: [] }],
        input_series: story.series.map((one) => ({ series: one.series, values: valuesOf(one, samples, minutesEach) })),
        promql_expr_test: [
          at(samples - 1, false),
          at(2 * samples - 1, true),
          // It stays a while, for what is measured may be missing once.
          ...(minutesEach === 1 ? [at(2 * samples + 2, true)] : []),
          at(3 * samples - 1, false),
          {
            expr: waited,
            eval_time: `${(3 * samples - 1) * minutesEach}m`,
            // It is evaluated once a step.
            exp_samples: [{ labels: '{}', value: Math.ceil(secondsOf(alert.for) / step) * step }],
          },
        ],
      },
    ],
  };
}

function secondsOf(duration: string): number {
  const [, count = '', unit = ''] = /^(\d+)([smhd])$/.exec(duration) ?? [];
  const seconds = { s: 1, m: 60, h: 3_600, d: 86_400 }[unit];
  if (seconds === undefined) throw new Error(`"${duration}" is no duration`);
  return Number(count) * seconds;
}

/** The words that it fires with; what promtool found wrong. Its own word for an alert that was not expected has them. */
function tell(alert: Alert): { readonly wrong: readonly string[]; readonly texts: Record<string, string> } {
  const path = join(directory, `${alert.name}.yaml`);
  writeFileSync(path, stringify(storyOf(alert), { lineWidth: 0 }));
  const { said } = run(promtool, 'test', 'rules', path);
  const wrong = said.split('\n').filter((line) => /^\s*expr:/.test(line));
  const got = said.slice(said.indexOf('got:'));
  const texts = ['summary', 'description', 'runbook_url'].map((name) => {
    const [, text = ''] = new RegExp(`${name}="((?:[^"\\\\]|\\\\.)*)"`).exec(got) ?? [];
    return [name, text] as const;
  });
  return { wrong, texts: Object.fromEntries(texts) };
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
    '%s fires in its time, says what and where in whole sentences, does not fire, and recovers',
    (_name, alert) => {
      const { wrong, texts } = tell(alert);
      expect(wrong).toEqual([]);
      const { summary, description, runbook_url } = texts;
      expect([summary, description]).toEqual([expect.stringMatching(/^.{20}/), expect.stringMatching(/^.{20}.*[.]$/)]);
      // Neither a template that failed nor a label that is not there.
      expect(`${summary}. ${description}`).not.toMatch(
        /[{}<>]|no value|error executing|NaN| {2}|\b(?:of|at) (?:is|are|does)\b/,
      );
      if (alert.expr.includes('workflow')) expect(`${summary} ${description}`).toMatch(/\bw\b/);
      expect(runbook_url).toBe(
        `https://grafana.example/public/plugins/countersign-decisions-app/runbooks/${alert.runbook}.md`,
      );
    },
  );

  it('CountersignDown fires when nobody measures the daemon any more', () => {
    const down = alerts.find(({ name }) => name === 'CountersignDown');
    if (down === undefined) throw new Error('it is gone');
    const series = [gauge('up{job="countersign",instance="a"}', 1, null)];
    const { wrong, texts } = tell({ ...down, name: 'CountersignGone', story: { series } });
    expect(wrong).toEqual([]);
    expect(texts['summary']).toBe('The daemon does not answer');
  });

  it('is no longer what it was when its story is another', () => {
    const [first] = alerts;
    if (first === undefined) throw new Error('there are no alerts');
    const quiet = { ...first, story: { series: first.story.series.map((one) => ({ ...one, bad: one.good })) } };
    expect(tell({ ...quiet, name: 'Quiet' }).wrong).not.toEqual([]);
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
