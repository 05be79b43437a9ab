/**
 * A monitor is a fold over ledger records: the same records give the same state and the same signals, always. Its state
 * is plain JSON, kept for each workflow × model version.
 */
import type { Policy, Signal } from '@countersign/contract';
import type { LedgerRecord } from '../ledger/index.ts';

export interface Scope {
  readonly workflowId: string;
  readonly modelName: string;
  readonly modelVersion: string;
}

/** What a monitor says; the scope is added by whoever asks. */
export type Finding = Pick<Signal, 'tier' | 'conclusive' | 'value' | 'summary' | 'evidence'>;

export interface Monitor<State> {
  readonly name: string;
  start(policy: Policy): State;
  /** The state after one more record of the scope; the same object when the record does not concern it. */
  observe(state: State, record: LedgerRecord, policy: Policy): State;
  signal(state: State, policy: Policy): Finding;
}
