/**
 * A clock for waits: it never goes back while the process runs, whatever somebody does to the machine's clock, never stands
 * still, and follows that clock when it goes ahead.
 */
export function steadyClock(wall: () => Date, monotonicMs: () => number): () => Date {
  let offset = Number.NEGATIVE_INFINITY;
  return () => {
    const monotonic = monotonicMs();
    offset = Math.max(offset, wall().getTime() - monotonic);
    return new Date(offset + monotonic);
  };
}
