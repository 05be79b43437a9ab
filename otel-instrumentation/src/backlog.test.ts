/** What waits on disk over several processes: a process that was killed is stood in for by the name that it left. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Backlog, keepForNext } from './backlog.ts';
import { writeRecord, type SpooledEvent } from './spool-record.ts';

let base: string;
let directory: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'countersign-backlog-'));
  directory = join(base, 'spool');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const event = (id: string): SpooledEvent => ({ id, subject: 's', body: Buffer.from(id.padEnd(50)), snapshot: null });
const each = writeRecord(event('a'), Buffer.alloc(8)).length;
const troubles: unknown[] = [];
let monotonic = 0;
const told = {
  onLost: () => undefined,
  onTrouble: (error: unknown) => void troubles.push(error),
  monotonicMs: () => monotonic,
};
const open = (mostBytes = 1_000_000) => Backlog.open({ directory, mostBytes, ...told });

/** All directories there are seem to be of a process that is gone. */
function killed(): void {
  for (const name of readdirSync(directory)) {
    const gone = name.replace(/\.\d+\.\d+\.[0-9a-f]{8}$/, `.${process.pid}.1.${name.slice(-8)}`);
    renameSync(join(directory, name), join(directory, gone));
  }
}

async function drained(backlog: Backlog): Promise<string[]> {
  const ids: string[] = [];
  while (backlog.length > 0) {
    const some = await backlog.first(10);
    ids.push(...some.map(({ id }) => id));
    await backlog.release(some.length);
  }
  return ids;
}

it('is sent in the order in which it came, over however many processes that were killed', async () => {
  for (const run of ['first', 'second', 'third']) {
    const backlog = await open();
    await backlog.append([event(`${run}-0`), event(`${run}-1`)]);
    killed();
  }
  expect(keepForNext({ directory, mostBytes: 1_000_000 }, [event('fourth')])).toBe(1);
  killed();
  const last = await open();
  await last.append([event('last')]);
  expect(await drained(last)).toEqual([
    'first-0',
    'first-1',
    'second-0',
    'second-1',
    'third-0',
    'third-1',
    'fourth',
    'last',
  ]);
  await last.close();
  expect(readdirSync(directory)).toEqual([]);
});

it('is bounded together, however often the service starts', async () => {
  const five = Array.from({ length: 5 }, (_, i) => event(`${i}`));
  expect(await (await open(each * 8)).append(five)).toBe(5);
  killed();
  expect(await (await open(each * 8)).append(five)).toBe(3);
  killed();
  expect(await (await open(each * 8)).append(five)).toBe(0);
  killed();
  // Nor is there room for one that exits before it has looked.
  expect(keepForNext({ directory, mostBytes: each * 8 }, five)).toBe(0);
  expect(keepForNext({ directory, mostBytes: each * 10 + 1 }, five)).toBe(2);
  expect(readdirSync(directory)).toHaveLength(3);
});

it('leaves no directory behind that holds nothing', async () => {
  mkdirSync(directory);
  for (let run = 0; run < 3; run++) {
    await (await open(each)).append([event('large'.repeat(50))]);
    killed();
  }
  await (await open()).close();
  expect(readdirSync(directory)).toEqual([]);
});

it('is not taken from a process that is there, nor from another thread of this one', async () => {
  const backlog = await open();
  await backlog.append([event('mine')]);
  // As another thread has it: it does not know which of them are in use here.
  const [name = ''] = readdirSync(directory);
  const other = join(directory, `${basename(name).slice(0, -8)}0badc0de`);
  renameSync(join(directory, name), other);
  expect((await open()).length).toBe(0);
});

it('is taken at once when it was left, though its process goes on: a thread of it has ended', async () => {
  const thread = await open();
  await thread.append([event('on disk')]);
  expect(keepForNext({ directory, mostBytes: 1_000_000 }, [event('in memory')])).toBe(1);
  thread.leave();
  const other = await open();
  expect(await drained(other)).toEqual(['on disk', 'in memory']);
  await other.close();
  expect(readdirSync(directory)).toEqual([]);
});

