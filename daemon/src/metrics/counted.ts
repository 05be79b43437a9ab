/** Counts what records say, as they are committed. */
import {
  alertTiers,
  eventTypes,
  type AlertStep,
  type HumanDecisionEvent,
  type OutcomeEvent,
  type Policy,
  type Priority,
} from '@countersign/contract';
import type { AboutDecision, LedgerRecord } from '../ledger/index.ts';
import { isComplaint, reviewOf, truthOf } from '../monitors/index.ts';
import { dueAt, priorityOf, workingMs, type Policies } from '../policies/index.ts';
import type { Exemplar, Metrics } from './registry.ts';

export interface CountedOptions {
  readonly metrics: Metrics;
  readonly policies: Policies;
  /** Versions of which a decision was counted. */
  readonly begun: Set<string>;
}

/** More are begun again, which changes nothing. */
const mostBegun = 1_000;

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
      begin(options, version);
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
      const { workflow_id: workflow, model_name: model, risk_tier, from, to: state } = event.data;
      // The first of two who agree, or the next phase of canaries, is on record and changes no state.
      if (from === state) return;
      const change = { workflow, model, risk_tier: risk_tier ?? 'all', state };
      metrics.count('countersign_breaker_changes_total', change);
      // Of each state, also of those that it has left since: how short it was must not hide it.
      return metrics.set('countersign_breaker_changed_timestamp_seconds', change, Date.parse(event.time) / 1000);
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
  const wait = policy === undefined ? null : waitOf(record, event, about, policy);
  if (policy === undefined || wait === null) return;
  const { priority, queuedMs, decidedMs, dueMs } = wait;
  const turnaround = { workflow, priority };
  metrics.count('countersign_reviews_total', {
    ...turnaround,
    action,
    certainty: about.confidence >= sureFrom ? 'sure' : 'unsure',
    result: dueMs === null ? 'open' : decidedMs > dueMs ? 'late' : 'in_time',
  });
  if (dueMs === null) return;
  const ms = workingMs(policy, priority, queuedMs, decidedMs);
  metrics.observe('countersign_review_turnaround_seconds', turnaround, ms / 1000, exemplar);
}

interface Wait {
  readonly priority: Priority;
  /** Unix ms. */
  readonly queuedMs: number;
  readonly decidedMs: number;
  /** Null when the case waits on: for somebody else, or for those above. */
  readonly dueMs: number | null;
}

/**
 * How long a case waited. Of the app's queue the record says it, and whether this was the last word; a service that has people of
 * its own says at most how long it took. Null for what is no answer to a case that people were asked about.
 */
function waitOf(record: LedgerRecord, event: HumanDecisionEvent, about: AboutDecision, policy: Policy): Wait | null {
  const { lease_epoch, gold, queue_ms, due_at, priority: urgency } = event.data;
  const priority = urgency ?? priorityOf(policy, about.riskTier);
  if (lease_epoch !== undefined) {
    const decidedMs = Date.parse(event.time);
    const dueMs = due_at === undefined ? null : Date.parse(due_at);
    return gold === undefined ? { priority, queuedMs: decidedMs - (queue_ms ?? 0), decidedMs, dueMs } : null;
  }
  if (reviewOf(record) === null) return null;
  const decidedMs = Date.parse(record.recordedAt);
  const queuedMs = queue_ms === undefined ? Math.min(Date.parse(about.decidedAt), decidedMs) : decidedMs - queue_ms;
  return { priority, queuedMs, decidedMs, dueMs: dueAt(policy, priority, queuedMs) };
}

interface Version {
  readonly workflow: string;
  readonly model: string;
  readonly model_version: string;
}

/** What is counted of a version later begins at 0 with its first decision: what begins with the first loss hides it. */
function begin({ metrics, begun }: CountedOptions, version: Version): void {
  const key = JSON.stringify(version);
  if (begun.has(key)) return;
  if (begun.size >= mostBegun) begun.clear();
  begun.add(key);
  for (const result of ['right', 'wrong']) metrics.count('countersign_outcomes_total', { ...version, result }, 0);
  for (const kind of ['cost', 'saving', 'revenue', 'loss'])
    metrics.count('countersign_outcome_money_minor_units_total', { ...version, kind }, 0);
  metrics.count('countersign_complaints_total', version, 0);
}

function countMoney(
  metrics: Metrics,
  { data: { cost = 0, revenue = 0, complaints = 0 } }: OutcomeEvent,
  version: Version,
): void {
  const money = (kind: string, value: number) =>
    metrics.count('countersign_outcome_money_minor_units_total', { ...version, kind }, value);
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
