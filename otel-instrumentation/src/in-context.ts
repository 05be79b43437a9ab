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

export const withDecision = (context: Context, decision: PartOfDecision): Context => context.setValue(key, decision);

export const decisionOf = (context: Context): PartOfDecision | null =>
  (context.getValue(key) as PartOfDecision | undefined) ?? null;
