/** How many records fit, over time, as the index has it: counted where their times are at hand, spread evenly elsewhere. Pure. */
import { newestFirst, type Hits } from './segment.ts';

/** In seconds since 1970, both inclusive. */
export interface Extent {
  readonly from: number;
  readonly to: number;
}

export class HistogramBins {
  readonly counts: number[];
  private readonly extent: Extent;
  private readonly width: number;

  constructor(extent: Extent, bins: number) {
    this.extent = extent;
    this.width = Math.max(1, (extent.to - extent.from + 1) / bins);
    this.counts = Array.from({ length: bins }, () => 0);
  }

  /** Each at its time. */
  addEach(hits: Hits, times: ArrayLike<number>): void {
    for (const hit of newestFirst(hits, times.length)) this.addOne(times[hit] ?? Number.NaN);
  }

  /** So many, somewhere in a time: to each bin as much as of the time is in it. */
  spread(count: number, { from, to }: Extent): void {
    const length = to - from + 1;
    for (let i = 0; i < this.counts.length; i++) {
      const start = this.extent.from + i * this.width;
      const overlap = Math.min(to + 1, start + this.width) - Math.max(from, start);
      if (overlap > 0) this.counts[i] = (this.counts[i] ?? 0) + (count * overlap) / length;
    }
  }

  /** At its time, in seconds since 1970; outside of the extent it counts nowhere. */
  addOne(at: number): void {
    if (!(at >= this.extent.from && at <= this.extent.to)) return;
    const bin = Math.min(this.counts.length - 1, Math.floor((at - this.extent.from) / this.width));
    this.counts[bin] = (this.counts[bin] ?? 0) + 1;
  }
}

/** How many there are. */
export function countOf(hits: Hits): number {
  if ('list' in hits) return hits.list.length;
  let count = 0;
  for (const byte of hits.bits) count += onesIn[byte] ?? 0;
  return count;
}

const onesIn = Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);
