/**
 * A spooled event as bytes: the mark of its file, by which the next one is found behind one that is damaged, and which nobody can put
 * into what is recorded, for it is drawn and in no event; length and CRC-32 of what
 * follows, little-endian; then the length of a JSON header, the header, the event's body, and the input that goes along, if one
 * does. Pure.
 */
import { crc32 } from 'node:zlib';

/** An event, written and ready to be sent. */
export interface SpooledEvent {
  readonly id: string;
  readonly subject: string;
  readonly body: Buffer;
  readonly snapshot: StoredInput | null;
}

/** An input that goes along. */
export interface StoredInput {
  /** Of `content`. */
  readonly hash: string;
  readonly content: Uint8Array;
  /** Of the input without its salt, and before anything was taken out of it. */
  readonly bareHash: string;
}

interface Header {
  readonly id: string;
  readonly subject: string;
  readonly body: number;
  /** Its hashes, when an input goes along. */
  readonly input: Omit<StoredInput, 'content'> | null;
}

export const markBytes = 8;
/** The mark, the length, the checksum. */
const prefix = markBytes + 8;
const none = Buffer.alloc(0);
/** More cannot be an event with its input: what says so is damaged. */
const mostBytes = 128 * 1_048_576;

export function writeRecord({ id, subject, body, snapshot }: SpooledEvent, mark: Buffer): Buffer {
  const input = snapshot === null ? null : { hash: snapshot.hash, bareHash: snapshot.bareHash };
  const header: Header = { id, subject, body: body.length, input };
  const json = JSON.stringify(header);
  const jsonBytes = Buffer.byteLength(json, 'utf8');
  const content = snapshot?.content ?? none;
  const record = Buffer.allocUnsafe(prefix + 4 + jsonBytes + body.length + content.length);
  mark.copy(record);
  record.writeUInt32LE(record.length - prefix, markBytes);
  record.writeUInt32LE(jsonBytes, prefix);
  record.write(json, prefix + 4, 'utf8');
  record.set(body, prefix + 4 + jsonBytes);
  record.set(content, prefix + 4 + jsonBytes + body.length);
  record.writeUInt32LE(crc32(record.subarray(prefix)), markBytes + 4);
  return record;
}

/** All records that are whole, and how often something between them, or at the end, is none. */
export function readRecords(
  bytes: Buffer,
  mark: Buffer,
): { readonly events: SpooledEvent[]; readonly damaged: number } {
  const events: SpooledEvent[] = [];
  let damaged = 0;
  let at = 0;
  while (at < bytes.length) {
    const record = recordAt(bytes, at, mark);
    if (record !== null) {
      events.push(record.event);
      at = record.end;
      continue;
    }
    damaged += 1;
    const next = nextRecord(bytes, at + 1, mark);
    if (next === null) break;
    at = next;
  }
  return { events, damaged };
}

function nextRecord(bytes: Buffer, from: number, mark: Buffer): number | null {
  for (let at = bytes.indexOf(mark, from); at >= 0; at = bytes.indexOf(mark, at + 1)) {
    if (recordAt(bytes, at, mark) !== null) return at;
  }
  return null;
}

function recordAt(
  bytes: Buffer,
  at: number,
  mark: Buffer,
): { readonly event: SpooledEvent; readonly end: number } | null {
  if (bytes.length - at < prefix || bytes.compare(mark, 0, markBytes, at, at + markBytes) !== 0) return null;
  const length = bytes.readUInt32LE(at + markBytes);
  const end = at + prefix + length;
  if (length > mostBytes || length < 4 || end > bytes.length) return null;
  const content = bytes.subarray(at + prefix, end);
  const event = crc32(content) === bytes.readUInt32LE(at + markBytes + 4) ? read(content) : null;
  return event === null ? null : { event, end };
}

function read(content: Buffer): SpooledEvent | null {
  const jsonEnd = 4 + content.readUInt32LE(0);
  if (jsonEnd > content.length) return null;
  const { id, subject, body, input } = JSON.parse(content.toString('utf8', 4, jsonEnd)) as Header;
  const bodyEnd = jsonEnd + body;
  const snapshot = input === null ? null : { ...input, content: content.subarray(bodyEnd) };
  return { id, subject, body: content.subarray(jsonEnd, bodyEnd), snapshot };
}
