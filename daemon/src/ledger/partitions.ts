/** How large the partitions of the records are: for retention, which drops whole ones, about a month each. Pure. */
import type { Partition } from './store.ts';

const smallest = 16_384;
const first = 65_536;
const largest = 1_048_576;
const dayMs = 86_400_000;

/** The size of the next partition, by how fast the last one was filled: a power of two, 16,384 to 1,048,576 records. */
export function nextPartitionSize(last: Partition | null, now: Date): number {
  if (last === null) return first;
  const size = last.end - last.first;
  const days = (now.getTime() - last.addedAt.getTime()) / dayMs;
  if (days < 8) return Math.min(size * 4, largest);
  return days > 120 ? Math.max(size / 4, smallest) : size;
}
