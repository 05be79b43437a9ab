/** What of a case is shown to whom: not the AI's answer before a person has said what they think, nor others' answers before they decide. Pure. */
import type { AiAnswer, AiDecision, AskedOfAi, AuditRecord, Person, QueueItem } from '@countersign/contract';
import type { CaseRow } from './store.ts';

/** What is known of the asker. */
export interface Asker {
  /** What they have said beforehand of cases that want it. */
  readonly hasCommitted: boolean;
  readonly looking: readonly Person[];
}

/** Whether the AI's answer is kept from a person until they have said what they think. */
export const isHidden = (row: CaseRow, hasCommitted: boolean): boolean =>
  row.commit_first && row.decided_at === null && !hasCommitted;

/** Whether others' answers are kept from people: while a second one has to decide without them. */
export const isBlind = (row: CaseRow): boolean =>
  row.people_wanted > 1 && row.decided_at === null && row.reason !== 'disagreement';

export function queueItem(row: CaseRow, now: Date, { hasCommitted, looking }: Asker): QueueItem {
  const held = row.decided_at === null && row.lease_until !== null && row.lease_until > now && row.claimed_by !== null;
  const hidden = isHidden(row, hasCommitted);
  return {
    decision_id: row.decision_id,
    workflow_id: row.workflow_id,
    task_id: row.task_id,
    title: row.title,
    reason: row.reason,
    priority: row.priority,
    risk_tier: row.risk_tier,
    model_name: row.model_name,
    model_version: row.model_version,
    proposed_action: hidden ? null : row.proposed_action,
    label: hidden ? null : row.label,
    confidence: hidden ? null : row.confidence,
    queued_at: row.queued_at.toISOString(),
    due_at: row.due_at.toISOString(),
    state: row.decided_at !== null ? 'decided' : held ? 'claimed' : 'waiting',
    version: row.version,
    claimed_by: held ? { id: row.claimed_by ?? '', name: row.claimed_name ?? row.claimed_by ?? '' } : null,
    lease_until: held ? (row.lease_until?.toISOString() ?? null) : null,
    commit_first: hidden,
    people_wanted: row.people_wanted,
    people_decided: row.people_decided,
    assigned_to: row.assigned_to === null ? null : { id: row.assigned_to, name: row.assigned_name ?? row.assigned_to },
    looking: [...looking],
  };
}

/** The decision without its answer, and the answer. A planted case goes under a number of its own. */
export function splitDecision(row: CaseRow, decision: AiDecision): { asked: AskedOfAi; answer: AiAnswer } {
  const { output, confidence, explanation, action, justification, ...asked } = decision;
  return {
    asked: { ...asked, decision_id: row.decision_id },
    answer: { output, confidence, action, justification, ...(explanation === undefined ? {} : { explanation }) },
  };
}

/** The task's records that this person may see now, of all, oldest first. */
export function visibleHistory(
  row: CaseRow,
  records: readonly AuditRecord[],
  aiIndex: number,
  hidden: boolean,
): AuditRecord[] {
  return records.filter(({ decision_actor, log_index }) => {
    // A planted case has no future, and a blind one no others.
    if (log_index > aiIndex && (row.planted_from !== null || isBlind(row))) return false;
    return !hidden || decision_actor.type !== 'ai';
  });
}
