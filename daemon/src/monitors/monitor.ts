/**
 * A monitor is a fold over ledger records: the same records give the same state and the same signals, always. Its state
 * is plain JSON that it changes in place; time is that of the records.
 */
import type { CountersignEvent, Policy, Reference, Signal } from '@countersign/contract';
import type { LedgerRecord } from '../ledger/index.ts';
import type { Rules } from './rules.ts';

/** A model version of a workflow; or, for what is about people and queues, all of a workflow's models. */
export interface Scope {
  readonly workflowId: string;
  readonly modelName: string;
  readonly modelVersion: string;
}

/** What a monitor says; the scope is added by whoever asks. */
export type Finding = Pick<Signal, 'subject' | 'tier' | 'conclusive' | 'value' | 'summary' | 'evidence'>;

/** What a monitor may look at besides its state and the record. */
export interface Context {
  readonly policy: Policy;
  readonly rules: Rules;
  /** What the model is compared with; null while there is nothing. */
  readonly reference: Reference | null;
  /** When the newest record was written: ms. */
  readonly nowMs: number;
  /** How far a reviewer is to be believed: from 0 to 1, and 1 unless something speaks against it. */
  readonly trustIn: (reviewer: string) => number;
}

export interface Monitor<State> {
  /** Whether it watches each model version by itself, or the whole workflow. */
  readonly per: 'version' | 'workflow';
  /** The types of the events that it is given. */
  readonly hears: readonly CountersignEvent['type'][];
  /** The rules it goes by: when a new policy changes them, its state is started afresh. */
  readonly rules: (rules: Rules) => unknown;
  readonly start: (context: Context) => State;
  /** Takes one more record of the scope in. True when a signal may have changed its tier. */
  readonly observe: (state: State, record: LedgerRecord, context: Context) => boolean;
  readonly signals: (state: State, context: Context) => Finding[];
}
