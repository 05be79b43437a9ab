/** How a decision is taken: as a function that is run, or between a start and an end. Always ended, and never by us late. */
import { context, type Context, type Tracer } from '@opentelemetry/api';
import {
  attributesAtStart,
  OpenDecision,
  type Deciding,
  type DecisionHandle,
  type DecisionOptions,
  type Ended,
} from './decision.ts';
import { withDecision } from './in-context.ts';

export interface Taking {
  readonly tracer: Tracer;
  readonly deciding: Deciding;
  /** What came of a decision that ended. */
  readonly onEnded: (ended: Ended, options: DecisionOptions) => void;
  readonly onTrouble: (trouble: string) => void;
}

/** Sync, async, or a stream, as `work` is, which is called with `self`. Throws what it throws, and nothing else. */
export function takeDecision<T>(
  taking: Taking,
  options: DecisionOptions,
  work: (decision: DecisionHandle) => T,
  self?: unknown,
): T {
  const { open, within } = begin(taking, options);
  let result: T;
  try {
    result = context.with(within, work, self, open);
  } catch (error) {
    open.failed(error);
    throw error;
  }
  if (!isAsyncGenerator(result) && !isPromise(result)) {
    taking.onEnded(open.end(), options);
    return result;
  }
  const end = () => taking.onEnded(open.end(), options);
  const fail = (error: unknown) => {
    open.failed(error);
    throw error;
  };
  if (isAsyncGenerator(result)) return endedBy(result, within, end, fail) as T;
  const ended = (value: unknown) => {
    end();
    return value;
  };
  // What is no promise of the language but has a `then` is followed once, as `await` would.
  return Promise.resolve(result).then(ended, fail) as T;
}

/** Each of its steps is within the decision, which ends with the last, or when whoever reads it wants no more. */
function endedBy<Y, R, N>(
  generator: AsyncGenerator<Y, R, N>,
  within: Context,
  end: () => void,
  fail: (error: unknown) => never,
): AsyncGenerator<Y, R, N> {
  let isOver = false;
  const step = (take: () => Promise<IteratorResult<Y, R>>) => {
    const taken = context.with(within, take);
    if (isOver) return taken;
    return taken.then(
      (result) => {
        if (result.done === true && !isOver) {
          isOver = true;
          end();
        }
        return result;
      },
      (error: unknown) => {
        isOver = true;
        return fail(error);
      },
    );
  };
  const wrapped: AsyncGenerator<Y, R, N> = {
    next: (...args) => step(() => generator.next(...args)),
    return: (value) => step(() => generator.return(value)),
    throw: (error) => step(() => generator.throw(error)),
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await step(() => generator.return(undefined as R));
    },
  };
  // One decision may hand on what another gave it.
  return Object.assign(wrapped, { [Symbol.toStringTag]: 'AsyncGenerator' });
}

/** A decision that whoever started it has to end: with `end`, `fail`, or by leaving the block of `using`. */
export interface StartedDecision extends DecisionHandle, Disposable {
  /** Runs `work` within the decision, so that what it calls is part of it. `this` and arguments are kept. */
  run<This, A extends unknown[], T>(
    this: StartedDecision,
    work: (this: This, ...args: A) => T,
    self?: This,
    ...args: A
  ): T;
  /** Records it. Later calls of `end` and `fail` change nothing. */
  end(): void;
  /** There is no decision to record: something went wrong. */
  fail(error: unknown): void;
}

export function startDecision(taking: Taking, options: DecisionOptions): StartedDecision {
  const { open, within } = begin(taking, options);
  let isOver = false;
  const once = (ending: () => void) => {
    if (isOver) return taking.onTrouble(`a decision on ${options.workflow}/${options.task} was ended twice`);
    isOver = true;
    ending();
  };
  const end = () => once(() => taking.onEnded(open.end(), options));
  return {
    output: open.output,
    explain: open.explain,
    propose: open.propose,
    authority: open.authority,
    undoable: open.undoable,
    ref: open.ref,
    run: (work, self, ...args) => context.with(within, work, self, ...args),
    end,
    fail: (error) => once(() => open.failed(error)),
    [Symbol.dispose]: () => {
      if (!isOver) end();
    },
  };
}

/** A decision, and the context in which to take it. */
export interface Begun {
  readonly open: OpenDecision;
  readonly within: Context;
}

export function begin({ tracer, deciding }: Pick<Taking, 'tracer' | 'deciding'>, options: DecisionOptions): Begun {
  const parent = context.active();
  const span = tracer.startSpan(`decision ${options.workflow}`, { attributes: attributesAtStart(options) }, parent);
  const open = new OpenDecision(options, span, deciding);
  return { open, within: withDecision(parent, open, span) };
}

const isAsyncGenerator = (value: unknown): value is AsyncGenerator =>
  isObject(value) && readably(() => Object.prototype.toString.call(value) === '[object AsyncGenerator]');

const isPromise = (value: unknown): value is Promise<unknown> =>
  isObject(value) && readably(() => typeof (value as { then?: unknown }).then === 'function');

/** What may not be looked at, such as a proxy that throws, is neither. */
function readably(look: () => boolean): boolean {
  try {
    return look();
  } catch {
    return false;
  }
}

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';
