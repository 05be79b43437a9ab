/**
 * What follows from committed records, after their commit: monitors fold them in, signals move alerts and breakers, guards
 * hear of it. Work that fails stays pending and is tried again; one loop does it, so that nothing piles up.
 */
import { eventTypes } from '@countersign/contract';
import type { AuthorityDistribution } from './breakers/index.ts';
import type { LedgerReader, LedgerRecord } from './ledger/index.ts';
import type { Monitors, Scope } from './monitors/index.ts';
import type { Response } from './response.ts';

export interface ReactionsOptions {
  readonly log: LedgerReader;
  readonly monitors: Monitors;
  readonly response: Response;
  readonly distribution: AuthorityDistribution;
  readonly onError: (error: unknown) => void;
}

const retryMs = 1_000;

export class Reactions {
  private readonly options: ReactionsOptions;
  /** Scopes whose signals have to be looked at, by their names. */
  private readonly pending = new Map<string, Scope>();
  /** The monitors have missed records: a commit's answer was lost on the way. */
  private behind = false;
  private working: Promise<void> | null = null;
  private stopped = false;

  /** Begins with every scope: a daemon that was killed before what follows from a record picks that up here. */
  constructor(options: ReactionsOptions) {
    this.options = options;
    this.add(options.monitors.scopes);
  }

  /** Committed records, in order. */
  hear(records: readonly LedgerRecord[]): void {
    const { monitors, distribution } = this.options;
    if (!this.behind && monitors.follows(records)) this.add(monitors.observe(records));
    else {
      this.behind = true;
      this.work();
    }
    const authority: readonly string[] = [eventTypes.breaker, eventTypes.model];
    if (records.some(({ event }) => authority.includes(event.type))) void distribution.publish();
  }

  private add(scopes: readonly Scope[]): void {
    for (const scope of scopes) this.pending.set(JSON.stringify(scope), scope);
    if (scopes.length > 0) this.work();
  }

  private work(): void {
    if (this.working !== null || this.stopped) return;
    this.working = this.workOff().finally(() => {
      this.working = null;
      if (this.behind || this.pending.size > 0) this.work();
    });
  }

  private async workOff(): Promise<void> {
    const { log, monitors, response, onError } = this.options;
    const scopes = [...this.pending.entries()];
    this.pending.clear();
    try {
      if (this.behind) {
        this.behind = false;
        for (const scope of await monitors.catchUp(log)) scopes.push([JSON.stringify(scope), scope]);
      }
      await response.react(scopes.map(([, scope]) => scope));
    } catch (error) {
      onError(error);
      for (const [key, scope] of scopes) this.pending.set(key, scope);
      if (!this.stopped) await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }

  /** Finishes what is under way. What is left is picked up at the next start. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.working;
  }
}
