/**
 * Whether the model treats the policy's protected segments alike: how often it is wrong and how often people override it,
 * in each value of a segment against the rest, by intervals that hold however often one looks.
 */
import { eventTypes, type Features } from '@countersign/contract';
import { confidenceSequence, type Interval } from '../statistics/index.ts';
import { reviewOf, truthOf } from './answers.ts';
import { categoryOf } from './feature-bins.ts';
import { keyOf, nameOf } from './feature-sample.ts';
import type { Finding, Monitor } from './monitor.ts';
import { percent } from './rate-watch.ts';
import type { Rules } from './rules.ts';

interface Tally {
  n: number;
  hits: number;
}

interface Group {
  readonly wrong: Tally;
  readonly overridden: Tally;
}

export interface FairnessState {
  /** For each segment of the policy, its values by `keyOf`; and all of them together. */
  readonly segments: { readonly all: Group; readonly values: Record<string, Group> }[];
  answers: number;
  /** What stands: "segment value rate". */
  standing: string[];
}

/** Values beyond it are not told apart. */
const mostValues = 50;
const lookEvery = 100;
const block = 5_000;
const fewest = 50;
const alpha = 0.01;
const kinds = ['wrong', 'overridden'] as const;

const startGroup = (): Group => ({ wrong: { n: 0, hits: 0 }, overridden: { n: 0, hits: 0 } });

export const fairness: Monitor<FairnessState> = {
  per: 'version',
  hears: [eventTypes.humanDecision, eventTypes.outcome],
  rules: ({ segments, minimumGap }) => [segments, minimumGap],
  start: ({ rules }) => ({
    segments: rules.segments.map(() => ({ all: startGroup(), values: {} })),
    answers: 0,
    standing: [],
  }),

  observe: (state, record, { rules }) => {
    if (rules.segments.length === 0) return false;
    const truth = truthOf(record);
    const review = truth === null ? reviewOf(record) : null;
    if (truth !== null) tally(state, truth.about.features, rules, 'wrong', !truth.right);
    else if (review !== null) tally(state, review.about.features, rules, 'overridden', review.overridden);
    else return false;
    state.answers += 1;
    const moved = state.answers % lookEvery === 0 && settle(state, rules);
    // Old answers must not hide new ones: counts begin anew, and what stands stands until there are enough of them.
    if (state.answers % block === 0) {
      for (const segment of state.segments) Object.assign(segment, { all: startGroup(), values: {} });
    }
    return moved;
  },

  signals: (state, { rules }) =>
    rules.segments.map((segment, i): Finding => {
      const gaps = gapsOf(state, rules, i);
      const unequal = gaps.filter(({ name }) => state.standing.includes(name));
      const [most] = gaps;
      const summary =
        most === undefined
          ? `Too early to tell: no two groups of ${segment} have ${fewest} answers each.`
          : unequal.length === 0
            ? `No group of ${segment} is surely treated unlike the rest.`
            : `Decisions are ${unequal
                .map(
                  ({ value, kind, rate, restRate }) =>
                    `${kind} in ${percent(rate)} of ${value} and ${percent(restRate)} of the rest`,
                )
                .join('; ')}.`;
      const tier = unequal.length > 0 ? 'action_required' : null;
      return {
        subject: segment,
        tier,
        conclusive: most !== undefined,
        value: most?.gap ?? null,
        summary,
        evidence: { groups: gaps.slice(0, 20).map(shown) },
      };
    }),
};

function tally(
  state: FairnessState,
  features: Features,
  { segments }: Rules,
  kind: (typeof kinds)[number],
  hit: boolean,
): void {
  segments.forEach((segment, i) => {
    const value = Object.hasOwn(features, segment) ? features[segment] : null;
    const counted = state.segments[i];
    if (counted === undefined || value === null || value === undefined) return;
    const key = keyOf(categoryOf(String(value)));
    if (counted.values[key] === undefined && Object.keys(counted.values).length >= mostValues) return;
    for (const group of [counted.all, (counted.values[key] ??= startGroup())]) {
      group[kind].n += 1;
      group[kind].hits += Number(hit);
    }
  });
}

interface Gap {
  /** Of what stands. */
  readonly name: string;
  readonly value: string;
  readonly kind: (typeof kinds)[number];
  readonly n: number;
  readonly rate: number;
  readonly restRate: number;
  readonly gap: number;
  /** The intervals do not overlap; worked out when asked, for it takes a while. */
  readonly isSure: () => boolean;
  readonly intervals: () => { readonly own: Interval; readonly rest: Interval };
}

const shown = ({ value, kind, n, rate, restRate, gap, intervals }: Gap) => ({
  value,
  kind,
  n,
  rate,
  rest_rate: restRate,
  gap,
  ...intervals(),
});

/** Each value against the rest, the widest gap first. */
function gapsOf(state: FairnessState, { segments }: Rules, i: number): Gap[] {
  const counted = state.segments[i];
  if (counted === undefined) return [];
  const entries = Object.entries(counted.values);
  // Shared among all comparisons, so that many groups raise no more false alarms than one.
  const each = alpha / Math.max(entries.length * kinds.length * segments.length * 2, 1);
  return entries
    .flatMap(([key, group]) =>
      kinds.flatMap((kind): Gap[] => {
        const [mine, all] = [group[kind], counted.all[kind]];
        const rest = { n: all.n - mine.n, hits: all.hits - mine.hits };
        if (mine.n < fewest || rest.n < fewest) return [];
        const [rate, restRate] = [mine.hits / mine.n, rest.hits / rest.n];
        const intervalOf = ({ n, hits }: Tally) => confidenceSequence(hits, n, each);
        return [
          {
            name: `${segments[i]} ${nameOf(key)} ${kind}`,
            value: nameOf(key),
            kind,
            n: mine.n,
            rate,
            restRate,
            gap: Math.abs(rate - restRate),
            intervals: () => ({ own: intervalOf(mine), rest: intervalOf(rest) }),
            isSure: () => {
              const [own, other] = [intervalOf(mine), intervalOf(rest)];
              return own.lower > other.upper || own.upper < other.lower;
            },
          },
        ];
      }),
    )
    .toSorted((a, b) => b.gap - a.gap || (a.name < b.name ? -1 : 1));
}

/** Opens on a sure gap that matters; ends when the gap is half of that. */
function settle(state: FairnessState, rules: Rules): boolean {
  const before = state.standing;
  state.standing = rules.segments.flatMap((segment, i) => {
    const gaps = gapsOf(state, rules, i);
    const told = new Set(gaps.map(({ name }) => name));
    const untold = before.filter((name) => name.startsWith(`${segment} `) && !told.has(name));
    const wide = gaps.filter(({ name, gap, isSure }) =>
      before.includes(name) ? gap >= rules.minimumGap / 2 : isSure() && gap >= rules.minimumGap,
    );
    return [...untold, ...wide.map(({ name }) => name)];
  });
  return state.standing.join('\n') !== before.join('\n');
}
