/**
 * Record what the AI and people decide, and ask before the AI acts alone.
 * `start` once; the other functions then belong to that start. Before it the guard answers `human`, and recording throws.
 */
import type { CompensationHandlers } from './compensations.ts';
import type { DecisionHandle, DecisionOptions } from './decision.ts';
import type { GuardVerdict, Question } from './guard.ts';
import { Instrumentation, type HumanDecisionOptions, type StartOptions } from './instrumentation.ts';
import type { DecisionRef } from './ref.ts';
import type { VerdictHandler } from './verdicts.ts';

export type { CompensationHandler, CompensationHandlers, UndoableStep } from './compensations.ts';
export type { DecisionHandle, DecisionOptions } from './decision.ts';
export type { GuardVerdict, Question } from './guard.ts';
export type { HumanDecisionOptions, StartOptions } from './instrumentation.ts';
export type { DecisionRef } from './ref.ts';
export type { VerdictHandler } from './verdicts.ts';
export type { Verdict } from '@countersign/contract';

let current: Instrumentation | null = null;

function started(): Instrumentation {
  if (current === null) throw new Error('call start({ source }) of @countersign/otel-instrumentation first');
  return current;
}

/**
 * Connects in the background and returns at once. What it returns resolves when the guard follows the daemon; waiting for
 * it is optional. Throws when it was started already.
 */
export function start(options: StartOptions): Promise<void> {
  if (current !== null) throw new Error('@countersign/otel-instrumentation is started already');
  current = new Instrumentation(options);
  current.ready.catch(() => undefined);
  return current.ready;
}

/**
 * Runs `work` as one AI decision. Returns what it returns, sync or async; throws what it throws, and then nothing is
 * recorded but the failed span. The event is queued when the work is done; nothing is awaited for it.
 */
export function decision<T>(options: DecisionOptions, work: (decision: DecisionHandle) => T): T {
  return started().decision(options, work);
}

/** Whether the AI may act alone, from memory. */
export const guard = (question: Question): GuardVerdict =>
  current?.ask(question) ?? { route: 'human', reason: 'authority_lost', epoch: 0, useVersion: null };

/** Records what a person decided about an AI decision, in the service's own tools. The id of the event. */
export const humanDecision = (ref: DecisionRef, options: HumanDecisionOptions): string =>
  started().humanDecision(ref, options);

/**
 * Records ground truth about a decision, whenever it is known. `cost` of the error, in the smallest unit of the currency.
 * The id of the event.
 */
export const recordOutcome = (ref: DecisionRef, outcome: { label: string; cost?: number }): string =>
  started().recordOutcome(ref, outcome);

/**
 * Calls `handler` for each human decision of the workflow that is made in Countersign, until it returns without throwing.
 * Act once by `verdict_id`. Resolves, when connected, to a function that ends it.
 */
export const verdicts = (workflow: string, handler: VerdictHandler): Promise<() => Promise<void>> =>
  started().verdicts(workflow, handler);

/**
 * What undoes the steps that were registered by `undoable`, by name. Orders to undo come with the verdicts of the workflow,
 * so `verdicts` has to be followed as well. A handler may be called again for a step that is undone, and for one that was
 * never taken.
 */
export const compensations = (workflow: string, handlers: CompensationHandlers): void =>
  started().compensations(workflow, handlers);

/** Events given up so far: the queue was full, they were too large, or a decision had no output. */
export const dropped = (): number => current?.dropped ?? 0;

/** Events that wait on disk until NATS is back. */
export const spooled = (): number => current?.spooled ?? 0;

/** Events not acknowledged yet. */
export const pending = (): number => current?.pending ?? 0;

/** Waits until all is sent; false when the time was too short. */
export const flush = (timeoutMs = 5_000): Promise<boolean> => current?.flush(timeoutMs) ?? Promise.resolve(true);

/** Sends what is left, then lets go of the connection. After it, `start` may be called again. */
export async function shutdown(timeoutMs = 5_000): Promise<void> {
  const ending = current;
  current = null;
  await ending?.shutdown(timeoutMs);
}
