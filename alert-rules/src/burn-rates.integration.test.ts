/** Each pair of windows of the service levels, by itself, in Debian's Prometheus; and what the recording rules make of known shares. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { findPrometheus } from '../../stack/prometheus.ts';
import { isAlert } from './alert.ts';
import { alerts, groups, prometheusFile } from './files.ts';

const tools = join(import.meta.dirname, '../../.countersign/tools');
let directory: string;
let promtool: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-burn-'));
  promtool = join(findPrometheus(tools), 'promtool');
}, 300_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What grows by so much a minute, or stays where it is, while `bad` is the share of what is bad. */
interface Series {
  readonly series: string;
  readonly perMinute?: (bad: number) => number;
  readonly value?: (bad: number) => number;
}
const all = 1_000;
const [decisions, turnaround] = ['workflow="w",model="m",model_version="1"', 'workflow="w",priority="P1"'];
const reviews = (result: string) =>
  `countersign_reviews_total{workflow="w",priority="P2",action="accept",certainty="sure",result="${result}"}`;

/** How many times as fast as the budget allows, over which window, and by which of the two alerts: the Site Reliability Workbook, chapter 5. */
const usualPairs = [
  [14.4, '1h', ''],
  [6, '6h', ''],
  [3, '1d', 'Slow'],
  [1, '3d', 'Slow'],
] as const;

/** The service levels as the documentation promises them. */
const levels = [
  {
    alert: 'CountersignAvailabilityBurn',
    record: 'dependency:countersign_unavailable:ratio',
    budget: 0.001,
    pairs: usualPairs,
    series: [{ series: 'countersign_dependency_up{dependency="nats"}', value: (bad) => 1 - bad }],
  },
  {
    alert: 'CountersignLatencyBurn',
    record: 'workflow:countersign_decisions_slow:ratio',
    budget: 0.5,
    pairs: [
      [1, '1h', 'Slow'],
      [1, '6h', 'Slow'],
      [1, '3d', 'Slow'],
    ],
    series: [
      {
        series: `countersign_decision_latency_seconds_bucket{${decisions},le="0.2"}`,
        perMinute: (bad) => all * (1 - bad),
      },
      { series: `countersign_decision_latency_seconds_count{${decisions}}`, perMinute: () => all },
    ],
  },
  {
    alert: 'CountersignP1TurnaroundBurn',
    record: 'workflow:countersign_p1_reviews_late:ratio',
    budget: 0.05,
    pairs: usualPairs,
    series: [
      {
        series: `countersign_review_turnaround_seconds_bucket{${turnaround},le="7200"}`,
        perMinute: (bad) => all * (1 - bad),
      },
      { series: `countersign_review_turnaround_seconds_count{${turnaround}}`, perMinute: () => all },
    ],
  },
  {
    alert: 'CountersignApprovalsBurn',
    record: 'workflow:countersign_reviews_late:ratio',
    budget: 0.05,
    pairs: usualPairs,
    series: [
      { series: reviews('in_time'), perMinute: (bad) => all * (1 - bad) },
      { series: reviews('late'), perMinute: (bad) => all * bad },
    ],
  },
] as const satisfies readonly {
  readonly alert: string;
  readonly record: string;
  readonly budget: number;
  readonly pairs: readonly (readonly [rate: number, long: string, slow: string])[];
  readonly series: readonly Series[];
}[];

const hoursOf = (window: string) => Number.parseInt(window, 10) * (window.endsWith('d') ? 24 : 1);

/** All is well for as long as the longest window, and then a share is bad for as long as this one; asked at the end. */
function ask(
  name: string,
  { series }: { readonly series: readonly Series[] },
  bad: number,
  long: string,
  exprs: readonly object[],
) {
  const hours = hoursOf(long);
  const hoursBefore = hours > 6 ? 72 : 6;
  // So that windows of days are not of thousands of samples.
  const step = hours > 6 ? 10 : 1;
  const [before, samples] = [(hoursBefore * 60) / step, (hours * 60) / step];
  const valuesOf = ({ perMinute, value }: Series) => {
    if (perMinute === undefined) return `${value?.(0)}x${before - 1} ${value?.(bad)}x${samples - 1}`;
    const [slow, fast] = [perMinute(0) * step, perMinute(bad) * step];
    return `0+${slow}x${before - 1} ${slow * before}+${fast}x${samples - 1}`;
  };
  const rules = alerts.filter((alert) => alert.name === name);
  expect(rules).toHaveLength(1);
  const path = join(directory, `${name}-${long}`);
  const interval = `${step}m`;
  const recorded = (groups['recording']?.rules ?? []).filter(
    (rule) => !isAlert(rule) && rules[0]?.expr.includes(rule.record),
  );
  writeFileSync(`${path}.rules.yaml`, prometheusFile({ name, interval, rules: [...recorded, ...rules] }));
  const test = {
    interval,
    input_series: series.map((one) => ({ series: one.series, values: valuesOf(one) })),
    promql_expr_test: exprs.map((expr) => ({ eval_time: `${(before + samples - 1) * step}m`, ...expr })),
  };
  writeFileSync(
    `${path}.yaml`,
    stringify({ rule_files: [`${path}.rules.yaml`], evaluation_interval: interval, tests: [test] }, { lineWidth: 0 }),
  );
  const { status, stdout, stderr } = spawnSync(promtool, ['test', 'rules', `${path}.yaml`], { encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
}

const firing = (name: string, fires: boolean) => ({
  expr: `count(ALERTS{alertname="${name}",alertstate="firing"})`,
  exp_samples: fires ? [{ labels: '{}', value: 1 }] : [],
});

describe.each(
  levels.flatMap((level) =>
    level.pairs.map((pair) => ({ level, pair, name: `${level.alert} ${pair[0]} × ${pair[1]}` })),
  ),
)('$name', ({ level, pair: [rate, long, slow] }) => {
  it.each([
    ['a tenth more than its rate', 1.1, true],
    ['a tenth less', 0.9, false],
  ])('of %s', (_what, share, fires) => {
    const name = `${level.alert}${slow}`;
    // More than everything cannot be bad.
    const bad = Math.min(1, rate * level.budget * share);
    expect(ask(name, level, bad, long, [firing(name, fires)])).toMatchObject({ status: 0 });
  });
});

it.each(levels)('$record is the share of what is bad', (level) => {
  const name = `${level.alert}${level.pairs[0][2]}`;
  // One sample in sixty is of the time before.
  const recorded = {
    expr: `abs(max(${level.record}1h) - 0.8) < bool 0.015`,
    exp_samples: [{ labels: '{}', value: 1 }],
  };
  expect(ask(name, level, 0.8, '1h', [recorded])).toMatchObject({ status: 0 });
});
