/**
 * A clock for waits: it never goes back while the process runs, whatever somebody does to the machine's clock, and follows
 * that clock when it goes ahead.
 */
export function steadyClock(wall: () => Date, monotonicMs: () => number): () => Date {
  const offset = wall().getTime() - monotonicMs();
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    last = Math.max(last, wall().getTime(), offset + monotonicMs());
    return new Date(last);
  };
}
