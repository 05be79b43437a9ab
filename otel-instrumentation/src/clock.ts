/**
 * A clock for leases, in ms: it never goes back and never stands still, whatever somebody does to the machine's clock, and it goes on
 * while the machine sleeps, which a monotonic clock does not. One that is set ahead makes a lease shorter, never longer.
 */
export function leaseClock(monotonicMs: () => number, wallMs: () => number): () => number {
  let ahead = wallMs() - monotonicMs();
  return () => {
    const monotonic = monotonicMs();
    ahead = Math.max(ahead, wallMs() - monotonic);
    return monotonic + ahead;
  };
}
