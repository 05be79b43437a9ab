/** Undoing what the AI did: orders of the daemon, each handled once by its key, each answered. */
import type { CompensationOrder, CompensationReport } from '@countersign/contract';

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
