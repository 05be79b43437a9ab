/** Who has which case on screen. Kept in memory: it is true for seconds, and nobody misses it after a restart. */
import type { Person } from '@countersign/contract';

/** A page says every ten seconds that it is in front. */
const looksForMs = 25_000;
const mostCases = 10_000;

export class Lookers {
  private readonly byCase = new Map<string, Map<string, { readonly name: string; readonly at: number }>>();

  look(decisionId: string, { id, name }: Person, now: number): void {
    const there = this.byCase.get(decisionId) ?? new Map<string, { name: string; at: number }>();
    // Moved to the end, so that the oldest goes first.
    this.byCase.delete(decisionId);
    this.byCase.set(decisionId, there);
    there.set(id, { name, at: now });
    const [oldest] = this.byCase.keys();
    if (this.byCase.size > mostCases && oldest !== undefined) this.byCase.delete(oldest);
  }

  away(decisionId: string, { id }: Person): void {
    this.byCase.get(decisionId)?.delete(id);
  }

  /** The others. */
  at(decisionId: string, except: string, now: number): Person[] {
    const there = [...(this.byCase.get(decisionId) ?? [])];
    return there
      .filter(([id, { at }]) => id !== except && now - at < looksForMs)
      .map(([id, { name }]) => ({ id, name }));
  }
}
