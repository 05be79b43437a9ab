/** What the leaf of an event is hashed from. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** An entry bundle has room for no more in 16 bits (C2SP tlog-tiles). */
export const largestEntryBytes = 65_535;

export interface LogEntry {
  readonly entry: Buffer;
  /** The bytes of the event, when they are too many for an entry; null when they are the entry. */
  readonly body: Buffer | null;
}

/** The bytes themselves, or for too many of them a commitment in canonical JSON (RFC 8785) by their hash and length. */
export function entryOf(bytes: Buffer): LogEntry {
  return bytes.length <= largestEntryBytes ? { entry: bytes, body: null } : { entry: commitmentTo(bytes), body: bytes };
}

/** `{"body":{"hash":"sha256:…","size":…}}`; no event can look like it, for every event has an id. */
export function commitmentTo(body: Uint8Array): Buffer {
  const hash = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  const text = canonicalize({ body: { hash, size: body.length } });
  if (text === undefined) throw new TypeError('a commitment has to be an object');
  return Buffer.from(text, 'utf8');
}
