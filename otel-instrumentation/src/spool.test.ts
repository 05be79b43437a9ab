import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { readRecords, writeRecord, type SpooledEvent } from './spool-record.ts';
import { Spool } from './spool.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-spool-'));
  lost = 0;
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const event = (n: number, bytes = 20): SpooledEvent => ({
  id: `id-${n}`,
  subject: `s.${n}`,
  body: Buffer.from(`${n}`.padEnd(bytes, '.')),
  snapshot:
    n % 3 === 0 ? { hash: `sha256:${n}`, bareHash: `sha256:bare-${n}`, content: Buffer.from([n & 255, 0, 255]) } : null,
});
const events = (from: number, count: number) => Array.from({ length: count }, (_, i) => event(from + i));
let lost = 0;
const open = (segmentBytes = 500) => Spool.open({ directory, segmentBytes, onLost: (count) => (lost += count) });
const plenty = 1_000_000;
const mark = Buffer.from('a mark of');
/** As they are in a file of their own. */
const recordOf = (one: SpooledEvent) => writeRecord(one, mark.subarray(0, 8));
const recordsIn = (bytes: Buffer) => readRecords(bytes, mark.subarray(0, 8));
const ids = (found: readonly SpooledEvent[]) => found.map(({ id }) => id);

async function drain(spool: Spool, most = 7): Promise<SpooledEvent[]> {
  const all: SpooledEvent[] = [];
  while (spool.length > 0) {
    const some = await spool.first(most);
    all.push(...some);
    await spool.release(some.length);
  }
  return all;
}

describe('a record', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        fc.uint8Array(),
        fc.option(fc.uint8Array()),
        (id, subject, body, content) => {
          const written = {
            id,
            subject,
            body: Buffer.from(body),
            snapshot:
              content === null ? null : { hash: 'sha256:x', bareHash: 'sha256:y', content: Buffer.from(content) },
          };
          expect(recordsIn(recordOf(written))).toEqual({ events: [written], damaged: 0 });
        },
      ),
    );
  });

  it('that is cut off or changed is lost, and takes nothing else along', () => {
    const [first, second, third] = events(0, 3).map(recordOf) as [Buffer, Buffer, Buffer];
    const bytes = Buffer.concat([first, second, third]);
    const within = fc.integer({ min: first.length, max: first.length + second.length - 1 });
    fc.assert(
      fc.property(within, fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const whole = at === first.length ? 0 : 1;
        expect(recordsIn(bytes.subarray(0, at))).toEqual({ events: [event(0)], damaged: whole });
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ flip;
        const { events: found, damaged } = recordsIn(changed);
        expect([ids(found), damaged]).toEqual([['id-0', 'id-2'], 1]);
      }),
    );
  });
});

it('finds no record in what was recorded, though somebody has put one there', async () => {
  const spool = await open(5_000);
  await spool.append([event(1)], plenty);
  const [name = ''] = readdirSync(directory).filter((file) => file.endsWith('.events'));
  // As it would be, did they know of the marks of other files; and without end.
  const forged = Buffer.concat([recordOf(event(2)), ...Array<Buffer>(10_000).fill(mark)]);
  await spool.append(
    [{ ...event(3), snapshot: { hash: 'sha256:x', bareHash: 'sha256:y', content: forged } }, event(4)],
    plenty,
  );
  const path = join(directory, name);
  const content = readFileSync(path);
  const at = content.indexOf(recordOf(event(2))) - 20;
  content[at] = (content[at] ?? 0) ^ 1;
  writeFileSync(path, content);
  expect(ids(await drain(await open(5_000)))).toEqual(['id-1', 'id-4']);
});

describe('a spool whose files are meddled with', () => {
  it('keeps what cannot be read now, and gives it later', async () => {
    const spool = await open();
    await spool.append(events(0, 3), plenty);
    const [name = ''] = readdirSync(directory).filter((file) => file.endsWith('.events'));
    const path = join(directory, name);
    renameSync(path, `${path}.away`);
    // As when there are no descriptors left: something else than that it is gone.
    mkdirSync(path);
    await expect(spool.first(10)).rejects.toThrow('EISDIR');
    expect([lost, spool.length]).toEqual([0, 3]);
    rmSync(path, { recursive: true });
    renameSync(`${path}.away`, path);
    expect(await drain(spool)).toEqual(events(0, 3));
  });

  it('loses what was in a file that somebody has deleted, and nothing that comes after', async () => {
    const spool = await open();
    await spool.append(events(0, 2), plenty);
    for (const file of readdirSync(directory)) rmSync(join(directory, file));
    await spool.append(events(10, 2), plenty);
    expect(await spool.first(10)).toEqual([]);
    expect(lost).toBe(2);
    expect(ids(await drain(spool))).toEqual(['id-10', 'id-11']);
  });
});

