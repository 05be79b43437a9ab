/** The one place that wires the rooms together: what is handed down, in which order things start, and how they stop. */
import { jetstream } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { eventTypes, streams, type ResponseOverview } from '@countersign/contract';
import { pino } from 'pino';
import { Alerts, reaches } from './alerts/index.ts';
import { AuthorityDistribution, Breakers, type Step } from './breakers/index.ts';
import type { Config } from './config.ts';
import { migrate, openPool } from './database/index.ts';
import {
  auditRoutes,
  createServer,
  identifier,
  operationsRoutes,
  responseRoutes,
  reviewRoutes,
  type Acted,
  type ResponseRoom,
} from './http/index.ts';
import { DeadLetters, ensureStreams, Ingest, ingestConsumer, readSnapshot, SnapshotFiling } from './ingest/index.ts';
import { Checkpoints, Ledger, loadSigningKey, newUuid, type LedgerRecord, type LedgerTransaction } from './ledger/index.ts';
import { Metrics } from './metrics/index.ts';
import { Models } from './models/index.ts';
import { Monitors, readSnapshot as readMonitorSnapshot, writeSnapshot, type Scope } from './monitors/index.ts';
import { readPolicies, recordPolicies } from './policies/index.ts';
import { Reviews, VerdictOutbox } from './reviews/index.ts';
import { oncePerSecond } from './once-per-second.ts';

export interface Daemon {
  /** Where it listens. */
  readonly address: string;
  /** Settles when the daemon has ended by itself, with the reason. */
  readonly failed: Promise<Error>;
  /** Takes nothing new, finishes what is under way, saves, and lets go of everything. */
  stop(): Promise<void>;
}

const checkpointDelayMs = 200;
const snapshotEveryMs = 10_000;

