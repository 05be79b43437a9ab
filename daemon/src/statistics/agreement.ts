/** Agreement of any number of raters, each of whom may have left units out. */
import { ascending, at, total } from './input.ts';

export type RatingValue = string | number;
/** One row a rater, one column a unit; null where the rater gave no rating. */
export type RatingsByRater = readonly (readonly (RatingValue | null)[])[];
export type AlphaMetric = 'nominal' | 'ordinal' | 'interval' | 'ratio';

/**
 * Krippendorff's α, 1 − observed / expected disagreement, over the units that at least two rated. Ratings are numbers
 * unless the metric is nominal. 1 is perfect, 0 is chance. `null` when no unit has two ratings, or all ratings are the
 * same. Source: Krippendorff, Computing Krippendorff's Alpha-Reliability (2011).
 */
export function krippendorffAlpha(ratingsByRater: RatingsByRater, metric: AlphaMetric): number | null {
  const units = unitsOf(ratingsByRater).filter((unit) => unit.length >= 2);
  const values = [...new Set(units.flat())];
  if (metric !== 'nominal' && !values.every((value) => typeof value === 'number')) {
    throw new RangeError(`the ${metric} metric wants numbers; use nominal for labels`);
  }
  if (metric === 'ratio' && values.some((value) => Number(value) < 0)) {
    throw new RangeError('the ratio metric wants numbers from 0');
  }
  if (metric !== 'nominal') values.sort((a, b) => Number(a) - Number(b));
  const counts = new Map<RatingValue, number>();
  for (const rating of units.flat()) counts.set(rating, (counts.get(rating) ?? 0) + 1);
  const margins = values.map((value) => counts.get(value) ?? 0);
  const n = total(margins);
  const distance = distances(metric, values, margins);
  const placeOf = new Map(values.map((value, i) => [value, i]));
  const observed = total(
    units.map((unit) => {
      const places = unit.map((rating) => placeOf.get(rating) ?? 0);
      return total(places.map((c) => total(places.map((k) => distance(c, k))))) / (unit.length - 1);
    }),
  );
  let expected = 0;
  for (let c = 0; c < values.length; c++) {
    for (let k = 0; k < c; k++) expected += (2 * distance(c, k) * at(margins, c) * at(margins, k)) / (n - 1);
  }
  return expected > 0 ? 1 - observed / expected : null;
}

/** The squared difference of the c-th and the k-th value. */
function distances(metric: AlphaMetric, values: readonly RatingValue[], margins: readonly number[]) {
  const number = (i: number) => Number(at(values, i));
  switch (metric) {
    case 'nominal':
      return (c: number, k: number) => Number(c !== k);
    case 'ordinal': {
      // Ratings below the middle of each value.
      let below = 0;
      const middles = margins.map((margin) => (below += margin) - margin / 2);
      return (c: number, k: number) => (at(middles, c) - at(middles, k)) ** 2;
    }
    case 'interval':
      return (c: number, k: number) => (number(c) - number(k)) ** 2;
    case 'ratio':
      return (c: number, k: number) => (c === k ? 0 : ((number(c) - number(k)) / (number(c) + number(k))) ** 2);
  }
}

/**
 * Gwet's AC1: agreement beyond chance that does not fall apart when one category is rare, as κ does. Units with one
 * rating count towards the shares of the categories, those with two or more towards agreement. Range [−1, 1], and 1
 * when one category was used throughout. `null` when no unit has two ratings. Source: Gwet (2008).
 */
export function gwetAC1(ratingsByRater: RatingsByRater): number | null {
  const units = unitsOf(ratingsByRater).filter((unit) => unit.length >= 1);
  const compared = units.filter((unit) => unit.length >= 2);
  if (compared.length === 0) return null;
  const values = [...new Set(units.flat())];
  const countOf = (unit: readonly RatingValue[], value: RatingValue) =>
    unit.filter((rating) => rating === value).length;
  const agreed = compared.map((unit) => {
    const pairs = total(values.map((value) => countOf(unit, value) * (countOf(unit, value) - 1)));
    return pairs / (unit.length * (unit.length - 1));
  });
  const observed = total(agreed) / compared.length;
  if (values.length === 1) return 1;
  const shares = values.map((value) => total(units.map((unit) => countOf(unit, value) / unit.length)) / units.length);
  const expected = total(shares.map((share) => share * (1 - share))) / (values.length - 1);
  return (observed - expected) / (1 - expected);
}

/** The ratings of each unit; throws for a number that is none. */
function unitsOf(ratingsByRater: RatingsByRater): RatingValue[][] {
  const lengths = ratingsByRater.map((row) => row.length).toSorted(ascending);
  if (lengths[0] !== lengths.at(-1))
    throw new RangeError('the raters have rows of different lengths; put null where a rating is missing');
  const odd = ratingsByRater.flat().find((rating) => typeof rating === 'number' && !Number.isFinite(rating));
  if (odd !== undefined) throw new RangeError(`a rating is ${odd}; put null where one is missing`);
  return Array.from({ length: lengths[0] ?? 0 }, (_, unit) => ratingsByRater.flatMap((row) => row[unit] ?? []));
}
