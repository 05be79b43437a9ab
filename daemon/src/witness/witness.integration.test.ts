/** A real witness process, asked by a log and by those who would like it to sign what it must not. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
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
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { aiDecisionEntry, openTestLog, startTestLog, testOrigin, type TestLog } from '../../../stack/test-log.ts';
import { createTestDatabase, eventually } from '../../../stack/test-loop.ts';
import { loadSigningKey, verifyDatabase, Witnesses, type SigningKey } from '../ledger/index.ts';
import { createWitnessServer, Witness, WitnessState } from './index.ts';

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
function startWitness(logs: readonly VerifierKey[], more: readonly string[] = []): Promise<Running> {
  const args = ['--name', 'witness.example/one', '--port', '0', ...more];
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
  const ask = async ({ url }: Running, body: string | Buffer<ArrayBuffer>, type = 'nonsense') => {
    const headers = { 'content-type': type };
    const response = await fetch(`${url}/add-checkpoint`, { method: 'POST', body, headers });
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
      [
        'no UTF-8',
        Buffer.concat([Buffer.from(request(5, 7)), Buffer.from('— x '), Buffer.of(0xff, 0x0a)]),
        { status: 400 },
      ],
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

  it('signs for a log whose origin is not the name of its key, and whose checkpoints have more lines', async () => {
    const witness = await startWitness(
      [log.verifier],
      ['--log', `${formatVerifierKey(log.verifier)} an origin of its own`],
    );
    const text = `${formatCheckpoint({ origin: 'an origin of its own', size: 3, root: treeHead(leaves.slice(0, 3)) })}more\n`;
    const note = formatNote(text, log.verifier, log.sign(Buffer.from(text)));
    const { status, text: line } = await ask(witness, request(0, 3, [], note));
    expect(status).toBe(200);
    expect(verifyCosignature(note + line, witness.key)).not.toBeNull();
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

  /** Witnesses in this process, each as slow as it is told. */
  async function slowWitnesses(delays: readonly number[]) {
    const key = loadSigningKey(log.keyFile, testOrigin).verifier;
    const states: WitnessState[] = [];
    const servers: FastifyInstance[] = [];
    const witnesses = await Promise.all(
      delays.map(async (delay, i) => {
        const signing = loadSigningKey(join(directory, `key-${i}`), `witness.example/${i}`, keyTypes.cosignature);
        const state = WitnessState.open(join(directory, `state-${i}`));
        const server = createWitnessServer(
          new Witness(signing, [{ origin: testOrigin, key }], state, () => new Date()),
        );
        server.addHook('onRequest', () => new Promise((resolve) => setTimeout(resolve, delay).unref()));
        states.push(state);
        servers.push(server);
        return { key: signing.verifier, url: await server.listen({ port: 0, host: '127.0.0.1' }) };
      }),
    );
    const end = async () => {
      for (const server of servers) {
        server.server.closeAllConnections();
        await server.close();
      }
      for (const state of states) state.close();
    };
    return { witnesses, end };
  }

  it('brings slow witnesses together on one checkpoint, and waits for none that is not needed', async () => {
    const { witnesses, end } = await slowWitnesses([20, 150, 400]);
    const show = async (quorum: number, rounds: number) => {
      const asked = new Witnesses({
        pool: log.pool,
        logId: 'main',
        witnesses,
        quorum,
        onResult: () => undefined,
        onError: () => undefined,
      });
      const published = new Set<number>();
      for (let i = 0; i < rounds; i++) {
        await append(log, 10_000 + quorum * 1_000 + i, 1);
        await log.checkpoints.sign();
        asked.show((await log.checkpoints.newest())!);
        published.add((await log.reader.newestCheckpoint())?.size ?? 0);
        await new Promise((resolve) => setTimeout(resolve, 60));
      }
      const last = (await log.checkpoints.newest())!;
      await eventually('the last one', async () =>
        (await log.reader.newestCheckpoint())?.size === last.size ? true : null,
      );
      await asked.stop();
      return published.size;
    };
    // 1.8 s of a new checkpoint each 60 ms: three together take 0.4 s a round, two of them 0.15 s.
    expect(await show(3, 30)).toBeGreaterThan(2);
    expect(await show(2, 30)).toBeGreaterThan(5);
    const { note } = (await log.reader.newestCheckpoint())!;
    expect(witnesses.filter(({ key }) => verifyCosignature(note, key) !== null).length).toBeGreaterThanOrEqual(2);
    await end();
  });

  it('counts the witnesses that it has now, by their keys, and never shows less than before', async () => {
    const { witnesses, end } = await slowWitnesses([0, 0]);
    const results: string[] = [];
    const asking = (asked: typeof witnesses, quorum: number) =>
      new Witnesses({
        pool: log.pool,
        logId: 'main',
        witnesses: asked,
        quorum,
        onResult: (name, result) => results.push(`${name} ${result}`),
        onError: () => undefined,
      });
    await append(log, 20_000, 1);
    await log.checkpoints.sign();
    const signed = (await log.checkpoints.newest())!;
    const first = asking([witnesses[0]!], 1);
    first.show(signed);
    await eventually('the first', async () =>
      (await log.reader.newestCheckpoint())?.size === signed.size ? true : null,
    );
    await first.stop();
    // The same name with another key is another witness, and what the old one has signed does not count for it.
    const impostor = loadSigningKey(join(directory, 'other'), witnesses[0]!.key.name, keyTypes.cosignature).verifier;
    await append(log, 20_001, 1);
    await log.checkpoints.sign();
    const renamed = asking([{ key: impostor, url: witnesses[0]!.url }], 1);
    renamed.show((await log.checkpoints.newest())!);
    await eventually('an answer', async () => (results.includes('witness.example/0 bad_signature') ? true : null));
    await renamed.stop();
    expect((await log.reader.newestCheckpoint())?.size).toBe(signed.size);
    await end();
  });

  it('stops at once though a witness hangs, and does not read what one pours out', async () => {
    const hanging = createServer(() => undefined);
    let poured = 0;
    const pouring = createServer((_request, response) => {
      const pour = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 'x'))) poured += 65_536;
      };
      response.on('drain', pour);
      pour();
    });
    const urls = await Promise.all(
      [hanging, pouring].map(async (server) => {
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      }),
    );
    const results: string[] = [];
    const asked = new Witnesses({
      pool: log.pool,
      logId: 'main',
      witnesses: urls.map((url, i) => ({
        key: loadSigningKey(join(directory, `w${i}`), `witness.example/${i}`, keyTypes.cosignature).verifier,
        url,
      })),
      quorum: 2,
      onResult: (name, result) => results.push(`${name} ${result}`),
      onError: () => undefined,
    });
    await append(log, 30_000, 1);
    await log.checkpoints.sign();
    asked.show((await log.checkpoints.newest())!);
    await eventually('the end of the pouring', async () => (results.length > 0 ? true : null));
    expect(results).toEqual(['witness.example/1 unreachable']);
    expect(poured).toBeLessThan(10_000_000);
    const stopped = asked.stop().then(() => 'stopped');
    expect(await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, 2_000))])).toBe('stopped');
    for (const server of [hanging, pouring]) {
      server.closeAllConnections();
      server.close();
    }
  });

  it('keeps its checkpoints back until the witness has signed, and shows a rewritten log to nobody', async () => {
    const own = await startTestLog(inject('postgresUrl'));
    const key = loadSigningKey(own.keyFile, testOrigin).verifier;
    const witness = await startWitness([key]);
    const results: string[] = [];
    const witnessesOf = (of: TestLog) =>
      new Witnesses({
        pool: of.pool,
        logId: 'main',
        witnesses: [{ key: witness.key, url: witness.url }],
        quorum: 1,
        onResult: (_witness, result) => results.push(result),
        onError: () => undefined,
      });
    const show = async (of: TestLog) => {
      const witnesses = witnessesOf(of);
      await of.checkpoints.sign();
      witnesses.show((await of.checkpoints.newest())!);
      const seen = results.length;
      await eventually('an answer', async () => (results.length > seen ? true : null));
      await witnesses.stop();
      return results.at(-1);
    };
    await append(own, 0, 20);
    await own.checkpoints.sign();
    expect(await own.reader.newestCheckpoint()).toBeNull();
    expect(await show(own)).toBe('signed');
    await append(own, 20, 300);
    expect(await show(own)).toBe('signed');
    const shown = await own.reader.newestCheckpoint();
    expect(verifyCosignature(shown!.note, witness.key)).not.toBeNull();
    const verify = (keys: readonly VerifierKey[]) =>
      verifyDatabase({
        databaseUrl: own.database.url,
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
    await own.close();
    rmSync(`${own.keyFile}.last`);
    const rewritten = await openTestLog(await createTestDatabase(inject('postgresUrl')), own.directory);
    try {
      await append(rewritten, 5_000, 100);
      expect(await show(rewritten)).toBe('ahead');
      await append(rewritten, 6_000, 500);
      expect(await show(rewritten)).toBe('refused');
    } finally {
      await rewritten.close();
      await rewritten.database.drop();
      await own.drop();
    }
  });
});
