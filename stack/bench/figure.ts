/** One number of a benchmark, and what it is judged by. */
export interface Figure {
  readonly what: string;
  readonly measured: string;
  /** Empty when there is none. */
  readonly goal: string;
  readonly met: boolean | null;
}

interface Timed {
  readonly calls: number;
  readonly work: (i: number) => unknown;
}

/**
 * Nanoseconds a call of each: the best of several rounds, because everything that disturbs only adds; in turn, so that what the machine
 * does and the compiler has learnt meanwhile is alike for all.
 */
export function nanosecondsInTurn(timed: readonly Timed[], rounds: number): number[] {
  const best = timed.map(() => Number.POSITIVE_INFINITY);
  let sink: unknown;
  for (let round = 0; round < rounds; round++) {
    for (const [which, { calls, work }] of timed.entries()) {
      const started = process.hrtime.bigint();
      for (let i = 0; i < calls; i++) sink = work(i);
      best[which] = Math.min(best[which] ?? 0, Number(process.hrtime.bigint() - started) / calls);
    }
  }
  // Used, so that the work is not optimised away.
  if (sink === Symbol.for('never')) process.stdout.write('');
  return best;
}

export const nanosecondsEach = (calls: number, work: (i: number) => unknown, rounds = 7): number =>
  nanosecondsInTurn([{ calls, work }], rounds)[0] ?? Number.NaN;

export const atMost = (what: string, value: number, limit: number, show: (n: number) => string): Figure => ({
  what,
  measured: show(value),
  goal: `at most ${show(limit)}`,
  met: value <= limit,
});

export const atLeast = (what: string, value: number, limit: number, show: (n: number) => string): Figure => ({
  what,
  measured: show(value),
  goal: `at least ${show(limit)}`,
  met: value >= limit,
});

export const ratio = (n: number): string => `${n.toFixed(2)} ×`;
export const nanoseconds = (n: number): string => `${n.toFixed(0)} ns`;
export const milliseconds = (n: number): string => `${n.toFixed(1)} ms`;
export const perSecond = (n: number): string => `${Math.round(n).toLocaleString('en')} /s`;
