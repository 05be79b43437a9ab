/** Levers that are sent twice: an answer that was lost, a button that was pressed again, a key that is used for something else. */
import type { ResponseOverview } from '@countersign/contract';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startTestLoop, type TestLoop } from '../../../stack/test-loop.ts';
import { readConfig } from '../config.ts';
import { startDaemon, type Daemon } from '../main.ts';

let loop: TestLoop;
let daemon: Daemon;
let owner: pg.Client;

beforeAll(async () => {
  loop = await startTestLoop(inject('postgresUrl'), inject('natsServer'));
  daemon = await startDaemon(readConfig(loop.env()));
  owner = new pg.Client(loop.databaseUrl);
  await owner.connect();
});
afterAll(async () => {
  await owner?.end();
  await daemon?.stop();
  await loop?.stop();
});

const quiet = { workflow_id: 'mail-moderation', model_name: 'spam-logit', signal: 'input_drift', minutes: 60 };

async function send(
  path: string,
  body: object,
  key: string | null,
  person = 'ann',
): Promise<{ status: number; body: unknown }> {
  const { 'idempotency-key': _own, ...headers } = await loop.headers(person, 'operate');
  const response = await fetch(`${daemon.address}/v1/${path}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', ...(key === null ? {} : { 'idempotency-key': key }) },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}
const silences = async () => {
  const headers = await loop.headers('ann', 'read');
  return ((await (await fetch(`${daemon.address}/v1/response`, { headers })).json()) as ResponseOverview).silences;
};
const recorded = async (type: string) =>
  (await owner.query('SELECT FROM audit_record WHERE type = $1', [`countersign.${type}.v1`])).rowCount;

it('are pulled once, and say the same again', async () => {
  const order = { ...quiet, justification: 'we are moving house' };
  const key = crypto.randomUUID();
  const answers = await Promise.all([1, 2, 3, 4].map(() => send('silences/begin', order, key)));
  // Whoever came while the first was under way is told so, and to send it again.
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)[0]).toBe(200);
  for (const { status } of answers) expect([200, 503]).toContain(status);
  expect(await send('silences/begin', order, key)).toEqual(answers.find(({ status }) => status === 200));
  expect([(await silences()).length, await recorded('silence')]).toEqual([1, 1]);
  // Another wish, though it says the same, is another silence.
  expect((await send('silences/begin', order, crypto.randomUUID())).status).toBe(200);
  expect(await recorded('silence')).toBe(2);
});

it('want a key, and one that stands for nothing else and is nobody else’s', async () => {
  const order = { ...quiet, justification: 'we know' };
  expect(await send('silences/begin', order, null)).toMatchObject({
    status: 400,
    body: { message: 'the header Idempotency-Key is missing. Send a new UUID with each wish.' },
  });
  expect(await send('silences/begin', order, 'again')).toMatchObject({ status: 400 });
  const [key, before] = [crypto.randomUUID(), await recorded('silence')];
  expect((await send('silences/begin', order, key)).status).toBe(200);
  for (const [body, person] of [
    [{ ...order, justification: 'another reason' }, 'ann'],
    [order, 'ben'],
  ] as const) {
    expect(await send('silences/begin', body, key, person)).toMatchObject({
      status: 400,
      body: { message: 'Idempotency-Key was used for another request. Choose a new one.' },
    });
  }
  expect(await recorded('silence')).toBe((before ?? 0) + 1);
});

it('that were refused are refused again, and of one that went with its daemon it is said that nobody knows', async () => {
  const order = { silence_id: crypto.randomUUID(), justification: 'it is over' };
  const key = crypto.randomUUID();
  const first = await send('silences/end', order, key);
  expect(first.status).toBe(409);
  expect(await send('silences/end', order, key)).toEqual(first);
  // As if the daemon had been killed while it was under way.
  await owner.query(
    "UPDATE request_answer SET status = NULL, begun_at = now() - interval '30 seconds' WHERE key = $1",
    [key],
  );
  expect(await send('silences/end', order, key)).toMatchObject({
    status: 503,
    body: { message: expect.stringContaining('under way') },
  });
  await owner.query("UPDATE request_answer SET begun_at = now() - interval '2 minutes' WHERE key = $1", [key]);
  expect(await send('silences/end', order, key)).toMatchObject({
    status: 409,
    body: { message: expect.stringContaining('It is not known whether this came about') },
  });
});

it('are forgotten after a day', async () => {
  await owner.query("UPDATE request_answer SET begun_at = now() - interval '25 hours'");
  await send('silences/end', { silence_id: crypto.randomUUID(), justification: 'x' }, crypto.randomUUID());
  const { rows } = await owner.query<{ kept: number }>('SELECT count(*)::int AS kept FROM request_answer');
  expect(rows[0]?.kept).toBe(1);
});
