/** Human decisions on their way back: each handed to the service until it has dealt with it. */
import { setTimeout } from 'node:timers/promises';
import { jetstream, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { streams, verdictConsumer, type CompensationOrder, type Verdict } from '@countersign/contract';

export type VerdictHandler = (verdict: Verdict) => void | Promise<void>;

export interface FollowedVerdicts {
  /** Resolves when the verdict in hand, if there is one, has been dealt with. */
  readonly stop: () => Promise<void>;
  /** Gives the verdict in hand back before that, to whoever follows. */
  readonly leave: () => void;
}

/** How many ids are remembered to pass over what is delivered twice. */
const remembered = 10_000;
const retryMs = 2_000;
/** A verdict that cannot be dealt with is tried ever less often, and never given up: somebody decided it. */
const longestWaitMs = 300_000;
const waitOf = (deliveries: number): number => Math.min(longestWaitMs, retryMs * 2 ** Math.min(10, deliveries - 1));
/** Well within the 30 s after which the server would hand a verdict to somebody else. */
const workingMs = 10_000;

/**
 * Calls `handler` for each verdict of the workflow, one at a time; again later when it throws. A verdict may come a second
 * time, after a restart or to another instance: `verdict_id` is the key to act once by. Waits for the daemon to have made the
 * consumer, and again when it is gone.
 */
export async function followVerdicts(
  connection: NatsConnection,
  workflow: string,
  handler: VerdictHandler,
  onOrder: (order: CompensationOrder) => Promise<void>,
  onTrouble: (error: unknown) => void,
): Promise<FollowedVerdicts> {
  const done = new Set<string>();
  const ending = new AbortController();
  let inHand: JsMsg | null = null;
  let messages = await messagesOf(connection, workflow, ending.signal, onTrouble);
  const handleAll = async (from: ConsumerMessages) => {
    for await (const message of from) {
      inHand = message;
      const busy = setInterval(() => {
        if (!connection.isClosed()) message.working();
      }, workingMs).unref();
      try {
        const verdict = message.json<Verdict | CompensationOrder>();
        if (verdict.v !== 1 || verdict.workflow_id !== workflow) throw new Error(`not a verdict for ${workflow}`);
        if (!done.has(verdict.verdict_id)) await ('kind' in verdict ? onOrder(verdict) : handler(verdict));
        remember(done, verdict.verdict_id);
        message.ack();
      } catch (error) {
        onTrouble(error);
        message.nak(waitOf(message.info.deliveryCount));
      } finally {
        clearInterval(busy);
        inHand = null;
      }
    }
  };
  const running = (async () => {
    while (messages !== null) {
      const why: unknown = await handleAll(messages).catch((error: unknown) => error);
      if (ending.signal.aborted || connection.isClosed() || connection.isDraining()) return;
      onTrouble(`verdicts of ${workflow} do not come any more (${String(why)}); looking for their consumer again`);
      messages = await messagesOf(connection, workflow, ending.signal, () => undefined);
    }
  })().catch(onTrouble);
  return {
    stop: async () => {
      ending.abort();
      await messages?.close();
      await running;
    },
    leave: () => inHand?.nak(retryMs),
  };
}

/** Null when it is ended before there are any. */
async function messagesOf(
  connection: NatsConnection,
  workflow: string,
  ending: AbortSignal,
  onTrouble: (error: unknown) => void,
): Promise<ConsumerMessages | null> {
  while (!ending.aborted) {
    try {
      const consumer = await jetstream(connection).consumers.get(streams.verdicts, verdictConsumer(workflow));
      // None ahead: each has its time to be acknowledged from when it was handed out, and only the one in hand says that it is.
      return await consumer.consume({ max_messages: 1, abort_on_missing_resource: true });
    } catch (error) {
      if (connection.isClosed()) throw error;
      onTrouble(error);
      await setTimeout(retryMs, undefined, { signal: ending }).catch(() => undefined);
    }
  }
  return null;
}

/** So many keys of what is done; of more, the oldest is forgotten. */
export function remember(done: Set<string>, id: string): void {
  done.add(id);
  if (done.size <= remembered) return;
  for (const oldest of done) {
    done.delete(oldest);
    return;
  }
}
