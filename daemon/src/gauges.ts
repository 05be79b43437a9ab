/** What the metrics say: counted as records are committed, and measured when somebody asks. */
import type { JetStreamManager } from '@nats-io/jetstream';
import { eventTypes, streams } from '@countersign/contract';
import type { Alerts } from './alerts/index.ts';
import type { Breakers } from './breakers/index.ts';
import type { Pool } from './database/index.ts';
import type { Escalation, NotificationOutbox } from './escalation/index.ts';
import { ingestConsumer } from './ingest/index.ts';
import type { LedgerReader, LedgerRecord } from './ledger/index.ts';
import type { Metrics } from './metrics/index.ts';
import type { Monitors } from './monitors/index.ts';
import type { Reviews, VerdictOutbox } from './reviews/index.ts';

export function countDecision(metrics: Metrics, { event, about, actor }: LedgerRecord): void {
  if (event.type !== eventTypes.aiDecision && event.type !== eventTypes.humanDecision) return;
  const { workflow_id: workflow, action } = event.data;
  const model_version = about?.model.version ?? 'unknown';
  metrics.count('countersign_decisions_total', {
    workflow,
    model_version,
    actor: actor.type,
    action,
    route: about?.route ?? 'unknown',
  });
  if (event.type === eventTypes.aiDecision) {
    metrics.observe('countersign_decision_latency_seconds', { workflow, model_version }, event.data.latency_ms / 1000);
  } else if (event.data.review_ms !== undefined) {
    metrics.observe('countersign_review_seconds', { workflow }, event.data.review_ms / 1000);
  }
}

export interface Measured {
  readonly now: () => Date;
  readonly metrics: Metrics;
  readonly pool: Pool;
  readonly manager: JetStreamManager;
  readonly log: LedgerReader;
  readonly alerts: Alerts;
  readonly breakers: Breakers;
  readonly reviews: Reviews;
  readonly monitors: Monitors;
  readonly outbox: VerdictOutbox;
  readonly escalation: Escalation;
  readonly notifications: NotificationOutbox;
}

/** Sets every gauge to what is true now. Throws when PostgreSQL or NATS does not answer. */
export async function measure(measured: Measured): Promise<void> {
  measureSignals(measured);
  await Promise.all([
    measureLedger(measured),
    measureAuthority(measured),
    measureReviews(measured),
    measureIngest(measured),
    measureEscalation(measured),
  ]);
}

async function measureLedger({ metrics, log: reader, now }: Measured): Promise<void> {
  const log = reader.logId;
  metrics.set('countersign_ledger_records', { log }, await reader.size());
  const checkpoint = await reader.newestCheckpoint();
  if (checkpoint === null) return;
  metrics.set('countersign_ledger_checkpoint_age_seconds', { log }, secondsSince(checkpoint.signedAt, now));
}

async function measureAuthority({ metrics, pool, alerts, breakers }: Measured): Promise<void> {
  const open = await alerts.countOpen(pool);
  metrics.clear('countersign_alerts');
  for (const { workflow_id, tier, count } of open)
    metrics.set('countersign_alerts', { workflow: workflow_id, tier }, count);
  const states = await breakers.list(pool);
  metrics.clear('countersign_breaker_state');
  for (const { workflow_id: workflow, model_name: model, state: now } of states) {
    for (const state of ['closed', 'half_open', 'open', 'forced_open']) {
      metrics.set('countersign_breaker_state', { workflow, model, state }, Number(now === state));
    }
  }
}

async function measureReviews({ metrics, reviews, outbox, now }: Measured): Promise<void> {
  const counts = await reviews.counts();
  metrics.clear('countersign_review_queue_cases');
  metrics.clear('countersign_review_queue_oldest_seconds');
  for (const { workflow_id: workflow, waiting, claimed, oldest } of counts) {
    metrics.set('countersign_review_queue_cases', { workflow, state: 'waiting' }, waiting);
    metrics.set('countersign_review_queue_cases', { workflow, state: 'claimed' }, claimed);
    metrics.set('countersign_review_queue_oldest_seconds', { workflow }, secondsSince(oldest, now));
  }
  metrics.set('countersign_outbox_pending', {}, await outbox.pending());
}

async function measureEscalation({ metrics, escalation, notifications }: Measured): Promise<void> {
  metrics.clear('countersign_incidents');
  for (const { workflow_id: workflow, state, count } of await escalation.counts())
    metrics.set('countersign_incidents', { workflow, state }, count);
  metrics.set('countersign_notifications_waiting', {}, await notifications.pending());
}

function measureSignals({ metrics, monitors }: Measured): void {
  for (const { workflow_id: workflow, model_version, subject, value, evidence } of monitors.signals('override_rate')) {
    if (subject !== null) continue;
    if (value !== null) metrics.set('countersign_override_ratio', { workflow, model_version }, value);
    metrics.set('countersign_override_evidence', { workflow, model_version }, Number(evidence['e_value']));
  }
}

async function measureIngest({ metrics, manager }: Measured): Promise<void> {
  const { num_pending, num_ack_pending } = await manager.consumers.info(streams.events, ingestConsumer);
  metrics.set('countersign_ingest_lag_messages', {}, num_pending + num_ack_pending);
}

const secondsSince = (at: Date, now: () => Date) => (now().getTime() - at.getTime()) / 1000;
