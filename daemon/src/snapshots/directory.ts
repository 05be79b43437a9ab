/** Contents as files, two levels deep so that no directory grows too large. */
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ContentStore } from './content-store.ts';

export class DirectoryStore implements ContentStore {
  private readonly directory: string;

  constructor(url: URL) {
    this.directory = fileURLToPath(url);
  }

  async put(name: string, bytes: Buffer): Promise<void> {
    const path = this.pathOf(name);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const fresh = `${path}.new`;
    const file = await open(fresh, 'w', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, path);
  }

  async get(name: string): Promise<Buffer | null> {
    try {
      return await readFile(this.pathOf(name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  async delete(name: string): Promise<void> {
    await rm(this.pathOf(name), { force: true });
  }

  private pathOf(name: string): string {
    const hex = /^(?:hmac-)?sha256:([0-9a-f]{64})$/.exec(name)?.[1];
    if (hex === undefined) throw new TypeError(`"${name}" is no name of a snapshot`);
    return join(this.directory, hex.slice(0, 2), hex);
  }
}
