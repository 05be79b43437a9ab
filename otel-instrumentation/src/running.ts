/** What has been started of this package in this process: by hand, or by itself when it is first needed. */
import { Instrumentation, type StartOptions } from './instrumentation.ts';

let current: Instrumentation | null = null;
let byItself: StartOptions | null = null;

/** Null when nothing was started, and nothing starts by itself. */
export function running(): Instrumentation | null {
  if (current === null && byItself !== null) begin(byItself);
  return current;
}

/** Without starting anything. */
export const runningNow = (): Instrumentation | null => current;

export function begin(options: StartOptions): Instrumentation {
  if (current !== null) throw new Error('@countersign/otel-instrumentation is started already');
  current = new Instrumentation(options);
  current.ready.catch(() => undefined);
  return current;
}

/** From now on it starts when it is first needed, and again after it was ended. */
export function startByItself(options: StartOptions): void {
  byItself = options;
}

/** What was started by itself before somebody starts it by hand makes room. */
export function end(): Instrumentation | null {
  const ending = current;
  current = null;
  return ending;
}

export const startsByItself = (): boolean => byItself !== null;
