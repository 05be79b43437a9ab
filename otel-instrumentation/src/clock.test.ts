import { expect, it } from 'vitest';
import { leaseClock } from './clock.ts';

it('goes on while the machine sleeps, and never back', () => {
  let [monotonic, wall] = [1_000, 1_700_000_000_000];
  const clock = leaseClock(
    () => monotonic,
    () => wall,
  );
  const passed = (ms: number, wallMs: number) => {
    const before = clock();
    monotonic += ms;
    wall += wallMs;
    return clock() - before;
  };
  expect(passed(50, 50)).toBe(50);
  // An hour asleep.
  expect(passed(1, 3_600_000)).toBe(3_600_000);
  // Set back by a minute, it goes on at its pace.
  expect(passed(10, -60_000)).toBe(10);
  expect(passed(10, 10)).toBe(10);
});
