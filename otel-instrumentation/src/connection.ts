/** A connection to NATS, whenever it comes about: tried again until it does or nobody wants it any more. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node';

const retryMs = 500;

/** Rejects only when `ending` is aborted before NATS could be reached. Once made, the connection mends itself. */
export async function connectWhenPossible(
  options: ConnectionOptions,
  ending: AbortSignal,
  onTrouble: (error: unknown) => void,
): Promise<NatsConnection> {
  for (;;) {
    ending.throwIfAborted();
    try {
      return await connect({ ...options, timeout: 5_000, maxReconnectAttempts: -1, reconnectTimeWait: retryMs });
    } catch (error) {
      onTrouble(error);
      // Waiting for NATS must not keep a finished program alive.
      await sleep(retryMs, undefined, { ref: false, signal: ending });
    }
  }
}
