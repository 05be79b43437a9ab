/** Since when a person has had a case in front of them: from their claim on, through what they say first, and a reload. */
import { ofTab } from '../parts/own-storage';

interface Clock {
  /** Which case, and which claim of it. */
  readonly claim: string;
  /** Unix ms. */
  readonly since: number;
}

/** Without storage it lives as long as the page. */
let last: Clock | null = null;

const keptAs = 'clock';
const claimOf = (decisionId: string, epoch: number) => `${decisionId} ${epoch}`;

/** Changes nothing for the claim that it runs for. */
export function startClock(decisionId: string, epoch: number): void {
  const claim = claimOf(decisionId, epoch);
  if (read()?.claim === claim) return;
  last = { claim, since: Date.now() };
  ofTab.write(keptAs, JSON.stringify(last));
}

/** For how long, in ms; 0 when it was not started. */
export function clockOf(decisionId: string, epoch: number): number {
  const clock = read();
  return clock?.claim === claimOf(decisionId, epoch) ? Math.max(0, Date.now() - clock.since) : 0;
}

function read(): Clock | null {
  const { claim, since } = (ofTab.readJson(keptAs) ?? {}) as Record<string, unknown>;
  return typeof claim === 'string' && typeof since === 'number' ? { claim, since } : last;
}
