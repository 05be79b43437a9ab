/**
 * Whoever waits for the start is not left waiting for NATS: the program goes on when the guard follows the daemon, when nothing else
 * keeps it alive, and after a few seconds.
 */
import type { Trouble } from './trouble.ts';

const longestMs = 5_000;

const waiting = new Set<() => void>();

/** Resolves at the end of `ready`, or before, as said above. Keeps no program alive. */
export function goOnAfter(ready: Promise<void>, onTrouble: Trouble): Promise<void> {
  return new Promise((resolve) => {
    const goOn = () => {
      clearTimeout(late);
      waiting.delete(goOn);
      if (waiting.size === 0) process.off('beforeExit', letGo);
      resolve();
    };
    const late = setTimeout(() => {
      onTrouble(
        `no daemon was heard of for ${longestMs / 1_000} s; the service goes on, and the guard answers "human"`,
      );
      goOn();
    }, longestMs).unref();
    if (waiting.size === 0) process.on('beforeExit', letGo);
    waiting.add(goOn);
    ready.then(goOn, goOn);
  });
}

/** At the end of a program that may only be waiting for us. Whether anybody was. */
export function letGo(): boolean {
  const isAnybody = waiting.size > 0;
  for (const goOn of waiting) goOn();
  return isAnybody;
}
