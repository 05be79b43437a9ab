/** Queries say in PromQL what was asked for, and what is no query is refused before Prometheus sees it. */
import { describe, expect, it } from 'vitest';
import { divide, orZero, quantile, queries, sum } from './queries.ts';
import { target } from './panels.ts';
import { readQuery } from './test-promql.ts';

const { gauge, increase, buckets } = queries(['workflow', 'model_version']);

describe('a query', () => {
  it('is narrowed by the variables of whose labels the metric has one', () => {
    expect(gauge('countersign_sla_met_ratio').expr).toBe('countersign_sla_met_ratio{workflow=~"$workflow"}');
    expect(gauge('countersign_accuracy_ratio').expr).toBe(
      'countersign_accuracy_ratio{workflow=~"$workflow", model_version=~"$model_version"}',
    );
    expect(gauge('countersign_database_bytes').expr).toBe('countersign_database_bytes');
  });

  it.each([
    ['open', 'state="open"'],
    [['open', 'resolved'], 'state=~"open|resolved"'],
    [{ not: 'closed' }, 'state!="closed"'],
    [{ not: ['closed', 'open'] }, 'state!~"closed|open"'],
  ] as const)('matches %j', (state, matcher) => {
    expect(queries([]).gauge('countersign_incidents', { state }).expr).toBe(`countersign_incidents{${matcher}}`);
  });

  it('counts nothing as 0 only while the daemon is measured', () => {
    expect(orZero(sum(gauge('countersign_alerts'))).expr).toBe(
      'sum (countersign_alerts{workflow=~"$workflow"}) or 0 * max(countersign_build_info)',
    );
  });

  it('keeps the buckets of a quantile apart', () => {
    const { expr, labels } = quantile(0.9, sum(buckets('countersign_review_seconds'), ['workflow', 'le']));
    expect(labels).toEqual(['workflow']);
    expect(readQuery(expr).labels).toEqual(['workflow']);
  });

  it('divides only series of the same labels', () => {
    const all = increase('countersign_reviews_total', '1h');
    expect(() => divide(sum(all, ['workflow', 'action']), sum(all, ['workflow']))).toThrow('has workflow');
  });

  it('has no legend of a label that its series have not', () => {
    expect(() => target(0, sum(gauge('countersign_alerts'), ['tier']), '{{workflow}}')).toThrow('names workflow');
  });

  it('does not compile with a metric, a label or a rate that there is not', () => {
    // @ts-expect-error there is no such metric
    expect(() => gauge('countersign_nothing')).toThrow('labels');
    // @ts-expect-error alerts have no such label
    gauge('countersign_alerts', { feature: 'x' });
    // @ts-expect-error a gauge has no increase
    increase('countersign_alerts', '1h');
    // @ts-expect-error these series have no such label
    sum(gauge('countersign_alerts'), ['feature']);
  });
});

describe('what holds queries to the contract', () => {
  it.each([
    ['sum(countersign_nothing)', 'no such metric'],
    ['sum(countersign_alerts{feature="x"})', 'no label feature'],
    ['sum by (feature) (countersign_alerts)', 'no label feature'],
    ['sum(rate(countersign_alerts[5m]))', 'rate of what is a gauge'],
    ['sum(countersign_decisions_total)', 'without a rate'],
    ['sum(countersign_review_seconds)', 'Not a series of that metric'],
    ['sum(rate(countersign_alerts_bucket[5m]))', 'Not a series of that metric'],
    ['histogram_quantile(0.9, sum(rate(countersign_review_seconds_bucket[5m])))', 'le is lost'],
    ['countersign_alerts', 'Not aggregated'],
    ['sum(countersign_alerts) / sum by (tier) (countersign_alerts)', 'other labels'],
    ['sum(countersign_alerts', 'no PromQL'],
  ])('refuses %s', (query, why) => {
    expect(() => readQuery(query)).toThrow(why);
  });
});
