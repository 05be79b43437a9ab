import { assertBetween } from './input.ts';
import { assertNumber, drifting, nothing, warning, type Detection } from './detector.ts';

export interface DdmOptions {
  /** Numbers to see before anything is found. */
  readonly warmStart?: number;
  /** How many standard deviations above the lowest error rate warn, and are drift. */
  readonly warningThreshold?: number;
  readonly driftThreshold?: number;
}

export interface DdmState extends Required<DdmOptions> {
  seen: number;
  rate: number;
  /** Rate and standard deviation where their sum was lowest; null before the warm start is over. */
  lowest: { readonly rate: number; readonly deviation: number } | null;
}

/**
 * Drift detection method, for a stream of errors (1) and successes (0). After a start without any error the first one is
 * drift: its bound has no width then. Source: Gama et al. (2004).
 */
export class Ddm {
  private readonly state: DdmState;

  constructor({ warmStart = 30, warningThreshold = 2, driftThreshold = 3 }: DdmOptions = {}) {
    assertBetween(warningThreshold, 'warningThreshold', 0, Infinity);
    assertBetween(driftThreshold, 'driftThreshold', 0, Infinity);
    this.state = { warmStart, warningThreshold, driftThreshold, seen: 0, rate: 0, lowest: null };
  }

  static from(state: DdmState): Ddm {
    const detector = new Ddm(state);
    Object.assign(detector.state, structuredClone(state));
    return detector;
  }

  toJSON(): DdmState {
    return structuredClone(this.state);
  }

  update(x: number): Detection {
    assertNumber(x);
    const { state } = this;
    state.seen += 1;
    state.rate += (x - state.rate) / state.seen;
    if (state.seen <= state.warmStart) return nothing;
    const deviation = Math.sqrt(Math.max(state.rate * (1 - state.rate), 0) / state.seen);
    const level = state.rate + deviation;
    if (state.lowest === null || level <= state.lowest.rate + state.lowest.deviation) {
      state.lowest = { rate: state.rate, deviation };
    }
    const { lowest } = state;
    if (level > lowest.rate + state.driftThreshold * lowest.deviation) {
      Object.assign(state, { seen: 0, rate: 0, lowest: null });
      return drifting;
    }
    return level > lowest.rate + state.warningThreshold * lowest.deviation ? warning : nothing;
  }
}
