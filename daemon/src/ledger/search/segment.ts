/**
 * A segment of the search index: for each term, which of 16,384 records in a row have it. While it fills it is in memory;
 * full, it is 512 buckets of bytes, so that a search reads one bucket a term. Pure.
 */
import type { LedgerRecord } from '../record.ts';
import { termsOf, type Term } from './terms.ts';

export const segmentSize = 16_384;
export const buckets = 512;
export const bucketOf = (term: Term): number => term >>> 23;
/** Up to here a list of 2 bytes a hit is smaller than a bit for each record. */
const listLimit = segmentSize / 16;
const bitmapBytes = segmentSize / 8;

/** Offsets of records within a segment, ascending. */
export type Hits = readonly number[];

export class OpenSegment {
  /** Index of its first record. */
  readonly first: number;
  /** Seconds since 1970 at which each event happened. */
  readonly times: number[] = [];
  private readonly postings = new Map<Term, number[]>();

  constructor(first: number) {
    this.first = first;
  }

  get isFull(): boolean {
    return this.times.length === segmentSize;
  }

  add(record: LedgerRecord): void {
    const offset = this.times.length;
    this.times.push(Math.floor(Date.parse(record.event.time) / 1000));
    for (const term of termsOf(record)) {
      const hits = this.postings.get(term);
      if (hits === undefined) this.postings.set(term, [offset]);
      else if (hits.at(-1) !== offset) hits.push(offset);
    }
  }

  hits(term: Term): Hits {
    return this.postings.get(term) ?? [];
  }

  /** The buckets that are not empty. */
  seal(): Map<number, Buffer> {
    const byBucket = new Map<number, [Term, number[]][]>();
    for (const posting of this.postings) {
      const bucket = bucketOf(posting[0]);
      const there = byBucket.get(bucket);
      if (there === undefined) byBucket.set(bucket, [posting]);
      else there.push(posting);
    }
    return new Map([...byBucket].map(([bucket, postings]) => [bucket, encodeBucket(postings)]));
  }
}

/** Number of terms (2 bytes), for each its 4 bytes and number of hits − 1 (2 bytes), then for each its hits. */
function encodeBucket(postings: readonly (readonly [Term, Hits])[]): Buffer {
  const size = postings.reduce((sum, [, hits]) => sum + 6 + bytesOf(hits.length), 2);
  const bytes = Buffer.alloc(size);
  let at = bytes.writeUInt16BE(postings.length, 0);
  for (const [term, hits] of postings) {
    at = bytes.writeInt32BE(term, at);
    at = bytes.writeUInt16BE(hits.length - 1, at);
  }
  for (const [, hits] of postings) {
    if (hits.length <= listLimit) for (const [i, hit] of hits.entries()) bytes.writeUInt16BE(hit, at + i * 2);
    else for (const hit of hits) bytes[at + (hit >>> 3)]! |= 1 << (hit & 7);
    at += bytesOf(hits.length);
  }
  return bytes;
}

/** The hits of a term in a bucket that `seal` made. */
export function hitsIn(bucket: Buffer, term: Term): Hits {
  const terms = bucket.readUInt16BE(0);
  let at = 2 + terms * 6;
  for (let i = 0; i < terms; i++) {
    const count = bucket.readUInt16BE(2 + i * 6 + 4) + 1;
    if (bucket.readInt32BE(2 + i * 6) === term) return decodeHits(bucket.subarray(at, at + bytesOf(count)), count);
    at += bytesOf(count);
  }
  return [];
}

const bytesOf = (hits: number) => (hits <= listLimit ? hits * 2 : bitmapBytes);

function decodeHits(bytes: Buffer, count: number): Hits {
  if (count <= listLimit) return Array.from({ length: count }, (_, i) => bytes.readUInt16BE(i * 2));
  const hits: number[] = [];
  for (const [i, byte] of bytes.entries()) {
    for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) hits.push(i * 8 + bit);
  }
  return hits;
}

/** What is in both, ascending. */
export function intersect(a: Hits, b: Hits): Hits {
  const both: number[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const [x, y] = [a[i]!, b[j]!];
    if (x === y) both.push(x);
    if (x <= y) i += 1;
    if (y <= x) j += 1;
  }
  return both;
}
