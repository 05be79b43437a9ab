/** Values of one feature while a reference is being taken, and the frozen bins that they make. */
import type { FeatureReference } from '@countersign/contract';
import { quantileSorted } from 'simple-statistics';
import { binner, categoryOf, type FeatureValue } from './feature-bins.ts';

export interface FeatureSample {
  readonly numbers: number[];
  /** Counts of strings and of true and false by `keyOf` their name, at most `mostCategories` of them. */
  readonly categories: Record<string, number>;
  distinct: number;
  /** Values of categories beyond the most that are kept. */
  others: number;
  missing: number;
}

/** More are no categories that anybody could know by name. */
const mostCategories = 500;
/** So many get a bin of their own; the others share one. */
const namedCategories = 50;
/** Rarer ones share it too: names, numbers of orders and the like, most of which never come again. */
const fewestOfName = 5;
/** When the next value is as likely to be new, that it is says nothing. */
const usuallyNew = 0.01;
/** Numbers with so few values get a bin a value. */
const fewValues = 12;
const bins = 10;

/** Names are anybody's; so marked, none is one that every object has, such as "constructor". */
export const keyOf = (name: string): string => `.${name}`;
export const nameOf = (key: string): string => key.slice(1);

export const startSample = (): FeatureSample => ({ numbers: [], categories: {}, distinct: 0, others: 0, missing: 0 });

export function addToSample(sample: FeatureSample, value: FeatureValue): void {
  if (value === null || value === undefined) sample.missing += 1;
  else if (typeof value === 'number') {
    if (Number.isFinite(value)) sample.numbers.push(value);
    else sample.missing += 1;
  } else {
    const key = keyOf(categoryOf(value));
    const count = sample.categories[key];
    if (count === undefined && sample.distinct >= mostCategories) sample.others += 1;
    else {
      if (count === undefined) sample.distinct += 1;
      sample.categories[key] = (count ?? 0) + 1;
    }
  }
}

/** The bins, frozen; a feature is what most of its values are. `decisions` of them had no such feature or an empty one. */
export function freeze(sample: FeatureSample, decisions: number): FeatureReference {
  const named = Object.entries(sample.categories)
    .map(([key, count]): [string, number] => [nameOf(key), count])
    .toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const strings = named.reduce((sum, [, count]) => sum + count, 0) + sample.others;
  const missing = decisions - sample.numbers.length - strings;
  if (sample.numbers.length >= strings) {
    const edges = edgesOf(sample.numbers.toSorted((a, b) => a - b));
    const counts = Array.from({ length: edges.length + 3 }, () => 0);
    const reference = { kind: 'numeric' as const, edges, counts };
    const { binOf } = binner(reference);
    for (const value of sample.numbers) counts[binOf(value)] = (counts[binOf(value)] ?? 0) + 1;
    counts[edges.length + 1] = missing;
    counts[edges.length + 2] = strings;
    return reference;
  }
  const kept = named.slice(0, namedCategories).filter(([, count]) => count >= fewestOfName);
  // The chance that the next value is new. Source: Good (1953).
  const once = named.filter(([, count]) => count === 1).length;
  const rest = strings - kept.reduce((sum, [, count]) => sum + count, 0);
  return {
    kind: 'categorical',
    categories: kept.map(([name]) => name),
    counts: [...kept.map(([, count]) => count), rest, missing, sample.numbers.length],
    seen: sample.others > 0 || once / strings > usuallyNew ? null : named.map(([name]) => name).toSorted(),
  };
}

/** Deciles; or, of few values, the middles between them, with an end on either side for what was never seen. */
function edgesOf(sorted: readonly number[]): number[] {
  if (sorted.length === 0) return [];
  const values = [...new Set(sorted)];
  if (values.length > fewValues) {
    const deciles = Array.from({ length: bins - 1 }, (_, i) => quantileSorted([...sorted], (i + 1) / bins));
    return [...new Set(deciles)];
  }
  const middles = values.slice(1).map((value, i) => value / 2 + (values[i] ?? value) / 2);
  const [first = 0, last = 0] = [values[0], values.at(-1)];
  const gap = middles.length === 0 ? Math.max(Math.abs(first) * 1e-6, 1e-9) : (middles[0] ?? 0) - first;
  return [first - gap, ...middles, last + gap].filter(Number.isFinite);
}
