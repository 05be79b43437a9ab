/** Records that policies let go: the proofs of everything stay. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyInclusion } from '@countersign/contract/merkle';
import { verifyCheckpoint, type VerifierKey } from '@countersign/contract/note';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { aiDecisionEntry, startTestLog, testOrigin, testStart, type TestLog } from '../../../stack/test-log.ts';
import { repository } from '../../../stack/test-loop.ts';
import { loadSigningKey, newUuid, verifyDatabase } from '../ledger/index.ts';
import { checkPolicy, type Policies } from '../policies/index.ts';
import { openContentStore, Snapshots } from '../snapshots/index.ts';
import { Retention } from './retention.ts';

const yearMs = 366 * 86_400_000;
/** The first partition. */
const whole = 65_536;
const salted = { input_snapshot: { hash: `sha256:${'a'.repeat(64)}`, uri: 'urn:none', salt_bytes: 32 } };
let log: TestLog;
let key: VerifierKey;

beforeAll(async () => {
  log = await startTestLog(inject('postgresUrl'));
  key = loadSigningKey(log.keyFile, testOrigin).verifier;
  for (let at = 0; at < 66_000; at += 4_000) {
    const entries = Array.from({ length: Math.min(4_000, 66_000 - at) }, (_, i) =>
      aiDecisionEntry(at + i, at + i === 7 ? salted : {}),
    );
    await log.ledger.write((tx) => tx.append(entries));
  }
  await log.sign();
  // What is full is stored by now.
  await log.search.stop();
});
afterAll(() => log?.drop());

function policies(keep: Readonly<Record<string, string | null>>): Policies {
  const file = readFileSync(join(repository, 'policies/mail-moderation.yaml'), 'utf8');
  const check = checkPolicy(file);
  if (check.is === 'bad') throw new Error('the policy is bad');
  return new Map(
    Object.entries(keep).map(([workflow, text]) => {
      const retention = text === null ? {} : { retention: text === '' ? {} : { keep: text } };
      return [workflow, { policy: { ...check.policy, workflow, ...retention }, hash: check.hash, text: file }];
    }),
  );
}

const snapshots = () =>
  new Snapshots(log.pool, openContentStore('postgres:', log.pool, null), () => new Date(testStart));

/** How many records retention drops at a moment, under policies. */
async function droppedAfter(ms: number, keep: Readonly<Record<string, string | null>>): Promise<number> {
  const { pool, ledger, reader } = log;
  const retention = new Retention({
    pool,
    logId: 'main',
    ledger,
    log: reader,
    policies: policies(keep),
    snapshots: snapshots(),
    now: () => new Date(testStart + ms),
    newId: newUuid,
    onError: () => undefined,
  });
  try {
    return await retention.apply();
  } finally {
    await retention.stop();
  }
}

const verify = () =>
  verifyDatabase({
    databaseUrl: log.database.url,
    logId: 'main',
    keys: [key],
    witnesses: [],
    checkpoints: [],
    onProgress: () => undefined,
  });

it('keeps everything without a policy that lets it go, and for as long as one says', async () => {
  expect(await droppedAfter(10 * yearMs, {})).toBe(0);
  expect(await droppedAfter(10 * yearMs, { 'mail-moderation': '3 years' })).toBe(0);
  expect(await droppedAfter(10 * yearMs, { 'mail-moderation': '3 years', refunds: null })).toBe(0);
  expect(await droppedAfter(2 * yearMs, { 'mail-moderation': '200 days', refunds: '' })).toBe(0);
});

it('lets nobody drop what no record says is dropped', async () => {
  for (const index of [whole, 3]) {
    await expect(log.pool.query('SELECT ledger_drop_records($1, 0, $2, now())', ['main', index])).rejects.toThrow(
      `record ${index} of log main does not say that records 0 to 65535 are dropped`,
    );
  }
});

it('drops whole partitions, with the inputs, and keeps every proof', async () => {
  const { event, leafHash } = aiDecisionEntry(100);
  await snapshots().file(salted.input_snapshot.hash, Buffer.from('salt and content'));
  expect(await log.reader.prove(event.id)).not.toBeNull();

  expect(await droppedAfter(4 * yearMs, { 'mail-moderation': '200 days', refunds: '' })).toBe(whole);
  await log.sign();
  expect(await log.reader.firstKept()).toBe(whole);
  expect(await log.reader.readEvent(event.id)).toBeNull();
  expect(await log.reader.readTile({ level: 'entries', index: 0, width: 256 })).toBeNull();
  expect(await snapshots().read(salted.input_snapshot.hash)).toMatchObject({ is: 'erased' });

  expect((await log.reader.readTile({ level: 0, index: 0, width: 256 }))?.subarray(101 * 32, 102 * 32)).toEqual(
    leafHash,
  );
  const proof = await log.reader.proveEvent(event.id);
  if (proof?.is !== 'proof') throw new Error('there is no proof');
  const { size, root } = verifyCheckpoint(proof.checkpoint, key)!;
  expect(verifyInclusion({ index: 101, size, leafHash, proof: proof.path, root })).toBe(true);

  const report = await verify();
  expect(report).toMatchObject({ ok: true, dropped: whole, records: size });
  const newest = (await log.reader.readFrom(size - 1, 1))[0]?.event;
  expect(newest).toMatchObject({
    type: 'countersign.retention.v1',
    data: { what: 'records_dropped', first: 0, end: whole, by: 'daemon' },
  });
  // Nothing more is old enough to be a whole partition.
  expect(await droppedAfter(4 * yearMs, { 'mail-moderation': '200 days', refunds: '' })).toBe(0);
});

it('goes on after a restart, and finds what is left', async () => {
  await log.close();
  log = await log.again();
  const [entry] = [aiDecisionEntry(70_000)];
  await log.ledger.write((tx) => tx.append([entry]));
  const found = await log.search.search({ workflow_id: 'refunds' }, null, 1_000);
  // Of the AI decisions 65,535 to 65,999, the odd ones.
  expect(found.records).toHaveLength(233);
  expect(found.next).toBeNull();
  await log.sign();
  expect(await verify()).toMatchObject({ ok: true });
});
