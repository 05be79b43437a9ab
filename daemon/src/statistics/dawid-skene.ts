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
  /** EM ends when the log-likelihood rises by less. */
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
  /** `confusion[rater][true class][label given]`; rows sum to 1, and are 0 where the class never occurs. */
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
  const labels = classes ?? distinct(ratings.map(({ label }) => label));
  const items = distinct(ratings.map(({ item }) => item));
  const raters = distinct(ratings.map(({ rater }) => rater));
  if (ratings.length === 0) {
    return { classes: labels, items, raters, classShares: [], confusion: [], posteriors: [], logLikelihood: null };
  }
  const counts = countRatings(ratings, items, raters, labels);
  let posteriors = counts.map((byRater) => normalised(labels.map((_, j) => total(byRater.map((row) => at(row, j))))));
  let logLikelihood = Number.NEGATIVE_INFINITY;
  for (let round = 1; ; round++) {
    const classShares = labels.map((_, k) => total(posteriors.map((row) => at(row, k))) / items.length);
    const confusion = raters.map((_, r) =>
      labels.map((__, k) =>
        normalised(
          labels.map(
            (___, j) => smoothing + total(counts.map((byRater, i) => at(at(posteriors, i), k) * at(at(byRater, r), j))),
          ),
        ),
      ),
    );
    const logs = counts.map((byRater) =>
      labels.map(
        (_, k) =>
          Math.log(at(classShares, k)) + total(byRater.map((row, r) => logProbability(row, at(at(confusion, r), k)))),
      ),
    );
    const before = logLikelihood;
    logLikelihood = total(logs.map(logSum));
    posteriors = logs.map((row) => row.map((log) => Math.exp(log - logSum(row))));
    if (round < maxIterations && logLikelihood - before > tolerance) continue;
    return { classes: labels, items, raters, classShares, confusion, posteriors, logLikelihood };
  }
}

/** `counts[item][rater][label]`. */
function countRatings(
  ratings: readonly Rating[],
  items: readonly Name[],
  raters: readonly Name[],
  labels: readonly Name[],
): number[][][] {
  const counts = items.map(() => raters.map(() => labels.map(() => 0)));
  const [itemAt, raterAt, labelAt] = [items, raters, labels].map((names) => new Map(names.map((name, i) => [name, i])));
  for (const { item, rater, label } of ratings) {
    const column = labelAt?.get(label);
    if (column === undefined) throw new RangeError(`label ${JSON.stringify(label)} is none of the classes`);
    const row = at(at(counts, itemAt?.get(item) ?? 0), raterAt?.get(rater) ?? 0);
    row[column] = at(row, column) + 1;
  }
  return counts;
}

const logProbability = (given: readonly number[], probabilities: readonly number[]) =>
  total(given.map((count, j) => (count === 0 ? 0 : count * Math.log(at(probabilities, j)))));

/** ln Σ exp. */
function logSum(logs: readonly number[]): number {
  const largest = Math.max(...logs);
  return largest + Math.log(total(logs.map((log) => Math.exp(log - largest))));
}

function normalised(weights: readonly number[]): number[] {
  const sum = total(weights);
  return weights.map((weight) => (sum === 0 ? 0 : weight / sum));
}

const distinct = (names: readonly Name[]): Name[] =>
  [...new Set(names)].toSorted((a, b) =>
    typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : 1,
  );
