/**
 * A whole loop in one call: asks the guard, puts the decision on record, carries it out or leaves it to a person, and takes it
 * back when somebody says so. What is carried out is said once, when the service starts: a person may answer days later, to
 * another process.
 */
import { trace, type SpanContext, type Tracer } from '@opentelemetry/api';
import type { CompensationReport, Output, Verdict } from '@countersign/contract';
import type { CompensationHandlers } from './compensations.ts';
import type { ContentRules } from './content-rules.ts';
import type { DecisionHandle, DecisionOptions } from './decision.ts';
import { errorTypeOf, failedStatus } from './failure.ts';
import type { GuardVerdict } from './guard.ts';
import { authorityOf, forPerson, judgeAndAsk, NotRecordedError } from './judging.ts';
import type { Outgoing } from './publisher.ts';
import { spanContextOf, type DecisionRef } from './ref.ts';
import { scope } from './scope.ts';
import { attribute } from './semconv.ts';
import type { Begun } from './taking.ts';
import { remember, type VerdictHandler } from './verdicts.ts';

/** One case, to be carried out or taken back. */
export interface Carried {
  readonly task: string;
  readonly decisionId: string;
  /** What was decided; by the AI, or as a person has changed it. */
  readonly output: Pick<Output, 'label' | 'value'>;
  /** Null when the AI decided alone. */
  readonly reviewer: string | null;
  /** To act once by: it may be called again with the same key, after a crash or from another process. To undo it by, too. */
  readonly key: string;
}

export interface DeciderOptions<Result> {
  readonly workflow: string;
  /** Of what is carried out, as rollbacks call it. By default `execute`. */
  readonly step?: string;
  readonly execute: (what: Carried) => Result | Promise<Result>;
  /** Takes back what `execute` did; it may have done nothing, or have been taken back before. */
  readonly compensate: (what: Pick<Carried, 'task' | 'decisionId' | 'key'>) => void | Promise<void>;
  /** A person has said no, or has taken the case over. By default nothing is done then. */
  readonly refused?: (verdict: Verdict) => void | Promise<void>;
}

export interface DecideOptions extends Omit<DecisionOptions, 'workflow'> {
  /** What the AI says: has to call `output`, and should call `propose`. What it does not propose to accept, a person decides. */
  readonly judge: (decision: DecisionHandle) => void | Promise<void>;
}

export type Decided<Result> =
  | { readonly route: 'auto'; readonly ref: DecisionRef; readonly result: Result }
  /** `human`: a person is asked, and `execute` is called when they agree. `halt`: the case is to wait where it is. */
  | { readonly route: 'human' | 'halt'; readonly ref: DecisionRef; readonly verdict: GuardVerdict };

/** What a decider needs of the rest of the package. */
export interface Loop {
  begin(options: DecisionOptions): Begun;
  /** Whether the event has become durable before long; null when it was not even taken. */
  record(outgoing: Outgoing): Promise<boolean> | null;
  /** Resolves when it is durable. */
  report(step: CompensationReport): Promise<void>;
  /** Behind what was recorded before; waits for nothing. */
  reportInTurn(step: CompensationReport): void;
  compensations(workflow: string, handlers: CompensationHandlers): void;
  verdicts(workflow: string, handler: VerdictHandler): Promise<() => Promise<void>>;
  trouble(error: unknown): void;
  privacyOf(workflow: string): ContentRules;
}

export interface Decider<Result> {
  /**
   * Rejects with `NotRecordedError`, and does nothing, when what `judge` said cannot be put on record; and with what `judge` or
   * `execute` throws.
   */
  (options: DecideOptions): Promise<Decided<Result>>;
  /** Resolves when verdicts are followed. */
  readonly ready: Promise<() => Promise<void>>;
}

/** The step of a decision that is taken last, and undone first. */
const lastSequence = 1_000;

