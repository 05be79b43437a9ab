/** Each way to tamper with a log in PostgreSQL, done for real by a superuser, and what verification says of it. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import {
  formatCheckpoint,
  formatNote,
  formatVerifierKey,
  parseVerifierKey,
  verifyCheckpoint,
  type VerifierKey,
} from '@countersign/contract/note';
import { treeHead, verifyConsistency, verifyInclusion } from '@countersign/contract/merkle';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  aiDecisionEntry,
  humanDecisionEntry,
  openTestLog,
  startTestLog,
  testOrigin,
  type TestLog,
} from '../../../../stack/test-log.ts';
import { loadSigningKey, rotateKey } from '../key.ts';
import { GrowingTree, leafHash } from '../tree.ts';
import { verifyDatabase } from './database.ts';
import type { KnownCheckpoint } from './checkpoint-check.ts';
import { bareEnvironment } from '../../../../stack/process.ts';
import { runCountersign } from '../../../../stack/test-cli.ts';

const run = promisify(execFile);
let log: TestLog;
let key: VerifierKey;
/** Of a checkpoint in the middle, as an auditor may have kept it. */
let kept: KnownCheckpoint;

beforeAll(async () => {
  log = await startTestLog(inject('postgresUrl'));
  key = loadSigningKey(log.keyFile, testOrigin).verifier;
  const append = (entries: Parameters<Parameters<Parameters<typeof log.ledger.write>[0]>[0]['append']>[0]) =>
    log.ledger.write((tx) => tx.append(entries));
  await append(Array.from({ length: 300 }, (_, i) => aiDecisionEntry(i)));
  await log.sign();
  const checkpoint = await log.reader.newestCheckpoint();
  kept = { size: checkpoint!.size, note: checkpoint!.note, from: 'an auditor' };
  await append([humanDecisionEntry(7, 'ann', 'a newsletter'), aiDecisionEntry(300, {}, 70_000)]);
  await append(Array.from({ length: 400 }, (_, i) => aiDecisionEntry(400 + i)));
  await log.sign();
  // Record 0 is the key's: record i + 1 is the i-th AI decision up to 300, 301 the human one, 302 the large one.
  await log.close();
});

afterAll(() => log?.drop());

const verifyAt = (databaseUrl: string, keys: readonly VerifierKey[] = [key], checkpoints: KnownCheckpoint[] = []) =>
  verifyDatabase({ databaseUrl, logId: 'main', keys, checkpoints, witnesses: [], onProgress: () => undefined });

/** Verifies a copy of the log after a superuser who knows how to get past the triggers has had it. */
async function verifyAfter(tamper: (client: pg.Client) => Promise<unknown>, checkpoints: KnownCheckpoint[] = []) {
  const copy = await log.database.clone();
  const client = new pg.Client(copy.url);
  try {
    await client.connect();
    await client.query('SET session_replication_role = replica');
    await tamper(client);
    return await verifyAt(copy.url, [key], checkpoints);
  } finally {
    await client.end();
    await copy.drop();
  }
}

