/** Agreement beyond chance, from tables of counts. */
import { assertCounts, at, total } from './input.ts';

export type KappaWeights = 'linear' | 'quadratic';

/**
 * Cohen's κ of two raters: `table[i][j]` counts the subjects that the first put in category i and the second in j.
 * Weights forgive near misses of ordered categories. Range [−1, 1]. `null` when the table is empty, or when both raters
 * used one and the same category only, so that agreement by chance is certain: κ says nothing then; see AC1.
 * Sources: Cohen (1960, 1968).
 */
export function cohenKappa(table: readonly (readonly number[])[], weights?: KappaWeights): number | null {
  table.forEach((row, i) => {
    assertCounts(row, `table[${i}]`);
    if (row.length !== table.length)
      throw new RangeError(`table[${i}] has ${row.length} columns, want ${table.length}`);
  });
  const n = total(table.map(total));
  if (n === 0) return null;
  const rows = table.map(total);
  const columns = table.map((_, j) => total(table.map((row) => at(row, j))));
  let [observed, expected] = [0, 0];
  table.forEach((row, i) =>
    row.forEach((count, j) => {
      const apart = Math.abs(i - j) / Math.max(table.length - 1, 1);
      const disagreement = weights === undefined ? Number(i !== j) : weights === 'linear' ? apart : apart * apart;
      observed += (disagreement * count) / n;
      expected += (disagreement * at(rows, i) * at(columns, j)) / (n * n);
    }),
  );
  return expected === 0 ? null : Math.max(1 - observed / expected, -1);
}

/**
 * Fleiss' κ: `table[i][j]` counts the raters that put subject i in category j; each subject has the same number of
 * raters, at least two. Range [−1, 1]. `null` without subjects, and when one category was used throughout.
 * Source: Fleiss (1971).
 */
export function fleissKappa(table: readonly (readonly number[])[]): number | null {
  table.forEach((row, i) => assertCounts(row, `table[${i}]`));
  const raters = total(table[0] ?? []);
  if (table.length === 0) return null;
  const odd = table.findIndex((row) => row.length !== table[0]?.length);
  if (odd >= 0)
    throw new RangeError(`table[${odd}] has ${table[odd]?.length} categories, table[0] ${table[0]?.length}`);
  const uneven = table.findIndex((row) => total(row) !== raters);
  if (uneven >= 0) {
    throw new RangeError(`table[${uneven}] has ${total(at(table, uneven))} ratings, table[0] ${raters}; give as many`);
  }
  if (raters < 2) throw new RangeError(`table[0] has ${raters} ratings; give at least two a subject`);
  const agreements = table.map((row) => (total(row.map((count) => count * count)) - raters) / (raters * (raters - 1)));
  const observed = total(agreements) / table.length;
  const shares = at(table, 0).map((_, j) => total(table.map((row) => row[j] ?? 0)) / (table.length * raters));
  const expected = total(shares.map((share) => share * share));
  return 1 - expected < 1e-12 ? null : (observed - expected) / (1 - expected);
}
