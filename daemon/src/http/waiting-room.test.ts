/** Whoever asks a daemon that is still reading its log hears so, and the port is free when it has read it. */
import { expect, it } from 'vitest';
import { openWaitingRoom } from './waiting-room.ts';

it('lives, is not ready, says how far it is, and makes room for the daemon', async () => {
  let read = 0;
  const room = await openWaitingRoom({ host: '127.0.0.1', port: 0 }, () => `it has read ${read} of 9 records`);
  const { port } = room.address;
  const ask = async (path: string, method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
    return [response.status, response.headers.get('retry-after'), await response.json()];
  };
  expect(await ask('/healthz')).toEqual([200, null, { status: 'ok' }]);
  read = 4;
  const starting = 'the daemon is starting: it has read 4 of 9 records';
  expect(await ask('/readyz')).toEqual([503, '5', { status: 'not_ready', waiting: [starting] }]);
  const refused = { error: 'unavailable', message: `${starting}. Try again in a moment.` };
  expect(await ask('/v1/reviews/queue')).toEqual([503, '5', refused]);
  expect(await ask('/v1/reviews/decisions', 'POST')).toEqual([503, '5', refused]);

  await expect(openWaitingRoom({ host: '127.0.0.1', port }, () => '')).rejects.toThrow('EADDRINUSE');
  await room.close();
  await expect(ask('/healthz')).rejects.toThrow('fetch failed');
  await (await openWaitingRoom({ host: '127.0.0.1', port }, () => '')).close();
});