describe('a log as it was written', () => {
  it('verifies, by its key and by its own word', async () => {
    const report = await verifyAt(log.database.url);
    expect(report).toMatchObject({ ok: true, records: 703, dropped: 0, checkpoints: 2, signatures: 1, problems: [] });
    expect(report.keys).toEqual([formatVerifierKey(key)]);
    expect(await verifyAt(log.database.url, [])).toMatchObject({ ok: true, key_was_given: false });
    expect(await verifyAt(log.database.url, [key], [kept])).toMatchObject({ ok: true });
  });

  it('does not verify under another key', async () => {
    const other = loadSigningKey(join(log.directory, 'other.pem'), testOrigin).verifier;
    const report = await verifyAt(log.database.url, [other]);
    expect(report.ok).toBe(false);
    expect(report.problems.map(({ kind }) => kind)).toContain('bad_checkpoint');
    expect(report.problems.map(({ kind }) => kind)).toContain('bad_key');
  });

  it('is refused to those who may not change it', async () => {
    const owner = new pg.Client(log.database.url);
    const writer = new pg.Client(log.database.writerUrl);
    await Promise.all([owner.connect(), writer.connect()]);
    try {
      for (const statement of [
        "UPDATE ledger_record SET entry = 'x'",
        'DELETE FROM ledger_record',
        'TRUNCATE ledger_record',
        'DELETE FROM ledger_record_main_0',
        'TRUNCATE ledger_record_main_0',
        'DELETE FROM ledger_leaf',
        'TRUNCATE ledger_leaf',
        "UPDATE ledger_checkpoint SET note = 'x'",
        'DELETE FROM ledger_subtree',
      ]) {
        // By grants to the writer, by triggers to whoever owns it.
        await expect(writer.query(statement)).rejects.toThrow(/permission denied/);
        await expect(owner.query(statement)).rejects.toThrow(/is refused: the ledger is append-only/);
      }
      await expect(writer.query('CREATE TABLE mine ()')).rejects.toThrow(/permission denied/);
      await expect(writer.query('ALTER TABLE ledger_leaf DISABLE TRIGGER ALL')).rejects.toThrow(/must be owner/);
    } finally {
      await Promise.all([owner.end(), writer.end()]);
    }
  });
});

