/** What is said of a NATS that cannot be reached: where it was looked for, what is set wrong, and no password. */
import { expect, it } from 'vitest';
import { connectWhenPossible, unreached } from './connection.ts';

it.each([
  ['nats://svc:s3cretpw@127.0.0.1:1', 'nats://127.0.0.1:1'],
  ['nats://svc:s3cretpw@x/s3cretpw@127.0.0.1:1', 'nats://127.0.0.1:1'],
  ['svc:s3cretpw@127.0.0.1:1,svc:s3cretpw@127.0.0.1:2', '127.0.0.1:2'],
  ['nats://127.0.0.1:99999', 'nats://127.0.0.1:99999'],
  ['::::', '::::'],
])('names %s', async (servers, where) => {
  const ending = new AbortController();
  const said = new Promise<string>((resolve) => {
    const connecting = connectWhenPossible({ servers }, ending.signal, (error) => resolve(String(error)), {
      ...unreached,
    });
    connecting.catch(() => undefined);
  });
  const text = await said;
  ending.abort();
  expect(text).toContain(`NATS cannot be reached at ${where}: `);
  expect(text).toContain('Check NATS_URL.');
  expect(text).not.toContain('s3cretpw');
});
