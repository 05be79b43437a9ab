/** A real witness process, asked by a log and by those who would like it to sign what it must not. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyCosignature } from '@countersign/contract/cosignature';
import { consistencyProof, leafHash, treeHead } from '@countersign/contract/merkle';
import {
  formatCheckpoint,
  formatNote,
  formatVerifierKey,
  keyTypes,
  parseVerifierKey,
  toBase64,
  verifyCheckpoint,
  type VerifierKey,
} from '@countersign/contract/note';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { aiDecisionEntry, openTestLog, startTestLog, testOrigin, type TestLog } from '../../../stack/test-log.ts';
import { createTestDatabase, eventually } from '../../../stack/test-loop.ts';
import { LedgerReader, loadSigningKey, verifyDatabase, Witnesses, type SigningKey } from '../ledger/index.ts';

interface Running {
  readonly key: VerifierKey;
  readonly url: string;
  readonly child: ChildProcess;
}

const processes: ChildProcess[] = [];
let directory: string;

beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'countersign-witness-'))));
afterEach(() => {
  for (const child of processes.splice(0)) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

/** As a user starts it; rejects with what it says when it will not. */
function startWitness(logs: readonly VerifierKey[]): Promise<Running> {
  const args = ['--name', 'witness.example/one', '--port', '0'];
  for (const log of logs) args.push('--log', formatVerifierKey(log));
  for (const file of ['key', 'state']) args.push(`--${file}`, join(directory, file));
  const cli = join(import.meta.dirname, '../cli.ts');
  const child = spawn(process.execPath, ['--conditions=countersign-source', cli, 'witness', ...args]);
  processes.push(child);
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (text: Buffer) => (said += text.toString()));
    child.on('exit', () => reject(new Error(said)));
    child.stdout.on('data', (text: Buffer) => {
      said += text.toString();
      const [key, listens] = said.split('\n');
      if (!listens?.startsWith('listens on ')) return;
      resolve({ key: parseVerifierKey(key!, keyTypes.cosignature)!, url: listens.slice('listens on '.length), child });
    });
  });
}

describe('asked by anyone', () => {
  let log: SigningKey;
  const leaves = Array.from({ length: 9 }, (_, i) => leafHash(Buffer.from(`entry ${i}`)));
  const others = leaves.with(1, leafHash(Buffer.from('rewritten')));

  beforeEach(() => void (log = loadSigningKey(join(directory, 'log'), 'log.example/a')));

  const checkpoint = (size: number, of = leaves, key = log, origin = 'log.example/a') => {
    const text = formatCheckpoint({ origin, size, root: treeHead(of.slice(0, size)) });
    return formatNote(text, key.verifier, key.sign(Buffer.from(text)));
  };
  const request = (
    old: number,
    size: number,
    proof = consistencyProof(leaves.slice(0, size), Math.min(old, size)),
    note = checkpoint(size),
  ) => `old ${old}\n${proof.map((hash) => `${toBase64(hash)}\n`).join('')}\n${note}`;
  const ask = async ({ url }: Running, body: string) => {
    const response = await fetch(`${url}/add-checkpoint`, { method: 'POST', body });
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };

  it('signs what continues what it saw, at any step', async () => {
    const witness = await startWitness([log.verifier]);
    for (const [old, size] of [
      [0, 0],
      [0, 3],
      [3, 3],
      [3, 7],
      [7, 9],
    ] as const) {
      const { status, text } = await ask(witness, request(old, size));
      expect([old, size, status]).toEqual([old, size, 200]);
      const seconds = verifyCosignature(checkpoint(size) + text, witness.key)?.time ?? 0;
      expect(Math.abs(seconds - Date.now() / 1_000)).toBeLessThan(60);
    }
    const hash = createHash('sha256').update('log.example/a').digest('hex');
    const latest = await (await fetch(`${witness.url}/${hash}/checkpoint`)).text();
    expect(verifyCheckpoint(latest, log.verifier)?.size).toBe(9);
    expect(verifyCosignature(latest, witness.key)).not.toBeNull();
    expect((await fetch(`${witness.url}/${'0'.repeat(64)}/checkpoint`)).status).toBe(404);
  });

  it('refuses everything else, with the status that C2SP gives it', async () => {
    const witness = await startWitness([log.verifier]);
    expect(await ask(witness, request(0, 3, [leaves[0]!]))).toMatchObject({ status: 422 });
    expect(await ask(witness, `old 0\n\n${checkpoint(0).replace('47DEQ', '57DEQ')}`)).toMatchObject({ status: 403 });
    expect(await ask(witness, request(0, 5))).toMatchObject({ status: 200 });
    const stranger = loadSigningKey(join(directory, 'stranger'), 'log.example/a');
    const unknown = loadSigningKey(join(directory, 'unknown'), 'log.example/b');
    for (const [what, body, expected] of [
      ['no request', 'hello', { status: 400 }],
      ['no checkpoint', 'old 5\n\nhello\n', { status: 400 }],
      ['a leading zero', request(5, 7).replace('old 5', 'old 05'), { status: 400 }],
      ['a hash that is none', `old 5\nAAAA\n\n${checkpoint(7)}`, { status: 400 }],
      [
        '64 hashes',
        request(
          5,
          7,
          Array.from({ length: 64 }, () => leaves[0]!),
        ),
        { status: 400 },
      ],
      ['an old size beyond the new one', request(8, 7), { status: 400 }],
      ['a log it does not know', request(0, 7, [], checkpoint(7, leaves, unknown, 'log.example/b')), { status: 404 }],
      ['a key it does not know', request(5, 7, undefined, checkpoint(7, leaves, stranger)), { status: 403 }],
      ['an old size that is not the last', request(0, 7), { status: 409, text: '5\n', type: 'text/x.tlog.size' }],
      ['a rolled-back log', request(3, 4), { status: 409, text: '5\n' }],
      ['another tree of the same size', request(5, 5, [], checkpoint(5, others)), { status: 422 }],
      [
        'a rewritten log',
        request(5, 7, consistencyProof(others.slice(0, 7), 5), checkpoint(7, others)),
        { status: 422 },
      ],
      ['a proof that is none', request(5, 7, [leaves[0]!]), { status: 422 }],
    ] as const) {
      expect([what, await ask(witness, body)]).toMatchObject([what, expected]);
    }
    expect((await ask(witness, 'x'.repeat(200_000))).status).toBe(413);
    expect(await ask(witness, request(5, 7))).toMatchObject({ status: 200 });
  });

  it('signs one of two that come at once', async () => {
    const witness = await startWitness([log.verifier]);
    await ask(witness, request(0, 3));
    const answers = await Promise.all([
      ask(witness, request(3, 5)),
      ask(witness, request(3, 7)),
      ask(witness, request(3, 9)),
    ]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409]);
  });

  it('remembers what it signed when it is killed, and will not start with a damaged memory or twice', async () => {
    const witness = await startWitness([log.verifier]);
    await ask(witness, request(0, 7));
    witness.child.kill('SIGKILL');
    await new Promise((resolve) => witness.child.once('close', resolve));
    const again = await startWitness([log.verifier]);
    expect(again.key.id).toEqual(witness.key.id);
    expect(await ask(again, request(0, 3))).toMatchObject({ status: 409, text: '7\n' });
    await expect(startWitness([log.verifier])).rejects.toThrow('one witness a state file');
    again.child.kill('SIGTERM');
    await new Promise((resolve) => again.child.once('close', resolve));
    writeFileSync(
      join(directory, 'state'),
      readFileSync(join(directory, 'state'), 'utf8').replace('\\n7\\n', '\\n07\\n'),
    );
    await expect(startWitness([log.verifier])).rejects.toThrow('is no state of a witness');
  });
});