describe('after tampering, verification names', () => {
  const wrong: [what: string, statement: string, expected: object][] = [
    [
      'a flipped byte',
      'UPDATE ledger_record SET entry = set_byte(entry, 100, get_byte(entry, 100) # 1) WHERE log_index = 123',
      { kind: 'changed', index: 123 },
    ],
    [
      'a flipped byte in what is stored aside',
      'UPDATE ledger_record SET body = set_byte(body, 100, get_byte(body, 100) # 1) WHERE log_index = 302',
      { kind: 'wrong_body', index: 302 },
    ],
    ['a deleted record', 'DELETE FROM ledger_record WHERE log_index = 200', { kind: 'missing', index: 200 }],
    [
      'a record deleted with its leaf',
      'WITH r AS (DELETE FROM ledger_record WHERE log_index = 200) DELETE FROM ledger_leaf WHERE log_index = 200',
      { kind: 'missing', index: 200 },
    ],
    [
      'a swapped pair',
      `UPDATE ledger_record r SET entry = o.entry FROM ledger_record o
       WHERE (r.log_index, o.log_index) IN ((50, 51), (51, 50))`,
      { kind: 'swapped', index: 50 },
    ],
    [
      'a truncated tail',
      'WITH r AS (DELETE FROM ledger_record WHERE log_index >= 650) DELETE FROM ledger_leaf WHERE log_index >= 650',
      { kind: 'missing', index: 650 },
    ],
    [
      'a record slipped in',
      `INSERT INTO ledger_record SELECT log_id, 703, recorded_at, NULL, NULL, NULL, NULL, entry FROM ledger_record WHERE log_index = 5`,
      { kind: 'slipped_in', index: 703 },
    ],
    [
      'a record slipped in with a leaf',
      `WITH r AS (INSERT INTO ledger_record SELECT log_id, 703, recorded_at, NULL, NULL, NULL, NULL, entry FROM ledger_record WHERE log_index = 5)
       INSERT INTO ledger_leaf SELECT log_id, 703, gen_random_uuid(), leaf_hash FROM ledger_leaf WHERE log_index = 5`,
      { kind: 'slipped_in', index: 703 },
    ],
    [
      'a rolled-back checkpoint table',
      'DELETE FROM ledger_checkpoint WHERE size > 301',
      { kind: 'rolled_back', index: null },
    ],
    [
      'a forged checkpoint',
      `UPDATE ledger_checkpoint SET note = replace(note, E'\\n703\\n', E'\\n702\\n'), size = 702 WHERE size = 703`,
      { kind: 'bad_checkpoint', index: null },
    ],
    [
      'a forged signature',
      'UPDATE ledger_record SET signature = set_byte(signature, 20, get_byte(signature, 20) # 1) WHERE log_index = 301',
      { kind: 'bad_signature', index: 301 },
    ],
    [
      'a signature by a key nobody knows',
      'UPDATE ledger_record SET signature = set_byte(signature, 0, get_byte(signature, 0) # 1) WHERE log_index = 301',
      { kind: 'bad_signature', index: 301 },
    ],
    [
      'a removed signature',
      'UPDATE ledger_record SET signature = NULL WHERE log_index = 301',
      { kind: 'bad_signature', index: 301 },
    ],
    [
      'a leaf that names another event',
      'UPDATE ledger_leaf SET event_id = gen_random_uuid() WHERE log_index = 9',
      { kind: 'wrong_event', index: 9 },
    ],
    [
      'a changed hash of the tree',
      'UPDATE ledger_subtree SET hash = set_byte(hash, 0, get_byte(hash, 0) # 1) WHERE subtree_index = 1',
      { kind: 'wrong_hash', index: 256 },
    ],
    [
      'a changed frontier',
      'UPDATE ledger_log SET frontier = set_byte(frontier, 3, get_byte(frontier, 3) # 1)',
      { kind: 'wrong_hash', index: null },
    ],
  ];
  it.each(wrong)('%s', async (_what, statement, expected) => {
    const report = await verifyAfter((client) => client.query(statement));
    expect(report.ok).toBe(false);
    expect(report.problems).toContainEqual(expect.objectContaining(expected));
  });

  it('a record rewritten with its leaf, to the tile', async () => {
    const report = await verifyAfter(async (client) => {
      const { rows } = await client.query<{ entry: Buffer }>('SELECT entry FROM ledger_record WHERE log_index = 400');
      const entry = Buffer.from(rows[0]!.entry.toString('utf8').replace('reject', 'accept'));
      await client.query('UPDATE ledger_record SET entry = $1 WHERE log_index = 400', [entry]);
      await client.query('UPDATE ledger_leaf SET leaf_hash = $1 WHERE log_index = 400', [leafHash(entry)]);
    });
    // Below 301 it is what was signed; from 512 on it is in another tile.
    expect(report.problems).toContainEqual({
      kind: 'wrong_root',
      index: 301,
      message: 'records 301 to 511 are not all those that the checkpoint of 703 records was signed for',
    });
  });

  it('a log that was cut off consistently, by a checkpoint from elsewhere alone', async () => {
    // As if the log had been restored to a moment between its first records and its first checkpoint, and gone on.
    const cutOff = async (client: pg.Client) => {
      const { rows } = await client.query<{ leaf_hash: Buffer }>(
        'SELECT leaf_hash FROM ledger_leaf ORDER BY log_index LIMIT 280',
      );
      const tree = new GrowingTree(0, Buffer.alloc(0));
      for (const row of rows) tree.append(row.leaf_hash);
      for (const table of ['ledger_record', 'ledger_leaf']) {
        await client.query(`DELETE FROM ${table} WHERE log_index >= 280`);
      }
      await client.query('DELETE FROM ledger_subtree WHERE subtree_index > 0');
      await client.query('DELETE FROM ledger_checkpoint');
      await client.query('UPDATE ledger_log SET size = 280, frontier = $1', [tree.frontier]);
      const signing = loadSigningKey(log.keyFile, testOrigin);
      const text = formatCheckpoint({ origin: testOrigin, size: 280, root: tree.root });
      const note = formatNote(text, signing.verifier, signing.sign(Buffer.from(text)));
      await client.query(`INSERT INTO ledger_checkpoint VALUES ('main', 280, $1, now())`, [note]);
      await client.query('UPDATE ledger_tip SET size = 280, published = 280');
    };
    // Even with the key stolen, to sign what is left.
    expect(await verifyAfter(cutOff)).toMatchObject({ ok: true, records: 280, covered: 280 });
    const report = await verifyAfter(cutOff, [kept]);
    expect(report.problems).toEqual([
      {
        kind: 'rolled_back',
        index: 280,
        message: 'a checkpoint was signed for 301 records, and the log has 280 (an auditor)',
      },
    ]);
  });

  it('a tail that was rewritten below checkpoints that were taken away', async () => {
    const report = await verifyAfter(async (client) => {
      await client.query('DELETE FROM ledger_checkpoint WHERE size > 301');
      await client.query('UPDATE ledger_tip SET size = 301, published = 301');
      // The human decision goes, and the tree of what is left is made anew.
      const { rows } = await client.query<{ leaf_hash: Buffer }>(
        'SELECT leaf_hash FROM ledger_leaf WHERE log_index < 301 ORDER BY log_index',
      );
      const tree = new GrowingTree(0, Buffer.alloc(0));
      for (const row of rows) tree.append(row.leaf_hash);
      const { rows: another } = await client.query<{ entry: Buffer }>(
        'SELECT entry FROM ledger_record WHERE log_index = 303',
      );
      for (const table of ['ledger_record', 'ledger_leaf'])
        await client.query(`DELETE FROM ${table} WHERE log_index >= 301`);
      const forged = Buffer.from(another[0]!.entry.toString('utf8').replace('reject', 'accept'));
      tree.append(leafHash(forged));
      const id = (JSON.parse(forged.toString()) as { id: string }).id;
      await client.query(`INSERT INTO ledger_leaf VALUES ('main', 301, $1, $2)`, [id, leafHash(forged)]);
      await client.query(
        `INSERT INTO ledger_record (log_id, log_index, recorded_at, entry) VALUES ('main', 301, now(), $1)`,
        [forged],
      );
      await client.query('DELETE FROM ledger_subtree WHERE subtree_index > 0');
      await client.query('UPDATE ledger_log SET size = 302, frontier = $1', [tree.frontier]);
    });
    expect(report.problems).toEqual([
      {
        kind: 'not_covered',
        index: 301,
        message: 'record 301 is covered by no checkpoint, and no daemon signs for them',
      },
    ]);
  });

  it('other words about a decision than the decision has', async () => {
    const report = await verifyAfter((client) =>
      client.query(
        `UPDATE ledger_record SET about = jsonb_set(about, '{model,version}', '"9.9.9"') WHERE log_index = 301`,
      ),
    );
    expect(report.problems).toEqual([expect.objectContaining({ kind: 'wrong_about', index: 301 })]);
  });

  it('stored hashes of the tree that are gone', async () => {
    const report = await verifyAfter((client) => client.query('DELETE FROM ledger_subtree'));
    expect(report.problems).toEqual([expect.objectContaining({ kind: 'wrong_hash' })]);
  });

  it('that no checkpoint says what the log is', async () => {
    const report = await verifyAfter(async (client) => {
      await client.query('DELETE FROM ledger_checkpoint');
      await client.query('DELETE FROM ledger_tip');
    });
    expect(report.problems).toEqual([expect.objectContaining({ kind: 'not_covered' })]);
  });
});

