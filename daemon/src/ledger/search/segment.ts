/**
 * A segment of the search index: for each term, which of 16,384 records in a row have it. While it fills it is in memory;
 * full, it is 512 buckets of bytes, so that a search reads one bucket a term. Pure.
 */
import type { LedgerRecord } from '../record.ts';
import { termsOf, type Term } from './terms.ts';

export const segmentSize = 16_384;
export const buckets = 512;
export const bucketOf = (term: Term): number => term >>> 23;
const bitmapBytes = segmentSize / 8;
/** Up to here a list of 2 bytes a hit is smaller than a bit for each record. */
const listLimit = segmentSize / 16;

/** Which records of a segment: their offsets, ascending, or a bit for each. */
export type Hits = { readonly list: readonly number[] } | { readonly bits: Uint8Array };

export const everything: Hits = { bits: new Uint8Array(bitmapBytes).fill(0xff) };
export const nothing: Hits = { list: [] };

export class OpenSegment {
  /** Index of its first record. */
  readonly first: number;
  /** Seconds since 1970 at which each event happened. */
  readonly times: number[] = [];
  /** Records with more words than are indexed. */
  readonly overflowing: number[] = [];
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
    const { terms, overflows } = termsOf(record);
    if (overflows) this.overflowing.push(offset);
    for (const term of terms) {
      const hits = this.postings.get(term);
      if (hits === undefined) this.postings.set(term, [offset]);
      else if (hits.at(-1) !== offset) hits.push(offset);
    }
  }

  hits(term: Term): Hits {
    return { list: this.postings.get(term) ?? [] };
  }

  count(term: Term): number {
    return this.postings.get(term)?.length ?? 0;
  }

  /** The buckets that are not empty. */
  seal(): Map<number, Buffer> {
    const byBucket = new Map<number, (readonly [Term, readonly number[]])[]>();
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
function encodeBucket(postings: readonly (readonly [Term, readonly number[]])[]): Buffer {
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
  return nothing;
}

const bytesOf = (hits: number) => (hits <= listLimit ? hits * 2 : bitmapBytes);

const decodeHits = (bytes: Buffer, count: number): Hits =>
  count > listLimit ? { bits: bytes } : { list: Array.from({ length: count }, (_, i) => bytes.readUInt16BE(i * 2)) };

/** What is in both. */
export function intersect(a: Hits, b: Hits): Hits {
  if ('bits' in a && 'bits' in b) {
    const { bits } = b;
    return { bits: a.bits.map((byte, i) => byte & (bits[i] ?? 0)) };
  }
  const [{ list }, other] = 'list' in a ? [a, b] : [b as { list: readonly number[] }, a];
  if ('bits' in other) return { list: list.filter((hit) => hasBit(other.bits, hit)) };
  const there = new Set(other.list);
  return { list: list.filter((hit) => there.has(hit)) };
}

/** What is in either. */
export function unite(a: Hits, list: readonly number[]): Hits {
  if (list.length === 0) return a;
  const there = new Set([...newestFirst(a, segmentSize), ...list]);
  return { list: [...there].toSorted((x, y) => x - y) };
}

export const isEmpty = (hits: Hits): boolean =>
  'list' in hits ? hits.list.length === 0 : hits.bits.every((byte) => byte === 0);

const hasBit = (bits: Uint8Array, hit: number) => ((bits[hit >>> 3] ?? 0) & (1 << (hit & 7))) !== 0;

/** Their offsets below `end`, the newest first. */
export function* newestFirst(hits: Hits, end: number): Generator<number> {
  if ('list' in hits) {
    for (let i = hits.list.length - 1; i >= 0; i--) {
      const hit = hits.list[i] ?? 0;
      if (hit < end) yield hit;
    }
    return;
  }
  for (let i = Math.min(bitmapBytes, Math.ceil(end / 8)) - 1; i >= 0; i--) {
    const byte = hits.bits[i] ?? 0;
    if (byte === 0) continue;
    for (let bit = 7; bit >= 0; bit--) {
      if ((byte & (1 << bit)) !== 0 && i * 8 + bit < end) yield i * 8 + bit;
    }
  }
}
