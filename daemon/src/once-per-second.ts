/**
 * Calls `say` at most once a second, at once for the first. `more` is how many calls were swallowed since the last one said.
 */
export function oncePerSecond<T>(
  say: (value: T, more: number) => void,
  clock: () => number = Date.now,
): (value: T) => void {
  let last = Number.NEGATIVE_INFINITY;
  let swallowed = 0;
  return (value) => {
    if (clock() - last < 1_000) {
      swallowed += 1;
      return;
    }
    last = clock();
    say(value, swallowed);
    swallowed = 0;
  };
}
