/** The newest cases with what each rater said of them: what agreement and quality are worked out from. Plain JSON. */
import type { AboutDecision } from '../ledger/index.ts';
import { anotherLabel } from './answers.ts';
import { cohenKappa, dawidSkene, gwetAC1, krippendorffAlpha, uniform, type Rating } from '../statistics/index.ts';

interface Case {
  /** What the model said. */
  readonly model: string | null;
  /** What turned out true, when it is known. */
  truth: string | null;
  /** One a reviewer: the last word counts. */
  readonly said: { readonly rater: string; label: string }[];
}

export interface Cases {
  /** By the AI decision. */
  readonly recent: Record<string, Case>;
  /** Their decisions, newest last. */
  readonly order: string[];
  /** What turned out true of the newest decisions that no case is kept of: people may answer later. */
  readonly truths: Record<string, string>;
  readonly truthOrder: string[];
  /** How many ratings there were in all. */
  ratings: number;
}

const mostCases = 300;
const mostRaters = 20;
const mostTruths = 1_000;
/** A rater with fewer ratings among the cases is not judged. */
const fewestRatings = 10;

export const startCases = (): Cases => ({ recent: {}, order: [], truths: {}, truthOrder: [], ratings: 0 });

/** Takes a rating in. When the truth is known already, whether the rating is right. */
export function rate(
  cases: Cases,
  about: AboutDecision,
  rater: string,
  label: string,
  model: string | null,
): Judged | null {
  cases.ratings += 1;
  let found = cases.recent[about.decisionId];
  if (found === undefined) {
    const truth = cases.truths[about.decisionId] ?? null;
    found = { model, truth, said: [] };
    cases.recent[about.decisionId] = found;
    cases.order.push(about.decisionId);
    if (cases.order.length > mostCases) delete cases.recent[cases.order.shift() ?? ''];
  }
  const before = found.said.find((rating) => rating.rater === rater);
  if (before !== undefined) before.label = label;
  else if (found.said.length < mostRaters) found.said.push({ rater, label });
  return found.truth === null || before !== undefined ? null : judge(found, rater, label, found.truth);
}

const judge = ({ model }: Case, rater: string, label: string, truth: string): Judged => ({
  rater,
  right: label === truth || (label === anotherLabel && truth !== model),
  overrides: label !== model,
});

export interface Judged {
  readonly rater: string;
  readonly right: boolean;
  /** The rater said something else than the model. */
  readonly overrides: boolean;
}

/** Notes what is true of a case, and says whose answers it bears out. */
export function truthIs(cases: Cases, decisionId: string, label: string): Judged[] {
  const found = cases.recent[decisionId];
  if (found === undefined) {
    if (cases.truths[decisionId] === undefined) cases.truthOrder.push(decisionId);
    cases.truths[decisionId] = label;
    if (cases.truthOrder.length > mostTruths) delete cases.truths[cases.truthOrder.shift() ?? ''];
    return [];
  }
  found.truth = label;
  return found.said.map((rating) => judge(found, rating.rater, rating.label, label));
}

export interface Agreement {
  /** Cases that several people decided. */
  readonly cases: number;
  readonly alpha: number | null;
  /** Bootstrap interval of α over cases, 95 %. */
  readonly lower: number | null;
  readonly upper: number | null;
  readonly ac1: number | null;
  /** Of the two who share the most cases. */
  readonly kappa: number | null;
}

const resamples = 200;

/** Null when no case has several reviewers. The bootstrap is seeded, so that a replay says the same. */
export function agreementOf({ recent }: Cases): Agreement | null {
  const shared = Object.values(recent).filter(({ said }) => said.length >= 2);
  if (shared.length === 0) return null;
  const raters = [...new Set(shared.flatMap(({ said }) => said.map(({ rater }) => rater)))].toSorted();
  const rows = (cases: readonly Case[]) =>
    raters.map((rater) => cases.map(({ said }) => said.find((rating) => rating.rater === rater)?.label ?? null));
  const next = uniform(shared.length);
  const alphas = Array.from({ length: resamples }, () => {
    const drawn = shared.map(() => shared[Math.floor(next() * shared.length)] as Case);
    return krippendorffAlpha(rows(drawn), 'nominal');
  })
    .filter((alpha) => alpha !== null)
    .toSorted((a, b) => a - b);
  const quantile = (share: number) => alphas[Math.min(Math.floor(share * alphas.length), alphas.length - 1)] ?? null;
  return {
    cases: shared.length,
    alpha: krippendorffAlpha(rows(shared), 'nominal'),
    lower: quantile(0.025),
    upper: quantile(0.975),
    ac1: gwetAC1(rows(shared)),
    kappa: kappaOf(shared),
  };
}

function kappaOf(shared: readonly Case[]): number | null {
  const pairs = new Map<string, [string, string][]>();
  for (const { said } of shared) {
    const sorted = said.toSorted((x, y) => (x.rater < y.rater ? -1 : 1));
    for (const [i, a] of sorted.entries()) {
      for (const b of sorted.slice(i + 1)) {
        const key = JSON.stringify([a.rater, b.rater]);
        const pair = pairs.get(key) ?? [];
        pair.push([a.label, b.label]);
        pairs.set(key, pair);
      }
    }
  }
  const most = [...pairs.values()].toSorted((a, b) => b.length - a.length)[0] ?? [];
  const labels = [...new Set(most.flat())].toSorted();
  const table = labels.map((a) => labels.map((b) => most.filter(([x, y]) => x === a && y === b).length));
  return cohenKappa(table);
}

/**
 * The chance that each reviewer gives the right label, by Dawid and Skene: the model is a rater too, and so is what turned
 * out true. Smoothed by half a rating.
 */
export function qualityOf({ recent }: Cases): Map<string, number> {
  const ratings = Object.entries(recent).flatMap(([decisionId, { model, truth, said }]): Rating[] => [
    ...(model === null ? [] : [{ item: decisionId, rater: 'model', label: model }]),
    ...(truth === null ? [] : [{ item: decisionId, rater: 'truth', label: truth }]),
    ...said.map(({ rater, label }) => ({ item: decisionId, rater: `reviewer ${rater}`, label })),
  ]);
  const counts = new Map<string, number>();
  for (const { rater } of ratings) counts.set(String(rater), (counts.get(String(rater)) ?? 0) + 1);
  const found = dawidSkene(ratings, {
    smoothing: 0.5 / Math.max(new Set(ratings.map(({ label }) => label)).size, 1),
    maxIterations: 50,
    tolerance: 1e-4,
  });
  return new Map(
    found.raters.flatMap((rater, r): [string, number][] => {
      const name = String(rater);
      if (!name.startsWith('reviewer ') || (counts.get(name) ?? 0) < fewestRatings) return [];
      const right = found.classShares.reduce((sum, share, k) => sum + share * (found.confusion[r]?.[k]?.[k] ?? 0), 0);
      return [[name.slice('reviewer '.length), right]];
    }),
  );
}
