/** The tree as static bytes: C2SP tlog-tiles, read from what the log stores. What is served once never changes. */
import type { Tile } from '@countersign/contract/tiles';
import { tileWidth } from '@countersign/contract/tiles';
import type { Queryable } from '../database/index.ts';
import * as store from './store.ts';

/** Hashes of 32 bytes in a row, or entries with their lengths in 2 bytes before each; null when they are not all there. */
export async function readTile(db: Queryable, logId: string, tile: Tile): Promise<Buffer | null> {
  const start = tile.index * tileWidth;
  if (tile.level === 'entries') {
    const entries = await store.readEntries(db, logId, start, tile.width);
    return entries.length === tile.width ? bundle(entries) : null;
  }
  const hashes = await store.readHashes(db, logId)(tile.level, start, tile.width);
  return hashes.length === tile.width ? Buffer.concat(hashes) : null;
}

const bundle = (entries: readonly Buffer[]) =>
  Buffer.concat(
    entries.flatMap((entry) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(entry.length);
      return [length, entry];
    }),
  );
