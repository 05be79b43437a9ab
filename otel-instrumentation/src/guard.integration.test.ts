/** A guard that follows a real NATS, which loses what it had. */
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { buckets, type Authority } from '@countersign/contract';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNats, type Nats } from '../../stack/nats.ts';
import { eventually, passwords } from '../../stack/test-loop.ts';
import * as countersign from './index.ts';
import { end, running, startByItself } from './running.ts';

const directory = mkdtempSync(join(tmpdir(), 'countersign-guard-'));
let nats: Nats;
let daemon: NatsConnection;

beforeAll(async () => {
  nats = await startNats(inject('natsServer'), directory, passwords);
  daemon = await connect({ servers: nats.url, user: 'daemon', pass: passwords.daemon, inboxPrefix: '_INBOX_daemon' });
});
afterAll(async () => {
  await countersign.shutdown(1_000);
  await daemon?.close();
  await nats?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const rule = { reversible: 'automatic', irreversible: 'human', confidence_at_least: 0 } as const;
const authority = (epoch: number): Authority => ({
  v: 1,
  workflow_id: 'w',
  epoch,
  policy_epoch: 0,
  lease_ms: 2_000,
  when_unreachable: { low: 'human', medium: 'human', high: 'human' },
  intake: 'open',
  change_control: false,
  automation: { low: rule, medium: rule, high: rule },
  breakers: [],
  models: [],
});
const question = {
  workflow: 'w',
  task: 't',
  model: { name: 'm', version: '1' },
  riskTier: 'low' as const,
  reversible: true,
};
const until = (route: string, ms = 10_000) =>
  eventually(`the guard to say ${route}`, async () => (countersign.guard(question).route === route ? true : null), ms);

it('waits for a bucket that is not there, and begins anew when one was made anew', async () => {
  const troubles: string[] = [];
  const login = { natsUrl: nats.url, user: 'service', password: passwords.service };
  const ready = countersign.start({ source: 'test', ...login, onTrouble: (text) => troubles.push(text) });
  expect(countersign.guard(question)).toMatchObject({ route: 'human', reason: 'authority_lost' });
  const kvm = new Kvm(jetstream(daemon));
  const bucket = await kvm.create(buckets.authority, { history: 1 });
  // Put again and again, as the daemon does.
  const put = (into: typeof bucket, epoch: number) =>
    setInterval(() => void into.put('w', JSON.stringify(authority(epoch))).catch(() => undefined), 200);
  const before = put(bucket, 7);
  await ready;
  expect(await until('auto')).toBe(true);
  clearInterval(before);

  await (await jetstreamManager(daemon)).streams.delete(`KV_${buckets.authority}`);
  const again = await kvm.create(buckets.authority, { history: 1 });
  // Its revisions begin with 1.
  const putting = put(again, 8);
  try {
    expect(await until('human')).toBe(true);
    expect(await until('auto', 25_000)).toBe(true);
    expect(troubles.join()).toContain('asking anew');
  } finally {
    clearInterval(putting);
  }
}, 60_000);

it('holds what it was told between two starts of its own, for as long as that was lent', async () => {
  await countersign.shutdown(1_000);
  const bucket = await new Kvm(jetstream(daemon)).open(buckets.authority);
  await bucket.put('w', JSON.stringify({ ...authority(9), lease_ms: 60_000 }));
  startByItself({ source: 'test', natsUrl: nats.url, user: 'service', password: passwords.service });
  await running()?.ready;
  expect(running()?.ask(question).route).toBe('auto');
  await end(1_000);
  expect(running()?.ask(question).route).toBe('auto');
});