describe('a new key', () => {
  it('is vouched for by the one before, which still verifies what it signed', async () => {
    const other = await startTestLog(inject('postgresUrl'));
    try {
      const first = loadSigningKey(other.keyFile, testOrigin).verifier;
      await other.ledger.write((tx) => tx.append([aiDecisionEntry(1), humanDecisionEntry(1, 'ann', 'no')]));
      await other.sign();
      await other.close();
      const { key: second } = rotateKey(other.keyFile, testOrigin);
      const rotated = await other.again();
      await rotated.ledger.write((tx) => tx.append([aiDecisionEntry(2), humanDecisionEntry(2, 'ben', 'no')]));
      await rotated.sign();
      const proof = await rotated.reader.prove(humanDecisionEntry(1, 'ann', 'no').event.id);
      expect(proof?.record.audit_signature).toMatchObject({ key: formatVerifierKey(first) });
      // Where that key began is proven under the same checkpoint; of a decision signed with the key in use nobody asks.
      const head = verifyCheckpoint(proof?.checkpoint ?? '', loadSigningKey(other.keyFile, testOrigin).verifier);
      const [signer, size] = [proof?.signer, head?.size ?? 0];
      const entry = Buffer.from(signer?.entry ?? '', 'base64');
      expect(entry.toString()).toContain(formatVerifierKey(first));
      expect(
        verifyInclusion({
          index: signer?.log_index ?? -1,
          size,
          leafHash: leafHash(entry),
          proof: signer?.proof.map((hash) => Buffer.from(hash, 'base64')) ?? [],
          root: head?.root ?? Buffer.alloc(0),
        }),
      ).toBe(true);
      const newest = await rotated.reader.prove(humanDecisionEntry(2, 'ben', 'no').event.id);
      expect([newest?.proof === null, newest?.signer]).toEqual([false, null]);
      // Growth between two sizes that no checkpoint is of.
      const growth = await rotated.reader.growth(2, size - 1);
      const roots = await Promise.all([2, size - 1].map(async (n) => treeHead(await rotated.reader.readLeaves(0, n))));
      expect(
        verifyConsistency({
          oldSize: 2,
          newSize: size - 1,
          oldRoot: roots[0] ?? Buffer.alloc(0),
          newRoot: roots[1] ?? Buffer.alloc(0),
          proof: growth?.proof.map((hash) => Buffer.from(hash, 'base64')) ?? [],
        }),
      ).toBe(true);
      expect(await rotated.reader.growth(2, size + 1)).toBeNull();
      expect(await rotated.reader.growth(3, 2)).toBeNull();
      await rotated.close();
      // Whoever knows the first key follows to the second; whoever knows the second is told of the first.
      for (const keys of [[first], [second], []]) {
        const report = await verifyAt(other.database.url, keys);
        expect(report).toMatchObject({ ok: true, signatures: 2, checkpoints: 2 });
        expect(report.keys.toSorted()).toEqual([first, second].map(formatVerifierKey).toSorted());
      }
    } finally {
      await other.drop();
    }
  });
});

