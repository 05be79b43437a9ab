/** Who has been here, by what Grafana says of them at each visit. */
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../stack/test-loop.ts';
import { openPool, type Pool } from '../database/index.ts';
import { People } from './people.ts';

let database: TestDatabase;
let pool: Pool;
let at = new Date('2026-01-01T08:00:00Z');
const person = (login: string | null, name = 'Ann') => ({ id: 'user:1', name, login });

beforeAll(async () => {
  database = await createTestDatabase(inject('postgresUrl'));
  pool = openPool(database.writerUrl, 'countersign_writer', () => undefined);
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

it('knows somebody under every login under which they have come', async () => {
  const people = new People({ pool, now: () => at });
  await people.meet(person('Ann'), true);
  await people.meet(person('ann2', 'Ann of old'), true);
  await people.meet(person(null), true);
  // And by the one that they have now, though they had it before today.
  await people.meet(person('Ann'), true);
  const { rows } = await pool.query<{ login: string }>("SELECT login FROM person WHERE id = 'user:1'");
  expect(rows).toEqual([{ login: 'Ann' }]);
  expect((await people.loginsOf('user:1')).toSorted()).toEqual(['ann', 'ann2']);
  expect(await people.names(['user:1', 'user:9'])).toEqual({ 'user:1': 'Ann' });
});

it('offers as colleagues those who were let in to decide of late', async () => {
  const people = new People({ pool, now: () => at });
  const deciders = async () => (await people.deciders('user:3')).map(({ id }) => id);
  await people.meet({ id: 'user:2', name: 'Cleo', login: 'cleo' }, false);
  await people.meet({ id: 'user:3', name: 'Dana', login: 'dana' }, true);
  expect(await deciders()).toEqual(['user:1']);
  at = new Date('2026-02-15T08:00:00Z');
  expect(await deciders()).toEqual([]);
  // To look on is no sign that they may decide still.
  await people.meet(person('ann2'), false);
  expect(await deciders()).toEqual([]);
  await people.meet(person('ann2'), true);
  expect(await deciders()).toEqual(['user:1']);
});
