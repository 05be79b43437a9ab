/** What becomes of messages to a stream that is not there, is away, refuses, or may not be written to. Against a real NATS. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startNats, type Nats } from '../../stack/nats.ts';
import { eventually, passwords } from '../../stack/test-loop.ts';
import { Acknowledged, type Message } from './acknowledged.ts';

const directory = mkdtempSync(join(tmpdir(), 'countersign-acknowledged-'));
let nats: Nats;
let operator: NatsConnection;
let service: NatsConnection;
beforeAll(async () => {
  nats = await startNats(inject('natsServer'), directory, passwords);
  const as = (user: 'daemon' | 'service') =>
    connect({
      servers: nats.url,
      user,
      pass: passwords[user],
      inboxPrefix: `_INBOX_${user}`,
      maxReconnectAttempts: -1,
    });
  operator = await as('daemon');
  service = await as('service');
});
afterAll(async () => {
  await service?.close();
  await operator?.close();
  await nats?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const message = (id: string, subject = 'countersign.events.w.outcome'): Message => ({
  id,
  subject,
  body: Buffer.from(id),
});
const many = (count: number, prefix = '') => Array.from({ length: count }, (_, i) => message(`${prefix}${i}`));
const said = (answers: readonly (Error | null)[]) => answers.map((answer) => answer?.message ?? null);

it('says of each message whether the stream has it, and has each once', async () => {
  const to = new Acknowledged(service, '_INBOX_service', 2_000);
  expect(await to.publish([])).toEqual([]);
  // There is no stream yet.
  expect(said(await to.publish(many(2)))).toEqual([expect.stringMatching(/there is no stream/), expect.any(String)]);
  const manager = await jetstreamManager(operator);
  await manager.streams.add({ name: 'COUNTERSIGN_EVENTS', subjects: ['countersign.events.>'], max_msg_size: 1_000 });
  expect(await to.publish(many(1_000))).toEqual(Array(1_000).fill(null));
  // Again, with one more, one that is too large for the stream, and one where the service may not write.
  const large: Message = { ...message('large'), body: Buffer.alloc(2_000) };
  const forbidden = message('x', 'countersign.secrets');
  expect(said(await to.publish([...many(1_001), large, forbidden]))).toEqual([
    ...Array<null>(1_001).fill(null),
    expect.stringMatching(/size/),
    expect.stringMatching(/[Pp]ermissions/),
  ]);
  expect((await manager.streams.info('COUNTERSIGN_EVENTS')).state.messages).toBe(1_001);
});

it('says why nothing is heard where it may not listen, and hears where it may', async () => {
  const elsewhere = new Acknowledged(service, '_INBOX_daemon', 2_000);
  expect(said(await elsewhere.publish(many(2, 'e')))).toEqual(Array(2).fill(expect.stringMatching(/[Pp]ermissions/)));
  expect(await new Acknowledged(service, '_INBOX_service', 2_000).publish(many(2, 'e'))).toEqual([null, null]);
});

it('gives up what was under way when NATS freezes or goes, and goes on when it is back', async () => {
  const to = new Acknowledged(service, '_INBOX_service', 500);
  process.kill(nats.pid, 'SIGSTOP');
  expect(said(await to.publish(many(3, 'f')))).toEqual(Array(3).fill('timeout'));
  process.kill(nats.pid, 'SIGCONT');
  expect(await to.publish(many(3, 'f'))).toEqual([null, null, null]);
  const patient = new Acknowledged(service, '_INBOX_service', 60_000);
  process.kill(nats.pid, 'SIGSTOP');
  const lost = patient.publish(many(3, 'g'));
  process.kill(nats.pid, 'SIGKILL');
  await nats.exited;
  nats = await startNats(inject('natsServer'), directory, passwords, Number(new URL(nats.url).port));
  expect(said(await lost)).toEqual(Array(3).fill('the connection to NATS is lost'));
  const isBack = () =>
    service.flush().then(
      () => true,
      () => null,
    );
  await eventually('the connection', isBack, 20_000);
  expect(await patient.publish(many(3, 'g'))).toEqual([null, null, null]);
});
