/** Who has which case on screen. Kept in memory: it is true for seconds, and nobody misses it after a restart. */
import type { Person } from '@countersign/contract';

/** A page says every ten seconds that it is in front. */
const looksForMs = 25_000;
/** A page that shows a case asks for it anew every five seconds. */
const asksWithinMs = 7_000;
/** A page that is not in front any more keeps its claim for so long, and says then that it is away. */
const keptAwayMs = 120_000;
const mostCases = 10_000;

interface Look {
  readonly name: string;
  /** When their pages last said so, by what each calls itself; none while it has only been shown. */
  readonly pages: ReadonlyMap<string, number>;
  /** Since when they have been shown the evidence again and again, and when last; null before. */
  readonly shown: { readonly since: number; readonly last: number } | null;
}

const noPages: Look['pages'] = new Map();
const inFront = (pages: Look['pages'], now: number) => [...pages].filter(([, at]) => now - at < looksForMs);

export class Lookers {
  private readonly byCase = new Map<string, Map<string, Look>>();

  /** A person was shown the evidence of a case. */
  served(decisionId: string, person: Person, now: number): void {
    const { pages = noPages, shown = null } = this.lookOf(decisionId, person) ?? {};
    const goesOn = shown !== null && now - shown.last < asksWithinMs;
    this.note(decisionId, person, { pages, shown: { since: goesOn ? shown.since : now, last: now } });
  }

  /** A person's page says that it has the case in front. */
  look(decisionId: string, person: Person, page: string, now: number): void {
    const { pages = noPages, shown = null } = this.lookOf(decisionId, person) ?? {};
    this.note(decisionId, person, { pages: new Map([...inFront(pages, now), [page, now]]), shown });
  }

  /** A person's page has it in front no longer; whether another one of theirs still has. */
  away(decisionId: string, person: Person, page: string, now: number): boolean {
    const { pages = noPages, shown = null } = this.lookOf(decisionId, person) ?? {};
    const others = new Map(inFront(pages, now).filter(([other]) => other !== page));
    if (others.size > 0) this.note(decisionId, person, { pages: others, shown });
    else this.gone(decisionId, person);
    return others.size > 0;
  }

  /** A person has done with it, on all pages. */
  gone(decisionId: string, { id }: Person): void {
    this.byCase.get(decisionId)?.delete(id);
  }

  /** For how long a person has been shown the evidence, in ms; 0 for whoever is not. */
  seenFor(decisionId: string, person: Person, now: number): number {
    const shown = this.lookOf(decisionId, person)?.shown ?? null;
    return shown === null || now - shown.last >= asksWithinMs ? 0 : now - shown.since;
  }

  /** Cases that a person has on some page, in front or not: one that is not keeps its claim for two minutes. */
  openOf({ id }: Pick<Person, 'id'>, now: number): string[] {
    return [...this.byCase].flatMap(([decisionId, people]) => {
      const looks = [...(people.get(id)?.pages.values() ?? [])];
      return looks.some((at) => now - at < looksForMs + keptAwayMs) ? [decisionId] : [];
    });
  }

  /** The others. */
  at(decisionId: string, except: string, now: number): Person[] {
    const there = [...(this.byCase.get(decisionId) ?? [])];
    return there
      .filter(([id, { pages }]) => id !== except && inFront(pages, now).length > 0)
      .map(([id, { name }]) => ({ id, name }));
  }

  private lookOf(decisionId: string, { id }: Person): Look | undefined {
    return this.byCase.get(decisionId)?.get(id);
  }

  private note(decisionId: string, { id, name }: Person, look: Omit<Look, 'name'>): void {
    const there = this.byCase.get(decisionId) ?? new Map<string, Look>();
    // Moved to the end, so that the oldest goes first.
    this.byCase.delete(decisionId);
    this.byCase.set(decisionId, there);
    there.set(id, { name, ...look });
    const [oldest] = this.byCase.keys();
    if (this.byCase.size > mostCases && oldest !== undefined) this.byCase.delete(oldest);
  }
}
