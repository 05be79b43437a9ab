/** What happened, as marks on every picture: a new version of a model, a change of who may decide. */
import { AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { colors } from './colors.ts';
import { max, queries, times, type Narrowing, type Vector } from './queries.ts';
import { prometheus } from './variables.ts';

/** The value of a series is the time: seconds in the metric, milliseconds for Grafana. */
const mark = (name: string, color: string, at: Vector<string>, title: string, text: string) =>
  new AnnotationQueryBuilder()
    .name(name)
    .datasource(prometheus)
    .enable(true)
    .iconColor(color)
    .expr(times(at, 1_000).expr)
    .target(new DataqueryBuilder().refId('Anno').expr(times(at, 1_000).expr).range())
    .titleFormat(title)
    .textFormat(text)
    .tagKeys(at.labels.join(','))
    .step('60s')
    .useValueForTime(true);

export function annotations(variables: readonly Narrowing[]) {
  const { gauge } = queries(variables);
  const version = ['workflow', 'model', 'model_version'] as const;
  const breaker = ['workflow', 'model', 'risk_tier', 'state'] as const;
  return [
    mark(
      'Model releases',
      colors.ai,
      max(gauge('countersign_model_first_seen_timestamp_seconds'), version),
      '{{model}} {{model_version}}',
      'First seen in {{workflow}}',
    ),
    mark(
      'Breaker changes',
      colors.neutral,
      max(gauge('countersign_breaker_changed_timestamp_seconds'), breaker),
      'Breaker {{state}}',
      '{{model}} in {{workflow}}, risk {{risk_tier}}',
    ),
  ];
}
