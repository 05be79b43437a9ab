/**
 * What was true, and how good each rater is, from ratings alone. Source: Dawid and Skene, Maximum likelihood estimation
 * of observer error-rates using the EM algorithm (1979).
 */
import { at, total } from './input.ts';

type Name = string | number;

/** One rater's word on one item; a rater may rate an item several times. */
export interface Rating {
  readonly item: Name;
  readonly rater: Name;
  readonly label: Name;
}

export interface DawidSkeneOptions {
  /** In the order of the answer; those that occur, sorted, when left out. */
  readonly classes?: readonly Name[];
  /** Rounds of EM, at most. */
  readonly maxIterations?: number;
  /** EM ends when the log-likelihood rises by less than this share of it. */
  readonly tolerance?: number;
  /** Added to each count of a confusion matrix; 0 is maximum likelihood, more keeps raters with few ratings sensible. */
  readonly smoothing?: number;
}

export interface DawidSkene {
  readonly classes: readonly Name[];
  readonly items: readonly Name[];
  readonly raters: readonly Name[];
  /** Share of each class; sums to 1. Empty without ratings. */
  readonly classShares: readonly number[];
  /** `confusion[rater][true class][label given]`; rows sum to 1, and are 0 where the rater has seen none of the class. */
  readonly confusion: readonly (readonly (readonly number[])[])[];
  /** `posteriors[item][class]`; rows sum to 1. */
  readonly posteriors: readonly (readonly number[])[];
  /** `null` without ratings. */
  readonly logLikelihood: number | null;
}

/** EM from the share of votes. Ties and a single class need nothing special; without ratings all lists are empty. */
export function dawidSkene(
  ratings: readonly Rating[],
  { classes, maxIterations = 1_000, tolerance = 1e-10, smoothing = 0 }: DawidSkeneOptions = {},
): DawidSkene {
  if (!(smoothing >= 0)) throw new RangeError(`smoothing is ${smoothing}; give a number from 0`);
  const labels = classes ?? distinct(ratings.map(({ label }) => label));
  if (new Set(labels).size < labels.length) throw new RangeError(`classes ${labels.join(', ')} name one twice`);
  const items = distinct(ratings.map(({ item }) => item));
  const raters = distinct(ratings.map(({ rater }) => rater));
  if (ratings.length === 0) {
    return { classes: labels, items, raters, classShares: [], confusion: [], posteriors: [], logLikelihood: null };
  }
  const votes = index(ratings, items, raters, labels);
  let posteriors = shareOfVotes(votes, items.length, labels.length);
  let logLikelihood = Number.NEGATIVE_INFINITY;
  for (let round = 1; ; round++) {
    const classShares = labels.map((_, k) => total(posteriors.map((row) => at(row, k))) / items.length);
    const confusion = confusions(votes, posteriors, raters.length, labels.length, smoothing);
    const logs = items.map(() => classShares.map((share) => Math.log(share)));
    for (const { item, rater, label } of votes) {
      const [row, matrix] = [at(logs, item), at(confusion, rater)];
      for (let k = 0; k < row.length; k++) row[k] = at(row, k) + Math.log(at(at(matrix, k), label));
    }
    const before = logLikelihood;
    const sums = logs.map(logSum);
    logLikelihood = total(sums);
    posteriors = logs.map((row, i) => row.map((log) => Math.exp(log - at(sums, i))));
    const rise = logLikelihood - before;
    if (round < maxIterations && rise > tolerance * Math.max(Math.abs(logLikelihood), 1)) continue;
    return { classes: labels, items, raters, classShares, confusion, posteriors, logLikelihood };
  }
}

/** A rating by the places of its item, rater and label. */
interface Vote {
  readonly item: number;
  readonly rater: number;
  readonly label: number;
}

function index(
  ratings: readonly Rating[],
  items: readonly Name[],
  raters: readonly Name[],
  labels: readonly Name[],
): Vote[] {
  const places = (names: readonly Name[]) => new Map(names.map((name, i) => [name, i]));
  const [itemAt, raterAt, labelAt] = [places(items), places(raters), places(labels)];
  return ratings.map(({ item, rater, label }) => {
    const place = labelAt.get(label);
    if (place === undefined) throw new RangeError(`label ${JSON.stringify(label)} is none of the classes`);
    return { item: itemAt.get(item) ?? 0, rater: raterAt.get(rater) ?? 0, label: place };
  });
}

function shareOfVotes(votes: readonly Vote[], items: number, classes: number): number[][] {
  const counts = zeros(items, classes);
  for (const { item, label } of votes) add(at(counts, item), label, 1);
  return counts.map(normalised);
}

function confusions(
  votes: readonly Vote[],
  posteriors: readonly (readonly number[])[],
  raters: number,
  classes: number,
  smoothing: number,
): number[][][] {
  const counts = Array.from({ length: raters }, () => zeros(classes, classes).map((row) => row.map(() => smoothing)));
  for (const { item, rater, label } of votes) {
    at(posteriors, item).forEach((posterior, k) => add(at(at(counts, rater), k), label, posterior));
  }
  return counts.map((matrix) => matrix.map(normalised));
}

const zeros = (rows: number, columns: number): number[][] =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, () => 0));

function add(row: number[], i: number, amount: number): void {
  row[i] = at(row, i) + amount;
}

/** ln Σ exp. */
function logSum(logs: readonly number[]): number {
  const largest = logs.reduce((a, b) => Math.max(a, b));
  return largest + Math.log(total(logs.map((log) => Math.exp(log - largest))));
}

function normalised(weights: readonly number[]): number[] {
  const sum = total(weights);
  return weights.map((weight) => (sum === 0 ? 0 : weight / sum));
}

/** Numbers first, by value; then text, by code unit. */
const distinct = (names: readonly Name[]): Name[] =>
  [...new Set(names)].toSorted((a, b) => {
    if (typeof a === 'number' && typeof b === 'number') return a - b;
    if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
    return a < b ? -1 : 1;
  });
