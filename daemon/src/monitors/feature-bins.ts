/** Which frozen bin a value falls into. */
import type { FeatureReference } from '@countersign/contract';

export type FeatureValue = string | number | boolean | null | undefined;

const longestName = 100;
/** The category of a value that is no number. */
export const categoryOf = (value: string | boolean): string => String(value).slice(0, longestName).toWellFormed();

export interface Binner {
  readonly size: number;
  readonly binOf: (value: FeatureValue) => number;
  /** Whether it is a category that the reference never had; false where that cannot be told. */
  readonly isUnseen: (value: FeatureValue) => boolean;
  readonly missing: number;
  readonly otherType: number;
}

/** Prepared once for a reference, since every decision asks. */
export function binner(reference: FeatureReference): Binner {
  if (reference.kind === 'numeric') {
    const { edges } = reference;
    const [missing, otherType] = [edges.length + 1, edges.length + 2];
    return {
      size: edges.length + 3,
      missing,
      otherType,
      isUnseen: () => false,
      binOf: (value) => {
        if (value === null || value === undefined) return missing;
        if (typeof value !== 'number') return otherType;
        return Number.isFinite(value) ? below(edges, value) : missing;
      },
    };
  }
  const indexes = new Map(reference.categories.map((name, i) => [name, i]));
  const seen = reference.seen === null ? null : new Set(reference.seen);
  const others = reference.categories.length;
  const [missing, otherType] = [others + 1, others + 2];
  return {
    size: others + 3,
    missing,
    otherType,
    isUnseen: (value) =>
      seen !== null && (typeof value === 'string' || typeof value === 'boolean') && !seen.has(categoryOf(value)),
    binOf: (value) => {
      if (value === null || value === undefined) return missing;
      if (typeof value === 'number') return otherType;
      return indexes.get(categoryOf(value)) ?? others;
    },
  };
}

/** How many edges are below the value. */
function below(edges: readonly number[], value: number): number {
  let [from, to] = [0, edges.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((edges[middle] as number) < value) from = middle + 1;
    else to = middle;
  }
  return from;
}
