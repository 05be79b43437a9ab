/**
 * A spooled event as bytes: length and CRC-32 of what follows, little-endian; then the length of a JSON header, the header,
 * the event's body, and the input that goes along, if one does. Pure.
 */
import { crc32 } from 'node:zlib';

/** An event, written and ready to be sent. */
export interface SpooledEvent {
  readonly id: string;
  readonly subject: string;
  readonly body: Buffer;
  readonly snapshot: { readonly hash: string; readonly content: Uint8Array } | null;
}

interface Header {
  readonly id: string;
  readonly subject: string;
  readonly body: number;
  /** Its hash, when an input goes along. */
  readonly input: string | null;
}

const prefix = 8;
/** More cannot be an event with its input: what says so is damaged. */
const mostBytes = 128 * 1_048_576;

export function writeRecord({ id, subject, body, snapshot }: SpooledEvent): Buffer {
  const header: Header = { id, subject, body: body.length, input: snapshot?.hash ?? null };
  const json = Buffer.from(JSON.stringify(header), 'utf8');
  const record = Buffer.concat([Buffer.alloc(prefix + 4), json, body, snapshot?.content ?? Buffer.alloc(0)]);
  record.writeUInt32LE(json.length, prefix);
  record.writeUInt32LE(record.length - prefix, 0);
  record.writeUInt32LE(crc32(record.subarray(prefix)), 4);
  return record;
}

/** The records from the beginning on, up to the first that is damaged or not all there. */
export function readRecords(bytes: Buffer): { events: SpooledEvent[]; bytes: number; isWhole: boolean } {
  const events: SpooledEvent[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < prefix) break;
    const length = bytes.readUInt32LE(at);
    const end = at + prefix + length;
    if (length > mostBytes || length < 4 || end > bytes.length) break;
    const content = bytes.subarray(at + prefix, end);
    const event = crc32(content) === bytes.readUInt32LE(at + 4) ? read(content) : null;
    if (event === null) break;
    events.push(event);
    at = end;
  }
  return { events, bytes: at, isWhole: at === bytes.length };
}

function read(content: Buffer): SpooledEvent | null {
  const jsonEnd = 4 + content.readUInt32LE(0);
  if (jsonEnd > content.length) return null;
  const { id, subject, body, input } = JSON.parse(content.toString('utf8', 4, jsonEnd)) as Header;
  const bodyEnd = jsonEnd + body;
  const snapshot = input === null ? null : { hash: input, content: content.subarray(bodyEnd) };
  return { id, subject, body: content.subarray(jsonEnd, bodyEnd), snapshot };
}
