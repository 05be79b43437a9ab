/**
 * How the directory of a process is called: its place in the order, and by what to tell whether the process is still there.
 * `<sequence>.<host>.<pid>.<when it began>.<random>`, so that the oldest is sent first, and one in a container that was started
 * again is not taken for the one before it. A host is a name and a namespace of processes: containers may share the name. What is
 * left for whoever comes has `left` in the place of a host.
 */
import { lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** A process elsewhere that has not touched its directory for longer may be gone, unless a clock was set. */
const silentAfterMs = 10 * 60_000;
/** For so long no clock is set ahead. */
const goneAfterMs = 3_600_000;
const digits = 12;

export const nameOf = (sequence: number, random: Buffer): string =>
  [
    String(sequence).padStart(digits, '0'),
    hostOfProcess,
    process.pid,
    beginOf(process.pid),
    random.toString('hex'),
  ].join('.');

/** What nobody writes to any more. */
export const nameOfLeft = (sequence: number, random: Buffer): string =>
  [String(sequence).padStart(digits, '0'), left, 0, 0, random.toString('hex')].join('.');

const left = 'left';

/** From 1; 0 when it is no such name. */
export const sequenceOf = (name: string): number => Number(partsOf(name)?.['sequence'] ?? 0);

/** What is known of its process; `touchedAt`, Unix ms, says whether it is heard of meanwhile. */
export type Owner =
  | { readonly is: 'alive' | 'gone' }
  /** It has not been heard of for a while. */
  | { readonly is: 'silent'; readonly touchedAt: number };

export function ownerOf(directory: string, name: string): Owner {
  const parts = partsOf(name);
  const found = lstatSync(join(directory, name), { throwIfNoEntry: false });
  if (parts === undefined || found === undefined) return { is: 'alive' };
  if (parts['host'] === left) return { is: 'gone' };
  const silentForMs = Date.now() - found.mtimeMs;
  const isHere = parts['host'] === hostOfProcess;
  if (isHere && parts['begin'] !== '0') {
    const pid = Number(parts['pid']);
    // Another process may have its number by now.
    return { is: isRunning(pid) && beginOf(pid) === parts['begin'] ? 'alive' : 'gone' };
  }
  if ((isHere && !isRunning(Number(parts['pid']))) || silentForMs > goneAfterMs) return { is: 'gone' };
  return silentForMs > silentAfterMs ? { is: 'silent', touchedAt: found.mtimeMs } : { is: 'alive' };
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

/** The name alone where there are no namespaces. */
const hostOfProcess = `${hostname()}-${namespaceOfProcesses()}`;

function namespaceOfProcesses(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
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
