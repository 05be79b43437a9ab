/**
 * Input snapshots: what a hash in a decision's entry stands for. Each is kept encrypted under a key of its own, so that
 * destroying the key erases it wherever copies of it are, while the entry, a salted commitment, proves what it proved.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Pool, Queryable } from '../database/index.ts';
import type { ContentStore } from './content-store.ts';
import * as store from './store.ts';

export type Snapshot =
  | { readonly is: 'content'; readonly bytes: Buffer }
  | { readonly is: 'erased'; readonly at: Date }
  /** It was never sent, or has not arrived yet. */
  | { readonly is: 'absent' };

const [nonceBytes, tagBytes] = [12, 16];

export class Snapshots {
  private readonly pool: Pool;
  private readonly contents: ContentStore;
  private readonly now: () => Date;

  constructor(pool: Pool, contents: ContentStore, now: () => Date) {
    this.pool = pool;
    this.contents = contents;
    this.now = now;
  }

  /** Files what was sent under its hash, which the caller has checked. What was erased stays erased. */
  async file(hash: string, bytes: Buffer): Promise<void> {
    // The key first: whoever files the same again finds it, and contents under another key could not be read.
    await store.insertSnapshot(this.pool, hash, randomBytes(32), this.now());
    const row = await store.readSnapshotRow(this.pool, hash);
    if (row === null || row.key === null) return;
    await this.contents.put(hash, encrypt(row.key, bytes));
    // Erased meanwhile: the contents that we have just put are of no use to anyone, and need not lie there.
    if ((await store.readSnapshotRow(this.pool, hash))?.key === null) await this.contents.delete(hash);
  }

  async read(hash: string): Promise<Snapshot> {
    const row = await store.readSnapshotRow(this.pool, hash);
    if (row?.erasedAt) return { is: 'erased', at: row.erasedAt };
    if (row === null || row.key === null) return { is: 'absent' };
    const bytes = await this.contents.get(hash);
    return bytes === null ? { is: 'absent' } : { is: 'content', bytes: decrypt(row.key, bytes) };
  }

  /** Destroys the key in the caller's transaction; false when that was done before. */
  eraseKey(db: Queryable, hash: string): Promise<boolean> {
    return store.eraseSnapshot(db, hash, this.now());
  }

  /** What is left without its key. */
  deleteContent(hash: string): Promise<void> {
    return this.contents.delete(hash);
  }
}

/** AES-256-GCM: nonce, tag, ciphertext. */
function encrypt(key: Buffer, bytes: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  const ciphertext = Buffer.concat([cipher.update(bytes), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]);
}

/** Throws when the bytes were changed. */
function decrypt(key: Buffer, bytes: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
  decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
  return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]);
}
