/**
 * Measures what is true now when somebody asks for the metrics. Each part by itself: what does not answer in time leaves
 * its gauges absent, since an old value would pass for a true one, and does not keep the others from being told.
 */
import type { JetStreamManager } from '@nats-io/jetstream';
import { streams } from '@countersign/contract';
import type { Alerts } from '../alerts/index.ts';
import type { Breakers } from '../breakers/index.ts';
import type { Pool } from '../database/index.ts';
import { databaseBytes } from '../database/index.ts';
import type { Escalation, NotificationOutbox } from '../escalation/index.ts';
import { ingestConsumer } from '../ingest/index.ts';
import type { LedgerReader } from '../ledger/index.ts';
import type { Models } from '../models/index.ts';
import type { Monitors } from '../monitors/index.ts';
import type { Policies } from '../policies/index.ts';
import type { Reviews, VerdictOutbox } from '../reviews/index.ts';
import { MeasuredSignals } from './measured-signals.ts';
import type { GaugeName, Metrics } from './registry.ts';
import { authoritySamples, incidentSamples, modelSamples, queueSamples } from './response-samples.ts';
import { sample, type Sample } from './samples.ts';
import { signalGauges } from './signal-samples.ts';

export interface MeasuredOptions {
  readonly now: () => Date;
  readonly metrics: Metrics;
  readonly policies: Policies;
  readonly pool: Pool;
  /** Of its own, so that it waits for nobody: to see whether PostgreSQL answers. */
  readonly probe: Pool;
  readonly manager: JetStreamManager;
  readonly log: LedgerReader;
  /** Names of the witnesses, by their verifier keys. */
  readonly witnesses: ReadonlyMap<string, string>;
  readonly alerts: Alerts;
  readonly breakers: Breakers;
  readonly models: Models;
  readonly reviews: Reviews;
  readonly monitors: Monitors;
  readonly outbox: VerdictOutbox;
  readonly escalation: Escalation;
  readonly notifications: NotificationOutbox;
  readonly onError: (error: unknown) => void;
}

interface Measured extends MeasuredOptions {
  readonly signals: MeasuredSignals;
}

interface Part {
  readonly name: string;
  readonly gauges: readonly GaugeName[];
  readonly measure: (options: Measured) => Promise<Sample[]>;
}

/** Prometheus gives up after 10 s unless it is told otherwise. */
const timeoutMs = 4_000;

const parts: readonly Part[] = [
  { name: 'signals', gauges: signalGauges, measure: ({ signals }) => signals.samples() },
  {
    name: 'ledger',
    gauges: [
      'countersign_ledger_records',
      'countersign_ledger_unsigned_records',
      'countersign_ledger_checkpoint_age_seconds',
      'countersign_witness_lag_records',
    ],
    measure: measureLedger,
  },
  {
    name: 'database',
    gauges: ['countersign_database_bytes'],
    measure: async ({ pool }) => sample('countersign_database_bytes', {}, await databaseBytes(pool)),
  },
  {
    name: 'models',
    gauges: ['countersign_model_version_info', 'countersign_model_first_seen_timestamp_seconds'],
    measure: async ({ models, pool }) => modelSamples(await models.states(pool)),
  },
  {
    name: 'authority',
    gauges: [
      'countersign_breaker_state',
      // When breakers changed stays true: `countRecord` has told of other states of theirs.
      'countersign_intake_stopped',
    ],
    measure: measureAuthority,
  },
  {
    name: 'reviews',
    gauges: [
      'countersign_review_queue_cases',
      'countersign_review_queue_overdue_cases',
      'countersign_review_queue_oldest_seconds',
      'countersign_outbox_pending',
    ],
    measure: async ({ reviews, outbox, policies, now }) => [
      ...queueSamples([...policies.keys()], await reviews.counts(), now()),
      ...sample('countersign_outbox_pending', {}, await outbox.pending()),
    ],
  },
  {
    name: 'incidents',
    gauges: [
      'countersign_alerts',
      'countersign_incidents',
      'countersign_incident_unacknowledged_seconds',
      'countersign_notifications_waiting',
    ],
    measure: async ({ alerts, escalation, notifications, policies, pool, now }) => [
      ...incidentSamples([...policies.keys()], await alerts.countOpen(pool), await escalation.counts(), now()),
      ...Object.entries(await notifications.waiting()).flatMap(([reason, count]) =>
        sample('countersign_notifications_waiting', { reason }, count),
      ),
    ],
  },
  {
    name: 'streams',
    gauges: ['countersign_ingest_lag_messages', 'countersign_dead_letters_waiting'],
    measure: measureStreams,
  },
];

