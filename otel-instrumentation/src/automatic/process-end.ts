/**
 * A program that has done its work ends, and what it recorded is sent before. A connection to NATS would keep it alive: so it
 * is let go of when nothing else is going on, and made again when it is needed again.
 */
import { end, runningNow } from '../running.ts';

const lookEveryMs = 250;
/** Looks in a row that found nothing else going on. */
const idleLooks = 2;
const drainMs = 5_000;

export function endWithTheProcess(shutdownSdk: () => Promise<void>): void {
  let idle = 0;
  let isEnding = false;
  const look = setInterval(() => {
    const running = runningNow();
    idle = running !== null && !isEnding && running.pending === 0 && !running.isFollowed && isAlone() ? idle + 1 : 0;
    if (idle < idleLooks) return;
    idle = 0;
    isEnding = true;
    void (end()?.shutdown(drainMs) ?? Promise.resolve()).finally(() => (isEnding = false));
  }, lookEveryMs);
  look.unref();

  let hasFlushed = false;
  process.on('beforeExit', () => {
    if (hasFlushed) return;
    hasFlushed = true;
    void Promise.allSettled([end()?.shutdown(drainMs), shutdownSdk()]);
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const onSignal = () => {
      // Whoever else listens ends the process; otherwise it is for us to do.
      if (process.listenerCount(signal) > 1) return;
      void Promise.allSettled([end()?.shutdown(drainMs), shutdownSdk()]).finally(() => {
        process.off(signal, onSignal);
        process.kill(process.pid, signal);
      });
    };
    process.on(signal, onSignal);
  }
  // `process.exit()` waits for nothing: what is in memory goes to disk.
  process.on('exit', () => runningNow()?.keepOnDisk());
}

/** Timers, ours among them, and standard input and output. */
const ofEveryProcess = new Set(['Timeout', 'PipeWrap', 'TTYWrap']);

/** Nothing keeps the process alive but timers, and one socket, which is ours. */
function isAlone(): boolean {
  const others = process.getActiveResourcesInfo().filter((resource) => !ofEveryProcess.has(resource));
  return others.length <= 1 && others.every((resource) => resource === 'TCPSocketWrap');
}
