/**
 * Search over the whole log, newest first. The newest records are indexed in memory, as they are committed; each full
 * segment of 16,384 goes to PostgreSQL. A search walks the segments from the newest, and stops when a page is full. What the
 * index proposes is checked against the records themselves, so a wrong index can hide a record and not invent one.
 */
import type { Queryable } from '../../database/index.ts';
import type { LedgerRecord } from '../record.ts';
import { firstKept, indexOfEvent, readFrom, readRecords } from '../store.ts';
import {
  bucketOf,
  everything,
  hitsIn,
  isEmpty,
  intersect,
  newestFirst,
  nothing,
  OpenSegment,
  segmentSize,
  unite,
  type Hits,
} from './segment.ts';
import { countOf, HistogramBins, type Extent } from './histogram.ts';
import * as store from './store.ts';
import { fits, termsOfFilter, type AuditFilter, type Term } from './terms.ts';

export interface SearchOptions {
  readonly db: Queryable;
  readonly logId: string;
  readonly onError: (error: unknown) => void;
}

export interface Found {
  readonly records: readonly LedgerRecord[];
  /** Records before this index are not looked at yet; null when there are none. */
  readonly next: number | null;
}

/** Segments read at first, and how much more each time: a page of a common term ends soon, a rare one walks far. */
const firstChunk = 8;
const chunkGrowth = 4;
const retryMs = 1_000;
const readAtOnce = 1_000;
/** Stored segments of which each record is counted at its time: a million records. */
const mostCountedEach = 64;

/** Counts over equal spans of a time, in seconds since 1970, both ends inclusive. */
export interface AuditHistogram extends Extent {
  readonly counts: readonly number[];
  /** False when records are spread evenly within segments. */
  readonly exact: boolean;
}

export class SearchIndex {
  private readonly options: SearchOptions;
  /** In memory, oldest first; the last is open, those before it are full and on their way to PostgreSQL. */
  private segments: OpenSegment[];
  private work: Promise<void> = Promise.resolve();
  private stopped = false;

  private constructor(options: SearchOptions, first: number) {
    this.options = options;
    this.segments = [new OpenSegment(first)];
  }

  /** Indexes what the log has and the stored segments do not. */
  static async start(options: SearchOptions): Promise<SearchIndex> {
    const sealed = await store.newestSegment(options.db, options.logId);
    // Whole segments are dropped, and only stored ones.
    const kept = await firstKept(options.db, options.logId);
    const index = new SearchIndex(options, sealed === null ? kept : sealed + segmentSize);
    await index.catchUp();
    return index;
  }

  /** Committed records, in order. After a gap (a commit whose answer was lost) the rest is read from the log. */
  observe(records: readonly LedgerRecord[]): void {
    for (const record of records) {
      if (record.index < this.nextIndex) continue;
      if (record.index > this.nextIndex) {
        this.enqueue(() => this.catchUp());
        return;
      }
      this.add(record);
    }
  }

  private get open(): OpenSegment {
    const open = this.segments.at(-1);
    if (open === undefined) throw new Error('the search index has lost its open segment');
    return open;
  }

  private get nextIndex(): number {
    return this.open.first + this.open.times.length;
  }

  private add(record: LedgerRecord): void {
    this.open.add(record);
    if (!this.open.isFull) return;
    const full = this.open;
    this.segments.push(new OpenSegment(full.first + segmentSize));
    this.enqueue(() => this.store(full));
  }

  private async catchUp(): Promise<void> {
    for (;;) {
      const records = await readFrom(this.options.db, this.options.logId, this.nextIndex, readAtOnce);
      if (records.length === 0) return;
      this.observe(records);
    }
  }

  private async store(full: OpenSegment): Promise<void> {
    await store.insertSegment(
      this.options.db,
      this.options.logId,
      full.first,
      full.times,
      full.overflowing,
      full.seal(),
    );
    this.segments = this.segments.filter((segment) => segment !== full);
  }

  /** One piece of work after another, each until it is done or the index stops. */
  private enqueue(step: () => Promise<void>): void {
    const before = this.work;
    const untilDone = async () => {
      await before;
      while (!this.stopped) {
        try {
          await step();
          return;
        } catch (error) {
          this.options.onError(error);
          await new Promise((resolve) => setTimeout(resolve, retryMs));
        }
      }
    };
    this.work = untilDone();
  }

  /** Ends what is under way; what is not stored is indexed anew at the next start. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.work;
  }

  /** At most `limit` records before index `before`, newest first. */
  async search(filter: AuditFilter, before: number | null, limit: number): Promise<Found> {
    const { db, logId } = this.options;
    const end = Math.min(before ?? Number.MAX_SAFE_INTEGER, this.nextIndex);
    if (filter.event_id !== undefined) return this.byEvent(filter.event_id, filter, end);
    const found: LedgerRecord[] = [];
    let indexes: number[] = [];
    const look = async () => {
      const records = await readRecords(db, logId, indexes);
      found.push(...records.filter((record) => fits(record, filter)));
      indexes = [];
    };
    for await (const index of this.candidates(filter, end)) {
      indexes.push(index);
      // A little more than a page, because the index may propose too much.
      if (indexes.length < Math.max(limit + 1 - found.length, 16)) continue;
      await look();
      if (found.length > limit) break;
    }
    if (found.length <= limit) await look();
    const records = found.slice(0, limit);
    return { records, next: found.length > limit ? (records.at(-1)?.index ?? null) : null };
  }

