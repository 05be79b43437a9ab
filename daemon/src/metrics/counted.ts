/** Counts what records say, as they are committed. */
import {
  alertTiers,
  eventTypes,
  type AlertStep,
  type HumanDecisionEvent,
  type OutcomeEvent,
  type Priority,
} from '@countersign/contract';
import type { AboutDecision, LedgerRecord } from '../ledger/index.ts';
import { isComplaint, reviewOf, truthOf } from '../monitors/index.ts';
import { dueAt, priorityOf, workingMs, type Policies } from '../policies/index.ts';
import type { Exemplar, Metrics } from './registry.ts';

export interface CountedOptions {
  readonly metrics: Metrics;
  readonly policies: Policies;
}

/** As the figures of reviewers have it. */
const sureFrom = 0.9;

export function countRecord(options: CountedOptions, record: LedgerRecord): void {
  const { metrics } = options;
  const { event, about, actor } = record;
  const exemplar = exemplarOf(event.traceparent);
  if (record.streamSequence !== null) {
    const delay = Math.max(Date.parse(record.recordedAt) - Date.parse(event.time), 0) / 1000;
    metrics.observe('countersign_ingest_delay_seconds', {}, delay, exemplar);
  }
  const version = {
    workflow: event.data.workflow_id,
    model: about?.model.name ?? 'unknown',
    model_version: about?.model.version ?? 'unknown',
  };
  switch (event.type) {
    case eventTypes.aiDecision:
    case eventTypes.humanDecision: {
      const how = { actor: actor.type, action: event.data.action, route: about?.route ?? 'unknown' };
      metrics.count('countersign_decisions_total', { ...version, ...how }, 1, exemplar);
      if (event.type === eventTypes.humanDecision) return countHuman(options, record, event, exemplar);
      const { confidence, latency_ms } = event.data;
      metrics.observe('countersign_decision_confidence_ratio', version, confidence, exemplar);
      metrics.observe('countersign_decision_latency_seconds', version, latency_ms / 1000, exemplar);
      return;
    }
    case eventTypes.outcome: {
      const truth = truthOf(record);
      if (truth === null) return;
      metrics.count('countersign_outcomes_total', { ...version, result: truth.right ? 'right' : 'wrong' });
      return countMoney(metrics, event, version);
    }
    case eventTypes.alert:
      return countAlert(metrics, event.data);
    case eventTypes.breaker: {
      const { workflow_id: workflow, model_name: model, risk_tier, to: state } = event.data;
      return metrics.count('countersign_breaker_changes_total', {
        workflow,
        model,
        risk_tier: risk_tier ?? 'all',
        state,
      });
    }
    default:
      return;
  }
}

function countHuman(
  { metrics, policies }: CountedOptions,
  record: LedgerRecord,
  event: HumanDecisionEvent,
  exemplar: Exemplar | null,
): void {
  const { about } = record;
  const { workflow_id: workflow, action, gold, review_ms } = event.data;
  if (review_ms !== undefined) metrics.observe('countersign_review_seconds', { workflow }, review_ms / 1000, exemplar);
  if (about === null) return;
  const { name: model, version: model_version } = about.model;
  if (isComplaint(record)) metrics.count('countersign_complaints_total', { workflow, model, model_version });
  // Only a planted error can be found; a planted right answer keeps people from rejecting all that look planted.
  if (gold !== undefined && gold.label !== about.label && action !== 'escalate' && action !== 'rollback') {
    const found = action === 'reject' || (action === 'modify' && event.data.output?.label === gold.label);
    metrics.count('countersign_planted_errors_total', { workflow, result: found ? 'found' : 'missed' });
  }
  const policy = policies.get(workflow)?.policy;
  if (reviewOf(record) === null || policy === undefined) return;
  const priority = priorityOf(policy, about.riskTier);
  const [queuedMs, decidedMs] = waitOf(record, event, about);
  const turnaround = { workflow, priority } satisfies { workflow: string; priority: Priority };
  metrics.count('countersign_reviews_total', {
    ...turnaround,
    action,
    certainty: about.confidence >= sureFrom ? 'sure' : 'unsure',
    result: decidedMs > dueAt(policy, priority, queuedMs) ? 'late' : 'in_time',
  });
  const ms = workingMs(policy, priority, queuedMs, decidedMs);
  metrics.observe('countersign_review_turnaround_seconds', turnaround, ms / 1000, exemplar);
}

/** From when until when a case waited: what the queue measured, else from the AI's decision to the record of the person's. */
function waitOf(record: LedgerRecord, event: HumanDecisionEvent, about: AboutDecision): readonly [number, number] {
  const decided = Date.parse(record.recordedAt);
  const { queue_ms } = event.data;
  return [queue_ms === undefined ? Math.min(Date.parse(about.decidedAt), decided) : decided - queue_ms, decided];
}

function countMoney(
  metrics: Metrics,
  { data: { cost = 0, revenue = 0, complaints = 0 } }: OutcomeEvent,
  version: { readonly workflow: string; readonly model: string; readonly model_version: string },
): void {
  const money = (kind: string, value: number) =>
    metrics.count('countersign_outcome_money_minor_units_total', { ...version, kind }, value);
  // Of each kind, though it is nothing: a series that begins with the first loss hides it.
  money('cost', Math.max(0, cost));
  money('saving', Math.max(0, -cost));
  money('revenue', Math.max(0, revenue));
  money('loss', Math.max(0, -revenue));
  metrics.count('countersign_complaints_total', version, complaints);
}

function countAlert(
  metrics: Metrics,
  { workflow_id: workflow, signal: monitor, tier, previous_tier }: AlertStep,
): void {
  const rank = (of: AlertStep['tier']) => (of === null ? -1 : alertTiers.indexOf(of));
  if (tier === null || rank(tier) <= rank(previous_tier)) return;
  metrics.count('countersign_alerts_raised_total', { workflow, monitor, tier });
}

/** Null when the trace was not sampled: it would lead nowhere. Source: W3C Trace Context. */
function exemplarOf(traceparent: string | undefined): Exemplar | null {
  const [, trace_id, span_id, flags] =
    /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/.exec(traceparent ?? '') ?? [];
  if (trace_id === undefined || span_id === undefined || flags === undefined) return null;
  return (Number.parseInt(flags, 16) & 1) === 1 ? { trace_id, span_id } : null;
}
