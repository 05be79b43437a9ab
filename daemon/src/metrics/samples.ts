/** What a gauge is to be set to, and how the numbers of a signal's evidence are read. */
import type { Interval } from '../statistics/index.ts';
import type { GaugeName, LabelsOf, Metrics } from './registry.ts';

export type Sample = (metrics: Metrics) => void;

/** Nothing when there is no value: a gauge that is absent says that it is not known. */
export function sample<K extends GaugeName>(name: K, labels: LabelsOf<K>, value: unknown): Sample[] {
  return typeof value === 'number' && Number.isFinite(value) ? [(metrics) => metrics.set(name, labels, value)] : [];
}

/** Gauges that have an interval beside them. */
type Bounded = { [K in GaugeName]: `${K}_bound` extends GaugeName ? K : never }[GaugeName];

/** A value with its interval; either may not be known. */
export function samplesWithin<K extends Bounded>(
  name: K,
  labels: LabelsOf<K>,
  value: unknown,
  interval: Interval | null,
): Sample[] {
  const of = (bound: keyof Interval) => {
    const limit = interval?.[bound];
    // The table gives each of these the labels of its value and `bound`.
    return limit === undefined ? [] : [(metrics: Metrics) => metrics.setBound(name, { ...labels, bound }, limit)];
  };
  return [...sample(name, labels, value), ...of('lower'), ...of('upper')];
}

/** An interval that evidence holds, as an object or as a pair. */
export function intervalFrom(value: unknown): Interval | null {
  const { lower, upper } = Array.isArray(value)
    ? { lower: value[0] as unknown, upper: value[1] as unknown }
    : ((value ?? {}) as Record<string, unknown>);
  return typeof lower === 'number' && typeof upper === 'number' ? { lower, upper } : null;
}
