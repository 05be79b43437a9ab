import { expect, it } from 'vitest';
import { judge } from './canaries.ts';

const phase = { share: 0.25, verified: 8, overrides_at_most: 0.25 };
const verdict = (verified: number, overrides: number, change = {}) =>
  judge({ ...phase, ...change }, verified, overrides).verdict;

it.each([
  [8, 0, 'passed'],
  [8, 1, 'more'],
  [12, 1, 'passed'],
  [8, 2, 'more'],
  [8, 3, 'more'],
  [8, 4, 'failed'],
  [7, 0, 'more'],
  [2, 2, 'more'],
  [3, 3, 'failed'],
  [32, 8, 'inconclusive'],
  [31, 8, 'more'],
])('of %i canaries %i changed: %s', (verified, overrides, wanted) => {
  expect(verdict(verified, overrides)).toBe(wanted);
});

it('says how sure it is', () => {
  // Beta(1/2, 17/2) at 1/4, by numerical integration: 0.9707.
  expect(judge(phase, 8, 0).found).toBe(
    'People changed 0 of 8 canaries at 25 %: 97 % sure that it is at most 25 % of all.',
  );
});

it('lets a bad model pass seldom, and a good one most of the time', () => {
  const passes = (rate: number) => {
    let [seed, passed] = [7, 0];
    const next = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    for (let run = 0; run < 2_000; run++) {
      let [verified, overrides] = [0, 0];
      let now = judge(phase, 0, 0).verdict;
      while (now === 'more') {
        verified += 1;
        overrides += Number(next() < rate);
        now = judge(phase, verified, overrides).verdict;
      }
      passed += Number(now === 'passed');
    }
    return passed / 2_000;
  };
  expect(passes(0.5)).toBeLessThan(0.05);
  expect(passes(0.05)).toBeGreaterThan(0.95);
});
