/**
 * A whole loop in one call: asks the guard, puts the decision on record, carries it out or leaves it to a person, and takes it
 * back when somebody says so. What is carried out is said once, when the service starts: a person may answer days later, to
 * another process.
 */
import { SpanStatusCode, trace, type SpanContext, type Tracer } from '@opentelemetry/api';
import type { Output, Verdict } from '@countersign/contract';
import type { CompensationHandlers } from './compensations.ts';
import type { DecisionHandle, DecisionOptions } from './decision.ts';
import type { GuardVerdict } from './guard.ts';
import { spanContextOf, type DecisionRef } from './ref.ts';
import { scope } from './scope.ts';
import { attribute } from './semconv.ts';
import type { VerdictHandler } from './verdicts.ts';

/** One case, to be carried out or taken back. */
export interface Carried {
  readonly task: string;
  readonly decisionId: string;
  /** What was decided; by the AI, or as a person has changed it. */
  readonly output: Pick<Output, 'label' | 'value'>;
  /** Null when the AI decided alone. */
  readonly reviewer: string | null;
  /** To act once by: it may be called again with the same key, after a crash or from another process. */
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
  /** What the AI says: has to call `output`, and should call `propose`. */
  readonly judge: (decision: DecisionHandle) => void | Promise<void>;
}

export type Decided<Result> =
  | { readonly route: 'auto'; readonly ref: DecisionRef; readonly result: Result }
  /** `human`: a person is asked, and `execute` is called when they agree. `halt`: the case is to wait where it is. */
  | { readonly route: 'human' | 'halt'; readonly ref: DecisionRef; readonly verdict: GuardVerdict };

/** What a decider needs of the rest of the package. */
export interface Loop {
  decision<T>(options: DecisionOptions, work: (decision: LoopHandle) => T): T;
  compensations(workflow: string, handlers: CompensationHandlers): void;
  verdicts(workflow: string, handler: VerdictHandler): Promise<() => Promise<void>>;
  trouble(error: unknown): void;
}

/** A decision that can be left to a person after the guard said yes. */
export interface LoopHandle extends DecisionHandle {
  withhold(): GuardVerdict;
}

export interface Decider<Result> {
  (options: DecideOptions): Promise<Decided<Result>>;
  /** Resolves when verdicts are followed. */
  readonly ready: Promise<() => Promise<void>>;
}

export function makeDecider<Result>(loop: Loop, options: DeciderOptions<Result>): Decider<Result> {
  const { workflow, step = 'execute', execute, compensate, refused } = options;
  const tracer = trace.getTracer(scope.name, scope.version);
  const doing = { tracer, workflow, step };
  const carryOut = (what: Carried, decided: SpanContext | null) =>
    inSpan({ ...doing, verb: 'execute' }, what, decided, () => execute(what));
  const takeBack = (what: Pick<Carried, 'task' | 'decisionId' | 'key'>, decided: SpanContext | null) =>
    inSpan({ ...doing, verb: 'compensate' }, what, decided, () => compensate(what));

  loop.compensations(workflow, {
    [step]: ({ compensationId, task, decisionId, payload }) => {
      const { traceparent = null } = (payload ?? {}) as Partial<Pick<DecisionRef, 'traceparent'>>;
      return takeBack({ task, decisionId, key: compensationId }, spanContextOf({ traceparent }));
    },
  });
  const ready = loop.verdicts(workflow, async (verdict) => {
    const { verdict_id: key, task_id: task, decision_id: decisionId, action, output, reviewer, executed } = verdict;
    const isAgreed = action === 'accept' || action === 'modify';
    if (executed && action !== 'accept') await takeBack({ task, decisionId, key }, null);
    if (isAgreed && !(executed && action === 'accept')) {
      await carryOut({ task, decisionId, output, reviewer, key }, null);
    }
    if (!isAgreed) await refused?.(verdict);
  });
  ready.catch(() => undefined);

  const decide = async ({ judge, ...about }: DecideOptions): Promise<Decided<Result>> => {
    const { ref, verdict, output, key } = await loop.decision({ ...about, workflow }, (decision) =>
      judgeAndAsk(decision, judge, step, (error) => loop.trouble(error)),
    );
    if (key === null) return { route: verdict.route === 'halt' ? 'halt' : 'human', ref, verdict };
    const what = { task: ref.task_id, decisionId: ref.decision_id, output, reviewer: null, key };
    return { route: 'auto', ref, result: await carryOut(what, spanContextOf(ref)) };
  };
  return Object.assign(decide, { ready });
}

interface Judged {
  readonly ref: DecisionRef;
  readonly verdict: GuardVerdict;
  readonly output: Pick<Output, 'label' | 'value'>;
  /** To undo it by; null when a person decides. */
  readonly key: string | null;
}

/** What may not be undone later is not done: a person decides then. */
async function judgeAndAsk(
  decision: LoopHandle,
  judge: DecideOptions['judge'],
  step: string,
  onTrouble: (error: unknown) => void,
): Promise<Judged> {
  let output: Judged['output'] = { label: null };
  const listening: DecisionHandle = {
    output: (said, confidence) => {
      output = { label: said.label, ...(said.value === undefined ? {} : { value: said.value }) };
      decision.output(said, confidence);
    },
    explain: (explanation) => decision.explain(explanation),
    propose: (action, justification) => decision.propose(action, justification),
    authority: () => decision.authority(),
    undoable: (other) => decision.undoable(other),
    ref: () => decision.ref(),
  };
  await judge(listening);
  const ref = decision.ref();
  const verdict = decision.authority();
  if (verdict.route !== 'auto') return { ref, verdict, output, key: null };
  try {
    const { traceparent } = ref;
    return { ref, verdict, output, key: await decision.undoable({ action: step, payload: { traceparent } }) };
  } catch (error) {
    onTrouble(error);
    return { ref, verdict: decision.withhold(), output, key: null };
  }
}

interface Doing {
  readonly tracer: Tracer;
  readonly workflow: string;
  readonly step: string;
  readonly verb: 'execute' | 'compensate';
}

const linkOf = { execute: 'executes', compensate: 'compensates' } as const;

/** A span of its own, linked to the decision where that is known: the decision itself has ended, maybe days ago. */
function inSpan<T>(
  { tracer, workflow, step, verb }: Doing,
  { task, decisionId, key }: Pick<Carried, 'task' | 'decisionId' | 'key'>,
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
      span.setAttribute(attribute.errorType, error instanceof Error ? error.name : 'unknown');
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}
