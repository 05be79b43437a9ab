/**
 * What could not be sent, kept on disk in order until it is: appended to segments, each record with its checksum, so that
 * what was written before a `kill -9` is sent by the next process, and what is damaged takes nothing else along.
 * One process writes to one directory. Nothing here is called at once by two: the publisher waits for each.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, rmdir, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { markBytes, readRecords, writeRecord, type SpooledEvent } from './spool-record.ts';

export interface SpoolOptions {
  readonly directory: string;
  readonly segmentBytes?: number;
  /** Told of events that are lost: damaged, or deleted by somebody else. */
  readonly onLost: (events: number) => void;
}

/** What is left of a spool: how far its first segment is sent, and the id of the last event of it that is. */
interface Head {
  readonly segment: number;
  readonly sent: number;
  readonly last: string | null;
}

/** A file: its place in the order, and the mark of its records. */
interface Place {
  readonly number: number;
  readonly mark: Buffer;
}

interface Segment extends Place {
  readonly bytes: number;
  readonly events: number;
}

/** Small: the first is read whole each time that something was added to it. What is written at once goes into one. */
const usualSegmentBytes = 1_048_576;

export class Spool {
  private readonly options: SpoolOptions;
  private readonly segments: Segment[];
  /** Of the first segment, events that are sent, and the last of them. */
  private sent: number;
  private last: string | null;
  /** The highest number that a segment has had: one that is used again would be taken for what it was before. */
  private newest: number;
  private writing: FileHandle | null = null;
  /** The first segment as it was read last. */
  private read: { readonly segment: number; readonly bytes: number; readonly events: SpooledEvent[] } | null = null;

  private constructor(options: SpoolOptions, segments: Segment[], sent: number, last: string | null, newest: number) {
    this.options = options;
    this.segments = segments;
    this.sent = sent;
    this.last = last;
    this.newest = newest;
  }

  /** Takes up what is in the directory. */
  static async open(options: SpoolOptions): Promise<Spool> {
    const { directory, onLost } = options;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const head = await readHead(directory);
    const segments: Segment[] = [];
    let sent = head.sent;
    for (const { number, mark } of await segmentsIn(directory)) {
      const path = pathOf(directory, { number, mark });
      if (number < head.segment) {
        await rm(path);
        continue;
      }
      let content = await readFile(path);
      const { events, damaged } = readRecords(content, mark);
      if (damaged > 0) {
        onLost(damaged);
        // What is written next has to be found: nothing may stand before it that cannot be read.
        content = Buffer.concat(events.map((event) => writeRecord(event, mark)));
        await writeFile(`${path}.new`, content, { mode: 0o600 });
        await rename(`${path}.new`, path);
        if (number === head.segment) sent = sentOf(events, head.last);
      }
      segments.push({ number, mark, bytes: content.length, events: events.length });
    }
    const isHead = segments[0]?.number === head.segment;
    return new Spool(
      options,
      segments,
      isHead ? Math.min(sent, segments[0]?.events ?? 0) : 0,
      isHead ? head.last : null,
      Math.max(head.segment, segments.at(-1)?.number ?? 0),
    );
  }

  /** Events that are not sent yet. */
  get length(): number {
    return this.segments.reduce((sum, { events }) => sum + events, 0) - this.sent;
  }

