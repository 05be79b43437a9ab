/**
 * The sockets of a connection to NATS. The client leaves one open for each attempt that had no answer in time: a service would hold
 * more and more of them, and a program that has done its work would not end.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

export class OwnSockets {
  private last: Socket | null = null;

  /** Runs `work`; of the sockets that it makes, and all that goes on from it, each ends the one before. */
  within<T>(work: () => T): T {
    hear();
    return making.run(this, work);
  }

  take(socket: Socket): void {
    this.end();
    this.last = socket;
  }

  /** At the end of the connection. */
  end(): void {
    this.last?.destroy();
    this.last = null;
  }
}

const making = new AsyncLocalStorage<OwnSockets>();
let isHearing = false;

function hear(): void {
  if (isHearing) return;
  isHearing = true;
  subscribe('net.client.socket', (message) => making.getStore()?.take((message as { socket: Socket }).socket));
}
