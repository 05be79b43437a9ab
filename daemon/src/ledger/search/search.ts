/**
 * Search over the whole log, newest first. The newest records are indexed in memory, as they are committed; each full
 * segment of 16,384 goes to PostgreSQL. A search walks the segments from the newest, and stops when a page is full. What the
 * index proposes is checked against the records themselves, so a wrong index can hide a record and not invent one.
 */
import type { Queryable } from '../../database/index.ts';
import type { LedgerRecord } from '../record.ts';
import { firstKept, indexOfEvent, readFrom, readRecords } from '../store.ts';
import { bucketOf, hitsIn, intersect, OpenSegment, segmentSize, type Hits } from './segment.ts';
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
    await store.insertSegment(this.options.db, this.options.logId, full.first, full.times, full.seal());
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
    const end = Math.min(before ?? Number.MAX_SAFE_INTEGER, this.nextIndex);
    if (filter.event_id !== undefined) return this.byEvent(filter.event_id, filter, end);
    const found: LedgerRecord[] = [];
    for await (const candidates of this.candidates(filter, end)) {
      for (let at = 0; at < candidates.length; at += readAtOnce) {
        // A little more than a page, because the index may propose too much.
        const wanted = Math.max(limit + 1 - found.length, 16);
        for (let i = at; i < Math.min(at + readAtOnce, candidates.length); i += wanted) {
          const indexes = candidates.slice(i, Math.min(i + wanted, at + readAtOnce));
          const records = await readRecords(this.options.db, this.options.logId, indexes);
          found.push(...records.filter((record) => fits(record, filter)));
          if (found.length > limit) return { records: found.slice(0, limit), next: found[limit - 1]?.index ?? null };
        }
      }
    }
    return { records: found, next: null };
  }

  private async byEvent(eventId: string, filter: AuditFilter, end: number): Promise<Found> {
    const { db, logId } = this.options;
    const index = await indexOfEvent(db, logId, eventId);
    const records = index === null || index >= end ? [] : await readRecords(db, logId, [index]);
    return { records: records.filter((record) => fits(record, filter)), next: null };
  }

  /** Indexes that may fit, a segment at a time, newest first. */
  private async *candidates(filter: AuditFilter, end: number): AsyncGenerator<number[]> {
    const terms = termsOfFilter(filter);
    const span = secondsOf(filter);
    // Taken once: a segment that moves to PostgreSQL meanwhile must not be missed or met twice.
    const inMemory = [...this.segments];
    for (const segment of inMemory.toReversed()) {
      const hits = within(
        span,
        segment.times,
        allHits(terms, (term) => segment.hits(term), segment.times.length),
      );
      yield indexesOf(segment.first, hits, end);
    }
    let to = Math.min(inMemory[0]?.first ?? 0, Math.ceil(end / segmentSize) * segmentSize);
    for (let chunk = firstChunk; to > 0; chunk *= chunkGrowth) {
      const from = Math.max(0, to - chunk * segmentSize);
      for (const [first, hits] of await this.storedHits(terms, span, from, to)) yield indexesOf(first, hits, end);
      to = from;
    }
  }

  /** The hits in each stored segment of [from, to), newest first; segments without are left out. */
  private async storedHits(terms: readonly Term[], span: Span, from: number, to: number): Promise<[number, Hits][]> {
    const { db, logId } = this.options;
    let hits = new Map<number, Hits>();
    for (const segment of await store.segmentsWithin(db, logId, from, to, span.from, span.to))
      hits.set(segment, everything);
    for (const term of terms) {
      if (hits.size === 0) break;
      const narrowed = new Map<number, Hits>();
      for (const { first, postings } of await store.postings(db, logId, bucketOf(term), [...hits.keys()])) {
        const both = narrow(hits.get(first) ?? [], hitsIn(postings, term));
        if (both.length > 0) narrowed.set(first, both);
      }
      hits = narrowed;
    }
    if (span.from !== null || span.to !== null) {
      for (const { first, times } of await store.timesOf(db, logId, [...hits.keys()], span.from, span.to)) {
        hits.set(first, within(span, times, hits.get(first) ?? []));
      }
    }
    return [...hits].toSorted(([a], [b]) => b - a);
  }
}

/** In whole seconds, inclusive on both sides: the records themselves are checked more finely. */
interface Span {
  readonly from: number | null;
  readonly to: number | null;
}

const secondsOf = ({ from, to }: AuditFilter): Span => ({
  from: from === undefined ? null : Math.floor(Date.parse(from) / 1000),
  to: to === undefined ? null : Math.floor(Date.parse(to) / 1000),
});

const everything: Hits = Array.from({ length: segmentSize }, (_, i) => i);
const narrow = (a: Hits, b: Hits) => (a === everything ? b : intersect(a, b));

const allHits = (terms: readonly Term[], hitsOf: (term: Term) => Hits, size: number): Hits =>
  terms
    .map(hitsOf)
    .reduce(narrow, everything)
    .slice(0, terms.length === 0 ? size : undefined);

const within = ({ from, to }: Span, times: ArrayLike<number>, hits: Hits): Hits =>
  from === null && to === null
    ? hits
    : hits.filter((hit) => {
        const at = times[hit] ?? Number.NaN;
        return (from === null || at >= from) && (to === null || at <= to);
      });

/** Newest first. */
function indexesOf(first: number, hits: Hits, end: number): number[] {
  const indexes: number[] = [];
  for (let i = hits.length - 1; i >= 0; i--) {
    const index = first + (hits[i] ?? 0);
    if (index < end) indexes.push(index);
  }
  return indexes;
}
