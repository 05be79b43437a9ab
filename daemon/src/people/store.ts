/** The SQL of who has been here. */
import type { Reviewer } from '@countersign/contract';
import type { Queryable } from '../database/index.ts';

/** Remembers what a person is called, each login that they have had, and when they were last let in to decide. */
export async function notePerson(db: Queryable, { id, name, login }: Reviewer, decidesAt: Date | null): Promise<void> {
  await db.query(
    `INSERT INTO person (id, name, login, decides_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (id) DO UPDATE SET name = $2, login = $3, decides_at = coalesce($4, person.decides_at)`,
    [id, name, login, decidesAt],
  );
  if (login === null) return;
  await db.query('INSERT INTO person_login (person, login) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    id,
    login.toLowerCase(),
  ]);
}

/** Everybody but one who was let in to decide since then, by name. */
export async function readDeciders(db: Queryable, except: string, since: Date): Promise<Reviewer[]> {
  const { rows } = await db.query<Reviewer>(
    'SELECT id, name, login FROM person WHERE id <> $1 AND decides_at >= $2 ORDER BY name, id LIMIT 500',
    [except, since],
  );
  return rows;
}

/** In lower case. */
export async function readLogins(db: Queryable, person: string): Promise<string[]> {
  const { rows } = await db.query<{ login: string }>('SELECT login FROM person_login WHERE person = $1', [person]);
  return rows.map(({ login }) => login);
}

/** What people are called, by id. */
export async function readNames(db: Queryable, ids: readonly string[]): Promise<Record<string, string>> {
  const { rows } = await db.query<{ id: string; name: string }>('SELECT id, name FROM person WHERE id = ANY($1)', [
    ids,
  ]);
  return Object.fromEntries(rows.map(({ id, name }) => [id, name]));
}
