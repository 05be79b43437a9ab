/** The ledger against a real PostgreSQL: what goes in once, stays in order, and can be proven and found. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { PoolClient } from 'pg';
import { inclusionProof, leafHash, treeHead } from '@countersign/contract/merkle';
import { verifyCheckpoint, type VerifierKey } from '@countersign/contract/note';
import { formatProof, parseProof, verifyProof } from '@countersign/contract/proof';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import {
  aiDecisionEntry,
  humanDecisionEntry,
  openTestLog,
  startTestLog,
  testOrigin,
  testStart,
  type TestLog,
} from '../../../stack/test-log.ts';
import { newEntry, type Entry } from './entry.ts';
import { loadSigningKey } from './key.ts';
import { recordKeys, stepsToKey } from './key-history.ts';
import { FencedError, Ledger } from './ledger.ts';
import { LedgerReader } from './reader.ts';
import type { LedgerRecord } from './record.ts';
import { fits, type AuditFilter } from './search/terms.ts';
import { newUuid } from './written.ts';

let log: TestLog;
let key: VerifierKey;
beforeAll(async () => {
  log = await startTestLog(inject('postgresUrl'));
  key = loadSigningKey(log.keyFile, testOrigin).verifier;
});
afterAll(() => log?.drop());

const append = (entries: readonly Entry[], to: TestLog = log) => to.ledger.write((tx) => tx.append(entries));
const kinds = async (entries: readonly Entry[]) => (await append(entries)).map(({ is }) => is);

describe('append', () => {
  it('records an event once, whoever sends it again, and keeps other bytes under its id out', async () => {
    const entries = [0, 1, 2].map((i) => aiDecisionEntry(i));
    expect(await kinds(entries)).toEqual(['appended', 'appended', 'appended']);
    // Again, with one that is new between, and one that comes twice in the batch.
    const fourth = aiDecisionEntry(3);
    expect(await kinds([entries[1]!, fourth, fourth, entries[2]!])).toEqual(['known', 'appended', 'known', 'known']);
    expect(await kinds([aiDecisionEntry(1, { confidence: 0.1 })])).toEqual(['conflict']);
    expect(await log.reader.size()).toBe(1 + 4);
    expect((await log.reader.readFrom(1, 10)).map(({ event }) => event.subject)).toEqual([
      'task-0',
      'task-1',
      'task-2',
      'task-3',
    ]);
  });

  it('keeps nothing of work that fails after an append, and goes on', async () => {
    const before = await log.reader.size();
    await expect(
      log.ledger.write(async (tx) => {
        await tx.append([aiDecisionEntry(10)]);
        throw new Error('something else failed');
      }),
    ).rejects.toThrow('something else failed');
    expect(await log.reader.size()).toBe(before);
    expect(await kinds([aiDecisionEntry(10)])).toEqual(['appended']);
    expect((await log.reader.readFrom(before, 5)).map(({ index }) => index)).toEqual([before]);
  });

  it('joins a human decision with the AI decision it is about, and marks the first answer', async () => {
    const of = (i: number, who: string) => humanDecisionEntry(i, who, 'so');
    await append([of(2, 'ann'), of(500, 'ann')]);
    const second = await append([{ ...of(2, 'ben'), ...again(of(2, 'ben'), '0195f000-0000-7000-8000-0000000000aa') }]);
    const records = (await log.reader.readFrom(0, 100)).filter(({ event }) => event.type.includes('human'));
    expect(records.map(({ firstAnswer, about }) => [firstAnswer, about?.model.version ?? null])).toEqual([
      [true, '1.2.0'],
      // About a decision that the ledger has not seen.
      [true, null],
      [false, '1.2.0'],
    ]);
    expect(second[0]).toMatchObject({ is: 'appended' });
  });

  it('tells of every record once and in order, also when the answer to a COMMIT is lost', async () => {
    const other = await startTestLog(inject('postgresUrl'));
    const told: number[] = [];
    other.ledger.onCommitted((records) => told.push(...records.map(({ index }) => index)));
    const connect = other.pool.connect.bind(other.pool) as (callback?: unknown) => Promise<PoolClient>;
    let losing: 'no' | 'answer' | 'commit' = 'no';
    const lossy = vi.spyOn(other.pool, 'connect').mockImplementation((async (callback?: unknown) => {
      // The pool's own queries.
      if (callback !== undefined) return connect(callback);
      const client = await connect();
      const query = client.query.bind(client) as (...args: unknown[]) => unknown;
      return Object.assign(client, {
        query: (...args: unknown[]) => {
          if (args[0] !== 'COMMIT' || losing === 'no') return query(...args);
          const statement = losing === 'answer' ? 'COMMIT' : 'ROLLBACK';
          losing = 'no';
          return Promise.resolve(query(statement)).then(() => Promise.reject(new Error('the connection is gone')));
        },
      });
    }) as never);
    try {
      const entries = [1, 2, 3].map((i) => aiDecisionEntry(i));
      losing = 'answer';
      await expect(append(entries, other)).rejects.toThrow('the connection is gone');
      expect(told).toEqual([]);
      // The producer's next try finds them there, and whoever listens hears of them.
      expect((await append(entries, other)).map(({ is }) => is)).toEqual(['known', 'known', 'known']);
      expect(told).toEqual([1, 2, 3]);
      losing = 'answer';
      await expect(append([aiDecisionEntry(4)], other)).rejects.toThrow('the connection is gone');
      await append([aiDecisionEntry(5)], other);
      expect(told).toEqual([1, 2, 3, 4, 5]);
      expect((await other.search.search({}, null, 10)).records.map(({ index }) => index)).toEqual([5, 4, 3, 2, 1, 0]);
      // One that was committed unheard, then one that was not.
      losing = 'answer';
      await expect(append([aiDecisionEntry(6)], other)).rejects.toThrow('the connection is gone');
      losing = 'commit';
      await expect(append([aiDecisionEntry(7)], other)).rejects.toThrow('the connection is gone');
      await append([aiDecisionEntry(8)], other);
      expect(told).toEqual([1, 2, 3, 4, 5, 6, 7]);
      expect((await other.reader.readFrom(6, 5)).map(({ event }) => event.subject)).toEqual(['task-6', 'task-8']);
    } finally {
      lossy.mockRestore();
      await other.drop();
    }
  });

  it('keeps two logs of one database apart', async () => {
    const other = await startTestLog(inject('postgresUrl'));
    try {
      const signing = loadSigningKey(join(other.directory, 'second.pem'), 'countersign.example/second');
      const options = { pool: other.pool, key: signing, now: () => new Date(testStart), onAppend: () => undefined };
      const fail = (error: unknown) => {
        throw error;
      };
      const second = await Ledger.open({ ...options, logId: 'a-second-log', onListenerError: fail, onFenced: fail });
      const steps = await stepsToKey(other.pool, 'a-second-log', signing, []);
      await recordKeys(second, 'a-second-log', steps, () => new Date(testStart), newUuid);
      // The same events, for a log knows only its own.
      const entries = [1, 2, 3].map((i) => aiDecisionEntry(i));
      expect((await append(entries, other)).map(({ is }) => is)).toEqual(['appended', 'appended', 'appended']);
      const there = await second.write((tx) => tx.append(entries.slice(0, 2)));
      expect(there.map(({ is }) => is)).toEqual(['appended', 'appended']);
      const reader = await LedgerReader.open(other.pool, 'a-second-log');
      expect((await reader.readFrom(0, 10)).map(({ index, event }) => [index, event.type.split('.')[1]])).toEqual([
        [0, 'key'],
        [1, 'decision'],
        [2, 'decision'],
      ]);
      expect(await other.reader.size()).toBe(4);
    } finally {
      await other.drop();
    }
  });

  it('fences out the one of two daemons that came first, which writes nothing more', async () => {
    const other = await startTestLog(inject('postgresUrl'));
    const newer = await other.again();
    try {
      await expect(append([aiDecisionEntry(0)], other)).rejects.toThrow(FencedError);
      await expect(append([aiDecisionEntry(0)], other)).rejects.toThrow(
        /taken over by another daemon \(epoch 2, ours is 1\)/,
      );
      expect(await other.reader.size()).toBe(1);
      // Also when it has appended something before, and believes to know where the log stands.
      await append([aiDecisionEntry(1)], newer);
      const newest = await other.again();
      await append([aiDecisionEntry(2)], newest);
      await expect(append([aiDecisionEntry(3)], newer)).rejects.toThrow(FencedError);
      expect(await newest.reader.size()).toBe(3);
      await newest.close();
    } finally {
      await newer.close();
      await other.drop();
    }
  });
});

/** The same data as another event. */
function again({ event }: Entry, id: string): Entry {
  const other = { ...event, id };
  return newEntry(other, Buffer.from(JSON.stringify(other)));
}

