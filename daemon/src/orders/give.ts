/** Gives the daemon an order, and waits for what comes of it. */
import { randomUUID } from 'node:crypto';
import type { Pool } from '../database/index.ts';
import * as store from './store.ts';

const waitMs = 60_000;
const askEveryMs = 200;

/** Throws when no daemon answers in a minute; the order is withdrawn then. */
export async function giveOrder(pool: Pool, logId: string, order: store.Order, at: Date): Promise<store.OrderAnswer> {
  const id = randomUUID();
  await store.insertOrder(pool, logId, id, order, at);
  for (let waited = 0; waited < waitMs; waited += askEveryMs) {
    const answer = await store.orderAnswer(pool, id);
    if (answer !== null) return answer;
    await new Promise((resolve) => setTimeout(resolve, askEveryMs));
  }
  await store.withdrawOrder(pool, id);
  throw new Error(
    `no daemon that owns the log ${logId} has answered in ${waitMs / 1_000} s; the order is withdrawn. Start one.`,
  );
}
