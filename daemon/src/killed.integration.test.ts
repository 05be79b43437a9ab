/**
 * Under load, what can be killed is killed: the daemon, PostgreSQL, NATS, the disk, a connection at COMMIT. Afterwards every
 * event is in the log, once, in an order without gap, and the log verifies.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { connect as connectSocket, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import pg from 'pg';
import { eventSubject, uuidV7 } from '@countersign/contract';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { startNats } from '../../stack/nats.ts';
import { makeReachableDirectory, startPostgres } from '../../stack/postgres.ts';
import { eventually, passwords } from '../../stack/test-loop.ts';
import { endAll, startStage, type Ends, type Stage } from '../../stack/test-stage.ts';
import { loadSigningKey, verifyDatabase } from './ledger/index.ts';

const events = 4_000;
const patienceMs = 90_000;
const ends: Ends = [];
afterEach(() => endAll(ends));
const stage = (directory?: string) =>
  startStage({ ends, natsServer: inject('natsServer'), ...(directory === undefined ? {} : { directory }) });

function decision(i: number) {
  const task = `load-${i}`;
  return {
    specversion: '1.0',
    id: uuidV7(Date.now(), randomBytes(10)),
    source: 'test',
    type: 'countersign.decision.ai.v1',
    subject: task,
    time: new Date().toISOString(),
    data: {
      workflow_id: 'mail-moderation',
      task_id: task,
      decision_id: uuidV7(Date.now(), randomBytes(10)),
      model: { name: 'spam-logit', version: '1.0.0', hash: `sha256:${'0'.repeat(64)}` },
      input_snapshot: { hash: `sha256:${'1'.repeat(64)}`, uri: 'urn:none' },
      output: { label: 'spam' },
      confidence: 0.99,
      risk_tier: 'medium',
      reversible: true,
      action: 'accept',
      justification: 'sure',
      route: 'auto',
      breaker_epoch: 0,
      latency_ms: 1,
    },
  };
}

/** Sends as a producer does that wants each event to arrive: again and again, under the same id. */
async function load(url: string, count = events): Promise<void> {
  const connection: NatsConnection = await connect({
    servers: url,
    user: 'service',
    pass: passwords.service,
    inboxPrefix: '_INBOX_service',
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
  });
  const stream = jetstream(connection);
  const subject = eventSubject('mail-moderation', 'decision_ai');
  const send = async (event: ReturnType<typeof decision>) => {
    for (;;) {
      try {
        return await stream.publish(subject, JSON.stringify(event), { msgID: event.id, timeout: 2_000 });
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  };
  for (let i = 0; i < count; i += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, j) => send(decision(i + j))));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await connection.close();
}

async function counted(databaseUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM ledger_record WHERE decision_id IS NOT NULL',
    );
    return rows[0]?.n ?? 0;
  } catch {
    return -1;
  } finally {
    await client.end().catch(() => undefined);
  }
}

const reached = (url: string, wanted: number) =>
  eventually(`${wanted} records`, async () => ((await counted(url)) >= wanted ? true : null), patienceMs);

/** What is in the log when all that was sent has arrived, and what verification says of it. */
async function outcome({ loop }: Stage) {
  await reached(loop.databaseUrl, events);
  const client = new pg.Client(loop.databaseUrl);
  await client.connect();
  const { rows } = await client.query<{ records: number; tasks: number }>(
    `SELECT count(*)::int AS records, count(DISTINCT task_id)::int AS tasks FROM audit_record WHERE actor_type = 'ai'`,
  );
  await client.end();
  const key = loadSigningKey(join(loop.directory, 'signing-key.pem'), 'countersign.local/main').verifier;
  const { databaseUrl } = loop;
  const options = {
    databaseUrl,
    logId: 'main',
    keys: [key],
    witnesses: [],
    checkpoints: [],
    onProgress: () => undefined,
  };
  // A checkpoint of the last records takes a moment.
  const report = await eventually('a checkpoint of everything', async () => {
    const found = await verifyDatabase(options);
    const covered = found.newest_checkpoint?.includes(`\n${found.records}\n`) === true;
    return covered || found.problems_total > 0 ? found : null;
  });
  return { ...rows[0], problems: report.problems };
}
const everythingOnce = { records: events, tasks: events, problems: [] };

