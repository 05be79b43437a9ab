/** What no one should send, into a running daemon: kept with its reason, counted, and nothing else stops. */
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { streams } from '@countersign/contract';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { eventually, passwords, startTestLoop, type TestLoop } from '../../../stack/test-loop.ts';
import { readConfig } from '../config.ts';
import { startDaemon, type Daemon } from '../main.ts';

let loop: TestLoop;
let daemon: Daemon;
let service: NatsConnection;
let operator: NatsConnection;

beforeAll(async () => {
  loop = await startTestLoop(inject('postgresUrl'), inject('natsServer'));
  daemon = await startDaemon(readConfig({ ...loop.env(), COUNTERSIGN_LOG_LEVEL: 'silent' }));
  service = await connect({
    servers: loop.nats.url,
    user: 'service',
    pass: passwords.service,
    inboxPrefix: '_INBOX_service',
  });
  operator = await connect({
    servers: loop.nats.url,
    user: 'daemon',
    pass: passwords.daemon,
    inboxPrefix: '_INBOX_daemon',
  });
});

afterAll(async () => {
  await service?.close();
  await operator?.close();
  await daemon?.stop();
  await loop?.stop();
});

let count = 0;
const outcome = (change: Record<string, unknown> = {}) => {
  count += 1;
  return {
    specversion: '1.0',
    id: `0195f000-0000-7000-8000-${String(count).padStart(12, '0')}`,
    source: 'test',
    type: 'countersign.outcome.v1',
    subject: 'task-1',
    time: new Date().toISOString(),
    data: {
      workflow_id: 'mail-moderation',
      task_id: 'task-1',
      decision_id: '0195f000-0000-7000-8000-00000000aaaa',
      label: 'ham',
    },
    ...change,
  };
};
const send = (body: Uint8Array | string) =>
  jetstream(service).publish('countersign.events.1.outcome', body, { timeout: 20_000 });
const metric = async (line: string) => {
  const text = await (await fetch(`${daemon.address}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((l) => l.startsWith(`${line} `))
      ?.split(' ')
      .at(-1) ?? 0,
  );
};
const dead = async (sequence: number) => {
  const manager = await jetstreamManager(operator);
  const message = await manager.streams.getMessage(streams.dead, { seq: sequence });
  if (message === null) throw new Error(`no dead letter ${sequence}`);
  return {
    reason: message.header.get('Countersign-Reason'),
    detail: message.header.get('Countersign-Detail'),
    data: message.data,
  };
};

it('keeps each with its reason and bytes, and records the good one that follows', async () => {
  const first = outcome();
  const sent: [reason: string, body: Uint8Array][] = [
    ['invalid_utf8', Uint8Array.of(0x22, 0xff, 0x22)],
    ['invalid_json', Buffer.from('{"specversion":')],
    ['unknown_type', Buffer.from(JSON.stringify(outcome({ type: 'com.example.unknown' })))],
    ['invalid_event', Buffer.from(JSON.stringify(outcome({ subject: undefined })))],
    [
      'wrong_clock',
      Buffer.from(JSON.stringify(outcome({ time: new Date(Date.now() - 365 * 86_400_000).toISOString() }))),
    ],
    ['too_large', Buffer.alloc(10_000_000, 'x')],
  ];
  await send(JSON.stringify(first));
  for (const [, body] of sent) await send(body);
  // The same id with other content; then the same bytes again, which is a retry and no fault.
  await send(JSON.stringify({ ...first, source: 'somebody-else' }));
  await send(JSON.stringify(first));
  await send(JSON.stringify(outcome()));

  await eventually(
    'the duplicate to be buried',
    async () => (await metric('countersign_dead_letters_total{reason="duplicate_id"}')) || null,
  );
  await eventually('the retry to be seen', async () => (await metric('countersign_ingest_duplicates_total')) || null);
  for (const [i, [reason, body]] of sent.entries()) {
    const letter = await dead(i + 1);
    expect(letter.reason).toBe(reason);
    expect(letter.detail).not.toBe('');
    expect(Buffer.from(letter.data).equals(body)).toBe(true);
    expect(await metric(`countersign_dead_letters_total{reason="${reason}"}`)).toBe(1);
  }
  const records = await eventually('both good ones on record', async () => {
    const response = await fetch(`${daemon.address}/v1/audit/records?type=countersign.outcome.v1`, {
      headers: await loop.headers('cleo', 'audit'),
    });
    const page = (await response.json()) as { records: { event_id: string }[] };
    return page.records.length === 2 ? page.records : null;
  });
  expect(records.at(-1)?.event_id).toBe(first.id);
  expect(await metric('countersign_ingest_lag_messages')).toBe(0);
});

it('answers an HTTP body of 10 MB with 413 and goes on', async () => {
  const headers = { ...(await loop.headers('ann', 'decide')), 'content-type': 'application/json' };
  const url = `${daemon.address}/v1/reviews/cases/0195f000-0000-7000-8000-00000000aaaa/decide`;
  const answer = await fetch(url, {
    method: 'POST',
    headers,
    body: JSON.stringify({ justification: 'x'.repeat(10_000_000) }),
  });
  expect(answer.status).toBe(413);
  expect(await answer.json()).toMatchObject({ error: 'too_large' });
  const small = await fetch(url, { method: 'POST', headers, body: '{"action":"destroy"}' });
  expect(small.status).toBe(400);
  expect(await small.json()).toMatchObject({ error: 'bad_request', message: expect.stringContaining('body') });
});

it('does not let a service publish where it may not', async () => {
  await expect(
    jetstream(service).publish('countersign.verdicts.mail-moderation', '{}', { timeout: 1_000 }),
  ).rejects.toThrow(/permissions violation|timeout|no responders/i);
});
