/** What waits for what: an input that NATS does not take holds up no decision for ever. Against a real NATS. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { jetstreamManager } from '@nats-io/jetstream';
import { Objm } from '@nats-io/obj';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { buckets, saltBytes, type AiDecisionEvent } from '@countersign/contract';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startNats, type Nats } from '../../stack/nats.ts';
import { eventually, passwords } from '../../stack/test-loop.ts';
import { aiDecision } from '../../stack/bench/events.ts';
import { Backlog } from './backlog.ts';
import { Publisher, type PublisherOptions } from './publisher.ts';

const directory = mkdtempSync(join(tmpdir(), 'countersign-publisher-'));
let nats: Nats;
let operator: NatsConnection;
let service: NatsConnection;

beforeAll(async () => {
  nats = await startNats(inject('natsServer'), directory, passwords);
  const as = (user: 'daemon' | 'service') =>
    connect({ servers: nats.url, user, pass: passwords[user], inboxPrefix: `_INBOX_${user}` });
  operator = await as('daemon');
  service = await as('service');
  const manager = await jetstreamManager(operator);
  await manager.streams.add({ name: 'COUNTERSIGN_EVENTS', subjects: ['countersign.events.>'] });
});
afterAll(async () => {
  await service?.close();
  await operator?.close();
  await nats?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const publisherWith = (told: Partial<PublisherOptions>) =>
  new Publisher(Promise.resolve(service), {
    queueLimit: 100,
    reach: { isUp: true, isMade: true, isMaking: false, hasFailed: false },
    inboxPrefix: '_INBOX_service',
    backlog: Promise.resolve(null),
    keep: null,
    onSent: () => undefined,
    onSpooled: () => undefined,
    onDropped: () => undefined,
    onInputLost: () => undefined,
    onTrouble: () => undefined,
    ...told,
  });

function decide(publisher: Publisher, n: number, text = `what came in ${n}`): string {
  const content = Buffer.from(text);
  const hash = `sha256:${createHash('sha256').update(`${n} ${text}`).digest('hex')}`;
  const event = aiDecision(n, new Date());
  const { workflow_id: workflow } = event.data;
  event.data.input_snapshot = { hash, uri: `nats-object:countersign_snapshots/${hash}`, salt_bytes: saltBytes };
  publisher.enqueue({
    kind: 'decision_ai',
    workflow,
    event: () => event,
    snapshot: { hash, content, bareHash: `sha256:bare-${n}` },
    bytes: 1_000,
  });
  return hash;
}

it('sends decisions though their inputs are not taken, and inputs again when they are', async () => {
  const [lost, sent]: [string[], number[]] = [[], []];
  const publisher = publisherWith({
    onSent: (count) => sent.push(count),
    onInputLost: (why) => lost.push(String(why)),
  });
  // There is nowhere to put them.
  for (const n of [1, 2, 3]) decide(publisher, n);
  expect(await publisher.flush(20_000)).toBe(true);
  const { state } = await (await jetstreamManager(operator)).streams.info('COUNTERSIGN_EVENTS');
  expect([state.messages, lost.length, sent]).toEqual([3, 3, [3]]);
  expect(lost[0]).toMatch(/not found/);
  // Nobody is told to look for what is not there.
  const last = await (await jetstreamManager(operator)).streams.getMessage('COUNTERSIGN_EVENTS', { seq: 3 });
  expect(last?.json<AiDecisionEvent>().data.input_snapshot).toEqual({
    hash: 'sha256:bare-3',
    uri: 'urn:sha256:bare-3',
  });
  const store = await new Objm(operator).create(buckets.snapshots);
  const found = await eventually(
    'an input that is stored',
    async () => {
      const hash = decide(publisher, 4);
      await publisher.flush(5_000);
      return store.getBlob(hash);
    },
    20_000,
  );
  expect(Buffer.from(found).toString('utf8')).toBe('what came in 4');
  await publisher.stop(1_000);
});

it('sends decisions of which every other has an input that is refused', async () => {
  await (await new Objm(operator).open(buckets.snapshots)).destroy();
  const manager = await jetstreamManager(operator);
  await manager.streams.purge('COUNTERSIGN_EVENTS');
  await new Objm(operator).create(buckets.snapshots, { max_bytes: 100_000 });
  const lost: unknown[] = [];
  const publisher = publisherWith({ onInputLost: (why) => lost.push(why) });
  for (const n of [11, 12, 13, 14, 15]) decide(publisher, n, n % 2 === 0 ? 'small' : `large ${'x'.repeat(200_000)}`);
  expect(await publisher.flush(25_000)).toBe(true);
  expect([(await manager.streams.info('COUNTERSIGN_EVENTS')).state.messages, lost.length]).toEqual([5, 3]);
  await publisher.stop(1_000);
});

it('does not take for lost what it leaves behind when it is stopped while NATS is frozen', async () => {
  const lost: number[] = [];
  const backlog = await Backlog.open({
    directory: join(directory, 'left'),
    mostBytes: 1_000_000,
    onLost: (count) => lost.push(count),
    onTrouble: () => undefined,
    monotonicMs: () => performance.now(),
  });
  const publisher = publisherWith({ backlog: Promise.resolve(backlog) });
  process.kill(nats.pid, 'SIGSTOP');
  try {
    for (const n of [21, 22, 23]) {
      const event = aiDecision(n, new Date());
      const { workflow_id: workflow } = event.data;
      publisher.enqueue({ kind: 'decision_ai', workflow, event: () => event, snapshot: null, bytes: 1_000 });
    }
    await publisher.stop(1_500);
    // Until the answer that it waited for has come too late.
    await new Promise((resolve) => setTimeout(resolve, 6_000));
  } finally {
    process.kill(nats.pid, 'SIGCONT');
  }
  expect(lost).toEqual([]);
  expect(readdirSync(join(directory, 'left'))).toEqual([expect.stringMatching(/^\d+\.left\./)]);
});
