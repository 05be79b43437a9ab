import { assertBetween } from './input.ts';
import { assertNumber, drifting, nothing, type Detection } from './detector.ts';

export interface PageHinkleyOptions {
  /** A rise is found at the number before this one at the earliest, as in river. */
  readonly minInstances?: number;
  /** Rises of the mean up to this are forgiven. */
  readonly delta?: number;
  /** The sum at which a rise is found. */
  readonly threshold?: number;
  /** How much of the sum is kept with each number. */
  readonly alpha?: number;
}

export interface PageHinkleyState extends Required<PageHinkleyOptions> {
  seen: number;
  mean: number;
  sum: number;
}

/** Page–Hinkley test of a rise of the mean. Never warns. Sources: Page (1954), Hinkley (1971), Mouss et al. (2004). */
export class PageHinkley {
  private readonly state: PageHinkleyState;

  constructor({ minInstances = 30, delta = 0.005, threshold = 50, alpha = 0.9999 }: PageHinkleyOptions = {}) {
    assertBetween(threshold, 'threshold', 0, Infinity);
    assertBetween(alpha, 'alpha', 0, 1 + 1e-12);
    this.state = { minInstances, delta, threshold, alpha, seen: 0, mean: 0, sum: 0 };
  }

  static from(state: PageHinkleyState): PageHinkley {
    const detector = new PageHinkley(state);
    Object.assign(detector.state, state);
    return detector;
  }

  toJSON(): PageHinkleyState {
    return { ...this.state };
  }

  update(x: number): Detection {
    assertNumber(x);
    const { state } = this;
    state.seen += 1;
    state.mean += (x - state.mean) / state.seen;
    state.sum = Math.max(0, state.alpha * state.sum + x - state.mean - state.delta);
    if (state.seen + 1 < state.minInstances || state.sum < state.threshold) return nothing;
    Object.assign(state, { seen: 0, mean: 0, sum: 0 });
    return drifting;
  }
}
