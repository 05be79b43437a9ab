/** Who has been here: what they are called, under which logins they were known, and who of them decides. */
import type { AuditRecord, Reviewer } from '@countersign/contract';
import type { Pool } from '../database/index.ts';
import * as store from './store.ts';

export interface PeopleOptions {
  readonly pool: Pool;
  readonly now: () => Date;
}

const dayMs = 86_400_000;
/** Whoever has not been let in to decide for longer may not be let in any more. */
const deciderForDays = 30;
/** Above what an organisation has of reviewers; past it they are only written once more. */
const mostRemembered = 10_000;

export class People {
  private readonly options: PeopleOptions;
  /** As what it has written people down last, by id: nobody is written down at each request. */
  private readonly written = new Map<string, { readonly as: string; readonly decides: boolean }>();

  constructor(options: PeopleOptions) {
    this.options = options;
  }

  /** Somebody was let in, to decide or to do something else. */
  async meet(person: Reviewer, decides: boolean): Promise<void> {
    const { pool, now } = this.options;
    const at = now();
    const as = JSON.stringify([person.name, person.login, Math.floor(at.getTime() / dayMs)]);
    const before = this.written.get(person.id);
    const isKnown = before?.as === as;
    if (isKnown && (before.decides || !decides)) return;
    await store.notePerson(pool, person, decides ? at : null);
    if (this.written.size >= mostRemembered) this.written.clear();
    this.written.set(person.id, { as, decides: decides || (isKnown && before.decides) });
  }

  /** Everybody but the asker who decides, by name. */
  deciders(except: string): Promise<Reviewer[]> {
    const { pool, now } = this.options;
    return store.readDeciders(pool, except, new Date(now().getTime() - deciderForDays * dayMs));
  }

  /** Every login that somebody has had, in lower case. */
  loginsOf(person: string): Promise<string[]> {
    return store.readLogins(this.options.pool, person);
  }

  /** What people are called, by id. */
  names(ids: readonly string[]): Promise<Record<string, string>> {
    return store.readNames(this.options.pool, [...new Set(ids)]);
  }

  /** What the people who acted in these records are called, by id. */
  namesOf(records: readonly AuditRecord[]): Promise<Record<string, string>> {
    const ids = records.filter(({ decision_actor }) => decision_actor.type === 'human').map((r) => r.decision_actor.id);
    return this.names(ids);
  }
}