it('is taken at once from a start that was shut down, though its process goes on', async () => {
  const ended = await open();
  await ended.append([event('left')]);
  await ended.close();
  expect(await drained(await open())).toEqual(['left']);
});

it('has room of its own at the end of a process, whatever one has that is there', async () => {
  const room = each * 2 + 1;
  const backlog = await open(room);
  expect(await backlog.append([event('a'), event('b'), event('c')])).toBe(2);
  // As another process has it.
  const [name = ''] = readdirSync(directory);
  renameSync(join(directory, name), join(directory, `${name.slice(0, -8)}0badc0de`));
  expect(keepForNext({ directory, mostBytes: room }, [event('d'), event('e')])).toBe(2);
});

/** The directory there is seems to be of a process on another host, that touched it last so long ago. */
function elsewhere(agoMs: number): string {
  const [name = ''] = readdirSync(directory);
  const other = join(directory, name.replace(/^(\d{12})\..+(\.\d+\.\d+\.[0-9a-f]{8})$/, '$1.another$2'));
  renameSync(join(directory, name), other);
  const at = new Date(Date.now() - agoMs);
  utimesSync(other, at, at);
  return other;
}

it('is taken over by one that is there already, when nothing is heard of its process any more', async () => {
  await (await open()).append([event('left')]);
  const other = elsewhere(11 * 60_000);
  const backlog = await open();
  await backlog.append([event('mine')]);
  const lookAfter = async (ms: number) => {
    monotonic += ms;
    await backlog.takeOver();
    return backlog.length;
  };
  // It may be that only a clock was set.
  expect(await lookAfter(60_000)).toBe(1);
  const touched = new Date(Date.now() - 10.5 * 60_000);
  utimesSync(other, touched, touched);
  expect(await lookAfter(180_000)).toBe(1);
  expect(await lookAfter(180_000)).toBe(2);
  expect(await drained(backlog)).toEqual(['left', 'mine']);
  await backlog.close();
});

it('is taken over at once when its process was not heard of for an hour', async () => {
  await (await open()).append([event('left')]);
  elsewhere(61 * 60_000);
  expect(await drained(await open())).toEqual(['left']);
});

it('is nowhere that others may write to, or could put another directory in the place of', async () => {
  mkdirSync(directory);
  chmodSync(directory, 0o777);
  await expect(open()).rejects.toThrow('only this user may write to');
  rmSync(directory, { recursive: true });
  chmodSync(base, 0o777);
  await expect(open()).rejects.toThrow('others may write to');
  chmodSync(base, 0o1777);
  await expect(open()).resolves.toBeDefined();
});

it('is nowhere that others have made when it was tidied up', async () => {
  const backlog = await open();
  await backlog.append([event('first')]);
  rmSync(directory, { recursive: true });
  mkdirSync(directory);
  chmodSync(directory, 0o777);
  await expect(backlog.append([event('second')])).rejects.toThrow('only this user may write to');
});

it.runIf(existsSync('/proc/self'))(
  'says at once that a directory cannot be made, and by what to name another',
  async () => {
    const options = { directory: '/proc/no/such/place', mostBytes: 1_000, ...told };
    await expect(Backlog.open(options)).rejects.toThrow(/ENOENT.*Set COUNTERSIGN_SPOOL/);
  },
);

it('is sent though something that was left cannot be read, which is said', async () => {
  for (const id of ['unreadable', 'good']) keepForNext({ directory, mostBytes: 1_000_000 }, [event(id)]);
  killed();
  const [first = ''] = readdirSync(directory).toSorted();
  const [file = ''] = readdirSync(join(directory, first));
  rmSync(join(directory, first, file));
  mkdirSync(join(directory, first, file));
  const backlog = await open();
  expect(await drained(backlog)).toEqual(['good']);
  expect(troubles.map(String).join()).toContain('EISDIR');
  await backlog.close();
});
