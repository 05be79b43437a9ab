/**
 * What follows from committed records, after their commit: monitors fold them in, what moves moves alerts and breakers,
 * guards hear of it. Work that fails stays pending and is tried again; one loop does it, so that nothing piles up.
 */
import { eventTypes } from '@countersign/contract';
import type { AuthorityDistribution } from './breakers/index.ts';
import type { LedgerReader, LedgerRecord } from './ledger/index.ts';
import type { Monitors, Movement } from './monitors/index.ts';
import type { Response } from './response.ts';

export interface ReactionsOptions {
  readonly log: LedgerReader;
  readonly monitors: Monitors;
  /** What moved in records that a daemon before this one may not have acted on. */
  readonly missed: readonly Movement[];
  readonly response: Response;
  readonly distribution: AuthorityDistribution;
  readonly onError: (error: unknown) => void;
}

const retryMs = 1_000;

export class Reactions {
  private readonly options: ReactionsOptions;
  /** What has moved and is not acted on yet, in order. */
  private pending: Movement[];
  /** The monitors have missed records: a commit's answer was lost on the way. */
  private behind = false;
  private working: Promise<void> | null = null;
  private stopped = false;

  constructor(options: ReactionsOptions) {
    this.options = options;
    this.pending = options.monitors.isFoldedAnew ? newestOfEach(options.missed) : [...options.missed];
    this.work();
  }

  /** Everything that moved up to where the monitors stand is on record. */
  get isSettled(): boolean {
    return this.pending.length === 0 && !this.behind && this.working === null;
  }

  /** Committed records, in order. */
  hear(records: readonly LedgerRecord[]): void {
    const { monitors, distribution } = this.options;
    if (!this.behind && monitors.follows(records)) {
      this.pending.push(...monitors.observe(records));
      if (this.hasWork()) this.work();
    } else {
      this.behind = true;
      this.work();
    }
    const authority: readonly string[] = [eventTypes.breaker, eventTypes.model, eventTypes.intake];
    if (records.some(({ event }) => authority.includes(event.type))) void distribution.publish();
  }

  private hasWork(): boolean {
    return this.behind || this.pending.length > 0 || this.options.monitors.unrecordedReferences().length > 0;
  }

  private work(): void {
    if (this.working !== null || this.stopped) return;
    this.working = this.workOff().finally(() => {
      this.working = null;
      if (this.hasWork()) this.work();
    });
  }

  private async workOff(): Promise<void> {
    const { log, monitors, response, onError } = this.options;
    const movements = this.pending;
    this.pending = [];
    try {
      if (this.behind) {
        this.behind = false;
        movements.push(...(await monitors.catchUp(log)));
      }
      await response.react(movements);
      await response.recordReferences(monitors.unrecordedReferences());
    } catch (error) {
      onError(error);
      this.pending.unshift(...movements);
      if (!this.stopped) await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }

  /** Finishes what is under way. What is left is picked up at the next start. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.working;
  }
}

/** Of a past that means something else now, only where each signal stands is news. */
function newestOfEach(movements: readonly Movement[]): Movement[] {
  const newest = new Map<string, Movement>();
  for (const movement of movements) {
    const { workflow_id, model_name, model_version, monitor, subject } = movement.signal;
    const key = JSON.stringify([workflow_id, model_name, model_version, monitor, subject]);
    newest.delete(key);
    newest.set(key, movement);
  }
  return [...newest.values()];
}
