/** Draws a sample that anybody can draw again: the decisions whose hash with the seed is smallest. Pure. */
import { createHash } from 'node:crypto';

/**
 * The `count` of `indexes` with the smallest SHA-256 of "seed index", ascending. Each has the same chance, and neither their
 * order nor what else is in the log matters (bottom-k sampling, Cohen and Kaplan 2007).
 */
export function draw(indexes: Iterable<number>, count: number, seed: string): number[] {
  const kept: { readonly index: number; readonly rank: Buffer }[] = [];
  if (count === 0) return [];
  for (const index of indexes) {
    const rank = createHash('sha256').update(`${seed} ${index}`).digest();
    const last = kept.at(-1);
    if (kept.length === count && last !== undefined && rank.compare(last.rank) >= 0) continue;
    const at = kept.findIndex((other) => rank.compare(other.rank) < 0);
    kept.splice(at < 0 ? kept.length : at, 0, { index, rank });
    if (kept.length > count) kept.pop();
  }
  return kept.map(({ index }) => index).toSorted((a, b) => a - b);
}
