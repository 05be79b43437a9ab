/** Counters of what should not happen begin at 0: a series that begins at 1 is no increase to Prometheus. */
import {
  alertTiers,
  DecisionAction,
  metrics as table,
  openLabels,
  Priority,
  RiskTier,
  type Metric,
  type Policy,
} from '@countersign/contract';
import { deadReasons } from '../ingest/index.ts';
import { monitorNames } from '../monitors/index.ts';
import { partNames } from './measured.ts';
import type { Metrics } from './registry.ts';

/** What there will be something of, as far as the configuration says. */
export interface Expected {
  readonly policies: readonly Policy[];
  readonly channels: Iterable<string>;
  readonly witnesses: readonly string[];
}

export function startAtZero(metrics: Metrics, { policies, channels, witnesses }: Expected): void {
  for (const reason of deadReasons) metrics.count('countersign_dead_letters_total', { reason }, 0);
  for (const part of partNames) metrics.count('countersign_measure_failures_total', { part }, 0);
  for (const result of ['filed', 'wrong_hash', 'too_large', 'given_up'])
    metrics.count('countersign_snapshots_total', { result }, 0);
  for (const result of ['sent', 'rejected', 'passed_over'])
    metrics.count('countersign_otlp_spans_total', { result }, 0);
  for (const [metric, { labels }] of Object.entries<Metric>(table))
    if (labels.some((label) => openLabels.has(label))) metrics.count('countersign_series_folded_total', { metric }, 0);
  for (const channel of channels)
    for (const result of ['sent', 'retry', 'undeliverable', 'not_sent'])
      metrics.count('countersign_notifications_total', { channel, result }, 0);
  for (const witness of witnesses)
    for (const result of ['signed', 'unreachable', 'refused', 'ahead', 'bad_signature'])
      metrics.count('countersign_witness_requests_total', { witness, result }, 0);
  for (const { workflow, loop } of policies) {
    for (const result of ['found', 'missed'])
      metrics.count('countersign_planted_errors_total', { workflow, result }, 0);
    for (const priority of Priority.enum) {
      metrics.startHistogram('countersign_review_turnaround_seconds', { workflow, priority });
      for (const action of DecisionAction.enum)
        for (const certainty of ['sure', 'unsure'])
          for (const result of ['in_time', 'late', 'open'])
            metrics.count('countersign_reviews_total', { workflow, priority, action, certainty, result }, 0);
    }
    for (const monitor of monitorNames)
      for (const tier of alertTiers) metrics.count('countersign_alerts_raised_total', { workflow, monitor, tier }, 0);
    for (const model of new Set(loop.decision_points.map((point) => point.model)))
      for (const risk_tier of ['all', ...RiskTier.enum])
        for (const state of ['open', 'half_open', 'closed', 'forced_open'])
          metrics.count('countersign_breaker_changes_total', { workflow, model, risk_tier, state }, 0);
  }
}
