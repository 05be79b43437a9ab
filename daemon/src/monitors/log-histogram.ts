/** Counts of durations in buckets that grow by 5 %, so that any quantile is known to 2.5 %. Plain JSON, and merges by adding. */

/** Bucket i holds (0.1 ms · 1.05^(i−1), 0.1 ms · 1.05^i]; the first everything below, the last, from 46 days, everything above. */
const [smallestMs, growth, buckets] = [0.1, 1.05, 500];
const perLog = 1 / Math.log(growth);

export const startHistogram = (): number[] => Array.from({ length: buckets }, () => 0);

export function countDuration(histogram: number[], ms: number): void {
  const bucket = ms <= smallestMs ? 0 : Math.min(Math.ceil(Math.log(ms / smallestMs) * perLog), buckets - 1);
  histogram[bucket] = (histogram[bucket] as number) + 1;
}

/** The duration, in ms, that a share of these do not exceed; null when there are none. */
export function quantileOf(histograms: readonly (readonly number[])[], share: number): number | null {
  const counts = startHistogram().map((_, i) => histograms.reduce((sum, histogram) => sum + (histogram[i] ?? 0), 0));
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  let below = 0;
  const bucket = counts.findIndex((count) => (below += count) >= share * all);
  return bucket <= 0 ? smallestMs : smallestMs * growth ** (bucket - 0.5);
}