describe('a spool', () => {
  it('gives back in order what it was given, across segments, and leaves nothing behind', async () => {
    const spool = await open();
    expect(await spool.append(events(0, 50), plenty)).toBe(50);
    for (const from of [50, 60, 70, 80, 90]) expect(await spool.append(events(from, 10), plenty)).toBe(10);
    expect(spool.length).toBe(100);
    expect(readdirSync(directory).length).toBeGreaterThan(3);
    expect(await drain(spool)).toEqual(events(0, 100));
    expect([spool.length, spool.bytes]).toEqual([0, 0]);
    // And goes on after that.
    await spool.append(events(200, 3), plenty);
    expect(ids(await spool.first(10))).toEqual(['id-200', 'id-201', 'id-202']);
    await drain(spool);
    await spool.close();
    expect(existsSync(directory)).toBe(false);
  });

  it('is taken up by the next process where the last one was killed', async () => {
    const killed = await open();
    await killed.append(events(0, 30), plenty);
    await killed.release((await killed.first(4)).length);
    // Half a record: it was killed while it wrote.
    const last =
      readdirSync(directory)
        .filter((name) => name.endsWith('.events'))
        .toSorted((a, b) => (a < b ? -1 : 1))
        .at(-1) ?? '';
    appendFileSync(join(directory, last), recordOf(event(99)).subarray(0, 15));
    const next = await open();
    expect([next.length, lost]).toEqual([26, 1]);
    await next.append(events(30, 5), plenty);
    expect(ids(await drain(next))).toEqual(ids(events(4, 31)));
  });

  it('sends all again rather than nothing when it has lost where it was', async () => {
    const spool = await open();
    await spool.append(events(0, 5), plenty);
    await spool.release((await spool.first(3)).length);
    writeFileSync(join(directory, 'head'), '{');
    expect(ids(await drain(await open()))).toEqual(ids(events(0, 5)));
  });

  it('lets go of what is sent, and mixes nothing up, though it cannot note how far it is', async () => {
    const spool = await open();
    await spool.append(events(0, 5), plenty);
    await spool.release((await spool.first(2)).length);
    // As when the disk is full.
    mkdirSync(join(directory, 'head.new'));
    expect(ids(await drain(spool))).toEqual(ids(events(2, 3)));
    const segments = () => readdirSync(directory).filter((name) => name.endsWith('.events'));
    expect(segments()).toEqual([]);
    await spool.append(events(10, 4), plenty);
    // Killed: the next process has an old note, about a segment that is gone.
    expect(ids(await drain(await open()))).toEqual(ids(events(10, 4)));
  });

  it('takes no more than it is given room for, whole events and in order', async () => {
    const each = recordOf(event(1)).length;
    const spool = await open();
    const one = Array.from({ length: 30 }, () => event(1));
    expect(await spool.append(one, each * 10 + 5)).toBe(10);
    expect(await spool.append(one, 5)).toBe(0);
    expect(spool.bytes).toBe(each * 10);
  });

  it('loses what is damaged while it waits, says so, and sends what is behind it', async () => {
    const spool = await open();
    await spool.append(events(0, 20), plenty);
    const [first = ''] = readdirSync(directory)
      .filter((name) => name.endsWith('.events'))
      .toSorted();
    const path = join(directory, first);
    const content = readFileSync(path);
    content[40] = (content[40] ?? 0) ^ 1;
    writeFileSync(path, content);
    expect(ids(await drain(spool))).toEqual(ids(events(1, 19)));
    expect(lost).toBe(1);
  });

  it.each(['while it waits', 'before it is taken up'])(
    'skips nothing when what is damaged %s was sent already',
    async (when) => {
      const spool = await open(5_000);
      await spool.append(events(0, 20), plenty);
      await spool.release((await spool.first(6)).length);
      const path = join(directory, readdirSync(directory).find((name) => name.endsWith('.events')) ?? '');
      const content = readFileSync(path);
      content[40] = (content[40] ?? 0) ^ 1;
      writeFileSync(path, content);
      if (when === 'while it waits') {
        // Read anew, because something was added.
        await spool.append(events(20, 1), plenty);
        expect(ids(await drain(spool))).toEqual(ids(events(6, 15)));
        expect(lost).toBe(0);
      } else expect(ids(await drain(await open(5_000)))).toEqual(ids(events(6, 14)));
    },
  );

  it('sends all again when the last that was sent is damaged', async () => {
    const spool = await open(5_000);
    await spool.append(events(0, 3), plenty);
    await spool.release((await spool.first(1)).length);
    const path = join(directory, readdirSync(directory).find((name) => name.endsWith('.events')) ?? '');
    const content = readFileSync(path);
    content[40] = (content[40] ?? 0) ^ 1;
    writeFileSync(path, content);
    expect(ids(await drain(await open(5_000)))).toEqual(['id-1', 'id-2']);
  });

  it('goes on where somebody has tidied up', async () => {
    const spool = await open();
    await spool.append(events(0, 20), plenty);
    rmSync(directory, { recursive: true });
    expect(await drain(spool)).toEqual([]);
    expect([lost, spool.length]).toEqual([20, 0]);
    await spool.append(events(20, 3), plenty);
    expect(ids(await drain(spool))).toEqual(ids(events(20, 3)));
  });

  it('is nobody else’s to read', async () => {
    const spool = await open();
    await spool.append(events(0, 1), plenty);
    const [name = ''] = readdirSync(directory).filter((file) => file.endsWith('.events'));
    expect(statSync(join(directory, name)).mode & 0o077).toBe(0);
    expect(readFileSync(join(directory, name)).length).toBeGreaterThan(20);
  });
});
