/** The ledger alone: appends against raw COPY, then search, proofs and verification over a filled log. */
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { migrate, openPool, type Pool } from '../../daemon/src/database/index.ts';
import { decode } from '../../daemon/src/ingest/decode.ts';
import {
  Checkpoints,
  LastSigned,
  Ledger,
  LedgerReader,
  loadSigningKey,
  newEntry,
  newUuid,
  recordKeys,
  SearchIndex,
  stepsToKey,
  verifyDatabase,
  Witnesses,
  type AuditFilter,
  type Entry,
} from '../../daemon/src/ledger/index.ts';
import { makeReachableDirectory, startPostgres } from '../postgres.ts';
import { aiDecision, words } from './events.ts';
import { atLeast, atMost, milliseconds, perSecond, ratio, type Figure } from './figure.ts';
import { copySeconds, settle } from './raw-copy.ts';

/** As ingest takes them. */
const batchSize = 4_096;
const window = 200_000;
const turns = 3;
const logId = 'main';

export async function benchmarkLedger(rows: number): Promise<Figure[]> {
  const directory = makeReachableDirectory(join(tmpdir(), 'countersign-bench-'));
  const postgres = await startPostgres(join(directory, 'postgres'), 'bench');
  const ignored = () => undefined;
  try {
    await migrate(postgres.url);
    const pool = openPool(postgres.url, 'countersign_writer', ignored);
    const key = loadSigningKey(join(directory, 'key.pem'), 'bench.example/log');
    const now = () => new Date();
    const fail = (error: unknown) => {
      throw error;
    };
    const ledger = await Ledger.open({
      pool,
      logId,
      key,
      now,
      onAppend: ignored,
      onListenerError: fail,
      onFenced: fail,
    });
    const search = await SearchIndex.start({ db: pool, logId, onError: fail });
    ledger.onCommitted((records) => search.observe(records));
    await recordKeys(ledger, logId, await stepsToKey(pool, logId, key, []), now, newUuid);
    const reader = await LedgerReader.open(pool, logId);
    const witnesses = new Witnesses({ pool, logId, witnesses: [], quorum: 0, onResult: ignored, onError: fail });
    const lastSigned = new LastSigned(join(directory, 'last'));
    const onSigned = witnesses.show.bind(witnesses);
    const head = () => ledger.head;
    const options = { pool, logId, key, head, lastSigned, now, delayMs: 200, onError: fail, onSigned };
    const checkpoints = new Checkpoints(options);
    ledger.onCommitted(() => checkpoints.schedule());

    // In turns, so that neither has the better moments of the machine.
    const turn = Math.min(window, Math.floor(rows / turns));
    let [appending, copying] = [0, 0];
    for (let i = 0; i < turns; i++) {
      await settle(postgres.url);
      appending += await append(ledger, i * turn, turn);
      copying += await copySeconds(postgres.url, i * turn, (i + 1) * turn);
    }
    const first = turns * turn;
    const figures: Figure[] = [
      atLeast('append, from bytes to commit, against raw COPY of the same rows', copying / appending, 0.8, ratio),
      atLeast('append, from bytes to commit, search index included', first / appending, 20_000, perSecond),
      { what: 'raw COPY, one stream', measured: perSecond(first / copying), goal: '', met: null },
    ];
    for (let at = first; at < rows - window; at += window) await append(ledger, at, window);
    if (rows > (turns + 1) * window) {
      const end = await append(ledger, rows - window, window);
      figures.push({
        what: `append to a log of ${shown(rows)}`,
        measured: perSecond(window / end),
        goal: '',
        met: null,
      });
    }
    await checkpoints.stop();
    await search.stop();
    await witnesses.stop();
    const restarted = await SearchIndex.start({ db: pool, logId, onError: fail });
    figures.push(...(await searches(restarted, rows)), ...(await proofs(reader, pool, rows)));
    await restarted.stop();
    await pool.end();
    figures.push(await verification(postgres.url, rows), await size(postgres.url, rows));
    return figures;
  } finally {
    await postgres.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Seconds from the bytes of the events to the last commit; one batch is decoded while the last is written. */
async function append(ledger: Ledger, from: number, count: number): Promise<number> {
  const at = new Date();
  const bytes = Array.from({ length: count }, (_, i) => Buffer.from(JSON.stringify(aiDecision(from + i, at))));
  const started = performance.now();
  let writing: Promise<unknown> = Promise.resolve();
  for (let i = 0; i < count; i += batchSize) {
    const entries: Entry[] = [];
    for (const [j, one] of bytes.slice(i, i + batchSize).entries()) {
      const decoded = decode(one, at);
      if (decoded.is === 'dead') throw new Error(decoded.detail);
      entries.push(newEntry(decoded.event, one));
      if (j % 128 === 127) await new Promise((resolve) => setImmediate(resolve));
    }
    await writing;
    writing = ledger.write((tx) => tx.append(entries));
  }
  await writing;
  return (performance.now() - started) / 1_000;
}

/** Each kind of filter, with values that many, few or no records have. */
function filters(rows: number, i: number): Readonly<Record<string, AuditFilter>> {
  const { event } = { event: aiDecision(Math.floor((rows * ((i * 0.618_034) % 1)) | 0), new Date()) };
  const day = new Date(Date.now() - 86_400_000).toISOString();
  return {
    nothing: {},
    workflow: { workflow_id: event.data.workflow_id },
    task: { task_id: event.data.task_id },
    'model version': { model_version: event.data.model.version },
    actor: { actor_id: `spam-logit@${event.data.model.version}` },
    action: { action: 'reject', workflow_id: 'refunds' },
    'risk tier': { risk_tier: 'high', label: 'ham' },
    'time range': { from: day, workflow_id: 'refunds', model_version: event.data.model.version },
    words: { text: `${words[i % words.length]} ${words[(i * 5) % words.length]}` },
    'a rare word': { text: `0.${String((i * 37) % 1_000).padStart(3, '0')}`, risk_tier: 'low' },
    'three that never meet': { actor_type: 'human', risk_tier: 'low', workflow_id: 'refunds' },
    'a word that is not there': { text: 'nowhere' },
  };
}

async function searches(search: SearchIndex, rows: number): Promise<Figure[]> {
  const times = new Map<string, number[]>();
  const names = Object.keys(filters(rows, 0));
  // Once for each, so that the first measured is like the others.
  for (const name of names) await search.search(filters(rows, 1)[name] ?? {}, null, 50);
  for (let i = 0; i < 40; i++) {
    for (const name of names) {
      const filter = filters(rows, i)[name] ?? {};
      const started = performance.now();
      await search.search(filter, null, 50);
      times.set(name, [...(times.get(name) ?? []), performance.now() - started]);
    }
  }
  const all = [...times.values()].flat();
  const [slowest, worst] = [...times]
    .map(([name, each]) => [name, percentile(each, 0.95)] as const)
    .reduce((a, b) => (b[1] > a[1] ? b : a));
  const of = `${names.length} kinds of filter, ${shown(rows)}`;
  return [
    atMost(`search, p95 over ${of}`, percentile(all, 0.95), 50, milliseconds),
    atMost(`search, p95 of the slowest kind (${slowest})`, worst, 50, milliseconds),
  ];
}

async function proofs(reader: LedgerReader, pool: Pool, rows: number): Promise<Figure[]> {
  const indexes = Array.from({ length: 300 }, (_, i) => Math.floor(rows * ((i * 0.618_034) % 1)));
  const { rows: found } = await pool.query<{ event_id: string }>(
    'SELECT event_id FROM ledger_leaf WHERE log_id = $1 AND log_index = ANY($2)',
    [logId, indexes],
  );
  const times: number[] = [];
  for (const { event_id } of found) {
    const started = performance.now();
    if ((await reader.prove(event_id))?.proof === null) throw new Error('a record is not covered');
    times.push(performance.now() - started);
  }
  const mean = times.reduce((a, b) => a + b) / times.length;
  return [
    {
      what: `records with proof, ${shown(rows)}, p95`,
      measured: milliseconds(percentile(times, 0.95)),
      goal: '',
      met: null,
    },
    { what: 'records with proof, one after another', measured: perSecond(1_000 / mean), goal: '', met: null },
  ];
}

async function verification(databaseUrl: string, rows: number): Promise<Figure> {
  const started = performance.now();
  const report = await verifyDatabase({
    databaseUrl,
    logId,
    keys: [],
    witnesses: [],
    checkpoints: [],
    onProgress: () => undefined,
  });
  if (!report.ok) throw new Error(`the log does not verify: ${report.problems[0]?.message}`);
  const seconds = (performance.now() - started) / 1_000;
  return atLeast(`verify, all of ${shown(rows)} from the database`, report.records / seconds, 300_000, perSecond);
}

async function size(databaseUrl: string, rows: number): Promise<Figure> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  const { rows: sizes } = await client.query<{ records: string; leaves: string; search: string; entry: string }>(
    `SELECT (SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'ledger_record'::regclass) AS records,
       pg_total_relation_size('ledger_leaf') AS leaves,
       pg_total_relation_size('ledger_posting') + pg_total_relation_size('ledger_segment') AS search,
       (SELECT avg(length(entry)) FROM ledger_record WHERE log_index < 1000) AS entry`,
  );
  await client.end();
  const each = (bytes: string | undefined) => Math.round(Number(bytes) / rows);
  const [s] = sizes;
  const parts = `${each(s?.records)} + ${each(s?.leaves)} + ${each(s?.search)} B`;
  return {
    what: `bytes a record of ${Math.round(Number(s?.entry))} B: stored, leaf, search index`,
    measured: parts,
    goal: '',
    met: null,
  };
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

const shown = (rows: number) => `${rows.toLocaleString('en')} records`;
