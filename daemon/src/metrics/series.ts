/**
 * Keeps what a service chooses from making series without end: so many combinations of open labels of a metric have series
 * of their own, and what is beyond is counted under `other`. One that was silent for a day makes room for a new one.
 */
import { mostSeries, openLabels, otherSeries } from '@countersign/contract';

export type Labels = Readonly<Record<string, string>>;

interface Combination {
  usedMs: number;
  /** By all of their labels. */
  readonly series: Map<string, Labels>;
}

const idleMs = 86_400_000;
/** A full metric is not searched for room at every sample. */
const searchEveryMs = 60_000;

export interface SeriesOptions {
  readonly labels: readonly string[];
  readonly nowMs: () => number;
  /** Takes a series out of the metric. */
  readonly remove: (labels: Labels) => void;
  readonly onFolded: () => void;
}

export class Series {
  private readonly options: SeriesOptions;
  private readonly open: readonly string[];
  private readonly combinations = new Map<string, Combination>();
  private searchedMs = Number.NEGATIVE_INFINITY;

  constructor(options: SeriesOptions) {
    this.options = options;
    this.open = options.labels.filter((label) => openLabels.has(label));
  }

  /** The labels that a sample is to be counted under. */
  place(labels: Labels): Labels {
    if (this.open.length === 0) return labels;
    const { nowMs, onFolded } = this.options;
    const now = nowMs();
    const key = JSON.stringify(this.open.map((label) => labels[label]));
    let combination = this.combinations.get(key);
    if (combination === undefined) {
      if (this.combinations.size >= mostSeries) this.makeRoom(now);
      if (this.combinations.size >= mostSeries) {
        onFolded();
        return { ...labels, ...Object.fromEntries(this.open.map((label) => [label, otherSeries])) };
      }
      this.combinations.set(key, (combination = { usedMs: now, series: new Map() }));
    }
    combination.usedMs = now;
    const all = JSON.stringify(this.options.labels.map((label) => labels[label]));
    if (!combination.series.has(all)) combination.series.set(all, labels);
    return labels;
  }

  clear(): void {
    this.combinations.clear();
  }

  private makeRoom(now: number): void {
    if (now - this.searchedMs < searchEveryMs) return;
    this.searchedMs = now;
    for (const [key, { usedMs, series }] of this.combinations) {
      if (now - usedMs < idleMs) continue;
      for (const labels of series.values()) this.options.remove(labels);
      this.combinations.delete(key);
    }
  }
}