export function makeDecider<Result>(loop: Loop, options: DeciderOptions<Result>): Decider<Result> {
  const { workflow, step = 'execute' } = options;
  const tracer = trace.getTracer(scope.name, scope.version);
  const doing = { tracer, workflow, step, privacyOf: (of: string) => loop.privacyOf(of) };
  const executing = new Map<string, Promise<unknown>>();
  /** Between an order to take back and the execution of the same lies a moment, or a verdict that comes again. */
  const takenBack = new Set<string>();
  const carryOut = async (what: Carried, decided: SpanContext | null) => {
    const executed = inSpan({ ...doing, verb: 'execute' }, what, decided, () => options.execute(what));
    executing.set(what.key, executed);
    return executed.finally(() => executing.delete(what.key));
  };
  const takeBack = async (what: Case, decided: SpanContext | null) => {
    remember(takenBack, what.key);
    // What is still being done is undone when it is done, and not before.
    await executing.get(what.key)?.catch(() => undefined);
    return inSpan({ ...doing, verb: 'compensate' }, what, decided, () => options.compensate(what));
  };
  const stepOf = (
    { task: task_id, decisionId: decision_id, key: compensation_id }: Case,
    model: CompensationReport['model'],
    state: 'registered' | 'compensated',
    payload?: Traced,
  ): CompensationReport => {
    const about = { workflow_id: workflow, task_id, decision_id, compensation_id, action: step, state };
    const { name, version } = model;
    return { ...about, model: { name, version }, sequence: lastSequence, ...(payload && { payload }) };
  };
  const record = (outgoing: Outgoing, task: string): Promise<boolean> => {
    const recorded = loop.record(outgoing);
    if (recorded !== null) return recorded;
    throw new NotRecordedError('not_taken', task, 'the queue is full, or was shut down. Try again later.');
  };

  loop.compensations(workflow, {
    [step]: ({ compensationId, task, decisionId, payload }) => {
      const { traceparent = null, tracestate = null } = (payload ?? {}) as Partial<Traced>;
      return takeBack({ task, decisionId, key: compensationId }, spanContextOf({ traceparent, tracestate }));
    },
  });
  const ready = loop.verdicts(workflow, async (verdict) => {
    const { verdict_id, task_id: task, decision_id: decisionId, action, output, reviewer, executed } = verdict;
    const traced: Traced = { traceparent: verdict.traceparent ?? null, tracestate: null };
    const decided = spanContextOf(traced);
    const isAgreed = action === 'accept' || action === 'modify';
    // Whose step it is: what a person decided is not taken back with a version of the model.
    const person = { name: 'human', version: reviewer };
    if (executed && action !== 'accept') {
      const alone = { task, decisionId, key: decisionId };
      await takeBack(alone, decided);
      await loop.report(stepOf(alone, person, 'compensated'));
    }
    if (isAgreed && !(executed && action === 'accept')) {
      const agreed = { task, decisionId, key: verdict_id };
      // What was taken back is not done again when its verdict comes once more, or late.
      if (!takenBack.has(agreed.key)) await loop.report(stepOf(agreed, person, 'registered', traced));
      if (!takenBack.has(agreed.key)) await carryOut({ ...agreed, output, reviewer }, decided);
    }
    if (!isAgreed) await options.refused?.(verdict);
  });
  ready.catch(() => undefined);

  const decide = async ({ judge, ...about }: DecideOptions): Promise<Decided<Result>> => {
    const begun = loop.begin({ ...about, workflow });
    const ref = begun.open.ref();
    const { traceparent, tracestate, task_id: task, decision_id } = ref;
    // The AI does one thing of its own about a decision: the id of the one is the key of the other, for every process.
    const what = { task, decisionId: decision_id, key: decision_id };
    const register = () => loop.report(stepOf(what, about.model, 'registered', { traceparent, tracestate }));
    const judged = await judgeAndAsk(begun, judge, register, (error) => loop.trouble(error));
    const { verdict, output, outgoing } = judged;
    const recorded = record(outgoing, task);
    if (verdict.route !== 'auto') return { route: verdict.route, ref, verdict };

    const mayAct = (await recorded) && !takenBack.has(what.key);
    const now = mayAct ? authorityOf(begun.open) : begun.open.withhold('authority_lost');
    if (now.route === 'auto') {
      return { route: 'auto', ref, result: await carryOut({ ...what, output, reviewer: null }, spanContextOf(ref)) };
    }
    loop.reportInTurn(stepOf(what, about.model, 'compensated'));
    const { decisionId, again } = forPerson(judged, now);
    void record(again, task);
    return { route: now.route, ref: { ...ref, decision_id: decisionId }, verdict: now };
  };
  return Object.assign(decide, { ready });
}

type Case = Pick<Carried, 'task' | 'decisionId' | 'key'>;
type Traced = Pick<DecisionRef, 'traceparent' | 'tracestate'>;

interface Doing {
  readonly tracer: Tracer;
  readonly workflow: string;
  readonly step: string;
  readonly verb: 'execute' | 'compensate';
  readonly privacyOf: Loop['privacyOf'];
}

const linkOf = { execute: 'executes', compensate: 'compensates' } as const;

/** A span of its own, linked to the decision where that is known: the decision itself has ended, maybe days ago. */
function inSpan<T>(
  { tracer, workflow, step, verb, privacyOf }: Doing,
  { task, decisionId, key }: Case,
  decided: SpanContext | null,
  work: () => T | Promise<T>,
): Promise<T> {
  const links = decided === null ? [] : [{ context: decided, attributes: { [attribute.linkType]: linkOf[verb] } }];
  const attributes = {
    [attribute.id]: decisionId,
    [attribute.workflowId]: workflow,
    [attribute.taskId]: task,
    [attribute.stepName]: step,
    [attribute.compensationId]: key,
  };
  return tracer.startActiveSpan(`${verb} ${step}`, { links, attributes }, async (span) => {
    try {
      return await work();
    } catch (error) {
      span.setAttribute(attribute.errorType, errorTypeOf(error));
      span.setStatus(failedStatus(error, privacyOf(workflow)));
      throw error;
    } finally {
      span.end();
    }
  });
}
