import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { metrics as table, mostSeries, openLabels, processMetrics, type BreakerStep } from '@countersign/contract';
import { Story } from '../../../stack/test-story.ts';
import { countRecord, Metrics, metricsPage } from './index.ts';

const dayMs = 86_400_000;
const exemplar = { trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16) };
const decision = (model_version: string) => ({
  workflow: 'w',
  model: 'm',
  model_version,
  actor: 'ai',
  action: 'accept',
  route: 'auto',
});
const textOf = async (metrics: Metrics, accept?: string) => (await metrics.expose(accept)).text;
const linesOf = (text: string, name: string) => text.split('\n').filter((line) => line.startsWith(`${name}{`));

describe('the table', () => {
  it.each(Object.entries(table))('names %s as Prometheus does', (name, { type, unit, help, labels }) => {
    expect(name).toMatch(/^countersign_[a-z_]+[a-z]$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
    if (unit === 'seconds') expect(name).toMatch(/_seconds$/);
    if (unit === 'ratio') expect(name).toMatch(/_ratio(_bound)?$/);
    if (unit === 'bytes') expect(name).toMatch(/_bytes$/);
    expect(help).toMatch(/^[A-Z0-9].*\.$/s);
    expect(labels).not.toContain('le');
  });

  it('gives every metric that a service can grow an open label that is capped', () => {
    const labels = new Set(Object.values(table).flatMap((metric): readonly string[] => metric.labels));
    for (const label of openLabels) expect(labels).toContain(label);
    // No person is named where everybody who may look at Grafana may look.
    expect(labels).not.toContain('reviewer');
  });
});

it.each(Object.entries(processMetrics))('says %s of its process, and what it is', async (name, { type }) => {
  const text = await textOf(new Metrics(() => new Date(0)));
  expect(text).toContain(`# TYPE ${name} ${type}\n`);
  expect(text).toMatch(new RegExp(`^${name} [0-9.e+-]+$`, 'm'));
});

it('is on the page of metrics', () => {
  const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
  const words = (text: string) => text.replaceAll(/[\s|-]+/g, ' ');
  expect(words(page), 'run: countersign metrics > docs/metrics.md').toBe(words(metricsPage()));
});

it('says of each state of a breaker when it was last come into, also of one that was left at once', async () => {
  const metrics = new Metrics(() => new Date(0));
  const story = new Story();
  const options = { metrics, policies: new Map(), begun: new Set<string>() };
  const step = (from: BreakerStep['from'], to: BreakerStep['to']) => countRecord(options, story.breaker(from, to));
  step('closed', 'open');
  story.pass(60_000);
  step('open', 'half_open');
  story.pass(60_000);
  // The next phase of canaries.
  step('half_open', 'half_open');
  const text = await textOf(metrics);
  const changed = linesOf(text, 'countersign_breaker_changed_timestamp_seconds');
  expect(changed.map((line) => [/state="(\w+)"/.exec(line)?.[1], Number(line.split(' ').at(-1))])).toEqual([
    ['open', Date.parse('2026-01-05T00:00:00Z') / 1_000],
    ['half_open', Date.parse('2026-01-05T00:01:00Z') / 1_000],
  ]);
  expect(linesOf(text, 'countersign_breaker_changes_total')).toHaveLength(2);
});

describe('series', () => {
  it('folds what is beyond the cap into other, and counts it', async () => {
    const metrics = new Metrics(() => new Date(0));
    for (let i = 0; i < mostSeries + 50; i++) metrics.count('countersign_decisions_total', decision(`${i}`));
    const text = await textOf(metrics);
    const lines = linesOf(text, 'countersign_decisions_total');
    expect(lines).toHaveLength(mostSeries + 1);
    expect(lines.filter((line) => line.endsWith(' 50'))).toEqual([
      'countersign_decisions_total{workflow="other",model="other",model_version="other",actor="ai",action="accept",route="auto"} 50',
    ]);
    expect(linesOf(text, 'countersign_series_folded_total')).toEqual([
      'countersign_series_folded_total{metric="countersign_decisions_total"} 50',
    ]);
  });

  it('lets nobody hide an open breaker or a worst tier behind made-up names, and says nothing where a fold would be a guess', async () => {
    const metrics = new Metrics(() => new Date(0));
    for (let i = 0; i < mostSeries + 3; i++) {
      const version = { workflow: `w${i}`, model: 'm', model_version: '1' };
      const isWorst = i === mostSeries + 1;
      metrics.set('countersign_signal_tier', { ...version, monitor: 'latency' }, isWorst ? 3 : 0);
      metrics.set('countersign_signal_conclusive', { ...version, monitor: 'latency' }, isWorst ? 0 : 1);
      const breaker = { workflow: `w${i}`, model: 'm', risk_tier: 'all' };
      metrics.set('countersign_breaker_state', { ...breaker, state: 'open' }, Number(isWorst));
      metrics.set('countersign_review_queue_overdue_cases', { workflow: `w${i}` }, 2);
      metrics.set('countersign_override_ratio', version, 0.5);
    }
    const other = async (name: string) =>
      linesOf(await textOf(metrics), name)
        .filter((line) => line.includes('"other"'))
        .map((line) => Number(line.split(' ').at(-1)));
    expect(await other('countersign_signal_tier')).toEqual([3]);
    expect(await other('countersign_signal_conclusive')).toEqual([0]);
    expect(await other('countersign_breaker_state')).toEqual([1]);
    expect(await other('countersign_review_queue_overdue_cases')).toEqual([6]);
    expect(await other('countersign_override_ratio')).toEqual([]);
    // Measured anew, it is not what it was before.
    metrics.clear(['countersign_signal_tier']);
    for (let i = 0; i < mostSeries + 3; i++) {
      metrics.set('countersign_signal_tier', { workflow: `w${i}`, model: 'm', model_version: '1', monitor: 'sla' }, 1);
    }
    expect(await other('countersign_signal_tier')).toEqual([1]);
  });

  it('makes room for a new version once an old one was silent for a day', async () => {
    let nowMs = 0;
    const metrics = new Metrics(() => new Date(nowMs));
    for (let i = 0; i < mostSeries; i++) metrics.count('countersign_decisions_total', decision(`${i}`));
    nowMs += dayMs - 1;
    metrics.count('countersign_decisions_total', decision('7'));
    nowMs += 1;
    metrics.count('countersign_decisions_total', decision('new'));
    const lines = linesOf(await textOf(metrics), 'countersign_decisions_total');
    expect(lines.map((line) => /model_version="(\w+)"/.exec(line)?.[1])).toEqual(['7', 'new']);
  });

  it('lets a gauge be absent when it is not known, with and without labels', async () => {
    const metrics = new Metrics(() => new Date(0));
    metrics.set('countersign_outbox_pending', {}, 4);
    metrics.set('countersign_sla_met_ratio', { workflow: 'w' }, 0.5);
    metrics.clear(['countersign_outbox_pending', 'countersign_sla_met_ratio']);
    expect(await textOf(metrics)).not.toMatch(/^countersign_(outbox_pending|sla_met_ratio)/m);
  });
});

describe('exposition', () => {
  const counted = () => {
    const metrics = new Metrics(() => new Date(0));
    metrics.count('countersign_decisions_total', decision('1'), 2, exemplar);
    metrics.observe('countersign_ingest_delay_seconds', {}, 0.2, exemplar);
    metrics.observe('countersign_ingest_delay_seconds', {}, 1e6, exemplar);
    return metrics;
  };

  it('leads to traces in OpenMetrics', async () => {
    const { contentType, text } = await counted().expose('application/openmetrics-text;version=1.0.0,text/plain;q=0.5');
    expect(contentType).toMatch(/^application\/openmetrics-text/);
    expect(text).toContain('# TYPE countersign_decisions counter\n');
    const led = ` # {trace_id="${exemplar.trace_id}",span_id="${exemplar.span_id}"} `;
    expect(linesOf(text, 'countersign_decisions_total')[0]).toContain(`route="auto"} 2${led}2 `);
    expect(text).toContain(`countersign_ingest_delay_seconds_bucket{le="0.25"} 1${led}0.2 `);
    expect(text).toContain(`countersign_ingest_delay_seconds_bucket{le="+Inf"} 2${led}1000000 `);
    expect(text.endsWith('# EOF\n')).toBe(true);
  });

  it('says the same in the text format, however often the other was asked for', async () => {
    const metrics = counted();
    await metrics.expose('application/openmetrics-text');
    const { contentType, text } = await metrics.expose(undefined);
    expect(contentType).toMatch(/^text\/plain/);
    expect(text).toContain('# TYPE countersign_decisions_total counter\n');
    expect(text).toContain('# TYPE process_cpu_seconds_total counter\n');
    expect(text).not.toContain('trace_id');
  });
});
