/**
 * What is usual of a rate, learnt from a time when all was well: its level with bounds, its season over the week, and how
 * far one event makes the next likelier. A detector that takes these for granted does not mistake Monday morning, or one
 * bad batch, for a change. Sources: harmonic regression; Granger's conditional mean by exponentially weighted averages;
 * Newey and West (1987) for what is left.
 */
import { assertBetween, assertFinite, assertSameLength, at, total } from './input.ts';
import { leastSquares } from './least-squares.ts';
import { betaQuantile, incompleteBeta, normalQuantile } from './special-functions.ts';

export interface RateModel {
  /** The long-run rate, and 90 % bounds of it on either side. */
  readonly mean: number;
  readonly lower: number;
  readonly upper: number;
  /** For each of the 168 hours of the week, from Monday 00:00 UTC, the rate then as a multiple of the mean; null when flat. */
  readonly season: readonly number[] | null;
  /** How much of its memory's deviation the rate takes on: one weight for each of `memoryGains`. */
  readonly memory: readonly number[];
  /** 1 / (how much more sums of what is left vary than sums of independent events). In (0, 1]. */
  readonly temper: number;
}

/** Memories of the last event, of about eight, and of about sixty: the gains of their exponentially weighted averages. */
export const memoryGains: readonly number[] = [1, 1 / 8, 1 / 60];

const hourMs = 3_600_000;
/** 1970 began on a Thursday. */
const mondayHours = 72;
const harmonics = [
  { perHour: 1 / 24, roundHours: 24 },
  { perHour: 2 / 24, roundHours: 24 },
  { perHour: 1 / 168, roundHours: 168 },
  { perHour: 2 / 168, roundHours: 168 },
  { perHour: 3 / 168, roundHours: 168 },
];
/** The first deviations of a memory that starts empty say little. */
const warmUp = 100;
const confidence = 0.9;
/**
 * In standard errors: the least weight of a memory that is kept, and how much more of it is taken for granted than was
 * seen. A memory that was missed raises false alarms; one too many only makes detection a little slower.
 */
const [weakestKept, margin] = [0.5, 0.25];

/** Which hour of the week it is, from Monday 00:00 UTC. */
export const hourOfWeek = (atMs: number): number => (Math.floor(atMs / hourMs) + mondayHours) % 168;

/** A rate that somebody vouches for, the same at all times. Throws unless it is in (0, 1). */
export function statedRate(rate: number): RateModel {
  assertBetween(rate, 'rate', 0, 1);
  return { mean: rate, lower: rate, upper: rate, season: null, memory: memoryGains.map(() => 0), temper: 1 };
}

/**
 * Learns from events `x` (0 or 1) at `times` (ms), which may be any instants of the same hours of the week when `spanMs`
 * says how long they took in all. The bounds are Jeffreys' of as many independent events as these are worth. Throws for
 * fewer than 10 events, and for what is no event.
 */
export function learnRate(times: readonly number[], x: readonly number[], spanMs = spanOf(times)): RateModel {
  const n = x.length;
  assertSameLength(times, x, 'times and x');
  assertFinite(times, 'times');
  const odd = x.findIndex((value) => value !== 0 && value !== 1);
  if (odd >= 0) throw new RangeError(`x[${odd}] is ${x[odd]}; an event is 0 or 1`);
  if (n < 10) throw new RangeError(`x has ${n} events; a rate is learnt from at least 10`);
  const mean = (total(x) + 0.5) / (n + 1);
  // Events that never vary say nothing of season and memory.
  if (x.every((value) => value === x[0])) return { ...statedRate(mean), ...boundsOf(x, 1) };
  const season = learnSeason(times, x, mean, spanMs);
  const deviations = x.map((value, i) => value - mean * (season?.[hourOfWeek(at(times, i))] ?? 1));
  const memory = learnMemory(deviations);
  const left = unexplained(deviations, memory);
  const excess = excessVariance(left);
  const inflation = excess / (1 - Math.min(total(memory), 0.8)) ** 2;
  return { mean, ...boundsOf(x, inflation), season, memory, temper: 1 / excess };
}

const spanOf = (times: readonly number[]) =>
  times.reduce((latest, time) => Math.max(latest, time), -Infinity) -
  times.reduce((earliest, time) => Math.min(earliest, time), Infinity);

function boundsOf(x: readonly number[], inflation: number): { lower: number; upper: number } {
  const [hits, misses] = [total(x) / inflation, (x.length - total(x)) / inflation];
  return {
    lower: betaQuantile(1 - confidence, hits + 0.5, misses + 0.5),
    upper: betaQuantile(confidence, hits + 0.5, misses + 0.5),
  };
}