  /**
   * How many records fit, over time, as far as the index can tell: `bins` counts of equal spans. Of few segments each record
   * is counted at its time; of many, each segment is spread evenly over its own. Null when there are no records.
   */
  async histogram(filter: AuditFilter, bins: number): Promise<AuditHistogram | null> {
    const { db, logId } = this.options;
    const inMemory = [...this.segments];
    const span = secondsOf(filter);
    const { fields, words } = termsOfFilter(filter);
    const end = inMemory[0]?.first ?? 0;
    const stored = await store.extentsWithin(db, logId, end, span.from, span.to);
    const extent = extentOf(span, stored, inMemory);
    if (extent === null) return null;
    // Times are in seconds: with more bins than those, some would always be empty.
    const counted = new HistogramBins(extent, Math.min(bins, extent.to - extent.from + 1));
    if (filter.event_id !== undefined) {
      const { records } = await this.byEvent(filter.event_id, filter, this.nextIndex);
      for (const { event } of records) counted.addOne(Math.floor(Date.parse(event.time) / 1_000));
      return { ...extent, counts: counted.counts, exact: true };
    }
    for (const segment of inMemory) counted.addEach(this.hitsInMemory(segment, fields, words), segment.times);
    const isWhole = [filter.from, filter.to].every((at) => at === undefined || Date.parse(at) % 1_000 === 0);
    const isExact = stored.length <= mostCountedEach && isWhole;
    const isAll = fields.length + words.length === 0;
    const hits = isAll
      ? new Map(stored.map(({ first }) => [first, everything]))
      : new Map(await this.storedHits(rarestFirst(fields, words, inMemory), { from: null, to: null }, 0, end, stored));
    const times = isExact
      ? new Map((await store.allTimesOf(db, logId, [...hits.keys()])).map((s) => [s.first, s.times]))
      : null;
    for (const segment of stored) {
      const found = hits.get(segment.first);
      if (found === undefined) continue;
      const known = times?.get(segment.first);
      if (known === undefined) counted.spread(countOf(found), segment);
      else counted.addEach(found, known);
    }
    return { ...extent, counts: counted.counts.map(Math.round), exact: isExact };
  }

  /** The places before `end` of all records that may fit; a few may not. */
  proposed(filter: AuditFilter, end: number): AsyncGenerator<number> {
    return this.candidates(filter, Math.min(end, this.nextIndex));
  }

  /** Those of some records that do fit. */
  async fitting(filter: AuditFilter, indexes: readonly number[]): Promise<LedgerRecord[]> {
    const { db, logId } = this.options;
    return (await readRecords(db, logId, indexes)).filter((record) => fits(record, filter));
  }

  private async byEvent(eventId: string, filter: AuditFilter, end: number): Promise<Found> {
    const { db, logId } = this.options;
    const index = await indexOfEvent(db, logId, eventId);
    const records = index === null || index >= end ? [] : await readRecords(db, logId, [index]);
    return { records: records.filter((record) => fits(record, filter)), next: null };
  }

  /** Indexes that may fit, newest first. */
  private async *candidates(filter: AuditFilter, end: number): AsyncGenerator<number> {
    // Taken once: a segment that moves to PostgreSQL meanwhile must not be missed or met twice.
    const inMemory = [...this.segments];
    const { fields, words } = termsOfFilter(filter);
    const ordered = rarestFirst(fields, words, inMemory);
    const span = secondsOf(filter);
    for (const segment of inMemory.toReversed()) {
      const all = this.hitsInMemory(segment, fields, words);
      const size = Math.min(segment.times.length, end - segment.first);
      yield* indexesFrom(segment.first, newestFirst(within(span, segment.times, all), size));
    }
    let to = Math.min(inMemory[0]?.first ?? 0, Math.ceil(end / segmentSize) * segmentSize);
    for (let chunk = firstChunk; to > 0; chunk *= chunkGrowth) {
      const start = Math.max(0, to - chunk * segmentSize);
      for (const [first, hits] of await this.storedHits(ordered, span, start, to)) {
        yield* indexesFrom(first, newestFirst(hits, end - first));
      }
      to = start;
    }
  }

  private hitsInMemory(segment: OpenSegment, fields: readonly Term[], words: readonly Term[]): Hits {
    const hitsOf = (terms: readonly Term[]) => terms.map((term) => segment.hits(term)).reduce(intersect, everything);
    return intersect(hitsOf(fields), words.length === 0 ? everything : unite(hitsOf(words), segment.overflowing));
  }

