/** A connection to NATS, whenever it comes about: tried again until it does or nobody wants it any more. */
import { setTimeout as sleep } from 'node:timers/promises';
import { context, createContextKey } from '@opentelemetry/api';
import { connect, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node';
import { OwnSockets } from './own-sockets.ts';
import { someAnswer } from './reachable.ts';

const retryMs = 500;
const answerMs = 5_000;

/** Whether NATS can be reached now, as far as is known. */
export interface Reach {
  isUp: boolean;
  /** It could once: the connection is kept, and mended. */
  isMade: boolean;
  /** One is being made, with a socket and a timer. */
  isMaking: boolean;
  /** The last attempt to make one has failed. */
  hasFailed: boolean;
}

export const unreached: Readonly<Reach> = { isUp: false, isMade: false, isMaking: false, hasFailed: false };

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
      await orEnd(
        untraced(() => someAnswer([options.servers ?? []].flat(), answerMs)),
        ending,
      );
      reach.isMaking = true;
      const connection = await orEnd(
        untraced(() => connectNow(options)),
        ending,
      );
      Object.assign(reach, { isUp: true, isMade: true, isMaking: false, hasFailed: false } satisfies Reach);
      watch(connection, reach, onTrouble).catch(onTrouble);
      return connection;
    } catch (error) {
      ending.throwIfAborted();
      Object.assign(reach, { ...unreached, hasFailed: true } satisfies Reach);
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

async function connectNow(options: ConnectionOptions): Promise<NatsConnection> {
  const sockets = new OwnSockets();
  const wanted: ConnectionOptions = {
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
  };
  try {
    const connection = await sockets.within(() => connect(wanted));
    void connection.closed().finally(() => sockets.end());
    return connection;
  } catch (error) {
    sockets.end();
    throw error;
  }
}

/** What the service has of OpenTelemetry is not to see it: as its own exporters have it, no spans are made within. */
const untraced = <T>(work: () => T): T => context.with(context.active().setValue(suppressTracing, true), work);
const suppressTracing = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/** Rejects at once when nobody wants it any more; a connection that comes about after all is closed. */
async function orEnd<T>(work: Promise<T>, ending: AbortSignal): Promise<T> {
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const end = () => {
    reject(ending.reason);
    work.then((late) => (late as Partial<NatsConnection> | undefined)?.close?.()).catch(() => undefined);
  };
  ending.addEventListener('abort', end, { once: true });
  try {
    return await Promise.race([work, ended]);
  } finally {
    ending.removeEventListener('abort', end);
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
  Object.assign(reach, unreached);
}

/** As it may be logged: a password may hold anything, also an @. */
const withoutSecrets = (text: string): string => text.replaceAll(/(\w+:\/\/)?\S*@/g, '$1');

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
