/**
 * What came before the decision it is about: kept until that comes, so that the order of arrival does not change what the
 * monitors see. Bounded; what is let go is counted.
 */
import { eventTypes } from '@countersign/contract';
import type { LedgerRecord } from '../ledger/index.ts';

/** What monitors read of a record. */
export type Kept = Pick<LedgerRecord, 'index' | 'event' | 'recordedAt' | 'firstAnswer'>;

export interface UnmatchedState {
  /** By the decision they are about, the oldest first. */
  readonly kept: Record<string, Kept[]>;
  count: number;
  /** Answers to decisions that have not come, and were not kept any longer. */
  dropped: number;
}

const most = 10_000;

export const startUnmatched = (): UnmatchedState => ({ kept: {}, count: 0, dropped: 0 });

/** The decision that a record is about though the ledger has not seen it; null when there is no such thing. */
export function waitsFor({ event, about }: LedgerRecord): string | null {
  if (about !== null) return null;
  if (event.type === eventTypes.outcome) return event.data.decision_id;
  return event.type === eventTypes.humanDecision ? event.data.reviews : null;
}

export function keep(state: UnmatchedState, decisionId: string, record: LedgerRecord): void {
  const { index, event, recordedAt, firstAnswer } = record;
  (state.kept[decisionId] ??= []).push({ index, event, recordedAt, firstAnswer });
  state.count += 1;
  if (state.count <= most) return;
  const [oldest] = Object.keys(state.kept);
  if (oldest === undefined) return;
  const letGo = state.kept[oldest]?.length ?? 0;
  delete state.kept[oldest];
  state.count -= letGo;
  state.dropped += letGo;
}

/** What was kept for a decision that has now come; as records about it. */
export function take(state: UnmatchedState, decision: LedgerRecord): LedgerRecord[] {
  const { about } = decision;
  const kept = about === null ? undefined : state.kept[about.decisionId];
  if (about === null || kept === undefined) return [];
  delete state.kept[about.decisionId];
  state.count -= kept.length;
  return kept.map((answer) => ({ ...decision, ...answer, about }));
}
