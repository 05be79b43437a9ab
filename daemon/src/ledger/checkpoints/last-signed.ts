/** The last checkpoint that a key has signed, in a file that the database's administrator does not hold. */
import { readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { parseCheckpoint, parseNote, type Checkpoint } from '@countersign/contract/note';

export class LastSigned {
  private readonly path: string;
  /** Null before the first. */
  checkpoint: Checkpoint | null;

  /** Throws when the file is there and holds no checkpoint. */
  constructor(path: string) {
    this.path = path;
    this.checkpoint = read(path);
  }

  /** Throws when it is of another log than `origin`. */
  assertOf(origin: string): void {
    if (this.checkpoint === null || this.checkpoint.origin === origin) return;
    throw new Error(
      `${this.path} holds the last checkpoint of ${this.checkpoint.origin}, and this log is ${origin}. ` +
        'Give each log a key file of its own.',
    );
  }

  /** Durable when it resolves. */
  async write(note: string): Promise<void> {
    const checkpoint = checkpointOf(note);
    if (checkpoint === null) throw new TypeError('this is no checkpoint');
    const fresh = `${this.path}.new`;
    const file = await open(fresh, 'w', 0o600);
    try {
      await file.writeFile(note);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, this.path);
    this.checkpoint = checkpoint;
  }
}

function read(path: string): Checkpoint | null {
  let note: string;
  try {
    note = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const checkpoint = checkpointOf(note);
  if (checkpoint === null) throw new Error(`${path} holds no checkpoint. Restore it, or see the operations guide.`);
  return checkpoint;
}

function checkpointOf(note: string): Checkpoint | null {
  const parsed = parseNote(note);
  return parsed === null ? null : parseCheckpoint(parsed.text);
}
