/** The decision that is being taken, kept in OpenTelemetry's context, so that what happens within it finds it. */
import { createContextKey, trace, type Context, type Span } from '@opentelemetry/api';
import type { ModelCall } from './automatic/parts.ts';
import type { DecisionRef } from './ref.ts';

/** A decision to what is part of it. */
export interface PartOfDecision {
  ref(): DecisionRef;
  /** A model was called for it. */
  rollUp(call: ModelCall): void;
}

const key = createContextKey('countersign.decision');

/** With its span. Within nested decisions the innermost is found. */
export const withDecision = (context: Context, decision: PartOfDecision, span: Span): Context =>
  new DecisionContext(context instanceof DecisionContext ? context.flat() : context, decision, span);

/**
 * A context with a decision and its span: OpenTelemetry's own copies all values of the one before, for each of the two. What is set
 * after them is in a context of OpenTelemetry's again, so that however long work goes on from work, none is deep.
 */
class DecisionContext implements Context {
  private readonly below: Context;
  private readonly decision: PartOfDecision;
  private readonly span: Span;

  constructor(below: Context, decision: PartOfDecision, span: Span) {
    this.below = below;
    this.decision = decision;
    this.span = span;
  }

  getValue(name: symbol): unknown {
    if (name === spanKey) return this.span;
    return name === key ? this.decision : this.below.getValue(name);
  }

  setValue(name: symbol, value: unknown): Context {
    return this.flat().setValue(name, value);
  }

  deleteValue(name: symbol): Context {
    return this.flat().deleteValue(name);
  }

  flat(): Context {
    return trace.setSpan(this.below.setValue(key, this.decision), this.span);
  }
}

/** Under which key OpenTelemetry keeps a span, which it does not say: the one that it sets. */
const spanKey = ((): symbol | null => {
  let seen: symbol | null = null;
  const watched: Context = {
    getValue: () => undefined,
    setValue: (name) => {
      seen = name;
      return watched;
    },
    deleteValue: () => watched,
  };
  trace.setSpan(watched, trace.wrapSpanContext({ traceId: '', spanId: '', traceFlags: 0 }));
  return seen;
})();

export const decisionOf = (context: Context): PartOfDecision | null =>
  (context.getValue(key) as PartOfDecision | undefined) ?? null;
