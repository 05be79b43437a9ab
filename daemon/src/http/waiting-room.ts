/**
 * What answers at the daemon's address before the daemon does: reading a long log again may take longer than whoever watches has
 * patience. It lives, and is not ready; everything else is told to come again.
 */
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { apiError } from './server.ts';

export interface WaitingRoom {
  /** Where it listens; the port is free again when `close` resolves. */
  readonly address: AddressInfo;
  close(): Promise<void>;
}

/** `onWhat` says what is being done. Rejects when the port cannot be had. */
export async function openWaitingRoom(
  { host, port }: { readonly host: string; readonly port: number },
  onWhat: () => string,
): Promise<WaitingRoom> {
  const server = createHttpServer((request, response) => {
    const isAlive = request.url === '/healthz';
    const starting = `the daemon is starting: ${onWhat()}`;
    const body = isAlive
      ? { status: 'ok' }
      : request.url === '/readyz'
        ? { status: 'not_ready', waiting: [starting] }
        : apiError('unavailable', `${starting}. Try again in a moment.`);
    response.writeHead(isAlive ? 200 : 503, {
      'content-type': 'application/json; charset=utf-8',
      connection: 'close',
      ...(isAlive ? {} : { 'retry-after': '5' }),
    });
    response.end(JSON.stringify(body));
  });
  await listen(server, host, port);
  return {
    address: server.address() as AddressInfo,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const listen = (server: HttpServer, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
