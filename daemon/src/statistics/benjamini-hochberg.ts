import { assertBetween, at } from './input.ts';

/** p = alpha · k / n is a discovery, whichever way the product is rounded. */
const rounding = 1e-12;

/**
 * Which of these p-values are discoveries while the expected share of false ones among them is at most `alpha`, when
 * they are independent or positively dependent. One answer each, in order; an empty list gives an empty one; equal
 * p-values get equal answers. Throws for a p-value outside [0, 1]. Source: Benjamini and Hochberg (1995).
 */
export function benjaminiHochberg(pValues: readonly number[], alpha: number): boolean[] {
  const outside = pValues.findIndex((p) => !(p >= 0 && p <= 1));
  if (outside >= 0) throw new RangeError(`pValues[${outside}] is ${pValues[outside]}; a p-value is from 0 to 1`);
  assertBetween(alpha, 'alpha', 0, 1);
  const sorted = pValues.toSorted((a, b) => a - b);
  const last = sorted.findLastIndex((p, i) => p <= alpha * ((i + 1) / sorted.length) * (1 + rounding));
  return pValues.map((p) => last >= 0 && p <= at(sorted, last));
}
