/** The whole way in: JetStream, validation, ledger, monitors, acknowledgement; against raw COPY of the same rows. */
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import pg from 'pg';
import { eventSubject } from '@countersign/contract';
import { readConfig } from '../../daemon/src/config.ts';
import { startDaemon } from '../../daemon/src/main.ts';
import { findNatsServer } from '../nats.ts';
import { makeReachableDirectory, startPostgres } from '../postgres.ts';
import { passwords, startTestLoop } from '../test-loop.ts';
import { aiDecision } from './events.ts';
import { copySeconds, settle } from './raw-copy.ts';
import { atLeast, perSecond, ratio, type Figure } from './figure.ts';

const events = 100_000;

export async function benchmarkIngest(): Promise<Figure[]> {
  const directory = makeReachableDirectory(join(tmpdir(), 'countersign-bench-'));
  const postgres = await startPostgres(join(directory, 'postgres'), 'bench');
  const loop = await startTestLoop(postgres.url, findNatsServer(join(import.meta.dirname, '../../.countersign/tools')));
  try {
    // The streams have to be there; the daemon that makes them stops before the events come.
    await (await startDaemon(readConfig(loop.env()))).stop();
    await publish(loop.nats.url);
    const client = new pg.Client(loop.databaseUrl);
    await client.connect();

    await settle(postgres.url);
    const daemonStarted = performance.now();
    const daemon = await startDaemon(readConfig(loop.env()));
    await untilRecorded(client);
    const ingestSeconds = (performance.now() - daemonStarted) / 1_000;
    await daemon.stop();

    const rawRate = events / (await copySeconds(loop.databaseUrl, 0, events));
    await client.end();
    return [
      atLeast('ingest end to end against raw COPY of the same rows', events / ingestSeconds / rawRate, 0.8, ratio),
      atLeast('ingest end to end, start of the daemon included', events / ingestSeconds, 20_000, perSecond),
      { what: 'raw COPY, one stream', measured: perSecond(rawRate), goal: '', met: null },
    ];
  } finally {
    await loop.stop();
    await postgres.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function publish(url: string): Promise<void> {
  const connection = await connect({
    servers: url,
    user: 'service',
    pass: passwords.service,
    inboxPrefix: '_INBOX_service',
  });
  const stream = jetstream(connection, { timeout: 30_000 });
  for (let sent = 0; sent < events; sent += 1_000) {
    await Promise.all(
      Array.from({ length: 1_000 }, (_, i) => {
        const event = aiDecision(sent + i, new Date());
        return stream.publish(eventSubject(event.data.workflow_id, 'decision_ai'), JSON.stringify(event), {
          msgID: event.id,
        });
      }),
    );
  }
  await connection.close();
}

async function untilRecorded(client: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ size: string }>('SELECT size FROM ledger_log');
    if (Number(rows[0]?.size ?? 0) >= events) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