it('a key that was replaced is worth nothing afterwards', async () => {
  const other = await startTestLog(inject('postgresUrl'));
  try {
    await other.ledger.write((tx) => tx.append([aiDecisionEntry(1)]));
    await other.sign();
    await other.close();
    const leaked = loadSigningKey(other.keyFile, testOrigin);
    const { key: second } = rotateKey(other.keyFile, testOrigin);
    const rotated = await other.again();
    await rotated.ledger.write((tx) => tx.append([aiDecisionEntry(2), humanDecisionEntry(2, 'ann', 'no')]));
    await rotated.sign();
    await rotated.close();
    expect(await verifyAt(other.database.url, [second])).toMatchObject({ ok: true, signatures: 1 });
    const client = new pg.Client(other.database.url);
    await client.connect();
    await client.query('SET session_replication_role = replica');
    const { rows } = await client.query<{ note: string; entry: Buffer }>(
      `SELECT note, entry FROM ledger_checkpoint, ledger_record WHERE signature IS NOT NULL ORDER BY size DESC LIMIT 1`,
    );
    const { note, entry } = rows[0]!;
    const text = note.slice(0, note.lastIndexOf('\n\n') + 1);
    await client.query('UPDATE ledger_checkpoint SET note = $1 WHERE note = $2', [
      formatNote(text, leaked.verifier, leaked.sign(Buffer.from(text))),
      note,
    ]);
    await client.query('UPDATE ledger_record SET signature = $1 WHERE signature IS NOT NULL', [
      Buffer.concat([leaked.verifier.id, leaked.sign(entry)]),
    ]);
    await client.end();
    const { problems } = await verifyAt(other.database.url, [second]);
    expect(problems.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['bad_checkpoint', 'bad_signature']));
  } finally {
    await other.drop();
  }
});