describe('a published tree', () => {
  const large = aiDecisionEntry(600, {}, 70_000);
  let leaves: Uint8Array[];
  beforeAll(async () => {
    await append(Array.from({ length: 900 }, (_, i) => aiDecisionEntry(1_000 + i)));
    await append([large]);
    await log.sign();
    leaves = (await log.reader.readFrom(0, 2_000)).map(({ entry }) => leafHash(entry));
  });

  it('has a checkpoint over the hashes of all entries', async () => {
    const checkpoint = verifyCheckpoint((await log.reader.newestCheckpoint())!.note, key);
    expect(checkpoint).toEqual({ origin: testOrigin, size: leaves.length, root: treeHead(leaves) });
  });

  it('has tiles of these hashes, whole and partial, and no other', async () => {
    const tile = (level: number, index: number, width: number) => log.reader.readTile({ level, index, width });
    expect(await tile(0, 0, 256)).toEqual(Buffer.concat(leaves.slice(0, 256)));
    const rest = leaves.length % 256;
    expect(await tile(0, 3, rest)).toEqual(Buffer.concat(leaves.slice(768)));
    expect(await tile(0, 3, rest + 1)).toBeNull();
    const above = [0, 1, 2].map((i) => treeHead(leaves.slice(i * 256, (i + 1) * 256)));
    expect(await tile(1, 0, 3)).toEqual(Buffer.concat(above));
    expect(await tile(1, 0, 4)).toBeNull();
    expect(await tile(2, 0, 1)).toBeNull();
  });

  it('has entries that hash to the leaves; what is too large is committed to', async () => {
    const bundle = await log.reader.readTile({ level: 'entries', index: 3, width: leaves.length % 256 });
    const entries: Buffer[] = [];
    for (let at = 0; at < bundle!.length;) {
      const length = bundle!.readUInt16BE(at);
      entries.push(bundle!.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
    expect(entries.map(leafHash)).toEqual(leaves.slice(768));
    const stub = JSON.parse(entries.at(-1)!.toString()) as { body: { hash: string; size: number } };
    expect(stub.body.size).toBeGreaterThan(70_000);
    const body = await log.reader.readBody(leaves.length - 1);
    expect(`sha256:${createHash('sha256').update(body!).digest('hex')}`).toBe(stub.body.hash);
    expect(JSON.parse(body!.toString())).toEqual(large.event);
  });

  it('proves a record to whoever has the key', async () => {
    const [, , third] = await log.reader.readFrom(0, 3);
    const proof = await log.reader.proveEvent(third!.event.id);
    if (proof?.is !== 'proof') throw new Error('the record is not covered');
    expect(proof.path.map((hash) => Buffer.from(hash))).toEqual(
      inclusionProof(leaves, 2).map((hash) => Buffer.from(hash)),
    );
    const text = formatProof(proof);
    expect(verifyProof(parseProof(text)!, third!.entry, key)?.size).toBe(leaves.length);
  });
});

describe('checkpoints', () => {
  it('are published one after another, and by one of two only', async () => {
    const before = await log.reader.newestCheckpoint();
    await append([aiDecisionEntry(5_000)]);
    const competitor = await log.reader.size();
    await Promise.all([log.checkpoints.sign(), log.checkpoints.sign(), log.checkpoints.sign()]);
    const { rows } = await log.pool.query<{ size: string }>('SELECT size FROM ledger_checkpoint ORDER BY size');
    const sizes = rows.map(({ size }) => Number(size));
    expect(sizes.at(-1)).toBe(competitor);
    expect(sizes.at(-2)).toBe(before?.size);
    expect(new Set(sizes).size).toBe(sizes.length);
  });

  it('are not signed for a log that has lost or changed what was signed', async () => {
    const other = await startTestLog(inject('postgresUrl'));
    await append(
      Array.from({ length: 300 }, (_, i) => aiDecisionEntry(i)),
      other,
    );
    await other.close();
    // A backup from before the next records.
    const backup = await other.database.clone();
    const more = await other.again();
    await append([aiDecisionEntry(300)], more);
    await more.checkpoints.sign();
    await more.close();
    const restored = await openTestLog(backup, other.directory);
    try {
      await expect(restored.checkpoints.sign()).rejects.toThrow(/has 301 records, and this key has signed for 302/);
      // Nor when it has as many again.
      await append([aiDecisionEntry(301), aiDecisionEntry(302)], restored);
      await expect(restored.checkpoints.sign()).rejects.toThrow(/was rewritten below record 302/);
    } finally {
      await restored.close();
      await backup.drop();
      await other.drop();
    }
  });
});

describe('search', () => {
  let big: TestLog;
  let events: readonly Entry[];
  beforeAll(async () => {
    big = await startTestLog(inject('postgresUrl'));
    events = Array.from({ length: 40_000 }, (_, i) =>
      i % 100 === 99
        ? humanDecisionEntry(i - 1, `reviewer-${i % 7}`, i % 1_000 === 999 ? 'phishing, 請求書' : 'a newsletter')
        : aiDecisionEntry(i),
    );
    for (let at = 0; at < events.length; at += 4_000) await append(events.slice(at, at + 4_000), big);
    await big.search.stop();
  });
  afterAll(() => big?.drop());

  const found = async (filter: AuditFilter, before: number | null = null, limit = 50) =>
    (await big.search.search(filter, before, limit)).records.map(({ index }) => index);
  /** What a look at every record finds. */
  const expected = async (filter: AuditFilter, limit = 50) => {
    const all = await big.reader.readFrom(0, 50_000);
    return all
      .filter((record) => fits(record, filter))
      .map(({ index }) => index)
      .toReversed()
      .slice(0, limit);
  };
  const at = (i: number) => new Date(testStart + i * 1_000).toISOString();

  it.each<[string, AuditFilter]>([
    ['nothing', {}],
    ['workflow', { workflow_id: 'refunds' }],
    ['task', { task_id: 'task-17' }],
    ['model version', { model_version: '1.2.0' }],
    ['model hash', { model_hash: `sha256:${'1'.padStart(64, '0')}` }],
    ['input', { input_hash: `sha256:${(1_000_123).toString(16).padStart(64, '0')}` }],
    ['label', { label: 'ham' }],
    ['kind of actor', { actor_type: 'human' }],
    ['actor', { actor_id: 'reviewer-3' }],
    ['action', { action: 'accept' }],
    ['risk tier', { risk_tier: 'high' }],
    ['type', { type: 'countersign.key.v1' }],
    ['signed', { signed: true }],
    ['event', { event_id: aiDecisionEntry(77).event.id }],
    ['leaf', { leaf_hash: aiDecisionEntry(33_333).leafHash.toString('hex') }],
    ['words', { text: 'Phishing' }],
    ['a word without spaces around it', { text: '求' }],
    ['a phrase', { text: 'newsletter a' }],
    ['from', { from: at(39_950) }],
    ['to', { to: at(30) }],
    ['time', { from: at(16_370), to: at(16_400) }],
    ['several', { workflow_id: 'refunds', risk_tier: 'low', label: 'ham', from: at(100), to: at(30_000) }],
    ['what is not there', { task_id: 'task-nowhere' }],
    ['what never comes together', { actor_type: 'human', label: 'ham' }],
  ])('by %s finds what a look at every record finds', async (_what, filter) => {
    expect(await found(filter)).toEqual(await expected(filter));
  });

  it('finds as many as there are', async () => {
    // Each 100th is a person's, each 1,000th speaks of phishing; the first record is the key's.
    expect(await found({ actor_type: 'human' }, null, 1_000)).toHaveLength(400);
    expect(await found({ text: 'phishing' }, null, 1_000)).toHaveLength(40);
    expect(await found({ task_id: 'task-16383' })).toEqual([16_384]);
    expect(await found({ text: 'phishing' }, 20_000, 1)).toEqual([19_000]);
  });

  it.each([
    {},
    { workflow_id: 'refunds' },
    { text: 'rule 3', risk_tier: 'low' },
    { label: 'ham', from: '2026-01-01T01:00:00Z' },
  ] as const)('counts what fits over time: %j', async (filter: AuditFilter) => {
    const all: LedgerRecord[] = [];
    for (let before: number | null = null; ;) {
      const page = await big.search.search(filter, before, 20_000);
      all.push(...page.records);
      before = page.next;
      if (before === null) break;
    }
    const counted = await big.search.histogram(filter, 12);
    if (counted === null) throw new Error('there is no histogram');
    const width = (counted.to - counted.from + 1) / 12;
    const counts = Array.from({ length: 12 }, () => 0);
    for (const { event } of all) {
      const bin = Math.min(11, Math.floor((Math.floor(Date.parse(event.time) / 1_000) - counted.from) / width));
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    expect([counted.exact, counted.counts]).toEqual([true, counts]);
  });

  it('counts one event as one', async () => {
    const [record] = await big.reader.readAt([20_000]);
    const counted = await big.search.histogram({ event_id: record?.event.id }, 12);
    expect([counted?.exact, counted?.counts.reduce((sum, count) => sum + count, 0)]).toEqual([true, 1]);
    const none = await big.search.histogram({ event_id: record?.event.id, workflow_id: 'nothing' }, 12);
    expect(none?.counts.every((count) => count === 0)).toBe(true);
  });

  it('gives the pages of a search without gap or double while records are added', async () => {
    const filter = { workflow_id: 'mail-moderation', risk_tier: 'medium' } as const;
    const wanted = await expected(filter, 100_000);
    const pages: number[] = [];
    let before: number | null = null;
    do {
      const page = await big.search.search(filter, before, 997);
      pages.push(...page.records.map(({ index }) => index));
      before = page.next;
      await append([aiDecisionEntry(100_000 + pages.length * 6)], big);
    } while (before !== null);
    expect(pages).toEqual(wanted);
  });

  it('finds what has more words than are indexed', async () => {
    const words = Array.from({ length: 400 }, (_, i) => `word${i}`).join(' ');
    await append([humanDecisionEntry(200_000, 'ann', `${words} needle`)], big);
    const index = (await big.reader.size()) - 1;
    expect(await found({ text: 'needle word7' })).toEqual([index]);
    expect(await found({ text: 'needle nowhere' })).toEqual([]);
  });

  it('is the same after a restart', async () => {
    const restarted = await big.again();
    const filter = { actor_id: 'reviewer-3', text: 'newsletter' };
    const page = await restarted.search.search(filter, null, 20);
    expect(page.records.map(({ index }) => index)).toEqual(await expected(filter, 20));
    await restarted.close();
  });
});