/** Starts everything or throws what is wrong, with nothing left running. */
export async function startDaemon(config: Config, now: () => Date = () => new Date()): Promise<Daemon> {
  const log = pino({ level: config.logLevel, base: { service: 'countersign' } });
  const stops: (() => Promise<unknown> | void)[] = [];
  const stop = async () => {
    for (const end of stops.splice(0).toReversed()) await Promise.resolve(end()).catch((error: unknown) => log.error(error, 'stopping'));
  };
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<Error>((resolve) => (fail = resolve));
  const onFatal = (error: unknown) => fail(error instanceof Error ? error : new Error(String(error)));
  const trouble = (what: string) => oncePerSecond((error: unknown, more: number) => log.error({ err: error, more }, what));

  try {
    const metrics = new Metrics();
    const policies = await readPolicies(config.policies);

    const pool = openPool(config.databaseUrl, trouble('an idle connection to PostgreSQL broke'));
    stops.push(() => pool.end());
    await migrate(pool);

    const nats = await openNats(config);
    stops.push(() => nats.drain());
    const manager = await ensureStreams(nats, config.replicas, [...policies.keys()]);

    const key = loadSigningKey(config.keyFile, config.origin);
    const { logId } = config;
    const ledger = await Ledger.open({
      pool,
      logId,
      key,
      now,
      onAppend: (_records, seconds) => metrics.observe('countersign_ledger_append_seconds', { log: logId }, seconds),
    });
    const models = new Models(now, newUuid);
    const breakers = new Breakers(policies, models, now, newUuid);
    const alerts = new Alerts(now, newUuid);
    const monitors = new Monitors(policies, await readMonitorSnapshot(pool, logId));
    await monitors.catchUp(ledger);
    stops.push(() => writeSnapshot(pool, logId, monitors.snapshot()));

    const distribution = await AuthorityDistribution.start(nats, pool, breakers, trouble('authority was not distributed'));
    stops.push(() => distribution.stop());
    const outbox = new VerdictOutbox(pool, jetstream(nats), trouble('a verdict was not sent'));
    stops.push(() => outbox.stop());

    // What signals cause: alerts, and breakers that alerts open. One transaction, after the records that caused it.
    const react = async (scopes: readonly Scope[]): Promise<void> => {
      const signals = scopes.flatMap((scope) => monitors.signals(scope)).filter((signal) => signal.conclusive);
      if (signals.length === 0) return;
      const moved = await ledger.write(async (tx) => {
        let any = false;
        for (const signal of signals) {
          const alert = await alerts.hear(tx, signal);
          const opensOn = policies.get(signal.workflow_id)?.policy.breaker.opens_on;
          if (alert?.tier == null || opensOn === undefined || !reaches(alert.tier, opensOn)) continue;
          const scope = { workflowId: alert.workflow_id, modelName: alert.model_name };
          const reason = `${alert.signal} of version ${alert.model_version}: ${alert.summary}`;
          const taken = await breakers.apply(tx, scope, { is: 'alarm', reason }, { ...alert.evidence, alert_id: alert.alert_id });
          any ||= taken.is === 'moved';
        }
        return any;
      });
      if (moved) await distribution.publish();
    };
    let reacting: Promise<void> = Promise.resolve();
    const reactSoon = (scopes: readonly Scope[]) => {
      if (scopes.length === 0) return;
      reacting = reacting.then(() => react(scopes)).catch(trouble('signals were not acted on'));
    };
    stops.push(() => reacting);

    const cause = async (tx: LedgerTransaction, records: readonly LedgerRecord[]) => {
      if (await breakers.weighCanaries(tx, records)) authorityMoved = true;
    };
    let authorityMoved = false;
    const reviews = new Reviews({ pool, ledger, policies, breakers, now, newId: newUuid, onDecided: cause });

    ledger.onCommitted((records) => {
      for (const record of records) countDecision(metrics, record);
      reactSoon(monitors.observe(records));
      if (authorityMoved || records.some(({ event }) => event.type === eventTypes.model)) {
        authorityMoved = false;
        void distribution.publish();
      }
    });
    const checkpoints = new Checkpoints(ledger, checkpointDelayMs, trouble('no checkpoint was signed'));
    stops.push(() => checkpoints.stop());
    await recordPolicies(ledger, policies, now, newUuid);
    // A daemon that was killed between a record and what follows from it picks that up here.
    reactSoon(monitors.scopes);

    const saving = setInterval(() => {
      writeSnapshot(pool, logId, monitors.snapshot()).catch(trouble('monitors were not saved'));
    }, snapshotEveryMs);
    stops.push(() => clearInterval(saving));

    const logDead = oncePerSecond((letter: { reason: string; detail: string; subject: string }, more: number) =>
      log.warn({ reason: letter.reason, detail: letter.detail, subject: letter.subject, more }, 'message refused'),
    );
    const maxPayload = nats.info?.max_payload ?? 1_048_576;
    const deadLetters = new DeadLetters(jetstream(nats), maxPayload, (letter) => {
      metrics.count('countersign_dead_letters_total', { reason: letter.reason });
      logDead(letter);
    });
    const ingest = await Ingest.start({
      connection: nats,
      ledger,
      deadLetters,
      now,
      onAppend: async (tx, records) => {
        await models.noteFirstSeen(tx, records);
        await reviews.enlist(tx, records);
        await cause(tx, records);
      },
      onDuplicates: (count) => metrics.count('countersign_ingest_duplicates_total', {}, count),
      onRetry: (error) => {
        models.forget();
        trouble('a batch was not recorded and is tried again')(error);
      },
      onFatal,
    });
    stops.push(() => ingest.stop());
    const filing = await SnapshotFiling.start({
      connection: nats,
      pool,
      now,
      onFiled: (result) => metrics.count('countersign_snapshots_total', { result }),
      onError: trouble('a snapshot was not filed and is tried again'),
    });
    stops.push(() => filing.stop());

    const act = async (work: (tx: LedgerTransaction) => Promise<Acted>): Promise<Acted> => {
      const acted = await ledger.write(work);
      if (acted.is === 'done') await distribution.publish();
      return acted;
    };
    const response: ResponseRoom = {
      overview: async (): Promise<ResponseOverview> => ({
        alerts: await alerts.list(pool),
        breakers: await breakers.list(pool),
        models: await models.states(pool),
        signals: monitors.signals(),
      }),
      trip: ({ workflow_id, model_name, justification }, by) =>
        act(async (tx) =>
          actedFrom(
            await breakers.apply(tx, { workflowId: workflow_id, modelName: model_name }, { is: 'trip', by, reason: justification }),
            'The AI is stopped. Everything goes to people.',
          ),
        ),
      retry: ({ workflow_id, model_name, justification }, by) =>
        act(async (tx) =>
          actedFrom(
            await breakers.apply(tx, { workflowId: workflow_id, modelName: model_name }, { is: 'retry', by, reason: justification }),
            'Canaries start: people check each of them.',
          ),
        ),
      rollBack: ({ workflow_id, model_name, version, justification }, by) =>
        act(async (tx) => {
          const order = { workflowId: workflow_id, modelName: model_name, version, by, justification };
          const rollback = await models.rollBack(tx, order);
          if (rollback.is === 'refused') return rollback;
          await alerts.resolveVersion(tx, workflow_id, model_name, version);
          const reason = `rolled back from ${version} to ${rollback.restores}: ${justification}`;
          const taken = await breakers.apply(tx, { workflowId: workflow_id, modelName: model_name }, { is: 'retry', by, reason });
          // The breaker was closed or is held open by hand; guards still have to learn which version to run.
          if (taken.is !== 'moved') await breakers.raiseEpoch(tx, workflow_id);
          return { is: 'done', message: `Version ${version} has no authority any more; ${rollback.restores} takes its place.` };
        }),
    };

    const app = createServer({
      identify: identifier({
        secret: config.grafana.secret,
        jwksUrl: config.grafana.jwksUrl,
        issuer: config.grafana.url,
        audience: config.grafana.audience,
      }),
      onRequest: (route, status, seconds) =>
        metrics.observe('countersign_http_request_seconds', { route, status: String(status) }, seconds),
      onError: (error) => log.error(error, 'a request failed'),
    });
    await app.register(async () => {
      reviewRoutes(app, reviews, () => outbox.poke());
      auditRoutes(app, ledger, (hash) => readSnapshot(pool, hash));
      responseRoutes(app, response);
      operationsRoutes(app, {
        notReady: async () => {
          const database = await pool.query('SELECT 1').then(
            () => [],
            () => ['PostgreSQL does not answer'],
          );
          return nats.isClosed() || !nats.info ? [...database, 'NATS is not connected'] : database;
        },
        metrics: async () => {
          await measure();
          return { contentType: metrics.registry.contentType, text: await metrics.registry.metrics() };
        },
      });
    });

    /** Gauges say what is true when they are read. */
    const measure = async () => {
      metrics.set('countersign_ledger_records', { log: logId }, await ledger.size());
      const checkpoint = await ledger.newestCheckpoint();
      if (checkpoint !== null) {
        const age = (now().getTime() - checkpoint.signedAt.getTime()) / 1000;
        metrics.set('countersign_ledger_checkpoint_age_seconds', { log: logId }, age);
      }
      for (const name of ['countersign_alerts', 'countersign_breaker_state', 'countersign_review_queue_cases', 'countersign_review_queue_oldest_seconds'] as const) {
        metrics.clear(name);
      }
      for (const { workflow_id, tier, count } of await alerts.countOpen(pool)) {
        metrics.set('countersign_alerts', { workflow: workflow_id, tier }, count);
      }
      for (const { workflow_id, model_name, state } of await breakers.list(pool)) {
        for (const name of ['closed', 'half_open', 'open', 'forced_open']) {
          metrics.set('countersign_breaker_state', { workflow: workflow_id, model: model_name, state: name }, Number(name === state));
        }
      }
      for (const { workflow_id: workflow, waiting, claimed, oldest } of await reviews.counts()) {
        metrics.set('countersign_review_queue_cases', { workflow, state: 'waiting' }, waiting);
        metrics.set('countersign_review_queue_cases', { workflow, state: 'claimed' }, claimed);
        metrics.set('countersign_review_queue_oldest_seconds', { workflow }, (now().getTime() - oldest.getTime()) / 1000);
      }
      for (const { workflow_id, model_version, value, evidence } of monitors.signals()) {
        const labels = { workflow: workflow_id, model_version };
        if (value !== null) metrics.set('countersign_override_ratio', labels, value);
        metrics.set('countersign_override_evidence', labels, Number(evidence['e_value']));
      }
      metrics.set('countersign_outbox_pending', {}, await outbox.pending());
      const { num_pending, num_ack_pending } = await manager.consumers.info(streams.events, ingestConsumer);
      metrics.set('countersign_ingest_lag_messages', {}, num_pending + num_ack_pending);
    };

    const address = await app.listen(config.http);
    stops.push(() => app.close());
    void nats.closed().then((error) => onFatal(error ?? new Error('the connection to NATS was closed')));
    log.info({ address, policies: [...policies.keys()], verifierKey: ledger.verifierKey }, 'ready');
    return { address, failed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function openNats(config: Config): Promise<NatsConnection> {
  const { url, user, password } = config.nats;
  try {
    return await connect({
      servers: url,
      ...(user === undefined ? {} : { user, inboxPrefix: `_INBOX_${user}` }),
      ...(password === undefined ? {} : { pass: password }),
      name: 'countersign-daemon',
      maxReconnectAttempts: -1,
      reconnectTimeWait: 500,
      timeout: 5_000,
    });
  } catch (error) {
    throw new Error(`NATS at ${new URL(url).host} cannot be used: ${String(error)}. Check NATS_URL, NATS_USER and NATS_PASSWORD.`, {
      cause: error,
    });
  }
}

function countDecision(metrics: Metrics, { event, about, actor }: LedgerRecord): void {
  if (event.type !== eventTypes.aiDecision && event.type !== eventTypes.humanDecision) return;
  const { workflow_id: workflow, action } = event.data;
  const model_version = about?.model.version ?? 'unknown';
  metrics.count('countersign_decisions_total', { workflow, model_version, actor: actor.type, action, route: about?.route ?? 'unknown' });
  if (event.type === eventTypes.aiDecision) {
    metrics.observe('countersign_decision_latency_seconds', { workflow, model_version }, event.data.latency_ms / 1000);
  } else if (event.data.review_ms !== undefined) {
    metrics.observe('countersign_review_seconds', { workflow }, event.data.review_ms / 1000);
  }
}

function actedFrom(taken: Step, message: string): Acted {
  if (taken.is === 'unchanged') return { is: 'refused', reason: taken.reason };
  return { is: 'done', message: taken.is === 'moved' ? message : 'Agreed. It takes one more person.' };
}
