/** A connection to NATS, whenever it comes about: tried again until it does or nobody wants it any more. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node';
import { someAnswer } from './reachable.ts';

const retryMs = 500;
const answerMs = 5_000;

/** Whether NATS can be reached now, as far as is known. */
export interface Reach {
  isUp: boolean;
  /** It could once: the connection is kept, and mended. */
  isMade: boolean;
}

/** Rejects only when `ending` is aborted before NATS could be reached. Once made, the connection mends itself. */
export async function connectWhenPossible(
  options: ConnectionOptions,
  ending: AbortSignal,
  onTrouble: (error: unknown) => void,
  reach: Reach,
): Promise<NatsConnection> {
  for (;;) {
    ending.throwIfAborted();
    try {
      await someAnswer([options.servers ?? []].flat(), answerMs);
      const connection = await connect({
        ...options,
        timeout: answerMs,
        maxReconnectAttempts: -1,
        // A password may be changed on one side first.
        ignoreAuthErrorAbort: true,
        // A server that is frozen, or behind a cut cable, says nothing.
        pingInterval: 10_000,
        reconnectTimeWait: retryMs,
        // A stack trace for each event, in case it fails, costs more than all else that is done to send it.
        noAsyncTraces: true,
      });
      Object.assign(reach, { isUp: true, isMade: true } satisfies Reach);
      watch(connection, reach, onTrouble).catch(onTrouble);
      return connection;
    } catch (error) {
      onTrouble(
        new Error(
          `NATS cannot be reached at ${withoutSecrets(String(options.servers))}: ${withoutSecrets(textOf(error))}. Check NATS_URL.`,
          { cause: error },
        ),
      );
      // Waiting for NATS must not keep a finished program alive.
      await sleep(retryMs, undefined, { ref: false, signal: ending });
    }
  }
}

async function watch(connection: NatsConnection, reach: Reach, onTrouble: (error: unknown) => void): Promise<void> {
  for await (const { type } of connection.status()) {
    if (type === 'reconnect') reach.isUp = true;
    if (type === 'disconnect') {
      reach.isUp = false;
      onTrouble(new Error(`the connection to NATS is lost; events wait until it is back`));
    }
  }
  Object.assign(reach, { isUp: false, isMade: false } satisfies Reach);
}

/** As it may be logged: a password may hold anything, also an @. */
const withoutSecrets = (text: string): string => text.replaceAll(/(\w+:\/\/)?\S*@/g, '$1');

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
