/** Rows for COPY in PostgreSQL's binary format, written into one buffer. Format: PostgreSQL manual, COPY, "Binary Format". */
import { pipeline } from 'node:stream/promises';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

const header = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
/** Microseconds count from the year 2000 there. */
const epochMs = Date.UTC(2000, 0, 1);
const twoTo32 = 2 ** 32;
const hyphen = 0x2d;
/** Of a lower-case hex digit: letters have the bit 0x40. */
const nibble = (code: number) => (code & 0x40 ? code - 0x57 : code - 0x30);

/** Fields are added in the order of the columns; each method adds one, null for NULL. */
export class CopyRows {
  private buffer: Buffer;
  private at: number;

  /** `expectedBytes` spares copying when it is enough. */
  constructor(expectedBytes: number) {
    this.buffer = Buffer.allocUnsafe(header.length + expectedBytes + 2);
    this.at = header.copy(this.buffer);
  }

  row(fields: number): this {
    this.room(2);
    this.at = this.buffer.writeInt16BE(fields, this.at);
    return this;
  }

  text(value: string | null): this {
    if (value === null) return this.null();
    this.room(4 + value.length * 3);
    const length = this.buffer.write(value, this.at + 4, 'utf8');
    this.at = this.buffer.writeInt32BE(length, this.at) + length;
    return this;
  }

  /** A whole number, exact to 2^53 − 1. */
  bigint(value: number | null): this {
    if (value === null) return this.null();
    this.length(8);
    this.writeInt64(value);
    return this;
  }

  /** In lower case. */
  uuid(value: string | null): this {
    if (value === null) return this.null();
    this.length(16);
    for (let i = 0; i < value.length; i += 2) {
      if (value.charCodeAt(i) === hyphen) i += 1;
      this.buffer[this.at++] = (nibble(value.charCodeAt(i)) << 4) | nibble(value.charCodeAt(i + 1));
    }
    return this;
  }

  /** Milliseconds since 1970. */
  timestamp(value: number): this {
    this.length(8);
    this.writeInt64((value - epochMs) * 1_000);
    return this;
  }

  bytes(value: Uint8Array | null): this {
    if (value === null) return this.null();
    this.length(value.length);
    this.buffer.set(value, this.at);
    this.at += value.length;
    return this;
  }

  jsonb(value: object | null): this {
    if (value === null) return this.null();
    // Version 1 of its wire format is the text.
    return this.text(`\x01${JSON.stringify(value)}`);
  }

  private null(): this {
    this.room(4);
    this.at = this.buffer.writeInt32BE(-1, this.at);
    return this;
  }

  private length(bytes: number): void {
    this.room(4 + bytes);
    this.at = this.buffer.writeInt32BE(bytes, this.at);
  }

  private writeInt64(value: number): void {
    this.at = this.buffer.writeInt32BE(Math.floor(value / twoTo32), this.at);
    this.at = this.buffer.writeUInt32BE(((value % twoTo32) + twoTo32) % twoTo32, this.at);
  }

  private room(bytes: number): void {
    if (this.at + bytes + 2 <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe((this.at + bytes) * 2 + 2);
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
  }

  /** What was written and not taken yet; more may follow. */
  take(): Buffer {
    const taken = this.buffer.subarray(0, this.at);
    this.buffer = Buffer.allocUnsafe(this.buffer.length);
    this.at = 0;
    return taken;
  }

  /** As `take`, with the end of the copy. */
  finish(): Buffer {
    this.room(2);
    this.at = this.buffer.writeInt16BE(-1, this.at);
    return this.take();
  }
}

/** `into` is a table with its columns, `chunks` what a CopyRows gave. Rejects with PostgreSQL's error. */
export async function copyInto(
  client: PoolClient,
  into: string,
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
): Promise<void> {
  await pipeline(chunks, client.query(copyFrom(`COPY ${into} FROM STDIN (FORMAT binary)`)));
}
