import { assertBetween } from './input.ts';
import { assertNumber, drifting, nothing, type Detection } from './detector.ts';

export interface CusumOptions {
  /** Numbers from which mean and standard deviation are taken, once. */
  readonly minInstances?: number;
  /** Deviations up to so many standard deviations are forgiven. */
  readonly slack?: number;
  /** The sum, in standard deviations, beyond which a change is found. */
  readonly threshold?: number;
}

export interface CusumState extends Required<CusumOptions> {
  seen: number;
  mean: number;
  /** Sum of squared deviations from the mean, up to `minInstances`. */
  squares: number;
  risen: number;
  fallen: number;
}

/**
 * Tabular CUSUM of a change of the mean in either direction, in standard deviations of its warm-up. Never warns. A
 * warm-up without any variation makes every later deviation a change. Source: Page (1954), Montgomery (2009), ch. 9.
 */
export class Cusum {
  private readonly state: CusumState;

  constructor({ minInstances = 30, slack = 0.5, threshold = 5 }: CusumOptions = {}) {
    assertBetween(threshold, 'threshold', 0, Infinity);
    assertBetween(slack, 'slack', -1e-12, Infinity);
    this.state = { minInstances, slack, threshold, seen: 0, mean: 0, squares: 0, risen: 0, fallen: 0 };
  }

  static from(state: CusumState): Cusum {
    const detector = new Cusum(state);
    Object.assign(detector.state, state);
    return detector;
  }

  toJSON(): CusumState {
    return { ...this.state };
  }

  update(x: number): Detection {
    assertNumber(x);
    const { state } = this;
    state.seen += 1;
    if (state.seen <= state.minInstances) {
      const before = x - state.mean;
      state.mean += before / state.seen;
      state.squares += before * (x - state.mean);
    }
    if (state.seen < state.minInstances) return nothing;
    const deviation = Math.sqrt(state.squares / Math.max(state.minInstances - 1, 1));
    state.risen = Math.max(0, state.risen + x - state.mean - state.slack * deviation);
    state.fallen = Math.max(0, state.fallen - x + state.mean - state.slack * deviation);
    if (Math.max(state.risen, state.fallen) <= state.threshold * deviation) return nothing;
    Object.assign(state, { seen: 0, mean: 0, squares: 0, risen: 0, fallen: 0 });
    return drifting;
  }
}
