/** What a policy says of inputs, from the file to what reaches the object store, the log and the reviewer. */
import { createHash, createHmac } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { AskedOfAi, AuditPage, InputSnapshot, Policy, PrivacyPolicy, ReviewCase } from '@countersign/contract';
import * as service from '@countersign/otel-instrumentation';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { eventually, passwords, startTestLoop, type TestLoop } from '../../../stack/test-loop.ts';
import { readConfig } from '../config.ts';
import { loadSigningKey, verifyDatabase } from '../ledger/index.ts';
import { startDaemon, type Daemon } from '../main.ts';

const content = 'Dear Ann, write to ann@example.org or call +49 151 23456789.';
const hashKey = 'a key that only this service has'.padEnd(32, '!');
let loop: TestLoop;
let daemon: Daemon;
let connection: NatsConnection;
const troubles: string[] = [];

beforeAll(async () => {
  loop = await startTestLoop(inject('postgresUrl'), inject('natsServer'));
  connection = await connect({
    servers: loop.nats.url,
    user: 'daemon',
    pass: passwords.daemon,
    inboxPrefix: '_INBOX_daemon',
  });
});
afterAll(async () => {
  await service.shutdown();
  await connection?.close();
  await daemon?.stop();
  await loop?.stop();
});

/** A policy takes effect when the daemon starts; the service goes on running. */
async function daemonWith(privacy: PrivacyPolicy | undefined): Promise<void> {
  await daemon?.stop();
  const file = join(String(loop.env()['COUNTERSIGN_POLICIES']), 'mail-moderation.yaml');
  const { privacy: _before, ...policy } = JSON.parse(readFileSync(file, 'utf8')) as Policy;
  writeFileSync(file, JSON.stringify({ ...policy, ...(privacy === undefined ? {} : { privacy }) }));
  daemon = await startDaemon(readConfig(loop.env()));
}

async function ask(person: string, grant: string, path: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${daemon.address}/v1/${path}`, { headers: await loop.headers(person, grant) });
  return { status: response.status, body: await response.json() };
}

/** The service decides something that a person has to look at, and offers the input. */
async function decideOn(task: string): Promise<AskedOfAi & { readonly justification: string | undefined }> {
  const { decision_id } = service.decision(
    {
      workflow: 'mail-moderation',
      task,
      title: 'From ann@example.org',
      model: { name: 'm', version: '1', hash: `sha256:${'0'.repeat(64)}` },
      riskTier: 'medium',
      reversible: true,
      input: { content, mediaType: 'text/plain', capture: true },
    },
    (decision) => {
      decision.output({ label: 'spam' }, 0.5);
      decision.propose('accept', 'written by ann@example.org');
      return decision.ref();
    },
  );
  return eventually(`the case of ${task}`, async () => {
    const { status, body } = await ask('ann', 'decide', `evidence/cases/${decision_id}`);
    if (status !== 200) return null;
    const { decision, answer } = body as ReviewCase;
    return { ...decision, justification: answer?.justification };
  });
}

const bytesOf = ({ hash }: InputSnapshot) =>
  eventually('the input', async () => {
    const url = `${daemon.address}/v1/evidence/snapshots/${hash}`;
    const response = await fetch(url, { headers: await loop.headers('ann', 'decide') });
    return response.ok ? Buffer.from(await response.arrayBuffer()) : null;
  });

/** What ever came into the object store, also of what was taken out again. */
const sentToNats = async (): Promise<number> => {
  const streams = (await jetstreamManager(connection)).streams;
  return (await streams.info('OBJ_countersign_snapshots')).state.last_seq;
};

it('without a word in the policy nothing but a hash leaves the service', async () => {
  await daemonWith(undefined);
  await service.start({
    source: 'privacy-test',
    natsUrl: loop.nats.url,
    user: 'service',
    password: passwords.service,
    hashKey,
    onTrouble: (message) => troubles.push(message),
  });
  const { input_snapshot: input, title } = await decideOn('by-default');
  const hash = `hmac-sha256:${createHmac('sha256', hashKey).update(content).digest('hex')}`;
  expect(input).toEqual({ hash, uri: `urn:${hash}`, media_type: 'text/plain' });
  expect(title).toBe('From ann@example.org');
  expect(await sentToNats()).toBe(0);
  expect(troubles).toEqual([expect.stringContaining('its policy has no privacy.capture that lets them')]);

  const found = await ask('cleo', 'audit', `audit/records?input=${hash}`);
  expect((found.body as AuditPage).records).toMatchObject([{ task_id: 'by-default', input_snapshot: { hash } }]);
  expect(await ask('ann', 'decide', `evidence/snapshots/${hash}`)).toMatchObject({ status: 404 });
});

it('a policy that redacts is followed by the running service, and what it stores can be checked', async () => {
  await daemonWith({
    capture: 'redacted',
    redact: { own: [{ name: 'salutation', regex: 'Dear [A-Z][a-z]{1,20}' }] },
  });
  const decision = await eventually('the service to follow', async () => {
    const decided = await decideOn(`redacted-${crypto.randomUUID()}`);
    return decided.input_snapshot.redacted === true ? decided : null;
  });
  expect(decision).toMatchObject({ title: 'From [email]', justification: 'written by [email]' });
  const bytes = await bytesOf(decision.input_snapshot);
  expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(decision.input_snapshot.hash);
  expect(bytes.subarray(decision.input_snapshot.salt_bytes).toString()).toBe(
    '[salutation], write to [email] or call [phone].',
  );
});

it('so is one that lets inputs be seen as they are, and one that takes that back', async () => {
  await daemonWith({ capture: 'as_is', by_risk_tier: { high: 'none' } });
  const decision = await eventually('the service to follow', async () => {
    const decided = await decideOn(`as-is-${crypto.randomUUID()}`);
    return decided.input_snapshot.salt_bytes === 32 && decided.input_snapshot.redacted === undefined ? decided : null;
  });
  expect(decision.title).toBe('From ann@example.org');
  expect((await bytesOf(decision.input_snapshot)).subarray(32).toString()).toBe(content);

  await daemonWith({ capture: 'none', text: 'redacted' });
  const last = await eventually('the service to follow', async () => {
    const decided = await decideOn(`none-${crypto.randomUUID()}`);
    return decided.input_snapshot.salt_bytes === undefined ? decided : null;
  });
  expect(last).toMatchObject({ title: 'From [email]', justification: 'written by [email]' });
});

it('all of it verifies', async () => {
  const report = await verifyDatabase({
    databaseUrl: loop.databaseUrl,
    logId: 'main',
    keys: [loadSigningKey(join(loop.directory, 'signing-key.pem'), 'countersign.local/main').verifier],
    witnesses: [],
    checkpoints: [],
    onProgress: () => undefined,
  });
  expect(report).toMatchObject({ ok: true });
});
