import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { gwetAC1, krippendorffAlpha, type RatingsByRater } from './agreement.ts';
import { dawidSkene } from './dawid-skene.ts';
import { cohenKappa, fleissKappa } from './kappa.ts';
import { uniform } from './random.ts';

const table = (text: string) => text.split('|').map((row) => row.trim().split(' ').map(Number));

describe('published figures', () => {
  const asked = [[0, 4, 1], [0, 8, 0], [0, 1, 5]]; // prettier-ignore
  const krippendorff: RatingsByRater =
    `1 2 3 3 2 1 4 1 2 . . .|1 2 3 3 2 2 4 1 2 5 . 3|. 3 3 3 2 3 4 2 2 5 1 .|1 2 3 3 2 4 4 1 2 5 1 .`
      .split('|')
      .map((row) => row.split(' ').map((rating) => (rating === '.' ? null : Number(rating))));

  it.each([
    ['Cohen', cohenKappa(asked), 0.484163],
    ['Cohen, linear', cohenKappa(asked, 'linear'), 0.47012],
    ['Cohen, quadratic', cohenKappa(asked, 'quadratic'), 0.450161],
    [
      'Fleiss',
      fleissKappa(
        table('0 0 0 0 14|0 2 6 4 2|0 0 3 5 6|0 3 9 2 0|2 2 8 1 1|7 7 0 0 0|3 2 6 3 0|2 5 3 2 2|6 5 2 1 0|0 2 2 3 7'),
      ),
      0.20993,
    ],
    ['Krippendorff, nominal', krippendorffAlpha(krippendorff, 'nominal'), 0.743421],
    ['Krippendorff, ordinal', krippendorffAlpha(krippendorff, 'ordinal'), 0.815388],
    ['Krippendorff, interval', krippendorffAlpha(krippendorff, 'interval'), 0.849107],
    ['Krippendorff, ratio', krippendorffAlpha(krippendorff, 'ratio'), 0.797403],
    ['Gwet', gwetAC1(krippendorff), 0.775444],
  ])('%s', (_name, value, golden) => expect(value).toBeCloseTo(golden, 5));
});

describe('the edges', () => {
  it('κ says nothing when agreement by chance is certain; AC1 does', () => {
    expect(cohenKappa([[9, 0], [0, 0]])).toBeNull(); // prettier-ignore
    expect(fleissKappa([[3, 0], [3, 0]])).toBeNull(); // prettier-ignore
    expect(krippendorffAlpha([['a', 'a'], ['a', 'a']], 'nominal')).toBeNull(); // prettier-ignore
    expect(gwetAC1([['a', 'a'], ['a', 'a']])).toBe(1); // prettier-ignore
  });

  it('the κ paradox: much agreement on a rare category', () => {
    expect(cohenKappa([[118, 5], [2, 0]])).toBeLessThan(0); // prettier-ignore
    const of = (a: number, b: number, n: number) => Array.from({ length: n }, () => [a, b]);
    const pairs = [...of(0, 0, 118), ...of(0, 1, 5), ...of(1, 0, 2)];
    expect(gwetAC1([pairs.map(([a]) => a ?? null), pairs.map(([, b]) => b ?? null)])).toBeGreaterThan(0.9);
  });

  it('nothing to compare is null', () => {
    expect(cohenKappa([])).toBeNull();
    expect(fleissKappa([])).toBeNull();
    expect(krippendorffAlpha([['a', null], [null, 'b']], 'nominal')).toBeNull(); // prettier-ignore
    expect(gwetAC1([['a', null], [null, 'b']])).toBeNull(); // prettier-ignore
    expect(gwetAC1([])).toBeNull();
  });

  it('refuses what does not fit, by name', () => {
    expect(() => cohenKappa([[1, 2]])).toThrow(/table\[0\] has 2 columns, want 1/);
    expect(() => fleissKappa([[2, 1], [2, 2]])).toThrow(/table\[1\] has 4 ratings/); // prettier-ignore
    expect(() => krippendorffAlpha([['a']], 'interval')).not.toThrow();
    expect(() => krippendorffAlpha([['a'], ['b']], 'interval')).toThrow(/wants numbers/);
    expect(() => gwetAC1([['a'], []])).toThrow(/different lengths/);
  });
});

describe('Dawid and Skene', () => {
  const { ratings } = JSON.parse(readFileSync(new URL('goldens/dawid-skene-1979.json', import.meta.url), 'utf8')) as {
    ratings: string[];
  };
  const all = ratings.flatMap((line, item) =>
    line.split('').map((label, i) => ({ item, rater: i < 3 ? 1 : i - 1, label })),
  );

  it('their anaesthetists', () => {
    const found = dawidSkene(all);
    [0.3996, 0.422, 0.1118, 0.0667].forEach((share, i) => expect(found.classShares[i]).toBeCloseTo(share, 4));
    expect(found.logLikelihood).toBeCloseTo(-192.89088, 5);
    expect(found.raters).toEqual([1, 2, 3, 4, 5]);
    for (const row of found.posteriors) expect(row.reduce((s, v) => s + v)).toBeCloseTo(1, 9);
  });

  it('does not depend on the order of the ratings', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (shuffled) => {
        expect(dawidSkene(shuffled, { maxIterations: 20 }).logLikelihood).toBeCloseTo(
          dawidSkene(all, { maxIterations: 20 }).logLikelihood as number,
          6,
        );
      }),
      { numRuns: 10 },
    );
  });

  it('finds the raters that made the ratings', () => {
    const next = uniform(3);
    const truths = Array.from({ length: 600 }, () => (next() < 0.3 ? 'spam' : 'ham'));
    const skill = [0.95, 0.9, 0.85, 0.6];
    const made = truths.flatMap((truth, item) =>
      skill.map((right, rater) => ({ item, rater, label: next() < right ? truth : truth === 'spam' ? 'ham' : 'spam' })),
    );
    const found = dawidSkene(made);
    skill.forEach((right, rater) => {
      found.classes.forEach((_, k) =>
        expect(Math.abs((found.confusion[rater]?.[k]?.[k] ?? 0) - right)).toBeLessThan(0.08),
      );
    });
  });

  it('is empty without ratings, and names a label that is no class', () => {
    expect(dawidSkene([])).toMatchObject({ posteriors: [], logLikelihood: null });
    expect(() => dawidSkene([{ item: 1, rater: 1, label: 'x' }], { classes: ['y'] })).toThrow(/label "x"/);
    expect(dawidSkene([{ item: 1, rater: 1, label: 'x' }]).classShares).toEqual([1]);
  });
});