describe('asked by a log', () => {
  let log: TestLog;
  beforeAll(async () => void (log = await startTestLog(inject('postgresUrl'))));
  afterAll(() => log?.drop());

  const append = (to: TestLog, from: number, count: number) =>
    to.ledger.write((tx) => tx.append(Array.from({ length: count }, (_, i) => aiDecisionEntry(from + i))));

  it('keeps its checkpoints back until the witness has signed, and shows a rewritten log to nobody', async () => {
    const key = loadSigningKey(log.keyFile, testOrigin).verifier;
    const witness = await startWitness([key]);
    const results: string[] = [];
    const witnessesOf = (of: TestLog) =>
      new Witnesses({
        pool: of.pool,
        logId: 'main',
        witnesses: [{ key: witness.key, url: witness.url }],
        onResult: (_witness, result) => results.push(result),
        onError: () => undefined,
      });
    const show = async (of: TestLog) => {
      const witnesses = witnessesOf(of);
      await of.checkpoints.sign();
      witnesses.show((await of.reader.newestCheckpoint())!);
      const seen = results.length;
      await eventually('an answer', async () => (results.length > seen ? true : null));
      await witnesses.stop();
      return results.at(-1);
    };
    const public_ = await LedgerReader.open(log.pool, 'main', 1);
    await append(log, 0, 20);
    await log.checkpoints.sign();
    expect(await public_.newestCheckpoint()).toBeNull();
    expect(await show(log)).toBe('signed');
    await append(log, 20, 300);
    expect(await show(log)).toBe('signed');
    const shown = await public_.newestCheckpoint();
    expect(verifyCosignature(shown!.note, witness.key)).not.toBeNull();
    const verify = (keys: readonly VerifierKey[]) =>
      verifyDatabase({
        databaseUrl: log.database.url,
        logId: 'main',
        keys: [key],
        witnesses: keys,
        checkpoints: [],
        onProgress: () => undefined,
      });
    expect(await verify([witness.key])).toMatchObject({ ok: true, witnessed: 321 });
    const nobody = loadSigningKey(join(directory, 'nobody'), 'witness.example/two', keyTypes.cosignature).verifier;
    expect(await verify([nobody])).toMatchObject({ ok: false, problems: [{ kind: 'not_witnessed' }] });

    // The administrator of the database has another history, and the key's memory as well.
    await log.close();
    rmSync(`${log.keyFile}.last`);
    const rewritten = await openTestLog(await createTestDatabase(inject('postgresUrl')), log.directory);
    try {
      await append(rewritten, 5_000, 100);
      expect(await show(rewritten)).toBe('ahead');
      await append(rewritten, 6_000, 500);
      expect(await show(rewritten)).toBe('refused');
    } finally {
      await rewritten.close();
      await rewritten.database.drop();
    }
  });
});
