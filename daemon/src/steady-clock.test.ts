import { expect, it } from 'vitest';
import { steadyClock } from './steady-clock.ts';

it('goes on when the clock of the machine is set back, and follows it when it is set ahead', () => {
  let [wall, monotonic] = [1_000_000, 5];
  const clock = steadyClock(
    () => new Date(wall),
    () => monotonic,
  );
  const pass = (ms: number) => {
    wall += ms;
    monotonic += ms;
    return clock().getTime();
  };
  expect(pass(100)).toBe(1_000_100);
  wall -= 3_600_000;
  expect(pass(100)).toBe(1_000_200);
  wall += 3_600_000 + 60_000;
  expect(pass(100)).toBe(1_060_300);
  // Set right again: it neither goes back nor stands still.
  wall -= 60_000;
  expect(pass(100)).toBe(1_060_400);
  expect(pass(60_000)).toBe(1_120_400);
});