it('a daemon does not go on, and signs nothing, when somebody has written in its name', async () => {
  const other = await startTestLog(inject('postgresUrl'));
  try {
    await other.ledger.write((tx) => tx.append([aiDecisionEntry(1)]));
    await other.sign();
    const before = await other.reader.newestCheckpoint();
    const client = new pg.Client(other.database.url);
    await client.connect();
    const forged = aiDecisionEntry(2);
    const { rows } = await client.query<{ leaf_hash: Buffer }>('SELECT leaf_hash FROM ledger_leaf ORDER BY log_index');
    const tree = new GrowingTree(0, Buffer.alloc(0));
    for (const { leaf_hash } of rows) tree.append(leaf_hash);
    tree.append(forged.leafHash);
    await client.query(`INSERT INTO ledger_leaf VALUES ('main', 2, $1, $2)`, [forged.event.id, forged.leafHash]);
    await client.query(
      `INSERT INTO ledger_record (log_id, log_index, recorded_at, entry) VALUES ('main', 2, now(), $1)`,
      [forged.entry],
    );
    await client.query('UPDATE ledger_log SET size = 3, frontier = $1', [tree.frontier]);
    await client.end();
    await other.checkpoints.sign();
    await expect(other.ledger.write((tx) => tx.append([aiDecisionEntry(3)]))).rejects.toThrow(
      'has 3 records that this daemon did not write',
    );
    await other.checkpoints.sign();
    expect(await other.reader.newestCheckpoint()).toEqual(before);
    const { problems } = await verifyAt(other.database.url, []);
    expect(problems).toEqual([expect.objectContaining({ kind: 'not_covered', index: 2 })]);
  } finally {
    await other.drop();
  }
});

it('a daemon with another key leaves the log to the one that has it', async () => {
  const other = await startTestLog(inject('postgresUrl'));
  try {
    const elsewhere = mkdtempSync(join(tmpdir(), 'countersign-other-key-'));
    await expect(openTestLog(other.database, elsewhere)).rejects.toThrow(/is signed with .*, and this daemon has/);
    await other.ledger.write((tx) => tx.append([aiDecisionEntry(1)]));
    await other.sign();
    expect(await verifyAt(other.database.url, [])).toMatchObject({ ok: true, checkpoints: 1 });
  } finally {
    await other.drop();
  }
});

it('a key that was lost is followed by one that nobody vouches for, until somebody says so', async () => {
  const other = await startTestLog(inject('postgresUrl'));
  try {
    const lost = loadSigningKey(other.keyFile, testOrigin).verifier;
    await other.ledger.write((tx) => tx.append([aiDecisionEntry(1), humanDecisionEntry(1, 'ann', 'no')]));
    await other.sign();
    await other.close();
    rmSync(other.keyFile);
    // The daemon's own new key is not taken for the log's.
    await expect(other.again()).rejects.toThrow(/is signed with .*, and this daemon has/);
    rmSync(other.keyFile);
    const env = { COUNTERSIGN_SIGNING_KEY_FILE: other.keyFile, COUNTERSIGN_LOG_ORIGIN: testOrigin };
    const cli = join(import.meta.dirname, '../../cli.ts');
    const said = await run(
      process.execPath,
      ['--conditions=countersign-source', cli, 'key', 'rotate', '--lost', formatVerifierKey(lost)],
      { env: { ...bareEnvironment(), ...env } },
    );
    const found = parseVerifierKey(said.stdout.trim())!;
    const again = await other.again();
    await again.ledger.write((tx) => tx.append([aiDecisionEntry(2)]));
    await again.sign();
    await again.close();
    const doubted = await verifyAt(other.database.url, [lost]);
    expect(doubted.problems.map(({ kind }) => kind)).toContain('bad_key');
    expect(await verifyAt(other.database.url, [lost, found])).toMatchObject({ ok: true, signatures: 1 });
    expect(await verifyAt(other.database.url, [found])).toMatchObject({ ok: true, signatures: 1 });
  } finally {
    await other.drop();
  }
});

