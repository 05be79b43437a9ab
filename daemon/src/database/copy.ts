/** Rows for COPY in PostgreSQL's binary format, written into one buffer. Format: PostgreSQL manual, COPY, "Binary Format". */
import { finished } from 'node:stream/promises';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

const header = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
/** Microseconds count from the year 2000 there. */
const epochMs = Date.UTC(2000, 0, 1);
const twoTo32 = 2 ** 32;

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
    return value === null ? this.null() : this.bytes(Buffer.from(value, 'utf8'));
  }

  /** A whole number, exact to 2^53 − 1. */
  bigint(value: number | null): this {
    if (value === null) return this.null();
    this.length(8);
    this.writeInt64(value);
    return this;
  }

  uuid(value: string | null): this {
    if (value === null) return this.null();
    this.length(16);
    this.at += this.buffer.write(value.replaceAll('-', ''), this.at, 'hex');
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
    return this.bytes(Buffer.from(`\x01${JSON.stringify(value)}`, 'utf8'));
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

  finish(): Buffer {
    this.room(2);
    return this.buffer.subarray(0, this.buffer.writeInt16BE(-1, this.at));
  }
}

/** `into` is a table with its columns. Rejects with PostgreSQL's error. */
export async function copyInto(client: PoolClient, into: string, rows: CopyRows): Promise<void> {
  const stream = client.query(copyFrom(`COPY ${into} FROM STDIN (FORMAT binary)`));
  stream.end(rows.finish());
  await finished(stream);
}
