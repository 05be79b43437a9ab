/**
 * E-detector of a change of a Bernoulli rate: a mixture of Shiryaev–Roberts processes, one for each rate that is looked
 * for. Looking often costs nothing. Source: Shin, Ramdas and Rinaldo, E-detectors (2023).
 */
import { assertBetween } from './input.ts';
import { drifting, nothing, warning, type Detection } from './detector.ts';

export interface ShiryaevRobertsOptions {
  /** The rate while all is well, in (0, 1): at most this when higher rates are looked for, at least when lower. */
  readonly baseline: number;
  /** The rates to find soonest; all above the baseline, or all below. */
  readonly alternatives: readonly number[];
  /** The evidence that is drift; while all is well it takes on average at least so many numbers to get there. */
  readonly threshold: number;
  /** The evidence that warns; a tenth of the threshold when left out. */
  readonly warning?: number;
}

export interface ShiryaevRobertsState extends Required<ShiryaevRobertsOptions> {
  /** One value a rate. */
  values: number[];
}

/** Past it nothing more is learnt, and sums must stay finite. */
const largest = 1e300;

export class BernoulliShiryaevRoberts {
  private readonly state: ShiryaevRobertsState;

  /** Throws when the rates do not make sense. */
  constructor(options: ShiryaevRobertsOptions) {
    const { baseline, alternatives, threshold } = options;
    checkRates(baseline, alternatives);
    assertBetween(threshold, 'threshold', 0, Infinity);
    this.state = {
      baseline,
      alternatives: [...alternatives],
      threshold,
      warning: options.warning ?? threshold / 10,
      values: alternatives.map(() => 0),
    };
  }

  static from(state: ShiryaevRobertsState): BernoulliShiryaevRoberts {
    const detector = new BernoulliShiryaevRoberts(state);
    detector.state.values = [...state.values];
    return detector;
  }

  toJSON(): ShiryaevRobertsState {
    return structuredClone(this.state);
  }

  /** In [0, 1e300]; 0 before the first number. */
  get evidence(): number {
    return evidenceOf(this.state.values);
  }

  /** `x` is 1 or 0, true or false. */
  update(x: number | boolean): Detection {
    if (Number(x) !== 0 && Number(x) !== 1) throw new RangeError(`x is ${x}; an event is 0 or 1`);
    const { state } = this;
    observe(state.values, Number(x), state.baseline, state.alternatives);
    const { evidence } = this;
    if (evidence >= state.threshold) {
      state.values.fill(0);
      return drifting;
    }
    return evidence >= state.warning ? warning : nothing;
  }
}

/** M ← (M + 1) · likelihood ratio of `x`, 0 or 1, for each alternative, in place. */
function observe(values: number[], x: number, baseline: number, alternatives: readonly number[]): void {
  for (let i = 0; i < values.length; i++) {
    const rate = alternatives[i] as number;
    const ratio = x === 1 ? rate / baseline : (1 - rate) / (1 - baseline);
    values[i] = Math.min(((values[i] as number) + 1) * ratio, largest);
  }
}

/** The mixture: the mean over the alternatives. */
export function evidenceOf(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / Math.max(values.length, 1);
}

function checkRates(baseline: number, alternatives: readonly number[]): void {
  const isRate = (rate: number) => rate > 0 && rate < 1;
  if (!isRate(baseline)) throw new RangeError(`baseline is ${baseline}; give a rate between 0 and 1`);
  const above = alternatives.filter((rate) => rate > baseline).length;
  const sensible = alternatives.length > 0 && alternatives.every((rate) => isRate(rate) && rate !== baseline);
  if (!sensible || (above > 0 && above < alternatives.length)) {
    throw new RangeError(
      `alternatives are ${alternatives.join(', ')}; give rates that are all above, or all below, ${baseline}`,
    );
  }
}
