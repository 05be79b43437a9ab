/** The one place that wires the rooms together: what is handed down, in which order things start, and how they stop. */
import { randomBytes } from 'node:crypto';
import { jetstream } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { eventTypes, type AuditRecord } from '@countersign/contract';
import { formatVerifierKey } from '@countersign/contract/note';
import { pino, type Logger } from 'pino';
import { Alerts } from './alerts/index.ts';
import { AuthorityDistribution, Breakers, policyChanged, takeEpoch } from './breakers/index.ts';
import { Clockwork } from './clockwork.ts';
import { Compensations } from './compensations/index.ts';
import type { Config } from './config.ts';
import { migrate, openPool } from './database/index.ts';
import { Escalation, NotificationOutbox, readChannels, Silences } from './escalation/index.ts';
import {
  auditRoutes,
  createServer,
  openWaitingRoom,
  batchRoutes,
  inspectionRoutes,
  loopRoutes,
  evidenceRoutes,
  identifier,
  logRoutes,
  Once,
  operationsRoutes,
  responseRoutes,
  reviewRoutes,
} from './http/index.ts';
import { DeadLetters, ensureStreams, Ingest } from './ingest/index.ts';
import { newUuid, type LedgerReader, type LedgerRecord, type LedgerTransaction } from './ledger/index.ts';
import { countRecord, Measuring, Metrics, startAtZero } from './metrics/index.ts';
import { Models } from './models/index.ts';
import { Monitors, type Movement, readSnapshot as readMonitorSnapshot, writeSnapshot } from './monitors/index.ts';
import { Orders } from './orders/index.ts';
import { People } from './people/index.ts';
import { readPolicies, recordPolicies, reviewedBy } from './policies/index.ts';
import { Retention } from './retention/index.ts';
import { loopMaps } from './loops.ts';
import { Inspections } from './inspections/index.ts';
import { Batches, Decisions, putInOutbox, Reviews, VerdictOutbox } from './reviews/index.ts';
import { openContentStore, SnapshotFiling, Snapshots } from './snapshots/index.ts';
import { openLog } from './log.ts';
import { oncePerSecond } from './once-per-second.ts';
import { Reactions } from './reactions.ts';
import { Response } from './response.ts';
import { openOtlp } from './spans.ts';
import { steadyClock } from './steady-clock.ts';
import { version } from './version.ts';

export interface Daemon {
  /** Where it listens. */
  readonly address: string;
  /** Where it listens for spans; null when it does not. */
  readonly otlpAddress: string | null;
  /** Settles when the daemon has ended by itself, with the reason. */
  readonly failed: Promise<Error>;
  /** Takes nothing new, finishes what is under way, saves, and lets go of everything. */
  stop(): Promise<void>;
}

const snapshotEveryMs = 30_000;
const choreEveryMs = 1_000;
const sayEveryMs = 10_000;
/** What the other side of a channel has for an answer. */
const channelTimeoutMs = 10_000;

