/** Counters of what should not happen begin at 0: a series that begins at 1 is no increase to Prometheus. */
import { deadReasons } from '../ingest/index.ts';
import { partNames } from './measured.ts';
import type { Metrics } from './registry.ts';

export function startAtZero(metrics: Metrics, workflows: Iterable<string>): void {
  for (const reason of deadReasons) metrics.count('countersign_dead_letters_total', { reason }, 0);
  for (const part of partNames) metrics.count('countersign_measure_failures_total', { part }, 0);
  for (const result of ['filed', 'wrong_hash', 'too_large', 'given_up'])
    metrics.count('countersign_snapshots_total', { result }, 0);
  for (const workflow of workflows)
    for (const result of ['found', 'missed'])
      metrics.count('countersign_planted_errors_total', { workflow, result }, 0);
}
