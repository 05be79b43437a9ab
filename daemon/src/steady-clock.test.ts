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
  // Set right again: it does not go back, and does not stand still for longer than it was ahead.
  wall -= 60_000;
  expect(pass(100)).toBe(1_060_300);
  expect(pass(60_000)).toBe(1_060_400);
});
