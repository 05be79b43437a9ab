/**
 * A program that has done its work ends, and what it recorded is sent before. A connection to NATS would keep it alive: so it
 * is let go of when nothing else is going on, and made again when it is needed again.
 */
import type { Instrumentation } from '../instrumentation.ts';
import { end, keepOnDisk, runningNow } from '../running.ts';
import { letGo } from '../waiting.ts';
import { isPipe, pipesOf } from './standard-streams.ts';

const lookEveryMs = 100;
/** Looks in a row that found nothing else going on. */
const idleLooks = 2;
const drainMs = 5_000;
/** Signals that come closer to one another are one. */
const sameMs = 500;

export function endWithTheProcess(shutdownSdk: () => Promise<void>): void {
  let idle = 0;
  let isEnding = false;
  const pipes = pipesOf(resources);
  const look = setInterval(() => {
    const running = runningNow();
    const isDone =
      running !== null && running.isSettled && !running.isFollowed && isAlone(running.holds) && pipes.areIdle;
    idle = isDone && !isEnding ? idle + 1 : 0;
    if (idle < idleLooks) return;
    idle = 0;
    isEnding = true;
    void end(drainMs).finally(() => (isEnding = false));
  }, lookEveryMs);
  look.unref();

  const endAll = () => Promise.allSettled([end(drainMs), inTime(shutdownSdk())]);
  let hasFlushed = false;
  process.on('beforeExit', () => {
    if (hasFlushed) return;
    // It may not be over: the program has waited for the start. If it is, this comes again.
    if (letGo()) return void setImmediate(() => undefined);
    hasFlushed = true;
    void endAll();
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    let askedAt = Number.POSITIVE_INFINITY;
    const onSignal = () => {
      // Whoever else listens ends the process; otherwise it is for us to do.
      const others = process.listeners(signal).filter((listener) => !(ours in listener));
      if (others.length > lookersOn()) return;
      const endNow = () => {
        // What could not be sent in the time, and what was decided meanwhile.
        keepOnDisk();
        process.off(signal, onSignal);
        // The last of us does it, when this package is loaded more than once.
        if (process.listenerCount(signal) <= lookersOn()) process.kill(process.pid, signal);
      };
      // Who asks again does not want to wait. A terminal and npm may each hand on the same Ctrl-C.
      if (performance.now() - askedAt > sameMs) return endNow();
      askedAt = Math.min(askedAt, performance.now());
      void endAll().finally(endNow);
    };
    Object.assign(onSignal, { [ours]: true });
    process.on(signal, onSignal);
  }
  // `process.exit()` waits for nothing: what is in memory goes to disk.
  process.on('exit', keepOnDisk);
}

/**
 * Listeners to a signal that end nothing while there are others: those of the package signal-exit, of which each copy has one, and
 * which half of all command-line libraries bring along.
 */
function lookersOn(): number {
  const known = process as unknown as Readonly<Record<string | symbol, { readonly count?: unknown } | undefined>>;
  const counts = [known[Symbol.for('signal-exit emitter')]?.count, known['__signal_exit_emitter__']?.count];
  return counts.reduce<number>((sum, count) => sum + (typeof count === 'number' ? count : 0), 0);
}

/** A collector that does not answer must not hold the program up. */
async function inTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise<void>((resolve) => (timer = setTimeout(resolve, drainMs)))]);
  clearTimeout(timer);
}

/** Marks listeners of this package, of every copy that is loaded. */
const ours = Symbol.for('countersign.process-end');

const resources = (): readonly string[] => process.getActiveResourcesInfo();

/** Nothing keeps the process alive but what is ours, and maybe pipes. What is not shown, such as work on other threads, may go on. */
function isAlone(own: Instrumentation['holds']): boolean {
  // What a socket has beside it that is encrypted is no more than the socket.
  const others = resources().filter((resource) => resource !== 'TLSWrap' && !isPipe(resource));
  const count = (name: string) => others.filter((resource) => resource === name).length;
  const [timers, sockets, connecting] = [count('Timeout'), count('TCPSocketWrap'), count('ConnectWrap')];
  const isOurs = timers <= own.timers && sockets <= own.sockets && connecting <= own.connecting;
  return isOurs && timers + sockets + connecting === others.length;
}
