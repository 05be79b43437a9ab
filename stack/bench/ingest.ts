/** The whole way in: JetStream, validation, ledger, monitors, acknowledgement; against raw COPY of the same rows. */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { eventSubject, uuidV7 } from '@countersign/contract';
import { readConfig } from '../../daemon/src/config.ts';
import { startDaemon } from '../../daemon/src/main.ts';
import { findNatsServer } from '../nats.ts';
import { makeReachableDirectory, startPostgres } from '../postgres.ts';
import { passwords, startTestLoop } from '../test-loop.ts';
import { atLeast, perSecond, ratio, type Figure } from './figure.ts';

const events = 30_000;

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

    const daemonStarted = performance.now();
    const daemon = await startDaemon(readConfig(loop.env()));
    await untilRecorded(client);
    const ingestSeconds = (performance.now() - daemonStarted) / 1_000;
    await daemon.stop();

    const rows = await buffer(client.query(copyTo('COPY ledger_record TO STDOUT (FORMAT binary)')));
    await client.query('CREATE TABLE raw_copy (LIKE ledger_record INCLUDING ALL)');
    const copyStarted = performance.now();
    await pipeline(Readable.from([rows]), client.query(copyFrom('COPY raw_copy FROM STDIN (FORMAT binary)')));
    const copySeconds = (performance.now() - copyStarted) / 1_000;
    await client.end();
    return [
      atLeast('ingest end to end against raw COPY of the same rows', copySeconds / ingestSeconds, 0.8, ratio),
      atLeast('ingest end to end, start of the daemon included', events / ingestSeconds, 20_000, perSecond),
      { what: 'raw COPY, one stream', measured: perSecond(events / copySeconds), goal: '', met: null },
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
        const event = decision(sent + i);
        return stream.publish(eventSubject('mail-moderation', 'decision_ai'), JSON.stringify(event), {
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

function decision(i: number) {
  const task = `task-${i}`;
  return {
    specversion: '1.0',
    id: uuidV7(Date.now(), randomBytes(10)),
    source: 'bench',
    type: 'countersign.decision.ai.v1',
    subject: task,
    time: new Date().toISOString(),
    data: {
      workflow_id: 'mail-moderation',
      task_id: task,
      decision_id: uuidV7(Date.now(), randomBytes(10)),
      model: { name: 'm', version: '1', hash: `sha256:${'0'.repeat(64)}` },
      input_snapshot: { hash: `sha256:${'1'.repeat(64)}`, uri: 'urn:none' },
      output: { label: 'spam', scores: { spam: 0.99, ham: 0.01 } },
      confidence: 0.99,
      risk_tier: 'medium',
      reversible: true,
      features: Object.fromEntries(Array.from({ length: 10 }, (_, k) => [`feature_${k}`, (i * k) % 97])),
      action: 'accept',
      justification: 'confidence above 0.98',
      route: 'auto',
      breaker_epoch: 0,
      latency_ms: 3.1,
    },
  };
}
