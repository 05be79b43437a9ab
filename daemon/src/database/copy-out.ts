/** Rows out of COPY in PostgreSQL's binary format, for reading many millions of them. */
import type { ClientBase } from 'pg';
import { to as copyTo } from 'pg-copy-streams';

/** The fields of a row in the order of its columns, in the wire format of their types; null for NULL. */
export type CopyRow = readonly (Buffer | null)[];

const headerBytes = 19;

/** The rows of a query, some at a time. Their buffers are views, good until the next lot is asked for. */
export async function* copyOut(client: ClientBase, query: string): AsyncGenerator<CopyRow[]> {
  const stream = client.query(copyTo(`COPY (${query}) TO STDOUT (FORMAT binary)`, { highWaterMark: 1_048_576 }));
  let rest: Buffer = Buffer.alloc(0);
  let started = false;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (!started) {
      if (bytes.length < headerBytes) {
        rest = bytes;
        continue;
      }
      bytes = bytes.subarray(headerBytes);
      started = true;
    }
    const rows: CopyRow[] = [];
    const at = parseRows(bytes, rows);
    rest = bytes.subarray(at);
    if (rows.length > 0) yield rows;
  }
}

/** Adds the whole rows of `bytes`; returns where the first that is not whole begins. */
function parseRows(bytes: Buffer, rows: CopyRow[]): number {
  let at = 0;
  for (;;) {
    if (at + 2 > bytes.length) return at;
    const columns = bytes.readInt16BE(at);
    // The end of the copy.
    if (columns < 0) return bytes.length;
    const row: (Buffer | null)[] = [];
    let next = at + 2;
    for (let i = 0; i < columns; i++) {
      if (next + 4 > bytes.length) return at;
      const length = bytes.readInt32BE(next);
      next += 4;
      if (length < 0) {
        row.push(null);
        continue;
      }
      if (next + length > bytes.length) return at;
      row.push(bytes.subarray(next, next + length));
      next += length;
    }
    rows.push(row);
    at = next;
  }
}

/** A bigint column, exact to 2^53 − 1. */
export const readBigint = (field: Buffer | null | undefined): number =>
  field ? field.readInt32BE(0) * 2 ** 32 + field.readUInt32BE(4) : Number.NaN;
