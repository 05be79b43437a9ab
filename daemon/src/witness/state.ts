/** What a witness has signed last of each log, in one file: written whole, durable before anyone is answered. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseCheckpoint, parseNote, type Checkpoint } from '@countersign/contract/note';
import { treeHead } from '@countersign/contract/merkle';

/** By origin, the newest checkpoint with the signatures of log and witness. */
type Notes = Readonly<Record<string, string>>;

export class WitnessState {
  private readonly path: string;
  private notes: Notes;

  private constructor(path: string, notes: Notes) {
    this.path = path;
    this.notes = notes;
  }

  /** Holds the file until `close`. Throws when another process holds it, or when it is damaged. */
  static open(path: string): WitnessState {
    lock(`${path}.lock`);
    try {
      return new WitnessState(path, read(path));
    } catch (error) {
      rmSync(`${path}.lock`, { force: true });
      throw error;
    }
  }

  /** The empty tree for a log that was never seen. */
  get(origin: string): Checkpoint {
    return checkpointIn(this.notes[origin]) ?? { origin, size: 0, root: treeHead([]) };
  }

  byOriginHash(hash: string): string | null {
    const found = Object.entries(this.notes).find(([o]) => createHash('sha256').update(o).digest('hex') === hash);
    return found?.[1] ?? null;
  }

  /** Durable when it resolves. */
  async set({ origin }: Checkpoint, note: string): Promise<void> {
    const notes = { ...this.notes, [origin]: note };
    const fresh = `${this.path}.new`;
    const file = await open(fresh, 'w', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(notes, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, this.path);
    // The new name has to be on the disk as well.
    const directory = await open(dirname(this.path), 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
    this.notes = notes;
  }

  close(): void {
    rmSync(`${this.path}.lock`, { force: true });
  }
}

function read(path: string): Notes {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  const damaged = new Error(
    `${path} is no state of a witness. Restore it: without it the witness would sign a rolled-back log.`,
  );
  let notes: unknown;
  try {
    notes = JSON.parse(text);
  } catch {
    throw damaged;
  }
  if (typeof notes !== 'object' || notes === null) throw damaged;
  const bad = Object.entries(notes).some(([origin, note]) => checkpointIn(note)?.origin !== origin);
  if (bad) throw damaged;
  return notes as Notes;
}

function checkpointIn(note: unknown): Checkpoint | null {
  return typeof note === 'string' ? parseCheckpoint(parseNote(note)?.text ?? '', 'allowed') : null;
}

/** A lock of a process that is gone is taken over. */
function lock(path: string): void {
  for (let attempt = 1; ; attempt++) {
    try {
      const file = openSync(path, 'wx', 0o600);
      writeSync(file, String(process.pid));
      closeSync(file);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = Number(readFileSync(path, 'utf8'));
      if (attempt > 1 || isAlive(holder)) {
        throw new Error(`${path} is held by process ${holder}: one witness a state file. Stop the other one.`, {
          cause: error,
        });
      }
      rmSync(path, { force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
