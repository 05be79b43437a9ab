/** Verifies a log in PostgreSQL, live or restored: leaves and records read as two streams of one moment. */
import pg from 'pg';
import type { VerifierKey } from '@countersign/contract/note';
import { copyOut, readBigint, type CopyRow } from '../../database/index.ts';
import { verificationQueries } from './store.ts';
import { LogKeys } from './keys.ts';
import type { Problem } from './problems.ts';
import type { KnownCheckpoint } from './checkpoint-check.ts';
import { Verification, type Found, type Report } from './verification.ts';

export interface DatabaseVerification {
  readonly databaseUrl: string;
  readonly logId: string;
  readonly keys: readonly VerifierKey[];
  /** Witnesses whose signatures the log has to have. */
  readonly witnesses: readonly VerifierKey[];
  /** Checkpoints from elsewhere that the log has to continue: of a witness, of an export, of last year. */
  readonly checkpoints: readonly KnownCheckpoint[];
  /** Told now and then how far it is. */
  readonly onProgress: (done: number, of: number) => void;
}

const progressEvery = 100_000;

/** Throws when the database cannot be read, or has no such log. */
export async function verifyDatabase(options: DatabaseVerification): Promise<Report> {
  const { databaseUrl, logId, onProgress } = options;
  const [first, second] = [connection(databaseUrl), connection(databaseUrl)];
  try {
    await Promise.all([first.connect(), second.connect()]);
    const begin = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';
    await first.query(begin);
    // Held until the end: retention must not take away what the snapshot has.
    const hold = 'LOCK TABLE ledger_record IN ACCESS SHARE MODE';
    await first.query(hold);
    const { rows } = await first.query<{ snapshot: string }>('SELECT pg_export_snapshot() AS snapshot');
    await second.query(begin);
    await second.query(`SET TRANSACTION SNAPSHOT '${rows[0]?.snapshot}'`);

    const queries = verificationQueries(first, logId);
    const head = await queries.head();
    if (head === null)
      throw new Error(`there is no log "${logId}" in this database. There are: ${await queries.logs()}`);
    const stored = (await queries.checkpoints()).map((checkpoint) => ({ ...checkpoint, from: 'the database' }));
    const verification = new Verification({
      keys: new LogKeys(options.keys, await queries.keys()),
      origin: null,
      checkpoints: [...stored, ...options.checkpoints],
      witnesses: options.witnesses,
    });
    let told = 0;
    for await (const found of merged(copyOut(first, queries.leaves), copyOut(second, queries.records))) {
      for (const one of found) {
        const wait = verification.add(one);
        if (wait !== undefined) await wait;
      }
      if (verification.size - told < progressEvery) continue;
      told = verification.size;
      onProgress(told, head.size);
    }
    for await (const subtrees of copyOut(first, queries.subtrees)) {
      for (const [level, index, hash] of subtrees) {
        verification.checkSubtree({
          level: level?.readInt16BE() ?? 0,
          index: readBigint(index),
          hash: hash ?? Buffer.of(),
        });
      }
    }
    const wrongAbout = await queries.wrongAbout();
    if (wrongAbout !== null) {
      const message = `record ${wrongAbout} is stored with other words of the decision it is about than that decision has`;
      verification.problems.add('wrong_about', wrongAbout, message);
    }
    const report = await verification.finish(head, await queries.tip());
    // That nothing at all is covered has been said.
    const isSaid = report.covered === 0 || report.covered >= report.records;
    if (isSaid || (await isBeingSigned(databaseUrl, logId, report.records))) return report;
    return withUncovered(report);
  } finally {
    await Promise.allSettled([first.end(), second.end()]);
  }
}

const signingMs = 5_000;

/** Whether a daemon signs for the newest records: it does so within a second. */
async function isBeingSigned(databaseUrl: string, logId: string, size: number): Promise<boolean> {
  const client = connection(databaseUrl);
  await client.connect();
  try {
    for (let waited = 0; waited < signingMs; waited += 500) {
      if ((await verificationQueries(client, logId).tip()) >= size) return true;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    return false;
  } finally {
    await client.end();
  }
}

/** Records that no checkpoint covers may be anybody's: without a daemon that signs them they are a problem. */
function withUncovered(report: Report): Report {
  const { covered, records } = report;
  const which = records - covered === 1 ? `record ${covered} is` : `records ${covered} to ${records - 1} are`;
  const message = `${which} covered by no checkpoint, and no daemon signs for them`;
  const problem: Problem = { kind: 'not_covered', index: covered, message };
  return {
    ...report,
    ok: false,
    problems: [...report.problems, problem],
    problems_total: report.problems_total + 1,
  };
}

function connection(connectionString: string): pg.Client {
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: 10_000,
    application_name: 'countersign verify',
  });
  client.on('error', () => undefined);
  return client;
}

/** Two ordered streams joined by their index: what one of them lacks is null. */
async function* merged(
  leaves: AsyncGenerator<readonly CopyRow[]>,
  records: AsyncGenerator<readonly CopyRow[]>,
): AsyncGenerator<Found[]> {
  let [leafLot, recordLot] = await Promise.all([next(leaves), next(records)]);
  let [i, j] = [0, 0];
  while (leafLot.length > 0 || recordLot.length > 0) {
    const found: Found[] = [];
    while ((i < leafLot.length || leafLot.length === 0) && (j < recordLot.length || recordLot.length === 0)) {
      const [leaf, record] = [leafLot[i], recordLot[j]];
      if (leaf === undefined && record === undefined) break;
      const a = leaf === undefined ? Number.POSITIVE_INFINITY : readBigint(leaf[0]);
      const b = record === undefined ? Number.POSITIVE_INFINITY : readBigint(record[0]);
      found.push({
        index: Math.min(a, b),
        leaf: a <= b && leaf?.[1] && leaf[2] ? { eventId: uuidText(leaf[1]), hash: leaf[2] } : null,
        record:
          b <= a && record?.[1] ? { entry: record[1], body: record[2] ?? null, signature: record[3] ?? null } : null,
      });
      if (a <= b) i += 1;
      if (b <= a) j += 1;
    }
    yield found;
    if (i >= leafLot.length && leafLot.length > 0) [leafLot, i] = [await next(leaves), 0];
    if (j >= recordLot.length && recordLot.length > 0) [recordLot, j] = [await next(records), 0];
  }
}

/** Empty at the end. */
async function next(rows: AsyncGenerator<readonly CopyRow[]>): Promise<readonly CopyRow[]> {
  const { value, done } = await rows.next();
  return done ? [] : value;
}

function uuidText(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
