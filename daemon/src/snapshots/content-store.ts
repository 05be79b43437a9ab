/** Where the encrypted contents of input snapshots are kept: PostgreSQL, a directory, or a bucket; chosen by a URL. */
import type { Pool } from '../database/index.ts';
import { DirectoryStore } from './directory.ts';
import { S3Store, type S3Credentials } from './s3.ts';
import { PostgresStore } from './store.ts';

/** Names are `sha256:…`; what is under one is replaced as a whole. */
export interface ContentStore {
  put(name: string, bytes: Buffer): Promise<void>;
  /** Null when there is none. */
  get(name: string): Promise<Buffer | null>;
  /** Nothing when there is none. */
  delete(name: string): Promise<void>;
}

/**
 * `postgres:`, `file:///directory`, or `s3://bucket/prefix?endpoint=https://…&region=…`.
 * Throws a RangeError that says what is wrong with the URL.
 */
export function openContentStore(url: string, pool: Pool, credentials: S3Credentials | null): ContentStore {
  if (!URL.canParse(url)) throw new RangeError(`"${url}" is no URL`);
  const parsed = new URL(url);
  switch (parsed.protocol) {
    case 'postgres:':
      return new PostgresStore(pool);
    case 'file:':
      return new DirectoryStore(parsed);
    case 's3:':
      return S3Store.at(parsed, credentials);
    default:
      throw new RangeError(`"${url}" begins with ${parsed.protocol}, want postgres:, file: or s3:`);
  }
}