describe('countersign verify', () => {
  const cli = (args: string[], env: NodeJS.ProcessEnv) =>
    run(
      process.execPath,
      ['--conditions=countersign-source', join(import.meta.dirname, '../../cli.ts'), 'verify', ...args],
      {
        env: { ...bareEnvironment(), ...env },
      },
    ).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );

  it('says so in words and in JSON, by its exit code', async () => {
    const env = { DATABASE_URL: log.database.url };
    const known = ['--key', formatVerifierKey(key)];
    const good = await cli(known, env);
    expect(good).toMatchObject({ code: 0 });
    expect(good.stdout).toMatch(/^Nothing is wrong: 703 records, 2 checkpoints, 1 signed human decision, in /);
    writeFileSync(join(log.directory, 'kept'), kept.note);
    const json = await cli([...known, '--checkpoint', join(log.directory, 'kept'), '--json'], env);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: true, checkpoints: 3 });
    expect(await cli(['--key', 'nonsense'], env)).toMatchObject({ code: 2 });
    expect(await cli(['--nonsense'], env)).toMatchObject({ code: 2 });
    expect(await cli([], { DATABASE_URL: 'postgres://127.0.0.1:1/nothing' })).toMatchObject({ code: 3 });
    expect(await cli(['--log', 'nothing'], env)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('There are: main'),
    });
  });

  it('has the last checkpoint of a key in a file beside it', () => {
    expect(readFileSync(`${log.keyFile}.last`, 'utf8')).toContain('\n703\n');
  });

  it('prints the key in the name that it has signed as, and in no other', async () => {
    const show = (origin: NodeJS.ProcessEnv) =>
      runCountersign({ ...bareEnvironment(), COUNTERSIGN_SIGNING_KEY_FILE: log.keyFile, ...origin }, ['key', 'show']);
    expect(await show({ COUNTERSIGN_LOG_ORIGIN: testOrigin })).toMatchObject({
      status: 0,
      stdout: `${formatVerifierKey(loadSigningKey(log.keyFile, testOrigin).verifier)}\n`,
    });
    const unset = await show({});
    expect(unset).toMatchObject({ stdout: '', stderr: expect.stringContaining('Set it as the daemon has it.') });
    expect(unset.status).toBeGreaterThan(0);
  });
});

it('the functions that a writer may call do what they do with the tables of the ledger, whatever the writer has made', async () => {
  const copy = await log.database.clone();
  const writer = new pg.Client(copy.writerUrl);
  await writer.connect();
  try {
    // Temporary tables of the same names would come first in an unguarded search path.
    await writer.query('CREATE TEMPORARY TABLE ledger_partition (LIKE ledger_partition)');
    await writer.query('CREATE TEMPORARY TABLE ledger_record (LIKE ledger_record)');
    await writer.query(
      `INSERT INTO pg_temp.ledger_record (log_id, log_index, recorded_at, entry) VALUES ('main', 999999, now(),
         convert_to('{"type":"countersign.retention.v1","data":{"what":"records_dropped","first":0,"end":999999}}', 'UTF8'))`,
    );
    await writer.query(`INSERT INTO pg_temp.ledger_partition VALUES ('main', 0, 65536, now(), NULL)`);
    await expect(writer.query(`SELECT ledger_drop_records('main', 0, 999999, now())`)).rejects.toThrow(
      /query returned no rows/,
    );
    expect(await verifyAt(copy.url)).toMatchObject({ ok: true });
  } finally {
    await writer.end();
    await copy.drop();
  }
});
