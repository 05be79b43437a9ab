/** What has been started of this package in this process: by hand, or by itself when it is first needed. */
import { Instrumentation, type StartOptions } from './instrumentation.ts';

let current: Instrumentation | null = null;
/** The one that was started last, though it may have ended. */
let last: Instrumentation | null = null;
let byItself: StartOptions | null = null;
/** The last was started by itself. */
let isByItself = false;
/** The one that runs, and those that are ending. */
const alive = new Set<Instrumentation>();

/** Null when nothing was started, and nothing starts by itself. */
export function running(): Instrumentation | null {
  if (current === null && byItself !== null) {
    make(byItself, isByItself ? last : null);
    isByItself = true;
  }
  return current;
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
  end(makeRoomMs).catch(() => undefined);
  isByItself = false;
  return make(options, null);
}

function make(options: StartOptions, before: Instrumentation | null): Instrumentation {
  const made = new Instrumentation(options, running, before);
  current = made;
  last = made;
  alive.add(made);
  made.ready.catch(() => undefined);
  return made;
}

/** From now on it starts when it is first needed, and again after it was ended. */
export function startByItself(options: StartOptions): void {
  byItself = options;
}

const makeRoomMs = 5_000;

/** There is room for another at once. */
export async function end(timeoutMs: number): Promise<void> {
  const ending = current;
  current = null;
  if (ending === null) return;
  try {
    await ending.shutdown(timeoutMs);
  } finally {
    alive.delete(ending);
  }
}

/** At the end of the process: what is in memory is written to disk before it returns. */
export function keepOnDisk(): void {
  for (const one of alive) one.keepOnDisk();
}