/** Null unless a season explains more than chance would; it is only looked for where two rounds of it were seen. */
function learnSeason(times: readonly number[], x: readonly number[], mean: number, spanMs: number): number[] | null {
  const seen = harmonics.filter(({ roundHours }) => spanMs >= 2 * roundHours * hourMs);
  if (seen.length === 0) return null;
  const frequencies = seen.map(({ perHour }) => perHour);
  const fit = leastSquares(
    times.map((time) => waves((time / hourMs + mondayHours) % 168, frequencies)),
    x,
  );
  if (fit === null || !(fit.residual > 0)) return null;
  const average = total(x) / x.length;
  const deviations = x.map((value) => value - average);
  const flat = total(deviations.map((deviation) => deviation ** 2));
  const [waveCount, freedom] = [2 * seen.length, x.length - fit.coefficients.length];
  const ratio = (flat - fit.residual) / waveCount / (fit.residual / freedom) / excessVariance(deviations);
  if (fSurvival(ratio, waveCount, freedom) > 0.1) return null;
  return Array.from({ length: 168 }, (_, hour) => {
    const rate = total(waves(hour + 0.5, frequencies).map((wave, i) => wave * at(fit.coefficients, i)));
    return Math.min(Math.max(rate / mean, 0.25), 4);
  });
}

/** P(F > ratio). */
const fSurvival = (ratio: number, a: number, b: number) =>
  ratio <= 0 ? 1 : incompleteBeta(b / (b + a * ratio), b / 2, a / 2);

const waves = (hours: number, frequencies: readonly number[]) => [
  1,
  ...frequencies.flatMap((f) => [Math.cos(2 * Math.PI * f * hours), Math.sin(2 * Math.PI * f * hours)]),
];

/** Regresses each deviation on the memories before it; a weight of less than half its standard error is left out. */
function learnMemory(deviations: readonly number[]): number[] {
  const rows: number[][] = [];
  const memories = memoryGains.map(() => 0);
  for (const deviation of deviations) {
    rows.push([...memories]);
    remember(memories, deviation);
  }
  let kept = memoryGains.map((_, i) => i);
  for (;;) {
    const columns = kept;
    const fit = leastSquares(
      rows.slice(warmUp).map((row) => columns.map((i) => at(row, i))),
      deviations.slice(warmUp),
    );
    if (fit === null) return memoryGains.map(() => 0);
    // Without any error there is nothing random to learn from.
    const ratios = fit.coefficients.map((weight, i) => (fit.residual > 0 ? weight / at(fit.standardErrors, i) : 0));
    const weakest = ratios.indexOf(Math.min(...ratios));
    if (at(ratios, weakest) >= weakestKept) {
      return memoryGains.map((_, i) => {
        const column = columns.indexOf(i);
        return column < 0 ? 0 : at(fit.coefficients, column) + margin * at(fit.standardErrors, column);
      });
    }
    kept = kept.toSpliced(weakest, 1);
    if (kept.length === 0) return memoryGains.map(() => 0);
  }
}

/** Takes a value into each of the averages. */
export function remember(memories: number[], value: number): void {
  for (let i = 0; i < memories.length; i++) {
    const before = memories[i] as number;
    memories[i] = before + (memoryGains[i] as number) * (value - before);
  }
}

function unexplained(deviations: readonly number[], memory: readonly number[]): number[] {
  const memories = memoryGains.map(() => 0);
  return deviations.map((deviation) => {
    const expected = total(memory.map((weight, i) => weight * at(memories, i)));
    remember(memories, deviation);
    return deviation - expected;
  });
}

/** How much more sums of these vary than if they were independent; 1 where it may be chance. */
function excessVariance(values: readonly number[]): number {
  const n = values.length;
  const variance = total(values.map((value) => value * value)) / n;
  if (variance === 0) return 1;
  let largest = 1;
  for (const lags of [5, 20, 60, 120].filter((count) => count < n / 4)) {
    let sum = variance;
    for (let lag = 1; lag <= lags; lag++) {
      let product = 0;
      for (let i = lag; i < n; i++) product += (values[i] as number) * (values[i - lag] as number);
      sum += (2 * (1 - lag / (lags + 1)) * product) / n;
    }
    const estimate = sum / variance;
    const error = estimate * Math.sqrt((4 * lags) / (3 * n));
    if (estimate - 1 > 2 * error) largest = Math.max(largest, estimate + normalQuantile(confidence) * error);
  }
  return largest;
}
