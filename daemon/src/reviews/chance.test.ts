import { describe, expect, it } from 'vitest';
import { uniform } from '../statistics/index.ts';
import { chanceOf } from './chance.ts';

const drawn = ['commit first', 'two people', 'gold'] as const;
const next = uniform(1);
const ids = Array.from({ length: 20_000 }, () =>
  Array.from({ length: 32 }, () => Math.floor(next() * 16).toString(16)).join(''),
);

describe('chance', () => {
  it.each(drawn)('takes the share that a policy wants to %s', (what) => {
    for (const share of [0.02, 0.05, 0.5, 0.9]) {
      const taken = ids.filter((id) => chanceOf(id, what) < share).length / ids.length;
      // Five standard deviations.
      expect(Math.abs(taken - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / ids.length));
    }
  });

  it('takes all of them, or none', () => {
    expect(ids.every((id) => chanceOf(id, 'gold') < 1)).toBe(true);
    expect(ids.some((id) => chanceOf(id, 'gold') < 0)).toBe(false);
  });

  it('says the same whenever it is asked, and one thing of each purpose', () => {
    for (const id of ids.slice(0, 100)) expect(chanceOf(id, 'gold')).toBe(chanceOf(id, 'gold'));
    // Who is to speak first is no likelier than others to be paired.
    const first = ids.filter((id) => chanceOf(id, 'commit first') < 0.2);
    const both = first.filter((id) => chanceOf(id, 'two people') < 0.2).length / first.length;
    expect(Math.abs(both - 0.2)).toBeLessThan(5 * Math.sqrt(0.16 / first.length));
  });
});
