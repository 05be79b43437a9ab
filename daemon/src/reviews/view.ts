/** What of a case is shown to whom: not the AI's answer before a person has said what they think, nor others' answers before they decide. Pure. */
import {
  eventTypes,
  type AiAnswer,
  type AiDecision,
  type AskedOfAi,
  type AuditRecord,
  type CountersignEvent,
  type Person,
  type QueueItem,
  type ReviewCase,
} from '@countersign/contract';
import { timeOf } from './planted-id.ts';
import type { CaseRow } from './store.ts';

/** What is known of the asker. */
export interface Asker {
  readonly person: string;
  /** What they have said beforehand of cases that want it. */
  readonly hasCommitted: boolean;
  readonly looking: readonly Person[];
}

/** Decided for good: nobody can undo it any more. */
const isSettled = (row: CaseRow): boolean => row.decided_at !== null && row.pending_by === null;

/** Whether the AI's answer is kept from a person until they have said what they think. */
export const isHidden = (row: CaseRow, hasCommitted: boolean): boolean =>
  row.commit_first && !isSettled(row) && !hasCommitted;

/** Whether others' answers are kept from people: while a second one has to decide without them. */
export const isBlind = (row: CaseRow): boolean => row.people_wanted > 1 && !isSettled(row) && row.people_decided < 2;

/** While it can be undone, a decision is its maker's alone: to others the case is with somebody. */
const isDecidedTo = (row: CaseRow, person: string): boolean =>
  row.decided_at !== null && (row.pending_by === null || row.pending_by === person);

export function decidedOf(row: CaseRow, person: string): ReviewCase['decided'] {
  const { decided_by, decided_name, decided_action, decided_at } = row;
  if (!isDecidedTo(row, person) || decided_by === null || decided_action === null || decided_at === null) return null;
  return {
    by: { id: decided_by, name: decided_name ?? decided_by },
    action: decided_action,
    at: decided_at.toISOString(),
  };
}

export function queueItem(row: CaseRow, now: Date, { person, hasCommitted, looking }: Asker): QueueItem {
  const decided = isDecidedTo(row, person);
  const isPending = row.pending_by !== null && !decided;
  const held =
    !decided && row.claimed_by !== null && (isPending || (row.lease_until !== null && row.lease_until > now));
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
    state: decided ? 'decided' : held ? 'claimed' : 'waiting',
    version: row.version,
    claimed_by: held ? { id: row.claimed_by ?? '', name: row.claimed_name ?? row.claimed_by ?? '' } : null,
    lease_until: held ? (row.lease_until?.toISOString() ?? null) : null,
    commit_first: hidden,
    people_wanted: row.people_wanted,
    people_decided: row.people_decided,
    assigned_to: row.assigned_to === null ? null : { id: row.assigned_to, name: row.assigned_name ?? row.assigned_to },
    assigned_by:
      row.assigned_to === null || row.changed_by === null || row.changed_how !== 'handed_over'
        ? null
        : { id: row.changed_by, name: row.changed_name ?? row.changed_by },
    looking: [...looking],
  };
}

/**
 * The decision without its answer, and the answer. A planted case goes under a number of its own, and its data are as fresh as
 * they were when it was decided: `event.time` is when that was, `seemsAt` when it seems to have been.
 */
export function splitDecision(
  row: CaseRow,
  { data, time }: { readonly data: AiDecision; readonly time: string },
  seemsAt: string,
): { asked: AskedOfAi; answer: AiAnswer } {
  const { output, confidence, explanation, action, justification, provenance, ...rest } = data;
  // Why a person has to decide it stands on the case; of a planted one it is why the other one had to be.
  const { route_reason: _why, breaker_epoch: _when, ...asked } = rest;
  const later = Date.parse(seemsAt) - Date.parse(time);
  return {
    asked: {
      ...asked,
      decision_id: row.decision_id,
      ...(provenance === undefined ? {} : { provenance: later === 0 ? provenance : movedBy(later, provenance) }),
    },
    answer: { output, confidence, action, justification, ...(explanation === undefined ? {} : { explanation }) },
  };
}

/** When a planted case seems to have been decided: shortly before it came, as others were. */
export function seemsDecidedAt({ decision_id, queued_at }: CaseRow, latencyMs: number): string {
  const begun = timeOf(decision_id) ?? queued_at.getTime() - latencyMs - usualLagMs;
  return new Date(Math.min(begun + Math.round(latencyMs), queued_at.getTime() - 1)).toISOString();
}

/** From a service to the queue. */
const usualLagMs = 40;

/** What somebody decided on a planted case. */
export const isOfPlanted = (event: CountersignEvent): boolean =>
  event.type === eventTypes.humanDecision && event.data.gold !== undefined;

/**
 * Whether a reviewer may know of what is on record of the task: who decided on a planted copy is for auditors, and what it turned out
 * to be would answer for whoever decides.
 */
export const mayBeKnown = (row: CaseRow, event: CountersignEvent): boolean =>
  !isOfPlanted(event) && (isSettled(row) || event.type !== eventTypes.outcome);

type Provenance = NonNullable<AiDecision['provenance']>;
const movedBy = (ms: number, { sources, ...of }: Provenance): Provenance =>
  sources === undefined
    ? of
    : {
        ...of,
        sources: sources.map(({ fresh_at, ...source }) => {
          const at = Date.parse(fresh_at ?? '');
          // What is no time stays out: a month may be the thirteenth.
          return Number.isNaN(at) ? source : { ...source, fresh_at: new Date(at + ms).toISOString() };
        }),
      };

/** Of the task's records, those that this person may see while the case is open; `own` is the event under review. */
export function visibleHistory(
  row: CaseRow,
  records: readonly AuditRecord[],
  own: AuditRecord,
  hidden: boolean,
): AuditRecord[] {
  if (isSettled(row)) return row.planted_from === null ? [...records] : [];
  // What is under review stands above; and a planted case has no past, as a new one has none.
  if (row.planted_from !== null) return [];
  // Whoever says first what they think hears nobody before: neither AI nor colleagues nor the world.
  if (hidden) return [];
  return records.filter(({ log_index, event_id }) => {
    if (event_id === own.event_id) return false;
    return log_index <= own.log_index || !isBlind(row);
  });
}

/**
 * What of a task's records may be read elsewhere while cases of it are open that must not be looked up. Where cases are planted
 * that is nothing of any: what is on record of a planted one has another number than the case, and leads to the right answer.
 */
export function concealedIn(cases: readonly CaseRow[], hasCommitted: ReadonlySet<string>, plants: boolean) {
  if (plants) return { answers: cases.length > 0, ai: cases.length > 0 };
  const isKept = (row: CaseRow) => isHidden(row, hasCommitted.has(row.decision_id));
  const isConcealed = (row: CaseRow) => row.planted_from !== null || isBlind(row) || isKept(row);
  return {
    /** What people and the world have said of it. */
    answers: cases.some(isConcealed),
    /** What the AI says of it. */
    ai: cases.some(isKept),
  };
}
