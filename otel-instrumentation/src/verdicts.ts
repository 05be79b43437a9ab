/** Human decisions on their way back: each handed to the service until it has dealt with it. */
import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { streams, verdictConsumer, type CompensationOrder, type Verdict } from '@countersign/contract';

export type VerdictHandler = (verdict: Verdict) => void | Promise<void>;

/** How many ids are remembered to pass over what is delivered twice. */
const remembered = 10_000;
const retryMs = 2_000;
/** Well within the 30 s after which the server would hand a verdict to somebody else. */
const workingMs = 10_000;

/**
 * Calls `handler` for each verdict of the workflow, one at a time; again later when it throws. A verdict may come a second
 * time, after a restart or to another instance: `verdict_id` is the key to act once by. Resolves to a function that stops
 * it. Waits for the daemon to have made the consumer.
 */
export async function followVerdicts(
  connection: NatsConnection,
  workflow: string,
  handler: VerdictHandler,
  onOrder: (order: CompensationOrder) => Promise<void>,
  onTrouble: (error: unknown) => void,
): Promise<() => Promise<void>> {
  const consumer = await consumerOf(connection, workflow, onTrouble);
  // Few ahead: each has its time to be acknowledged from when it was handed out.
  const messages = await consumer.consume({ max_messages: 4 });
  const done = new Set<string>();
  const running = (async () => {
    for await (const message of messages) {
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
        message.nak(retryMs);
      } finally {
        clearInterval(busy);
      }
    }
  })().catch(onTrouble);
  return async () => {
    await messages.close();
    await running;
  };
}

async function consumerOf(connection: NatsConnection, workflow: string, onTrouble: (error: unknown) => void) {
  for (;;) {
    try {
      return await jetstream(connection).consumers.get(streams.verdicts, verdictConsumer(workflow));
    } catch (error) {
      if (connection.isClosed()) throw error;
      onTrouble(error);
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}

function remember(done: Set<string>, id: string): void {
  done.add(id);
  if (done.size <= remembered) return;
  for (const oldest of done) {
    done.delete(oldest);
    return;
  }
}
