/**
 * What the monitors say, for metrics. To work it out takes long where there are many versions, so it is done beside other work and
 * takes a tenth of the time at most: until then what was worked out last is told again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Monitors } from '../monitors/index.ts';
import type { Sample } from './samples.ts';
import { signalSamples } from './signal-samples.ts';

const idleTimes = 9;
/** What takes no longer is always worked out anew. */
const quickMs = 50;
/** Who asks does not wait longer for the newest. */
const patienceMs = 1_000;

export class MeasuredSignals {
  private readonly monitors: Pick<Monitors, 'signalsInUse'>;
  private last: Sample[] | null = null;
  private running: Promise<Sample[]> | null = null;
  /** By the clock of `performance`. */
  private restsUntil = Number.NEGATIVE_INFINITY;

  constructor(monitors: Pick<Monitors, 'signalsInUse'>) {
    this.monitors = monitors;
  }

  async samples(): Promise<Sample[]> {
    if (this.running === null && this.last !== null && performance.now() < this.restsUntil) return this.last;
    this.running ??= this.workOut().finally(() => (this.running = null));
    const { last, running } = this;
    return last === null ? running : Promise.race([running, sleep(patienceMs, last, { ref: false })]);
  }

  private async workOut(): Promise<Sample[]> {
    const began = performance.now();
    this.last = signalSamples(await this.monitors.signalsInUse());
    const tookMs = performance.now() - began;
    if (tookMs > quickMs) this.restsUntil = performance.now() + idleTimes * tookMs;
    return this.last;
  }
}
