/**
 * What came before the decision it is about: kept until that comes, so that the order of arrival does not change what the
 * monitors see. Bounded; what is let go is counted.
 */
import { eventTypes, type CountersignEvent } from '@countersign/contract';
import type { LedgerRecord } from '../ledger/index.ts';

/** What monitors read of a record. */
export type Kept = Pick<LedgerRecord, 'index' | 'event' | 'recordedAt' | 'firstAnswer'>;

export interface UnmatchedState {
  /** By the decision they are about. */
  readonly kept: Record<string, Kept[]>;
  /** Their decisions, the oldest first. */
  readonly order: string[];
  count: number;
  /** Answers to decisions that have not come, and were not kept any longer. */
  dropped: number;
}

const most = 10_000;

export const startUnmatched = (): UnmatchedState => ({ kept: {}, order: [], count: 0, dropped: 0 });

/** The decision that a record is about though the ledger has not seen it; null when there is no such thing. */
export function waitsFor({ event, about }: LedgerRecord): string | null {
  if (about !== null) return null;
  if (event.type === eventTypes.outcome) return event.data.decision_id;
  return event.type === eventTypes.humanDecision ? event.data.reviews : null;
}

export function keep(
  state: UnmatchedState,
  decisionId: string,
  { index, event, recordedAt, firstAnswer }: LedgerRecord,
): void {
  const kept = { index, event: essence(event), recordedAt, firstAnswer };
  const there = state.kept[decisionId];
  if (there === undefined) {
    state.kept[decisionId] = [kept];
    state.order.push(decisionId);
  } else there.push(kept);
  state.count += 1;
  while (state.count > most) {
    const oldest = state.order.shift() ?? '';
    const letGo = state.kept[oldest]?.length ?? 0;
    delete state.kept[oldest];
    state.count -= letGo;
    state.dropped += letGo;
  }
}

/** Without what no monitor reads, which may be long. */
function essence(event: CountersignEvent): CountersignEvent {
  const { specversion, id, source, subject, time } = event;
  const head = { specversion, id, source, subject, time };
  if (event.type === eventTypes.outcome) {
    const { workflow_id, task_id, decision_id, label, cost, revenue, complaints } = event.data;
    const money = { ...(cost === undefined ? {} : { cost }), ...(revenue === undefined ? {} : { revenue }) };
    const data = {
      workflow_id,
      task_id,
      decision_id,
      label,
      ...money,
      ...(complaints === undefined ? {} : { complaints }),
    };
    return { ...head, type: event.type, data };
  }
  if (event.type !== eventTypes.humanDecision) return event;
  const {
    workflow_id,
    task_id,
    decision_id,
    reviews,
    reviewer,
    action,
    output,
    review_ms,
    queue_ms,
    lease_epoch,
    gold,
  } = event.data;
  const data = {
    workflow_id,
    task_id,
    decision_id,
    reviews,
    reviewer,
    action,
    justification: '',
    ...(output === undefined ? {} : { output: { label: output.label } }),
    ...(review_ms === undefined ? {} : { review_ms }),
    ...(queue_ms === undefined ? {} : { queue_ms }),
    ...(lease_epoch === undefined ? {} : { lease_epoch }),
    ...(gold === undefined ? {} : { gold: { label: gold.label } }),
  };
  return { ...head, type: event.type, data };
}

/** What was kept for a decision that has now come; as records about it. */
export function take(state: UnmatchedState, decision: LedgerRecord): LedgerRecord[] {
  const { about } = decision;
  const kept = about === null ? undefined : state.kept[about.decisionId];
  if (about === null || kept === undefined) return [];
  delete state.kept[about.decisionId];
  state.order.splice(state.order.indexOf(about.decisionId), 1);
  state.count -= kept.length;
  // Whoever answers in another workflow answers another question.
  return kept
    .filter(({ event }) => event.data.workflow_id === about.workflowId)
    .map((answer) => ({ ...decision, ...answer, about }));
}
