/**
 * How the directory of a process is called: its place in the order, and by what to tell whether the process is still there.
 * `<sequence>.<host>.<pid>.<when it began>.<random>`, so that the oldest is sent first, and one in a container that was started
 * again is not taken for the one before it.
 */
import { lstatSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** A process that has not touched its directory for longer is gone, whatever else is known of it. */
const goneAfterMs = 10 * 60_000;
const digits = 12;

export const nameOf = (sequence: number, random: Buffer): string =>
  [String(sequence).padStart(digits, '0'), hostname(), process.pid, beginOf(process.pid), random.toString('hex')].join(
    '.',
  );

/** From 1; 0 when it is no such name. */
export const sequenceOf = (name: string): number => Number(partsOf(name)?.['sequence'] ?? 0);

/** Whether its process is gone. */
export function isLeft(directory: string, name: string): boolean {
  const parts = partsOf(name);
  if (parts === undefined) return false;
  const found = lstatSync(join(directory, name), { throwIfNoEntry: false });
  if (found === undefined) return false;
  if (Date.now() - found.mtimeMs > goneAfterMs) return true;
  if (parts['host'] !== hostname()) return false;
  const pid = Number(parts['pid']);
  // Another process may have its number by now.
  return !isRunning(pid) || beginOf(pid) !== parts['begin'];
}

const partsOf = (name: string) =>
  /^(?<sequence>\d{12})\.(?<host>.+)\.(?<pid>\d+)\.(?<begin>\d+)\.[0-9a-f]{8}$/.exec(name)?.groups;

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process began, in ticks since the machine did (proc(5), field 22 of stat); 0 where that cannot be known. */
function beginOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in parentheses, may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0';
  } catch {
    return '0';
  }
}
