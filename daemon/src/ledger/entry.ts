/** An event as it goes into the log, and what its leaf is hashed from. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { CountersignEvent } from '@countersign/contract';
import { leafHash } from './tree.ts';

/** An entry bundle has room for no more in 16 bits (C2SP tlog-tiles). */
export const largestEntryBytes = 65_535;

export interface Entry {
  readonly event: CountersignEvent;
  /** What the leaf is hashed from. */
  readonly entry: Buffer;
  /** The bytes of the event, when they are too many for an entry; null when they are the entry. */
  readonly body: Buffer | null;
  readonly leafHash: Buffer;
  /** Its position on the JetStream stream; null for what the daemon writes itself. */
  readonly streamSequence: number | null;
}

/**
 * A validated event with the exact bytes it was read from. They are the entry, unless they are too many for one: then it is
 * a commitment in canonical JSON (RFC 8785) to their hash and length.
 */
export function newEntry(event: CountersignEvent, bytes: Buffer, streamSequence: number | null = null): Entry {
  const fit = bytes.length <= largestEntryBytes;
  const entry = fit ? bytes : commitmentTo(bytes);
  return { event, entry, body: fit ? null : bytes, leafHash: leafHash(entry), streamSequence };
}

/** `{"body":{"hash":"sha256:…","size":…}}`; no event can look like it, for every event has an id. */
export function commitmentTo(body: Uint8Array): Buffer {
  const hash = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  const text = canonicalize({ body: { hash, size: body.length } });
  if (text === undefined) throw new TypeError('a commitment has to be an object');
  return Buffer.from(text, 'utf8');
}
