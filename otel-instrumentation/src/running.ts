/** What has been started of this package in this process: by hand, or by itself when it is first needed. */
import { Instrumentation } from './instrumentation.ts';
import type { StartOptions } from './start-options.ts';
import { Unsaid } from './unsaid.ts';

let current: Instrumentation | null = null;
/** The one that was started last, though it may have ended. */
let last: Instrumentation | null = null;
let byItself: (StartOptions & { readonly onTrouble: (message: string) => void }) | null = null;
let unsaid: Unsaid | null = null;
/** The last was started by itself. */
let isByItself = false;
/** The one that runs, and those that are ending. */
const alive = new Set<Instrumentation>();

/** Null when nothing was started, and nothing starts by itself. */
export function running(): Instrumentation | null {
  startIfNone();
  unsaid?.sayAll();
  return current;
}

/** What cannot start is said, and the service goes on: it asked for a decision, not for us. */
function startIfNone(): void {
  if (current !== null || byItself === null) return;
  try {
    make(byItself, isByItself ? last : null);
    isByItself = true;
  } catch (error) {
    byItself.onTrouble(`countersign: nothing is recorded: ${error instanceof Error ? error.message : String(error)}`);
    byItself = null;
  }
}

/** Without starting anything. */
export const runningNow = (): Instrumentation | null => current;

/** Events that were given up, before and after it ended. */
export const dropped = (): number => last?.dropped ?? 0;

/** What was started by itself makes room, unless the service relies on it already. Throws when there is no room. */
export function begin(options: StartOptions): Instrumentation {
  if (current !== null && !isByItself) throw new Error('@countersign/otel-instrumentation is started already');
  if (current?.hasHandlers === true) {
    throw new Error(
      'call start() of @countersign/otel-instrumentation before decider(), verdicts() and compensations()',
    );
  }
  end(makeRoomMs, true).catch(() => undefined);
  isByItself = false;
  return make(options, null);
}

function make(options: StartOptions, before: Instrumentation | null): Instrumentation {
  const made = new Instrumentation(options, running, before);
  current = made;
  last = made;
  alive.add(made);
  return made;
}

/** From now on it starts when it is first needed, and again after it was ended. What goes wrong before it is needed is said then. */
export function startByItself(options: StartOptions): void {
  unsaid = new Unsaid(options.onTrouble ?? ((message) => console.warn(message)));
  const { say } = unsaid;
  byItself = { ...options, onTrouble: say };
}

/** Starts it before it is needed. Resolves when it is known what the AI may do, or that NATS or the daemon is not there. */
export function startAhead(): Promise<void> {
  startIfNone();
  return current?.tried ?? Promise.resolve();
}

const makeRoomMs = 5_000;
/** Those that are ending, until they have. */
const ends = new Set<Promise<void>>();

/**
 * There is room for another at once. Resolves when all have ended that were to: who asks a second time waits for the first. The process
 * stays for it, unless it is aside.
 */
export async function end(timeoutMs: number, isAside = false): Promise<void> {
  const ending = current;
  current = null;
  if (ending !== null) {
    const ended = ending.shutdown(timeoutMs, isAside).finally(() => {
      alive.delete(ending);
      ends.delete(ended);
    });
    ends.add(ended);
  }
  await Promise.all(ends);
}

/** Of those that run or are ending: events that are not acknowledged yet. */
export const pendingOfAll = (): number => [...alive].reduce((sum, one) => sum + one.pending, 0);

/** Whether all of it was sent in the time. */
export async function flushAll(timeoutMs: number): Promise<boolean> {
  const flushed = await Promise.all([...alive].map((one) => one.flush(timeoutMs)));
  return flushed.every(Boolean);
}

/** At the end of the process: what is in memory is written to disk before it returns. */
export function keepOnDisk(): void {
  for (const one of alive) one.keepOnDisk();
}
