/** The decision that is being taken, kept in OpenTelemetry's context, so that what happens within it finds it. */
import { createContextKey, type Context } from '@opentelemetry/api';
import type { ModelCall } from './automatic/parts.ts';
import type { DecisionRef } from './ref.ts';

/** A decision to what is part of it. */
export interface PartOfDecision {
  ref(): DecisionRef;
  /** A model was called for it. */
  rollUp(call: ModelCall): void;
}

const key = createContextKey('countersign.decision');

/** Within nested decisions the innermost is found. */
export function withDecision(context: Context, decision: PartOfDecision): Context {
  return new DecisionContext(context instanceof DecisionContext ? context.flat() : context, decision, null, undefined);
}

/**
 * A context with a decision, and the span that is set with it: OpenTelemetry's own copies all values of the one before, for each of the
 * two. What is set after them is in a context of OpenTelemetry's again, so that however long work goes on from work, none is deep.
 */
class DecisionContext implements Context {
  private readonly below: Context;
  private readonly decision: PartOfDecision;
  /** What is set with it, fields of its own for speed; null when that is nothing yet. */
  private readonly name: symbol | null;
  private readonly value: unknown;

  constructor(below: Context, decision: PartOfDecision, name: symbol | null, value: unknown) {
    this.below = below;
    this.decision = decision;
    this.name = name;
    this.value = value;
  }

  getValue(name: symbol): unknown {
    if (name === key) return this.decision;
    return name === this.name ? this.value : this.below.getValue(name);
  }

  setValue(name: symbol, value: unknown): Context {
    const isFirst = this.name === null && name !== key;
    return isFirst ? new DecisionContext(this.below, this.decision, name, value) : this.flat().setValue(name, value);
  }

  deleteValue(name: symbol): Context {
    return this.flat().deleteValue(name);
  }

  flat(): Context {
    const context = this.below.setValue(key, this.decision);
    return this.name === null ? context : context.setValue(this.name, this.value);
  }
}

export const decisionOf = (context: Context): PartOfDecision | null =>
  (context.getValue(key) as PartOfDecision | undefined) ?? null;