export const partNames: readonly string[] = parts.map(({ name }) => name);

export class Measuring {
  private readonly options: Measured;
  private running: Promise<void> | null = null;

  constructor(options: MeasuredOptions) {
    this.options = { ...options, signals: new MeasuredSignals(options.monitors) };
  }

  /** Sets every gauge to what is true now, or leaves it out. Who asks while it is measured hears the same. */
  measure(): Promise<void> {
    this.running ??= this.measureAll().finally(() => (this.running = null));
    return this.running;
  }

  private async measureAll(): Promise<void> {
    const { probe, manager } = this.options;
    await Promise.all([
      measureDependency('postgresql', probe.query('SELECT 1'), this.options),
      measureDependency('nats', manager.getAccountInfo(), this.options),
      ...parts.map((part) => measurePart(part, this.options)),
    ]);
  }
}

async function measurePart({ name, gauges, measure: of }: Part, options: Measured): Promise<void> {
  const { metrics, onError } = options;
  let samples: Sample[] = [];
  try {
    samples = await inTime(of(options));
  } catch (error) {
    metrics.count('countersign_measure_failures_total', { part: name });
    onError(error);
  }
  metrics.clear(gauges);
  for (const set of samples) set(metrics);
}

async function measureDependency(
  dependency: string,
  answer: Promise<unknown>,
  { metrics }: MeasuredOptions,
): Promise<void> {
  const isUp = await inTime(answer).then(
    () => true,
    () => false,
  );
  metrics.set('countersign_dependency_up', { dependency }, Number(isUp));
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`there was no answer within ${timeoutMs / 1000} s`)), timeoutMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function measureLedger({ log: reader, witnesses, now }: Measured): Promise<Sample[]> {
  const log = reader.logId;
  const [size, checkpoint, signed] = await Promise.all([
    reader.size(),
    reader.newestCheckpoint(),
    reader.signedByWitnesses([...witnesses.keys()]),
  ]);
  const age = checkpoint === null ? null : (now().getTime() - checkpoint.signedAt.getTime()) / 1000;
  return [
    ...sample('countersign_ledger_records', { log }, size),
    ...sample('countersign_ledger_unsigned_records', { log }, Math.max(size - (checkpoint?.size ?? 0), 0)),
    ...sample('countersign_ledger_checkpoint_age_seconds', { log }, age),
    ...[...witnesses].flatMap(([key, witness]) =>
      sample('countersign_witness_lag_records', { witness }, Math.max(size - (signed.get(key) ?? 0), 0)),
    ),
  ];
}

async function measureAuthority({ breakers, models, policies, pool }: Measured): Promise<Sample[]> {
  const [states, versions, full] = await Promise.all([
    breakers.list(pool),
    models.states(pool),
    breakers.withFullIntake(pool),
  ]);
  return [
    ...authoritySamples(states, versions),
    ...[...policies.keys()].flatMap((workflow) =>
      sample('countersign_intake_stopped', { workflow }, Number(full.has(workflow))),
    ),
  ];
}

async function measureStreams({ manager }: Measured): Promise<Sample[]> {
  const [{ num_pending, num_ack_pending }, dead] = await Promise.all([
    manager.consumers.info(streams.events, ingestConsumer),
    manager.streams.info(streams.dead),
  ]);
  return [
    ...sample('countersign_ingest_lag_messages', {}, num_pending + num_ack_pending),
    ...sample('countersign_dead_letters_waiting', {}, dead.state.messages),
  ];
}
