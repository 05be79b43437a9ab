import { assertBetween } from './input.ts';
import { drifting, nothing, warning, type Detection } from './detector.ts';

export interface HddmAOptions {
  readonly driftConfidence?: number;
  readonly warningConfidence?: number;
  /** Whether a fall of the mean is looked for too. */
  readonly twoSided?: boolean;
}

interface Mean {
  readonly n: number;
  readonly mean: number;
}

export interface HddmAState extends Required<HddmAOptions> {
  all: Mean;
  /** The mean up to where it was surely lowest, and surely highest. */
  lowest: Mean;
  highest: Mean;
}

const empty: Mean = { n: 0, mean: 0 };

/**
 * Drift detection by Hoeffding's bound on moving averages, for numbers in [0, 1].
 * Source: Frías-Blanco et al., Online and Non-Parametric Drift Detection Methods Based on Hoeffding's Bounds (2015).
 */
export class HddmA {
  private readonly state: HddmAState;

  constructor({ driftConfidence = 0.001, warningConfidence = 0.005, twoSided = false }: HddmAOptions = {}) {
    assertBetween(driftConfidence, 'driftConfidence', 0, 1);
    assertBetween(warningConfidence, 'warningConfidence', 0, 1);
    this.state = { driftConfidence, warningConfidence, twoSided, all: empty, lowest: empty, highest: empty };
  }

  static from(state: HddmAState): HddmA {
    const detector = new HddmA(state);
    Object.assign(detector.state, structuredClone(state));
    return detector;
  }

  toJSON(): HddmAState {
    return structuredClone(this.state);
  }

  update(x: number): Detection {
    assertBetween(x, 'x', -1e-12, 1 + 1e-12);
    const { state } = this;
    const n = state.all.n + 1;
    const all = { n, mean: state.all.mean + (x - state.all.mean) / n };
    state.all = all;
    const { lowest, highest } = state;
    if (lowest.n === 0 || lowest.mean + this.bound(lowest.n) >= all.mean + this.bound(n)) state.lowest = all;
    if (highest.n === 0 || highest.mean - this.bound(highest.n) <= all.mean - this.bound(n)) state.highest = all;

    if (this.isMoved(state.driftConfidence)) {
      Object.assign(state, { all: empty, lowest: empty, highest: empty });
      return drifting;
    }
    return this.isMoved(state.warningConfidence) ? warning : nothing;
  }

  private bound(n: number): number {
    return Math.sqrt(Math.log(1 / this.state.driftConfidence) / (2 * n));
  }

  private isMoved(confidence: number): boolean {
    const { all, lowest, highest, twoSided } = this.state;
    const risen = lowest.n < all.n && all.mean - lowest.mean >= difference(lowest.n, all.n, confidence);
    return (
      risen || (twoSided && highest.n < all.n && highest.mean - all.mean >= difference(highest.n, all.n, confidence))
    );
  }
}

const difference = (cut: number, n: number, confidence: number) =>
  Math.sqrt(((n - cut) / (cut * n) / 2) * Math.log(2 / confidence));
