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

export const withDecision = (context: Context, decision: PartOfDecision): Context => new Layer(context, key, decision);

/** A context with one value more than another. OpenTelemetry's own copies all values of the one before, for each. */
class Layer implements Context {
  private readonly below: Context;
  private readonly name: symbol;
  private readonly value: unknown;

  constructor(below: Context, name: symbol, value: unknown) {
    this.below = below;
    this.name = name;
    this.value = value;
  }

  getValue(name: symbol): unknown {
    return name === this.name ? this.value : this.below.getValue(name);
  }

  setValue(name: symbol, value: unknown): Context {
    return new Layer(this, name, value);
  }

  deleteValue(name: symbol): Context {
    return new Layer(this, name, undefined);
  }
}

export const decisionOf = (context: Context): PartOfDecision | null =>
  (context.getValue(key) as PartOfDecision | undefined) ?? null;
