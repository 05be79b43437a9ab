/** A log without the rest of a daemon: what the tests of the ledger stand on. Time and ids are given, so runs are alike. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CountersignEvent, uuidV7 } from '@countersign/contract';
import { openPool, type Pool } from '../daemon/src/database/index.ts';
import {
  Checkpoints,
  LastSigned,
  Ledger,
  LedgerReader,
  loadSigningKey,
  newEntry,
  readSuccessions,
  recordKeys,
  SearchIndex,
  stepsToKey,
  Witnesses,
  type Entry,
} from '../daemon/src/ledger/index.ts';
import { createTestDatabase, eventually, type TestDatabase } from './test-loop.ts';

export const testStart = Date.UTC(2026, 0, 1);

export interface TestLog {
  readonly database: TestDatabase;
  readonly directory: string;
  readonly keyFile: string;
  readonly pool: Pool;
  readonly ledger: Ledger;
  readonly reader: LedgerReader;
  readonly search: SearchIndex;
  readonly checkpoints: Checkpoints;
  /** Signs the head and publishes it, without witnesses. */
  sign(): Promise<void>;
  /** A second daemon's worth of it, over the same log and key. */
  again(): Promise<TestLog>;
  /** Ends its connections; the database stays. */
  close(): Promise<void>;
  /** And everything with it. */
  drop(): Promise<void>;
}

export const testOrigin = 'countersign.example/test';

export async function startTestLog(postgresUrl: string): Promise<TestLog> {
  return openTestLog(await createTestDatabase(postgresUrl), mkdtempSync(join(tmpdir(), 'countersign-log-')));
}

export async function openTestLog(database: TestDatabase, directory: string): Promise<TestLog> {
  const keyFile = join(directory, 'key.pem');
  const key = loadSigningKey(keyFile, testOrigin);
  const fail = (error: unknown) => {
    throw error;
  };
  const pool = openPool(database.writerUrl, 'countersign_writer', () => undefined);
  const now = () => new Date(testStart);
  const steps = await stepsToKey(pool, 'main', key, readSuccessions(keyFile));
  const ledger = await Ledger.open({
    pool,
    logId: 'main',
    key,
    now,
    onAppend: () => undefined,
    onListenerError: fail,
    onFenced: () => undefined,
  });
  const search = await SearchIndex.start({ db: pool, logId: 'main', onError: fail });
  ledger.onCommitted((records) => search.observe(records));
  await recordKeys(ledger, 'main', steps, now, numberedIds(`${Date.now()}`));
  const checkpoints = new Checkpoints({
    pool,
    logId: 'main',
    key,
    head: () => ledger.head,
    lastSigned: new LastSigned(`${keyFile}.last`),
    now,
    // Signed when a test says so.
    delayMs: 86_400_000,
    onError: fail,
    onSigned: () => undefined,
  });
  const close = async () => {
    await checkpoints.stop().catch(() => undefined);
    await search.stop();
    await pool.end();
  };
  const reader = await LedgerReader.open(pool, 'main');
  const witnesses = new Witnesses({
    pool,
    logId: 'main',
    witnesses: [],
    quorum: 0,
    onResult: () => undefined,
    onError: fail,
  });
  return {
    database,
    directory,
    keyFile,
    pool,
    ledger,
    reader,
    search,
    checkpoints,
    sign: async () => {
      await checkpoints.sign();
      const signed = await checkpoints.newest();
      if (signed === null) return;
      witnesses.show(signed);
      await eventually('the checkpoint', async () => {
        const published = await reader.newestCheckpoint();
        return published?.size === signed.size ? true : null;
      });
    },
    again: () => openTestLog(database, directory),
    close,
    drop: async () => {
      await close().catch(() => undefined);
      await database.drop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

let count = 0;
/** Ids that are new and rise, without chance. */
const numberedIds = (seed: string) => (now: Date) => {
  count += 1;
  const random = Buffer.alloc(10);
  random.write(seed.slice(-4), 0, 'latin1');
  random.writeUInt32BE(count, 4);
  return uuidV7(now.getTime(), random);
};

const idOf = (kind: number, i: number): string => {
  const random = Buffer.alloc(10, kind);
  random.writeUInt32BE(i, 4);
  return uuidV7(testStart + i, random);
};

const hash = (i: number) => `sha256:${i.toString(16).padStart(64, '0')}`;

/** The i-th AI decision; all of it follows from `i` and `change`. */
export function aiDecisionEntry(i: number, change: object = {}, padding = 0, at = testStart + i * 1_000): Entry {
  const event = {
    specversion: '1.0',
    id: idOf(1, i),
    source: 'test',
    type: 'countersign.decision.ai.v1',
    subject: `task-${i}`,
    time: new Date(at).toISOString(),
    ...(padding === 0 ? {} : { padding: 'x'.repeat(padding) }),
    data: {
      workflow_id: i % 2 === 0 ? 'mail-moderation' : 'refunds',
      task_id: `task-${i}`,
      decision_id: idOf(2, i),
      model: { name: 'spam-logit', version: `1.${i % 3}.0`, hash: hash(i % 3) },
      input_snapshot: { hash: hash(1_000_000 + i), uri: 'urn:none' },
      output: { label: i % 5 === 0 ? 'ham' : 'spam' },
      confidence: 0.9,
      risk_tier: (['low', 'medium', 'high'] as const)[i % 3],
      reversible: true,
      action: i % 5 === 0 ? 'accept' : 'reject',
      justification: `confidence 0.9, rule ${i % 7}`,
      route: 'auto',
      breaker_epoch: 0,
      latency_ms: 1,
      ...change,
    },
  } as CountersignEvent;
  return newEntry(event, Buffer.from(JSON.stringify(event)));
}

/** What a person says of the i-th AI decision. */
export function humanDecisionEntry(i: number, reviewer: string, justification: string, change: object = {}): Entry {
  const event = {
    specversion: '1.0',
    id: idOf(3, i),
    source: 'test',
    type: 'countersign.decision.human.v1',
    subject: `task-${i}`,
    time: new Date(testStart + i * 1_000 + 500).toISOString(),
    data: {
      workflow_id: i % 2 === 0 ? 'mail-moderation' : 'refunds',
      task_id: `task-${i}`,
      decision_id: idOf(4, i),
      reviews: idOf(2, i),
      reviewer,
      action: 'reject',
      justification,
      ...change,
    },
  } as CountersignEvent;
  return newEntry(event, Buffer.from(JSON.stringify(event)));
}
