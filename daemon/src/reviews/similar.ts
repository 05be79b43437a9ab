/** Which cases are alike, by what the model looked at; and which among alike ones are not like the others. Pure. */
import type { Features } from '@countersign/contract';

export interface Featured {
  readonly decision_id: string;
  readonly features: Features;
  readonly confidence: number;
}

/** Iglewicz and Hoaglin (1993): a modified z-score above this is an outlier. */
const farthest = 3.5;
/** Of a normal distribution, the median absolute deviation is this share of the standard deviation. */
const madOfSigma = 0.6745;
/** A category that this share of the others has is what is usual. */
const usualShare = 0.8;
/** With fewer, nothing can be said to be usual. */
const fewest = 5;

/** Cases further apart than that have less in common than not. */
export const farApart = 0.4;

export interface Distance<T> {
  readonly item: T;
  /**
   * From 0 to 1, after Gower (1971): the mean over the features that either has of 0 to 1 for numbers, and of 0 or 1 for everything
   * else. Numbers are measured by their range among all, but are no further apart than by the larger of both: among 100 to 109 none
   * is far. Two cases without features are as far apart as can be.
   */
  readonly far: number;
  /** The features in which they differ most, at most three. */
  readonly differs: readonly string[];
}

/** The others, the nearest first. */
export function distancesFrom<T extends Featured>(to: Featured, among: readonly T[]): Distance<T>[] {
  const ranges = rangesOf([to, ...among]);
  const measure = (item: T): Distance<T> => {
    const names = [...new Set([...Object.keys(to.features), ...Object.keys(item.features)])];
    const apart = names.map((name) => {
      const [a, b] = [to.features[name], item.features[name]];
      if (typeof a !== 'number' || typeof b !== 'number') return { name, by: Number(a !== b) };
      const larger = Math.max(Math.abs(a), Math.abs(b), ranges.get(name) ?? 0);
      return { name, by: Math.min(1, Math.abs(a - b) / (larger || 1)) };
    });
    const far = names.length === 0 ? 1 : apart.reduce((sum, { by }) => sum + by, 0) / names.length;
    const most = apart.filter(({ by }) => by > farApart).toSorted((a, b) => b.by - a.by || (a.name < b.name ? -1 : 1));
    return { item, far, differs: most.slice(0, 3).map(({ name }) => name) };
  };
  return among
    .filter(({ decision_id }) => decision_id !== to.decision_id)
    .map(measure)
    .toSorted((a, b) => a.far - b.far || (a.item.decision_id < b.item.decision_id ? -1 : 1));
}

export const nearestTo = <T extends Featured>(to: Featured, among: readonly T[], count: number): T[] =>
  distancesFrom(to, among)
    .slice(0, count)
    .map(({ item }) => item);

function rangesOf(cases: readonly Featured[]): Map<string, number> {
  const ends = new Map<string, [number, number]>();
  for (const { features } of cases) {
    for (const [name, value] of Object.entries(features)) {
      if (typeof value !== 'number') continue;
      const [low, high] = ends.get(name) ?? [value, value];
      ends.set(name, [Math.min(low, value), Math.max(high, value)]);
    }
  }
  return new Map([...ends].map(([name, [low, high]]) => [name, high - low]));
}

/** Why each outlier is one, by decision_id: the first feature that is far from what the others have. */
export function outliersAmong(cases: readonly Featured[]): Map<string, string> {
  const found = new Map<string, string>();
  if (cases.length < fewest) return found;
  const say = (id: string, because: string) => found.set(id, found.get(id) ?? because);
  const names = new Set(cases.flatMap(({ features }) => Object.keys(features)));
  const columns: [string, (c: Featured) => unknown][] = [
    ...[...names]
      .toSorted()
      .map((name): [string, (c: Featured) => unknown] => [name, ({ features }) => features[name]]),
    ['confidence', ({ confidence }) => confidence],
  ];
  for (const [name, read] of columns) {
    const values = cases.map(read);
    if (values.every((value) => typeof value === 'number')) {
      for (const i of farNumbers(values))
        say(cases[i]?.decision_id ?? '', `${name} is ${values[i]}, far from the others`);
    } else {
      for (const i of oddOnes(values)) {
        const value = values[i] === undefined ? 'missing' : JSON.stringify(values[i]);
        say(cases[i]?.decision_id ?? '', `${name} is ${value}, unlike the others`);
      }
    }
  }
  return found;
}

function farNumbers(values: readonly number[]): number[] {
  const middle = medianOf(values);
  const spread = medianOf(values.map((value) => Math.abs(value - middle)));
  // Where most are equal, whatever differs is far.
  return values.flatMap((value, i) => {
    const away = Math.abs(value - middle);
    return (spread === 0 ? away > 0 && isUsual(values, middle) : (madOfSigma * away) / spread > farthest) ? [i] : [];
  });
}

const isUsual = (values: readonly unknown[], value: unknown) =>
  values.filter((other) => other === value).length >= usualShare * values.length;

function oddOnes(values: readonly unknown[]): number[] {
  const usual = values.find((value) => isUsual(values, value));
  const hasUsual = values.some((value) => isUsual(values, value));
  return hasUsual ? values.flatMap((value, i) => (value === usual ? [] : [i])) : [];
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
