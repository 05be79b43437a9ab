/** Draws a sample that anybody can draw again: the decisions whose hash with the seed is smallest. */
import { createHash } from 'node:crypto';

/** Hashed at a time, so that nothing else has to wait for long. */
const atOnce = 4_096;

/**
 * The `count` of `indexes` with the smallest SHA-256 of "seed index", the smallest first, and how many there were. Each has the
 * same chance, and neither their order nor what else is in the log matters (bottom-k sampling, Cohen and Kaplan 2007).
 */
export async function draw(
  indexes: AsyncIterable<number> | Iterable<number>,
  count: number,
  seed: string,
): Promise<{ drawn: number[]; of: number }> {
  const kept: { readonly index: number; readonly rank: Buffer }[] = [];
  let of = 0;
  for await (const index of indexes) {
    of += 1;
    if (of % atOnce === 0) await new Promise((resolve) => setImmediate(resolve));
    if (count === 0) continue;
    const rank = createHash('sha256').update(`${seed} ${index}`).digest();
    const last = kept.at(-1);
    if (kept.length === count && last !== undefined && rank.compare(last.rank) >= 0) continue;
    const at = kept.findIndex((other) => rank.compare(other.rank) < 0);
    kept.splice(at < 0 ? kept.length : at, 0, { index, rank });
    if (kept.length > count) kept.pop();
  }
  return { drawn: kept.map(({ index }) => index), of };
}
