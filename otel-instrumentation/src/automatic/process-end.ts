/**
 * A program that has done its work ends, and what it recorded is sent before. A connection to NATS would keep it alive: so it
 * is let go of when nothing else is going on, and made again when it is needed again.
 */
import type { Instrumentation } from '../instrumentation.ts';
import { end, keepOnDisk, runningNow } from '../running.ts';

const lookEveryMs = 250;
/** Looks in a row that found nothing else going on. */
const idleLooks = 2;
const drainMs = 5_000;

export function endWithTheProcess(shutdownSdk: () => Promise<void>): void {
  let idle = 0;
  let isEnding = false;
  const look = setInterval(() => {
    const running = runningNow();
    const isDone = running !== null && running.isSettled && !running.isFollowed && isAlone(running.holds);
    idle = isDone && !isEnding ? idle + 1 : 0;
    if (idle < idleLooks) return;
    idle = 0;
    isEnding = true;
    void end(drainMs).finally(() => (isEnding = false));
  }, lookEveryMs);
  look.unref();

  let hasFlushed = false;
  process.on('beforeExit', () => {
    if (hasFlushed) return;
    hasFlushed = true;
    void Promise.allSettled([end(drainMs), shutdownSdk()]);
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const onSignal = () => {
      // Whoever else listens ends the process; otherwise it is for us to do.
      if (process.listeners(signal).some((listener) => !(ours in listener))) return;
      void Promise.allSettled([end(drainMs), shutdownSdk()]).finally(() => {
        process.off(signal, onSignal);
        // The last of us does it, when this package is loaded more than once.
        if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
      });
    };
    Object.assign(onSignal, { [ours]: true });
    process.on(signal, onSignal);
  }
  // `process.exit()` waits for nothing: what is in memory goes to disk.
  process.on('exit', keepOnDisk);
}

/** Marks listeners of this package, of every copy that is loaded. */
const ours = Symbol.for('countersign.process-end');

/** Standard input and output, and what a socket has beside it that is encrypted. */
const ofEveryProcess = new Set(['PipeWrap', 'TTYWrap', 'TLSWrap']);

/** Nothing keeps the process alive but what is ours. What is not shown, such as work on other threads, may go on. */
function isAlone(own: Instrumentation['holds']): boolean {
  const others = process.getActiveResourcesInfo().filter((resource) => !ofEveryProcess.has(resource));
  const timers = others.filter((resource) => resource === 'Timeout').length;
  const sockets = others.filter((resource) => resource === 'TCPSocketWrap').length;
  return timers <= own.timers && sockets <= own.sockets && timers + sockets === others.length;
}
