/** All SQL of orders. */
import type { Autonomy, DeclareRequest, GateReports, GateResult, ReferenceStep } from '@countersign/contract';
import type { Queryable } from '../database/index.ts';

/** What somebody has ordered from the command line. */
export type Order =
  | { readonly what: 'erase_input'; readonly input: string; readonly by: string; readonly justification: string }
  | { readonly what: 'set_reference'; readonly step: ReferenceStep }
  | {
      readonly what: 'start_drill';
      readonly workflow: string;
      /** How long each tier waits: a duration. */
      readonly wait: string;
      readonly by: string;
      readonly justification: string;
    }
  | { readonly what: 'declare_model'; readonly request: DeclareRequest; readonly by: string }
  | {
      readonly what: 'check_gates';
      readonly workflow: string;
      readonly model: string;
      readonly version: string;
      readonly to: Autonomy;
      readonly reports: GateReports;
      readonly by: string;
    };

export type OrderAnswer =
  | {
      readonly is: 'done';
      readonly log_index: number;
      readonly message: string;
      /** Of a drill. */
      readonly incident_id?: string;
      /** Of gates. */
      readonly results?: readonly GateResult[];
    }
  | { readonly is: 'refused'; readonly message: string };

export async function insertOrder(db: Queryable, logId: string, id: string, order: Order, at: Date): Promise<void> {
  await db.query('INSERT INTO ledger_order (order_id, log_id, asked_at, wanted) VALUES ($1, $2, $3, $4)', [
    id,
    logId,
    at,
    JSON.stringify(order),
  ]);
}

/** Those that wait, in the order in which they were asked. */
export async function waitingOrders(db: Queryable, logId: string): Promise<{ id: string; order: Order }[]> {
  const { rows } = await db.query<{ order_id: string; wanted: Order }>(
    'SELECT order_id, wanted FROM ledger_order WHERE log_id = $1 AND done_at IS NULL ORDER BY asked_at LIMIT 100',
    [logId],
  );
  return rows.map(({ order_id, wanted }) => ({ id: order_id, order: wanted }));
}

/** Holds an order until the transaction ends; false when it was withdrawn or carried out. */
export async function lockOrder(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query('SELECT FROM ledger_order WHERE order_id = $1 AND done_at IS NULL FOR UPDATE', [
    id,
  ]);
  return rowCount === 1;
}

export async function finishOrder(db: Queryable, id: string, answer: OrderAnswer, at: Date): Promise<void> {
  await db.query('UPDATE ledger_order SET done_at = $2, answer = $3 WHERE order_id = $1 AND done_at IS NULL', [
    id,
    at,
    JSON.stringify(answer),
  ]);
}

export async function orderAnswer(db: Queryable, id: string): Promise<OrderAnswer | null> {
  const { rows } = await db.query<{ answer: OrderAnswer | null }>(
    'SELECT answer FROM ledger_order WHERE order_id = $1',
    [id],
  );
  return rows[0]?.answer ?? null;
}

/** Takes an order back that nobody has carried out. */
export async function withdrawOrder(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query('DELETE FROM ledger_order WHERE order_id = $1 AND done_at IS NULL', [id]);
  return rowCount === 1;
}
