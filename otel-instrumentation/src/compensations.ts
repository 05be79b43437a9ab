/** Undoing what the AI did: orders of the daemon, each handled once by its key, each answered. */
import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import {
  CompensationEvent,
  eventProblem,
  eventSubject,
  type CompensationOrder,
  type CompensationReport,
  type Model,
} from '@countersign/contract';
import { newId } from './ids.ts';
import type { DecisionRef } from './ref.ts';

/** How a step is undone: by which handler, and with what it needs. */
export interface UndoableStep {
  readonly action: string;
  readonly payload?: unknown;
}

/** Undoes a step. It may be called for a step that was never taken, and again for one that is undone: both are no error. */
export type CompensationHandler = (step: {
  /** The key to undo once by. */
  readonly compensationId: string;
  readonly task: string;
  readonly decisionId: string;
  /** What was registered with the step. */
  readonly payload: unknown;
}) => void | Promise<void>;

/** By the name under which steps are registered. */
export type CompensationHandlers = Readonly<Record<string, CompensationHandler>>;

/** Of several steps of a decision, the last in `sequence` is undone first. */
export const registration = (
  { workflow_id, task_id, decision_id }: DecisionRef,
  { name, version }: Model,
  sequence: number,
  { action, payload }: UndoableStep,
): CompensationReport => ({
  workflow_id,
  task_id,
  decision_id,
  compensation_id: newId(),
  model: { name, version },
  sequence,
  action,
  ...(payload === undefined ? {} : { payload }),
  state: 'registered',
});

/** Carries an order out. What came of it, for the daemon; never throws. */
export async function carryOut(
  { workflow_id, task_id, decision_id, compensation_id, model, sequence, action, payload }: CompensationOrder,
  handlers: CompensationHandlers,
): Promise<CompensationReport> {
  const report = (state: 'compensated' | 'failed', detail?: string): CompensationReport => ({
    workflow_id,
    task_id,
    decision_id,
    compensation_id,
    model,
    sequence,
    action,
    state,
    ...(detail === undefined ? {} : { detail: detail.slice(0, 2_000) }),
  });
  const handler = Object.hasOwn(handlers, action) ? handlers[action] : undefined;
  if (handler === undefined) return report('failed', `the service has no handler "${action}"`);
  try {
    await handler({ compensationId: compensation_id, task: task_id, decisionId: decision_id, payload });
    return report('compensated');
  } catch (error) {
    return report('failed', error instanceof Error ? error.message : String(error));
  }
}

/** Says of a step how it is undone, or that it is. Resolves when that is durable; rejects when it cannot be made so, or would be refused. */
export async function publishStep(connection: Promise<NatsConnection>, event: CompensationEvent): Promise<void> {
  const problem = eventProblem(CompensationEvent, event);
  // It must not be taken in the belief that it can be undone.
  if (problem !== null) throw new TypeError(`the step would be refused: ${problem}`);
  const stream = jetstream(await within(registerMs, connection));
  const subject = eventSubject(event.data.workflow_id, 'compensation');
  await stream.publish(subject, JSON.stringify(event), { msgID: event.id, timeout: registerMs });
}

const registerMs = 5_000;

/** Gives up waiting, not the work. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`NATS is not there after ${ms / 1_000} s`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