/** Starts everything or throws what is wrong, with nothing left running. */
export async function startDaemon(config: Config, now: () => Date = () => new Date()): Promise<Daemon> {
  const log = pino({ level: config.logLevel, base: { service: 'countersign' } });
  const stops: (() => Promise<unknown> | void)[] = [];
  const stop = async () => {
    for (const end of stops.splice(0).toReversed())
      await Promise.resolve(end()).catch((error: unknown) => log.error(error, 'stopping'));
  };
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<Error>((resolve) => (fail = resolve));
  const onFatal = (error: unknown) => fail(error instanceof Error ? error : new Error(String(error)));
  const trouble = (what: string) =>
    oncePerSecond((error: unknown, more: number) => log.error({ err: error, more }, what));

  try {
    const metrics = new Metrics(now);
    metrics.set('countersign_build_info', { version }, 1);
    const policies = await readPolicies(config.policies);

    await migrate(config.databaseUrl);
    const openOwn = (most?: number) => {
      const broken = trouble('an idle connection to PostgreSQL broke');
      const opened = openPool(config.databaseUrl, 'countersign_writer', broken, most);
      stops.push(() => opened.end());
      return opened;
    };
    const pool = openOwn();
    const readingPool = openOwn(4);
    const probePool = openOwn(1);

    const nats = await openNats(config);
    stops.push(() => nats.drain());
    const manager = await ensureStreams(nats, config.replicas, [...policies.keys()]);

    const { logId } = config;
    const { ledger, reader, search, ...opened } = await openLog({
      config,
      pool,
      readingPool,
      metrics,
      now,
      trouble,
      onFatal,
    });
    stops.push(() => opened.stop());
    const contents = openContentStore(config.snapshots.url, pool, config.snapshots.credentials);
    const snapshots = new Snapshots(pool, contents, now);
    const timer = steadyClock(now, () => performance.now());
    const models = new Models({ policies, now, timer, newId: newUuid, takeEpoch });
    const breakers = new Breakers({ policies, models, now, timer, newId: newUuid });
    const alerts = new Alerts(now, newUuid);
    const channels = readChannels(config.channels, { env: process.env, now, timeoutMs: channelTimeoutMs });
    startAtZero(metrics, {
      policies: [...policies.values()].map(({ policy }) => policy),
      channels: channels.keys(),
      witnesses: config.witnesses.map(({ key }) => key.name),
    });
    const silences = new Silences({ pool, ledger, now, timer, newId: newUuid });
    const escalation = new Escalation({
      pool,
      ledger,
      policies,
      alerts,
      silences,
      channels,
      links: { grafana: config.grafana.url, runbooks: config.runbooksUrl },
      now,
      timer,
      newId: newUuid,
      // It is there by the time that an incident climbs.
      act: (tx, action, incident, reason) => response.act(tx, action, incident, reason),
      onError: trouble('the escalation of an incident did not go on and is tried again'),
    });
    const notifications = new NotificationOutbox({
      pool,
      channels,
      fence: ledger.fence,
      timer,
      random: Math.random,
      onEnded: (row, ended) => escalation.messageEnded(row, ended),
      onResult: (channel, result) => metrics.count('countersign_notifications_total', { channel, result }),
      onError: trouble('a message was not sent and is tried again'),
    });
    stops.push(() => notifications.stop());
    const monitors = new Monitors({ policies, snapshot: await readMonitorSnapshot(pool, logId) });
    const missed = await fold(monitors, reader, config, log);

    const distribution = await AuthorityDistribution.start(
      nats,
      config.replicas,
      pool,
      breakers,
      trouble('authority was not distributed'),
    );
    stops.push(() => distribution.stop());
    const outbox = new VerdictOutbox(pool, jetstream(nats), trouble('a verdict was not sent'));
    stops.push(() => outbox.stop());

    const compensations = new Compensations({
      pool,
      ledger,
      policies,
      now,
      timer,
      newId: newUuid,
      send: (tx, order) => putInOutbox(tx.client, order),
    });
    const people = new People({ pool, now });
    const response: Response = new Response({
      pool,
      ledger,
      policies,
      models,
      monitors,
      alerts,
      breakers,
      escalation,
      silences,
      compensations,
      runbooks: config.runbooksUrl,
      now,
      newId: newUuid,
      people,
      // They are there by the time that somebody asks.
      countCases: () => reviews.counts(),
    });
    const weigh = (tx: LedgerTransaction, records: readonly LedgerRecord[]) => response.weigh(tx, records);
    const reviews: Reviews = new Reviews({
      pool,
      ledger,
      log: reader,
      search,
      policies,
      breakers,
      people,
      now,
      newId: newUuid,
      signals: () => monitors.signals(),
    });
    const decisions = new Decisions({ pool, ledger, policies, now, timer, newId: newUuid, onDecided: weigh });
    const batches = new Batches({
      pool,
      policies,
      decisions,
      now,
      timer,
      newId: newUuid,
      salt: randomBytes(16).toString('hex'),
    });
    const inspections = new Inspections({
      pool,
      ledger,
      log: reader,
      search,
      policies,
      now,
      newId: newUuid,
      people,
    });
    const reactions = new Reactions({
      log: reader,
      monitors,
      missed,
      response,
      distribution,
      onError: trouble('signals were not acted on and are looked at again'),
    });
    const saveMonitors = async () => {
      // What has moved and is not on record yet would be lost with the records before it.
      if (reactions.isSettled) await writeSnapshot(pool, logId, monitors.snapshot());
    };
    stops.push(saveMonitors);
    stops.push(() => reactions.stop());
    const begun = new Set<string>();
    ledger.onCommitted((records) => {
      for (const record of records) countRecord({ metrics, policies, begun }, record);
      reactions.hear(records);
      if (records.some(({ event }) => event.type === eventTypes.escalation)) notifications.poke();
    });
    await recordPolicies(ledger, logId, policies, now, newUuid, policyChanged);

    notifications.start();
    // Each by itself: what fails of one must not hold up the others.
    const settle = async () => {
      await decisions.settleDue();
      outbox.poke();
    };
    for (const chore of [() => escalation.tick(), ...response.chores(), settle]) {
      const clockwork = new Clockwork(choreEveryMs, chore, trouble('what time brings was not done and is tried again'));
      stops.push(() => clockwork.stop());
    }
    const orders = new Orders({
      pool,
      escalation,
      models,
      signals: () => monitors.signals(),
      logId,
      ledger,
      search,
      snapshots,
      policies,
      now,
      newId: newUuid,
      onError: trouble('an order was not carried out and is tried again'),
    });
    stops.push(() => orders.stop());
    const retention = new Retention({
      pool,
      logId,
      ledger,
      log: reader,
      policies,
      snapshots,
      now,
      newId: newUuid,
      onError: trouble('retention was not applied and is tried again'),
    });
    retention.start();
    stops.push(() => retention.stop());

    const saving = setInterval(() => {
      saveMonitors().catch(trouble('monitors were not saved'));
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
        await compensations.hear(tx, records);
        await weigh(tx, records);
      },
      onDuplicates: (count) => metrics.count('countersign_ingest_duplicates_total', {}, count),
      onRetry: (error) => {
        metrics.count('countersign_ingest_retries_total', {});
        models.forget();
        trouble('a batch was not recorded and is tried again')(error);
      },
      onFatal,
    });
    stops.push(() => ingest.stop());
    const filing = await SnapshotFiling.start({
      connection: nats,
      replicas: config.replicas,
      snapshots,
      onFiled: (result) => metrics.count('countersign_snapshots_total', { result }),
      onError: trouble('a snapshot was not filed and is tried again'),
    });
    stops.push(() => filing.stop());

    const app = createServer({
      identify: identifier({
        secret: config.grafana.secret,
        jwksUrl: config.grafana.jwksUrl,
        issuer: config.grafana.url,
        audience: config.grafana.audience,
        auditToken: config.auditToken,
      }),
      once: new Once({ pool, now }),
      onPerson: (person, grant) => people.meet(person, grant === 'decide'),
      onRequest: (route, status, seconds) =>
        metrics.observe('countersign_http_request_seconds', { route, status: String(status) }, seconds),
      onError: (error) => log.error(error, 'a request failed'),
    });
    const measuring = new Measuring({
      now,
      metrics,
      policies,
      log: reader,
      witnesses: new Map(config.witnesses.map(({ key }) => [formatVerifierKey(key), key.name])),
      alerts,
      breakers,
      models,
      reviews,
      monitors,
      outbox,
      escalation,
      notifications,
      pool: readingPool,
      probe: probePool,
      manager,
      onError: trouble('something was not measured'),
    });
    await app.register(async () => {
      reviewRoutes(app, { reviews, decisions, onChange: () => outbox.poke() });
      batchRoutes(app, batches, () => outbox.poke());
      inspectionRoutes(app, inspections);
      const countCases = () => reviews.counts();
      loopRoutes(app, () => loopMaps({ policies, breakers: () => breakers.list(pool), countCases }));
      logRoutes(app, reader);
      const audit = {
        log: reader,
        search,
        readSnapshot: (hash: string) => snapshots.read(hash),
        now,
        namesOf: (records: readonly AuditRecord[]) => people.namesOf(records),
      };
      auditRoutes(app, audit);
      evidenceRoutes(app, { ...audit, reviews, reviewedBy: (person) => reviewedBy(policies, person) });
      responseRoutes(app, response);
      operationsRoutes(app, {
        notReady: async () => {
          const database = await pool.query('SELECT 1').then(
            () => [],
            () => ['PostgreSQL does not answer'],
          );
          return nats.isClosed() || !nats.info ? [...database, 'NATS is not connected'] : database;
        },
        metrics: async (accept) => {
          await measuring.measure();
          return metrics.expose(accept);
        },
      });
    });

    const address = await app.listen(config.http);
    stops.push(() => app.close());
    const otlp = await openOtlp({ config, nats, policies, metrics, now, log, trouble });
    stops.push(() => otlp?.stop());
    void nats.closed().then((error) => onFatal(error ?? new Error('the connection to NATS was closed')));
    const otlpAddress = otlp?.address ?? null;
    log.info({ address, otlpAddress, policies: [...policies.keys()], verifierKey: reader.verifierKey }, 'ready');
    return { address, otlpAddress, failed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What the log has beyond the snapshot of the monitors. While that lasts, whoever asks hears that it does. */
async function fold(monitors: Monitors, reader: LedgerReader, { http }: Config, log: Logger): Promise<Movement[]> {
  const size = await reader.size();
  const progress = () => `it has read ${monitors.nextIndex} of ${size} records again`;
  const waitingRoom = await openWaitingRoom(http, progress);
  const saying = setInterval(() => log.info(progress()), sayEveryMs);
  try {
    return await monitors.catchUp(reader);
  } finally {
    clearInterval(saying);
    await waitingRoom.close();
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
    throw new Error(`NATS at ${url} cannot be used: ${String(error)}. Check NATS_URL, NATS_USER and NATS_PASSWORD.`, {
      cause: error,
    });
  }
}