describe('nothing is lost and nothing is there twice', { timeout: 180_000 }, () => {
  it('when the daemon is killed under load, again and again', async () => {
    const on = await stage();
    let daemon = await on.startDaemon();
    const loading = load(on.loop.nats.url);
    // What was under way comes again when NATS has waited for its acknowledgement, 30 s each time.
    for (const wanted of [300, 1_500]) {
      await reached(on.loop.databaseUrl, wanted);
      await daemon.kill();
      daemon = await on.startDaemon();
    }
    await loading;
    expect(await outcome(on)).toEqual(everythingOnce);
  });

  it('when PostgreSQL is killed and restarted under load', async () => {
    const on = await stage();
    await on.startDaemon();
    const loading = load(on.loop.nats.url);
    const port = Number(new URL(on.postgres.url).port);
    let { postgres } = on;
    for (const wanted of [300, 1_500]) {
      await reached(on.loop.databaseUrl, wanted);
      process.kill(postgres.pid, 'SIGKILL');
      await postgres.exited.catch(() => undefined);
      postgres = await startPostgres(join(on.directory, 'postgres'), 'test', port);
      const started = postgres;
      ends.push(() => started.stop());
    }
    await loading;
    expect(await outcome(on)).toEqual(everythingOnce);
  });

  it('when NATS is killed and restarted under load', async () => {
    const on = await stage();
    await on.startDaemon();
    const { nats, directory } = on.loop;
    const loading = load(nats.url);
    const port = Number(new URL(nats.url).port);
    let server = nats;
    for (const wanted of [300, 1_500]) {
      await reached(on.loop.databaseUrl, wanted);
      process.kill(server.pid, 'SIGKILL');
      await server.exited.catch(() => undefined);
      server = await startNats(inject('natsServer'), join(directory, 'nats'), passwords, port);
      const started = server;
      ends.push(() => started.stop());
    }
    await loading;
    expect(await outcome(on)).toEqual(everythingOnce);
  });

  it('when the connection breaks at COMMIT, before and after PostgreSQL has heard it', async () => {
    const on = await stage();
    const proxy = await commitBreaker(on.loop.daemonDatabaseUrl);
    ends.push(() => proxy.close());
    await on.startDaemon({ DATABASE_URL: proxy.url });
    const loading = load(on.loop.nats.url);
    for (const when of ['before', 'after', 'before', 'after', 'after', 'before'] as const) {
      proxy.breakNext(when);
      await eventually('a broken commit', async () => (proxy.isBroken() ? true : null), 30_000);
    }
    await loading;
    expect(await outcome(on)).toEqual(everythingOnce);
  });
});

/** Passes a connection to PostgreSQL on, and cuts it at a COMMIT: before it is sent, or before its answer comes back. */
async function commitBreaker(databaseUrl: string) {
  const target = new URL(databaseUrl);
  let next: 'before' | 'after' | null = null;
  const commit = Buffer.from('COMMIT\0');
  const server = createServer((client: Socket) => {
    const upstream = connectSocket(Number(target.port), target.hostname);
    const cut = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) socket.on('error', cut).on('close', cut);
    client.on('data', (bytes) => {
      if (next === null || !bytes.includes(commit)) return upstream.write(bytes);
      const when = next;
      next = null;
      if (when === 'before') return cut();
      // PostgreSQL gets it, and nobody hears what became of it.
      upstream.removeAllListeners('data');
      upstream.once('data', cut);
      return upstream.write(bytes);
    });
    upstream.on('data', (bytes) => client.write(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    breakNext: (when: 'before' | 'after') => void (next = when),
    isBroken: () => next === null,
    close: async () => void server.close(),
  };
}

/** A small disk takes the right to mount one. */
const disk = join(tmpdir(), `countersign-disk-${process.pid}`);
mkdirSync(disk, { recursive: true });
const mayMount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', disk]).status === 0;
if (mayMount) spawnSync('umount', [disk]);

it.skipIf(!mayMount)(
  'goes on where it was when the disk was full and has room again',
  async () => {
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=400m,mode=711', 'none', disk]).status).toBe(0);
    ends.push(async () => spawnSync('umount', ['-l', disk]));
    const on = await stage(makeReachableDirectory(join(disk, 'countersign-')));
    await on.startDaemon();
    const loading = load(on.loop.nats.url);
    await reached(on.loop.databaseUrl, 300);
    // What is left of the disk, but for a little.
    const { bavail, bsize } = statfsSync(disk);
    try {
      writeFileSync(join(disk, 'ballast'), Buffer.alloc(Math.max(0, bavail * bsize - 200_000)));
    } catch (error) {
      // PostgreSQL was quicker: it is full, which is what is wanted.
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
    await loading;
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const stuck = await counted(on.loop.databaseUrl);
    expect(stuck).toBeLessThan(events);
    rmSync(join(disk, 'ballast'));
    expect(await outcome(on)).toEqual(everythingOnce);
  },
  180_000,
);
