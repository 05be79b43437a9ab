/**
 * Adaptive windowing: keeps the longest window in which no two parts differ, as an exponential histogram.
 * Source: Bifet and Gavaldà, Learning from Time-Changing Data with Adaptive Windowing (2007), with the variance-based
 * bound and the checks every `clock` numbers of its authors' implementation.
 */
import { assertBetween } from './input.ts';
import { assertNumber, drifting, nothing, type Detection } from './detector.ts';

export interface AdwinOptions {
  /** Confidence of the bound. */
  readonly delta?: number;
  /** How many numbers come between two checks. */
  readonly clock?: number;
}

/** The buckets of 2^i numbers each, oldest first. */
interface Row {
  readonly totals: number[];
  readonly variances: number[];
}

export interface AdwinState {
  readonly delta: number;
  readonly clock: number;
  /** Smallest buckets, which are the newest, first. */
  readonly rows: Row[];
  width: number;
  total: number;
  /** Sum of squared deviations from the mean. */
  variance: number;
  ticks: number;
}

const mostBuckets = 5;
const shortestWindow = 10;
const shortestPart = 5;

export class Adwin {
  private readonly state: AdwinState;

  constructor({ delta = 0.002, clock = 32 }: AdwinOptions = {}) {
    assertBetween(delta, 'delta', 0, 1);
    if (!Number.isInteger(clock) || clock < 1) throw new RangeError(`clock is ${clock}; give a whole number from 1`);
    this.state = { delta, clock, rows: [emptyRow()], width: 0, total: 0, variance: 0, ticks: 0 };
  }

  static from(state: AdwinState): Adwin {
    const adwin = new Adwin();
    Object.assign(adwin.state, structuredClone(state));
    return adwin;
  }

  toJSON(): AdwinState {
    return structuredClone(this.state);
  }

  /** How many numbers the window holds. */
  get width(): number {
    return this.state.width;
  }

  /** Mean of the window; 0 when it is empty. */
  get mean(): number {
    return this.state.width === 0 ? 0 : this.state.total / this.state.width;
  }

  /** Drops the oldest part of the window where it differs from the rest; that is drift. Never warns. */
  update(x: number): Detection {
    assertNumber(x);
    const { state } = this;
    if (state.width > 0) state.variance += (state.width * (x - this.mean) ** 2) / (state.width + 1);
    state.width += 1;
    state.total += x;
    const newest = row(state, 0);
    newest.totals.push(x);
    newest.variances.push(0);
    this.compress();

    state.ticks += 1;
    if (state.ticks % state.clock !== 0 || state.width <= shortestWindow) return nothing;
    let drift = false;
    while (this.isCut()) {
      drift = true;
      this.dropOldest();
    }
    return drift ? drifting : nothing;
  }

  /** Two buckets of a row that is too full become one of the next. */
  private compress(): void {
    const { rows } = this.state;
    for (let i = 0; row(this.state, i).totals.length > mostBuckets; i++) {
      const { totals, variances } = row(this.state, i);
      if (i + 1 === rows.length) rows.push(emptyRow());
      const next = row(this.state, i + 1);
      const [a = 0, b = 0] = totals.splice(0, 2);
      const [v = 0, w = 0] = variances.splice(0, 2);
      next.totals.push(a + b);
      next.variances.push(v + w + (a - b) ** 2 / 2 ** (i + 1));
    }
  }

  private dropOldest(): void {
    const { state } = this;
    const size = 2 ** (state.rows.length - 1);
    const oldest = row(state, state.rows.length - 1);
    const total = oldest.totals.shift() ?? 0;
    oldest.variances.shift();
    state.width -= size;
    state.total -= total;
    if (oldest.totals.length === 0) state.rows.pop();
    state.variance = this.varianceOfBuckets();
  }

  /** Summed up anew: taken away bit by bit, what is left of large numbers would be rounding errors. */
  private varianceOfBuckets(): number {
    const { mean } = this;
    return this.state.rows.reduce((sum, { totals, variances }, i) => {
      const size = 2 ** i;
      return sum + totals.reduce((s, total, k) => s + (variances[k] ?? 0) + size * (total / size - mean) ** 2, 0);
    }, 0);
  }

  /** Whether the window can be cut in two that differ. */
  private isCut(): boolean {
    const { state } = this;
    let [older, olderTotal] = [0, 0];
    for (let i = state.rows.length - 1; i >= 0; i--) {
      for (const total of row(state, i).totals) {
        older += 2 ** i;
        olderTotal += total;
        const newer = state.width - older;
        if (newer < shortestPart) return false;
        if (older < shortestPart) continue;
        const apart = Math.abs(olderTotal / older - (state.total - olderTotal) / newer);
        if (apart > this.bound(older, newer)) return true;
      }
    }
    return false;
  }

  private bound(older: number, newer: number): number {
    const { width, variance, delta } = this.state;
    const confidence = Math.log((2 * Math.log(width)) / delta);
    const inverse = 1 / (older - shortestPart + 1) + 1 / (newer - shortestPart + 1);
    return Math.sqrt(2 * inverse * (variance / width) * confidence) + (2 / 3) * confidence * inverse;
  }
}

const emptyRow = (): Row => ({ totals: [], variances: [] });
const row = ({ rows }: AdwinState, i: number) => rows[i] as Row;