  get bytes(): number {
    return this.segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** How many of the events, from the first on, were written: as many as `room` bytes hold. Rejects with none half written. */
  async append(events: readonly SpooledEvent[], room: number): Promise<number> {
    if (room <= 0 || events.length === 0) return 0;
    const segment = await this.segmentWithRoom();
    const records = recordsOf(events, segment.mark, room);
    if (records.length === 0) return 0;
    const written = Buffer.concat(records);
    await this.write(written, segment.bytes);
    const bytes = segment.bytes + written.length;
    this.segments[this.segments.length - 1] = { ...segment, bytes, events: segment.events + records.length };
    return records.length;
  }

  /** All of it, or nothing: a disk that is full has taken a part. */
  private async write(bytes: Buffer, at: number): Promise<void> {
    try {
      await this.writing?.appendFile(bytes);
    } catch (error) {
      await this.writing?.truncate(at).catch(() => undefined);
      throw error;
    }
  }

  /** The first events that are not sent, at most so many; none when they are lost. */
  async first(most: number): Promise<SpooledEvent[]> {
    const [segment] = this.segments;
    if (segment === undefined) return [];
    if (this.read?.segment !== segment.number || this.read.bytes !== segment.bytes) {
      const events = await this.readSegment(segment);
      if (events.length < segment.events) {
        // What is damaged may have been sent already: where the rest begins is known by the last that was.
        const sent = sentOf(events, this.last);
        this.options.onLost(Math.max(0, segment.events - this.sent - (events.length - sent)));
        this.segments[0] = { ...segment, events: events.length };
        this.sent = sent;
      }
      this.read = { segment: segment.number, bytes: segment.bytes, events };
      if (this.sent >= events.length) await this.release(0);
    }
    return this.read?.events.slice(this.sent, this.sent + most) ?? [];
  }

  private async readSegment(segment: Segment): Promise<SpooledEvent[]> {
    try {
      return readRecords(await readFile(pathOf(this.options.directory, segment)), segment.mark).events;
    } catch (error) {
      // What cannot be read now, for want of a descriptor or the like, can be later.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      // Somebody has tidied up: what is behind it has to go out all the same.
      return [];
    }
  }

  /** The first so many are sent, in however many segments they are. */
  async release(count: number): Promise<void> {
    const [segment] = this.segments;
    if (segment === undefined) return;
    const here = Math.min(count, segment.events - this.sent);
    await this.releaseHere(segment, here);
    if (count > here) await this.release(count - here);
  }

  private async releaseHere(segment: Segment, count: number): Promise<void> {
    const { directory } = this.options;
    this.sent += count;
    this.last = this.read?.events[this.sent - 1]?.id ?? this.last;
    if (this.sent < segment.events) {
      return noteHead(directory, { segment: segment.number, sent: this.sent, last: this.last });
    }
    if (this.segments.length === 1) await this.closeFile();
    this.segments.shift();
    this.sent = 0;
    this.last = null;
    this.read = null;
    // First, so that a disk that is full has room again. What cannot be deleted is sent again by the next process.
    await rm(pathOf(directory, segment), { force: true }).catch(() => undefined);
    await noteHead(directory, { segment: segment.number + 1, sent: 0, last: null });
  }

  async close(): Promise<void> {
    await this.closeFile();
    if (this.length > 0) return;
    const { directory } = this.options;
    for (const { number, mark } of await segmentsIn(directory).catch(() => [])) {
      await rm(pathOf(directory, { number, mark }), { force: true });
    }
    for (const name of ['head', 'head.new']) await rm(join(directory, name), { force: true }).catch(() => undefined);
    // What it does not know stays: somebody has put it there.
    await rmdir(directory).catch(() => undefined);
  }

  private async segmentWithRoom(): Promise<Segment> {
    const { directory, segmentBytes = usualSegmentBytes } = this.options;
    const last = this.segments.at(-1);
    // What is written to a file that somebody has deleted is nowhere.
    const isGone = this.writing !== null && (await this.writing.stat()).nlink === 0;
    if (last !== undefined && last.bytes < segmentBytes && !isGone) {
      this.writing ??= await open(pathOf(directory, last), 'a', 0o600);
      return last;
    }
    await this.closeFile();
    this.newest += 1;
    const place = { number: this.newest, mark: newMark() };
    this.writing = await this.openNew(place);
    const segment = { ...place, bytes: 0, events: 0 };
    this.segments.push(segment);
    return segment;
  }

  private async openNew(place: Place): Promise<FileHandle> {
    const { directory } = this.options;
    try {
      return await open(pathOf(directory, place), 'a', 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      // It has been tidied up.
      await mkdir(directory, { recursive: true, mode: 0o700 });
      return open(pathOf(directory, place), 'a', 0o600);
    }
  }

  private async closeFile(): Promise<void> {
    await this.writing?.close();
    this.writing = null;
  }
}

/** Writes a spool that another process will take up, of as many events as `room` bytes hold. Throws what the file system says. */
export function keepSpool(directory: string, events: readonly SpooledEvent[], room: number): number {
  const place = { number: 0, mark: newMark() };
  const written = recordsOf(events, place.mark, room);
  if (written.length > 0) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(pathOf(directory, place), Buffer.concat(written), { mode: 0o600 });
  }
  return written.length;
}

/** Of the first events, as many as `room` bytes hold. */
function recordsOf(events: readonly SpooledEvent[], mark: Buffer, room: number): Buffer[] {
  const records: Buffer[] = [];
  let left = room;
  for (const event of events) {
    const record = writeRecord(event, mark);
    left -= record.length;
    if (left < 0) break;
    records.push(record);
  }
  return records;
}

const newMark = (): Buffer => randomBytes(markBytes);

/** Of a spool that another process may be using, and letting go of. */
export function bytesIn(directory: string): number {
  try {
    const sizes = readdirSync(directory).map(
      (name) => statSync(join(directory, name), { throwIfNoEntry: false })?.size,
    );
    return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  } catch {
    return 0;
  }
}

/** Of a segment with holes: how many of its events are sent. All are sent again when the last that was is one of the holes; their ids are known. */
const sentOf = (events: readonly SpooledEvent[], last: string | null): number =>
  events.findIndex(({ id }) => id === last) + 1;

const pathOf = (directory: string, { number, mark }: Place): string =>
  join(directory, `${String(number).padStart(12, '0')}.${mark.toString('hex')}.events`);

async function segmentsIn(directory: string): Promise<Place[]> {
  const places = (await readdir(directory)).flatMap((name) => {
    const [, number, mark] = /^(\d{12})\.([\da-f]{16})\.events$/.exec(name) ?? [];
    return mark === undefined ? [] : [{ number: Number(number), mark: Buffer.from(mark, 'hex') }];
  });
  return places.toSorted((a, b) => a.number - b.number);
}

async function readHead(directory: string): Promise<Head> {
  try {
    const head = JSON.parse(await readFile(join(directory, 'head'), 'utf8')) as Partial<Head>;
    return { segment: head.segment ?? 0, sent: head.sent ?? 0, last: head.last ?? null };
  } catch {
    // None yet, or damaged: everything that is there is sent, and what was sent before is known by its id.
    return { segment: 0, sent: 0, last: null };
  }
}

/** Where it cannot be noted, as on a disk that is full, what was sent is sent again under its id: that keeps nothing from going out. */
async function noteHead(directory: string, head: Head): Promise<void> {
  try {
    await writeFile(join(directory, 'head.new'), JSON.stringify(head), { mode: 0o600 });
    await rename(join(directory, 'head.new'), join(directory, 'head'));
  } catch {
    // The next process knows less than this one.
  }
}
