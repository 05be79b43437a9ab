/**
 * E-detector of a change of a rate that may have a season and a memory: a mixture of Shiryaev–Roberts processes of the
 * likelihood ratio given what came before. With a stated rate it is exactly valid for events that are, given the past, at
 * most (at least) as likely; with a learnt model it is as valid as the model. Source: Shin, Ramdas and Rinaldo (2023).
 */
import { hourOfWeek, memoryGains, remember, type RateModel } from './rate-model.ts';
import { evidenceOf } from './shiryaev-roberts.ts';

export type Direction = 'rise' | 'fall';

/** Odds ratios of the rates to find soonest. */
const oddsRatios = [1.5, 2, 3];
/** Past it nothing more is learnt, and sums must stay finite. */
const largest = 1e300;
/** A rate in a season may come out above 1. */
const highest = 1 - 1e-6;

export interface RateDetectorState {
  /** The processes, one for each odds ratio. */
  readonly values: number[];
  /** What memories hold of the events, and of the rate that each process expects, the baseline's first. */
  readonly remembered: number[];
  readonly expected: number[][];
}

export function startRateDetector(model: RateModel, direction: Direction): RateDetectorState {
  const rate = direction === 'rise' ? model.upper : model.lower;
  return {
    values: oddsRatios.map(() => 0),
    remembered: memoryGains.map(() => model.mean),
    expected: [1, ...oddsRatios].map(() => memoryGains.map(() => rate)),
  };
}

/**
 * Takes one event in, in place, and returns the evidence. `weight` is the share of the horizon that passed since the
 * event before: with threshold A at most 1 / A false alarms are expected in a horizon. `trust` in [0, 1] is how far the one
 * who says so is believed: the ratio's exponent, which leaves it an e-value.
 */
export function observeRate(
  state: RateDetectorState,
  model: RateModel,
  direction: Direction,
  event: { readonly x: number; readonly atMs: number; readonly weight: number; readonly trust?: number },
): number {
  if (!(event.weight >= 0)) throw new RangeError(`weight is ${event.weight}; give a share of the horizon`);
  const { values, remembered, expected } = state;
  const same = event.trust === undefined || event.trust === 1 ? ratiosOf(model, direction) : null;
  if (same !== null) {
    const factors = event.x === 1 ? same.hit : same.miss;
    for (let i = 0; i < values.length; i++) {
      values[i] = Math.min(((values[i] as number) + event.weight) * (factors[i] as number), largest);
    }
    return evidenceOf(values);
  }
  const exponent = model.temper * (event.trust ?? 1);
  const rising = direction === 'rise';
  const season = model.season === null ? 1 : (model.season[hourOfWeek(event.atMs)] ?? 1);
  const base = Math.min((rising ? model.upper : model.lower) * season, highest);
  const odds = base / (1 - base);
  const under = given(base, 0, model, state);
  const remembers = model.memory.some((weight) => weight !== 0);
  if (remembers) remember(expected[0] as number[], base);
  for (let i = 0; i < values.length; i++) {
    const ratio = oddsRatios[i] as number;
    const otherOdds = rising ? odds * ratio : odds / ratio;
    const other = otherOdds / (1 + otherOdds);
    const over = given(other, i + 1, model, state);
    if (remembers) remember(expected[i + 1] as number[], other);
    const log = event.x === 1 ? Math.log(over / under) : Math.log((1 - over) / (1 - under));
    values[i] = Math.min(((values[i] as number) + event.weight) * Math.exp(log * exponent), largest);
  }
  if (remembers) remember(remembered, event.x);
  return evidenceOf(values);
}

interface Ratios {
  readonly hit: readonly number[];
  readonly miss: readonly number[];
}

const steady = new WeakMap<RateModel, Readonly<Record<Direction, Ratios>> | 'varies'>();

/** The likelihood ratios, worked out once, of a rate that is the same at all times; null for one that is not. */
function ratiosOf(model: RateModel, direction: Direction): Ratios | null {
  let known = steady.get(model);
  if (known === undefined) {
    const varies = model.season !== null || model.memory.some((weight) => weight !== 0);
    known = varies ? 'varies' : { rise: ratios(model, 'rise'), fall: ratios(model, 'fall') };
    steady.set(model, known);
  }
  return known === 'varies' ? null : known[direction];
}

function ratios(model: RateModel, direction: Direction): Ratios {
  const base = Math.min(direction === 'rise' ? model.upper : model.lower, highest);
  const others = oddsRatios.map((ratio) => {
    const odds = (base / (1 - base)) * (direction === 'rise' ? ratio : 1 / ratio);
    return odds / (1 + odds);
  });
  return {
    hit: others.map((other) => (other / base) ** model.temper),
    miss: others.map((other) => ((1 - other) / (1 - base)) ** model.temper),
  };
}

/** The rate given what is remembered, kept well inside (0, 1). */
function given(rate: number, process: number, model: RateModel, { remembered, expected }: RateDetectorState): number {
  let sum = rate;
  for (let k = 0; k < remembered.length; k++) {
    const weight = model.memory[k] as number;
    if (weight !== 0) sum += weight * ((remembered[k] as number) - ((expected[process] as number[])[k] as number));
  }
  return Math.min(Math.max(sum, rate * 0.2), 1 - (1 - rate) * 0.2);
}
