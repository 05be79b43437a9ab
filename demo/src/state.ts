/** What the demo remembers between starts, in one small file that `npm run demo -- --degrade` writes to as well. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface DemoState {
  /** How many messages have arrived, over all rounds through the corpus. */
  readonly arrived: number;
  /** Damaged versions released so far; a rise of it is the order to release the next. */
  readonly damaged: number;
}

const beginning: DemoState = { arrived: 0, damaged: 0 };

export const readState = (path: string): DemoState =>
  existsSync(path) ? { ...beginning, ...(JSON.parse(readFileSync(path, 'utf8')) as Partial<DemoState>) } : beginning;

/** Changes the fields given and keeps the others as they are on disk now. */
export function writeState(path: string, change: Partial<DemoState>): DemoState {
  const state = { ...readState(path), ...change };
  mkdirSync(dirname(path), { recursive: true });
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, JSON.stringify(state));
  renameSync(fresh, path);
  return state;
}
