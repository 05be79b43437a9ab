/**
 * Record what the AI and people decide, and ask before the AI acts alone.
 * `start` once; the other functions then belong to that start. Without it a service works all the same: the guard answers
 * `human`, and nothing is recorded.
 */
import type { CompensationHandlers } from './compensations.ts';
import type { Decider, DeciderOptions } from './decider.ts';
import type { DecisionHandle, DecisionOptions } from './decision.ts';
import type { GuardVerdict, Question } from './guard.ts';
import type { HumanDecisionOptions, Outcome } from './human-records.ts';
import type { Instrumentation } from './instrumentation.ts';
import { lose, lostBeforeStart, peopleDecide, takingWithoutStart } from './not-started.ts';
import type { DecisionRef } from './ref.ts';
import { begin, dropped as droppedSinceStart, end, flushAll, pendingOfAll, running, runningNow } from './running.ts';
import type { StartOptions } from './start-options.ts';
import { startDecision as startOne, takeDecision, type StartedDecision } from './taking.ts';
import type { VerdictHandler } from './verdicts.ts';
import { goOnAfter } from './waiting.ts';
import { boundTo } from './workflow.ts';

export type { CompensationHandler, CompensationHandlers, UndoableStep } from './compensations.ts';
export type { Carried, Decided, Decider, DecideOptions, DeciderOptions } from './decider.ts';
export type { DecisionHandle, DecisionOptions } from './decision.ts';
export { NotRecordedError } from './judging.ts';
export type { GuardVerdict, Question } from './guard.ts';
export type { HumanDecisionOptions, Outcome } from './human-records.ts';
export type { StartOptions } from './start-options.ts';
export { decisionSpanProcessor, type DecisionSpanProcessor } from './automatic/span-processor.ts';
export { extractRef, injectRef, parseRef, type DecisionRef } from './ref.ts';
export type { StartedDecision } from './taking.ts';
export type { VerdictHandler } from './verdicts.ts';
export type { Workflow, WorkflowTypes } from './workflow.ts';
export type { Verdict } from '@countersign/contract';

function started(): Instrumentation {
  const found = running();
  if (found === null) throw new Error('call start({ source }) of @countersign/otel-instrumentation first');
  return found;
}

/**
 * Connects in the background and returns at once. What it returns resolves when the guard follows the daemon; waiting for
 * it is optional. A service starts without NATS, too: after five seconds it resolves all the same, and the guard answers `human`
 * until it has heard. Throws when it was started already.
 */
export function start(options: StartOptions): Promise<void> {
  const { ready, trouble } = begin(options);
  return goOnAfter(ready, trouble);
}

/**
 * Runs `work` as one AI decision. Returns what it returns, sync, async or an async generator; what has a `then` and is no
 * promise is awaited, once. Throws what it throws, and then nothing is recorded but the failed span. The event is queued when the
 * work is done; nothing is awaited for it. `this` is that of the call: `decision.call(self, options, work)`.
 */
export const decision = function <T>(
  this: unknown,
  options: DecisionOptions,
  work: (decision: DecisionHandle) => T,
): T {
  const { taking } = running() ?? { taking: takingWithoutStart };
  return takeDecision(taking, options, work, this);
};

/** Begins a decision whose end is somewhere else. Has to be ended: `using`, `end()` or `fail(error)`. */
export const startDecision = (options: DecisionOptions): StartedDecision =>
  running()?.startDecision(options) ?? startOne(takingWithoutStart, options);

/**
 * Makes `decide`, which asks the guard, records the decision, and carries it out: at once when the AI may act alone, else when
 * a person has agreed; and which takes it back when it is rolled back. One for each workflow, when the service starts.
 */
export const decider = <Result>(options: DeciderOptions<Result>): Decider<Result> => started().decider(options);

/** Whether the AI may act alone, from memory. */
export const guard = (question: Question): GuardVerdict => running()?.ask(question) ?? peopleDecide;

const humanDecisionOf = (workflow: string | null, ref: DecisionRef | string, options: HumanDecisionOptions) =>
  orLost((taken) => taken.humanDecision(workflow, ref, options));
const recordOutcomeOf = (workflow: string | null, ref: DecisionRef | string, outcome: Outcome) =>
  orLost((taken) => taken.recordOutcome(workflow, ref, outcome));

/**
 * Records what a person decided about an AI decision, in the service's own tools. The ref as it was kept, or its JSON. The id
 * of the event; null when there is none, because the ref is none, or nothing was started.
 */
export const humanDecision = (ref: DecisionRef | string, options: HumanDecisionOptions): string | null =>
  humanDecisionOf(null, ref, options);

/**
 * Records ground truth about a decision, whenever it is known. `cost` of the error, in the smallest unit of the currency.
 * The ref as it was kept, or its JSON. The id of the event; null when there is none, because the ref is none, or nothing was
 * started.
 */
export const recordOutcome = (ref: DecisionRef | string, outcome: Outcome): string | null =>
  recordOutcomeOf(null, ref, outcome);

function orLost(record: (taken: Instrumentation) => string | null): string | null {
  const taken = running();
  if (taken !== null) return record(taken);
  lose();
  return null;
}

/**
 * Calls `handler` for each human decision of the workflow that is made in Countersign, until it returns without throwing.
 * Act once by `verdict_id`. Resolves, when connected or shut down, to a function that ends it; a program that waits for verdicts is
 * not done, so it is kept alive meanwhile.
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

/** These functions for one workflow, in the words of its policy; `countersign policy types` prints the types. */
export const workflow = boundTo({
  decision,
  startDecision,
  decider,
  guard,
  humanDecision: humanDecisionOf,
  recordOutcome: recordOutcomeOf,
  verdicts,
  compensations,
});

/** Events given up so far: the queue was full, they were too large, or a decision had no output. */
export const dropped = (): number => droppedSinceStart() + lostBeforeStart();

/** Events that wait on disk until NATS is back. */
export const spooled = (): number => runningNow()?.spooled ?? 0;

/** Events not acknowledged yet. */
export const pending = (): number => pendingOfAll();

/** Waits until all is sent; false when the time was too short. */
export const flush = (timeoutMs = 5_000): Promise<boolean> => flushAll(timeoutMs);

/** Sends what is left, then lets go of the connection. After it, `start` may be called again. */
export const shutdown = (timeoutMs = 5_000): Promise<void> => end(timeoutMs);