  /** The hits in each stored segment of [start, to), newest first; segments without are left out. */
  private async storedHits(
    { rare, common }: OrderedTerms,
    span: Span,
    start: number,
    to: number,
    known: readonly store.Segment[] | null = null,
  ): Promise<[number, Hits][]> {
    const { db, logId } = this.options;
    const segments = known ?? (await store.segmentsWithin(db, logId, start, to, span.from, span.to));
    let hits = new Map<number, Hits>(segments.map(({ first }) => [first, everything]));
    // Those whose words are not indexed fit as far as their words go.
    const overflowing = new Map(segments.map((segment) => [segment.first, segment.overflowing]));
    // Rare terms one by one, for each leaves fewer segments to read; what is left of the common ones at once.
    for (const group of [...rare.map((term) => [term]), common]) {
      if (hits.size === 0) break;
      const segmentsLeft = [...hits.keys()];
      const found = await Promise.all(group.map(({ term }) => store.postings(db, logId, bucketOf(term), segmentsLeft)));
      for (const [i, postings] of found.entries()) {
        const wanted = group[i];
        if (wanted !== undefined) hits = narrow(hits, postings, wanted, overflowing);
      }
    }
    if (span.from !== null || span.to !== null) {
      for (const { first, times } of await store.timesOf(db, logId, [...hits.keys()], span.from, span.to)) {
        hits.set(first, within(span, times, hits.get(first) ?? nothing));
      }
    }
    return [...hits].toSorted(([a], [b]) => b - a);
  }
}

interface WantedTerm {
  readonly term: Term;
  readonly isWord: boolean;
}

interface OrderedTerms {
  /** The rarest first. */
  readonly rare: readonly WantedTerm[];
  readonly common: readonly WantedTerm[];
}

/** By how often they come in the newest records. */
function rarestFirst(fields: readonly Term[], words: readonly Term[], newest: readonly OpenSegment[]): OrderedTerms {
  const records = newest.reduce((sum, { times }) => sum + times.length, 0);
  const counted = [
    ...fields.map((term) => ({ term, isWord: false })),
    ...words.map((term) => ({ term, isWord: true })),
  ].map((wanted) => ({ wanted, count: newest.reduce((sum, segment) => sum + segment.count(wanted.term), 0) }));
  const isCommon = ({ count }: { count: number }) => count > records / 16;
  const rare = counted.filter((one) => !isCommon(one)).toSorted((a, b) => a.count - b.count);
  return { rare: rare.map(({ wanted }) => wanted), common: counted.filter(isCommon).map(({ wanted }) => wanted) };
}

/** The hits that have the term as well, of the segments that have any. */
function narrow(
  hits: ReadonlyMap<number, Hits>,
  postings: readonly { first: number; postings: Buffer }[],
  { term, isWord }: WantedTerm,
  overflowing: ReadonlyMap<number, readonly number[]>,
): Map<number, Hits> {
  const buckets = new Map(postings.map(({ first, postings: bucket }) => [first, bucket]));
  const narrowed = new Map<number, Hits>();
  for (const [first, before] of hits) {
    const bucket = buckets.get(first);
    const having = bucket === undefined ? nothing : hitsIn(bucket, term);
    const both = intersect(before, isWord ? unite(having, overflowing.get(first) ?? []) : having);
    if (!isEmpty(both)) narrowed.set(first, both);
  }
  return narrowed;
}

function* indexesFrom(first: number, offsets: Iterable<number>): Generator<number> {
  for (const offset of offsets) yield first + offset;
}

/** In whole seconds, inclusive on both sides: the records themselves are checked more finely. */
interface Span {
  readonly from: number | null;
  readonly to: number | null;
}

/** From when until when records are counted: as asked for, or as there are. */
function extentOf(span: Span, stored: readonly Extent[], inMemory: readonly OpenSegment[]): Extent | null {
  const times = inMemory.flatMap((segment) => segment.times);
  const least = (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const from = span.from ?? least([...stored.map((segment) => segment.from), ...times]);
  const to = span.to ?? -least([...stored.map((segment) => -segment.to), ...times.map((time) => -time)]);
  return Number.isFinite(from) && Number.isFinite(to) && from <= to ? { from, to } : null;
}

const secondsOf = ({ from, to }: AuditFilter): Span => ({
  from: from === undefined ? null : Math.floor(Date.parse(from) / 1000),
  // Exclusive: the second of the last millisecond before it.
  to: to === undefined ? null : Math.floor((Date.parse(to) - 1) / 1000),
});

const within = ({ from: earliest, to: latest }: Span, times: ArrayLike<number>, hits: Hits): Hits => {
  if (earliest === null && latest === null) return hits;
  const list: number[] = [];
  for (const hit of newestFirst(hits, times.length)) {
    const at = times[hit] ?? Number.NaN;
    if ((earliest === null || at >= earliest) && (latest === null || at <= latest)) list.push(hit);
  }
  return { list: list.toReversed() };
};
