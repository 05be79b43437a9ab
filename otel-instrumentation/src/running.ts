/** What has been started of this package in this process: by hand, or by itself when it is first needed. */
import { Instrumentation, type StartOptions } from './instrumentation.ts';

let current: Instrumentation | null = null;
let byItself: StartOptions | null = null;
/** What runs was started by itself. */
let isByItself = false;

/** Null when nothing was started, and nothing starts by itself. */
export function running(): Instrumentation | null {
  if (current === null && byItself !== null) {
    begin(byItself);
    isByItself = true;
  }
  return current;
}

/** Without starting anything. */
export const runningNow = (): Instrumentation | null => current;

/** What was started by itself makes room, unless the service relies on it already. Throws when there is no room. */
export function begin(options: StartOptions): Instrumentation {
  if (current !== null && !isByItself) throw new Error('@countersign/otel-instrumentation is started already');
  if (current?.hasHandlers === true) {
    throw new Error(
      'call start() of @countersign/otel-instrumentation before decider(), verdicts() and compensations()',
    );
  }
  current?.shutdown(makeRoomMs).catch(() => undefined);
  isByItself = false;
  current = new Instrumentation(options);
  current.ready.catch(() => undefined);
  return current;
}

/** From now on it starts when it is first needed, and again after it was ended. */
export function startByItself(options: StartOptions): void {
  byItself = options;
}

const makeRoomMs = 5_000;

/** There is room for another. */
export function end(): Instrumentation | null {
  const ending = current;
  current = null;
  return ending;
}

export const startsByItself = (): boolean => byItself !== null;
