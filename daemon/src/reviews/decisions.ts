/**
 * A person decides a case. While the policy lets it be undone, the decision waits; then it is one transaction: the ledger
 * record, the end of the case or its next person, and the verdict on its way back to the service.
 */
import {
  eventTypes,
  type CommitRequest,
  type DecideRequest,
  type Decided,
  type Output,
  type Policy,
  type Reviewer,
  type Verdict,
} from '@countersign/contract';
import { outputProblem } from '@countersign/contract/output-problem';
import canonicalize from 'canonicalize';
import { createHash } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { Pool } from '../database/index.ts';
import {
  writtenEntry,
  type Entry,
  type Ledger,
  type LedgerRecord,
  type LedgerTransaction,
  type NewId,
} from '../ledger/index.ts';
import { dueUrgently, durationOf, mayReview, namedReviewers, type Policies } from '../policies/index.ts';
import { decidedFirst, heldByOther, refusalOf, refused, type Refusal } from './rules.ts';
import * as store from './store.ts';

export interface DecisionsOptions {
  readonly pool: Pool;
  readonly ledger: Ledger;
  readonly policies: Policies;
  readonly now: () => Date;
  /** A clock that never goes back, for what has to wait. */
  readonly timer: () => Date;
  readonly newId: NewId;
  /** Called in the transaction of a decision, with its record. */
  readonly onDecided: (tx: LedgerTransaction, records: readonly LedgerRecord[]) => Promise<void>;
}

/** A decision that can still be undone: all that it takes to record it later. */
interface Waiting {
  readonly person: Reviewer;
  readonly request: DecideRequest;
  readonly eventId: string;
  readonly humanDecisionId: string;
  readonly at: string;
  readonly committedLabel: string | null;
  /** The label that the answer comes to; null when all that is known of it is that it is another. */
  readonly said: string | null;
  readonly batchId: string | null;
}

const settledAtOnce = 100;

export class Decisions {
  private readonly options: DecisionsOptions;

  constructor(options: DecisionsOptions) {
    this.options = options;
  }

  /** Keeps what a person thinks before they see the AI's answer; the first word counts. Null when there is no such case. */
  async commit(
    decisionId: string,
    person: Reviewer,
    { label, lease_epoch }: CommitRequest,
  ): Promise<Refusal | 'kept' | null> {
    const { pool, policies, now } = this.options;
    const row = await store.readCase(pool, decisionId);
    const policy = policies.get(row?.workflow_id ?? '')?.policy;
    if (row === null || policy === undefined || !mayReview(policies, row.workflow_id, person)) return null;
    if (row.decided_at !== null) return decidedFirst(row, person.id);
    if (row.claimed_by !== person.id || row.lease_epoch !== lease_epoch) {
      return heldByOther(row, now()) ?? refused('lease_lost', 'You do not hold this case. Claim it first.');
    }
    if (!policy.review.labels.includes(label)) {
      return refused(
        'bad_request',
        `label is ${JSON.stringify(label)}. Use one of: ${policy.review.labels.join(', ')}.`,
      );
    }
    await store.writeCommitment(pool, decisionId, person.id, label, now());
    return 'kept';
  }

  /**
   * Decides a claimed case. The same idempotency key by the same person again gives the same answer and changes nothing.
   * Null when there is no such case.
   */
  decide(
    decisionId: string,
    person: Reviewer,
    request: DecideRequest,
    batchId: string | null = null,
  ): Promise<Decided | Refusal | null> {
    const { ledger, policies, now, timer, newId } = this.options;
    return ledger.write(async (tx) => {
      const { client } = tx;
      const row = await store.lockCase(client, decisionId);
      const policy = policies.get(row?.workflow_id ?? '')?.policy;
      if (row === null || policy === undefined || !mayReview(policies, row.workflow_id, person)) return null;
      const hash = hashOf(request);
      const earlier = await store.readAnswer(client, request.idempotency_key);
      if (earlier !== null) {
        const isSame =
          earlier.reviewer === person.id &&
          (earlier.answer as Decided).decision_id === decisionId &&
          (earlier.request_hash === null || earlier.request_hash.equals(hash));
        return isSame
          ? (earlier.answer as Decided)
          : refused('bad_request', 'idempotency_key was used for another decision. Choose a new one.');
      }
      const at = now();
      const committed = (await store.readCommitments(client, [decisionId], person.id)).get(decisionId);
      const isOpen =
        row.decided_at !== null || (await store.isOpenFor(client, decisionId, person.id, namedReviewers(policies)));
      const refusal = refusalOf(row, request, policy, {
        person: person.id,
        now: at,
        hasCommitted: committed !== undefined,
        hasDecidedBefore: !isOpen,
        wrongOutput: (output) => wrongOutput(policy, output),
      });
      if (refusal !== null) return refusal;

      const waiting: Waiting = {
        person,
        request,
        eventId: newId(at),
        humanDecisionId: newId(at),
        at: at.toISOString(),
        committedLabel: committed?.label ?? null,
        said: labelSaid(row, request, policy),
        batchId,
      };
      const undoMs = undoMsOf(policy);
      const undoUntil = undoMs === 0 ? null : new Date(timer().getTime() + undoMs);
      let logIndex: number | null = null;
      if (undoUntil === null) {
        logIndex = await this.settle(tx, row, waiting);
      } else {
        await store.closeCase(client, decisionId, person.id, request.action, at);
        await store.writePending(client, {
          decision_id: decisionId,
          person: person.id,
          decision: waiting,
          settles_at: undoUntil,
        });
      }
      const answer: Decided = {
        event_id: waiting.eventId,
        decision_id: decisionId,
        log_index: logIndex,
        action: request.action,
        decided_at: waiting.at,
        undo_until: undoUntil?.toISOString() ?? null,
      };
      await store.writeAnswer(client, request.idempotency_key, decisionId, {
        reviewer: person.id,
        answer,
        request_hash: hash,
      });
      return answer;
    });
  }

  /** Takes a person's own decision back, while its time lasts: the case is theirs again. Null when there is no such case. */
  undo(decisionId: string, person: Reviewer): Promise<'undone' | Refusal | null> {
    const { ledger, policies, now, timer, newId } = this.options;
    return ledger.write(async (tx) => {
      const { client } = tx;
      const row = await store.lockCase(client, decisionId);
      const policy = policies.get(row?.workflow_id ?? '')?.policy;
      if (row === null || policy === undefined || !mayReview(policies, row.workflow_id, person)) return null;
      const pending = await store.readPending(client, decisionId);
      if (pending === null || pending.settles_at <= timer()) {
        return refused('too_late', 'It cannot be undone any more: it is on record, and the service has heard of it.');
      }
      if (pending.person !== person.id)
        return refused('refused', 'It was decided by somebody else; only they can undo it.');
      const taken = await store.takePending<Waiting>(client, decisionId);
      if (taken === null) throw new Error(`the pending decision on ${decisionId} went while its case was locked`);
      const { action, idempotency_key } = taken.decision.request;
      const at = now();
      await store.reopenCase(client, decisionId, { by: person.id, how: 'undone', at });
      await store.forgetAnswer(client, idempotency_key);
      await store.claimCase(
        client,
        decisionId,
        person.id,
        at,
        new Date(at.getTime() + durationOf(policy.review.lease)),
      );
      const data = {
        workflow_id: row.workflow_id,
        task_id: row.task_id,
        reviews: row.planted_from ?? decisionId,
        step: 'undone' as const,
        action,
        by: person.id,
        reason: 'undone before the service heard of it',
      };
      await tx.append([writtenEntry({ type: eventTypes.review, subject: row.task_id, data }, at, newId)]);
      return 'undone';
    });
  }

  /** Records the decisions whose time to be undone is over. */
  async settleDue(): Promise<void> {
    const { pool, ledger, timer } = this.options;
    const due = await store.duePending(pool, timer(), settledAtOnce);
    for (const decisionId of due) {
      await ledger.write(async (tx) => {
        const row = await store.lockCase(tx.client, decisionId);
        const taken = await store.takePending<Waiting>(tx.client, decisionId);
        if (row !== null && taken !== null) await this.settle(tx, row, taken.decision);
      });
    }
  }

  /** Puts a decision on record, with what follows from it. Its index in the log. */
  private async settle(tx: LedgerTransaction, row: store.CaseRow, waiting: Waiting): Promise<number> {
    const { person, request, at } = waiting;
    const isPlanted = row.planted_from !== null;
    const isLast = !isPlanted && request.action !== 'escalate' && (await this.isLastWord(tx.client, row, waiting));
    const [appended] = await tx.append([entryOf(row, waiting, isLast)]);
    if (appended?.is !== 'appended') throw new Error(`the ledger refused a new event id: ${appended?.is}`);
    const { record } = appended;
    if (isLast || isPlanted) {
      await store.closeCase(tx.client, row.decision_id, person.id, request.action, new Date(at));
    }
    // Whoever finds out is told by the reviewer's own figures: the service has long had its verdict.
    if (isPlanted) return record.index;
    if (request.action === 'escalate') {
      const change = { by: person.id, how: 'escalated', at: new Date(at) } as const;
      await store.reopenCase(tx.client, row.decision_id, change);
      await store.escalateCase(tx.client, row.decision_id, person.id, new Date(at), this.dueUrgently(row, at));
    }
    if (isLast) await store.putInOutbox(tx.client, verdictOf(row, waiting, record));
    await this.options.onDecided(tx, [record]);
    return record.index;
  }

  private dueUrgently({ workflow_id }: store.CaseRow, at: string): Date | null {
    return dueUrgently(this.options.policies, workflow_id, Date.parse(at));
  }

  /** Whether it takes nobody else. Where it does, the case waits for them. */
  private async isLastWord(client: PoolClient, row: store.CaseRow, waiting: Waiting): Promise<boolean> {
    if (row.people_wanted === 1) return true;
    const { person, request, at } = waiting;
    await store.writeOpinion(client, row.decision_id, {
      reviewer: person,
      action: request.action,
      label: waiting.said,
      has_value: request.output?.value !== undefined,
      justification: request.justification,
      decided_at: at,
    });
    const opinions = await store.readOpinions(client, row.decision_id);
    if (opinions.length >= 3) return true;
    const change = { by: person.id, how: 'decided', at: new Date(at) } as const;
    if (opinions.length === 1) {
      await store.reopenCase(client, row.decision_id, change);
      return false;
    }
    const [first, second] = opinions;
    if (first !== undefined && second !== undefined && agree(first, second)) return true;
    await store.reopenCase(client, row.decision_id, change, {
      reason: 'disagreement',
      priority: 'P1',
      due: this.dueUrgently(row, at),
      peopleWanted: 3,
    });
    return false;
  }
}

/** Only what is surely the same: one label, or one action where there is none; of answers with more to them nobody can tell. */
function agree(first: store.KeptOpinion, second: store.KeptOpinion): boolean {
  if (first.has_value || second.has_value || (first.action === 'rollback') !== (second.action === 'rollback'))
    return false;
  if (first.label !== null || second.label !== null) return first.label === second.label;
  return first.action === second.action;
}

export const undoMsOf = ({ review }: Policy): number =>
  review.undo_window === undefined ? 0 : durationOf(review.undo_window);

/** What somebody says the answer is; null when all that is known of it is that it is another. */
function labelSaid({ label }: store.CaseRow, { action, output }: DecideRequest, { review }: Policy): string | null {
  if (action === 'accept') return label;
  if (action === 'modify') return output?.label ?? null;
  // To reject one of two is to say the other.
  const others = review.labels.filter((other) => other !== label);
  return others.length === 1 ? (others[0] ?? null) : null;
}

/** Of what a person decides, and not of what they saw and held when they did. */
function hashOf({ action, justification, output, reason_code }: DecideRequest): Buffer {
  const said = canonicalize({ action, justification, output: output ?? null, reason_code: reason_code ?? null });
  return createHash('sha256')
    .update(said ?? '')
    .digest();
}

/** By the policy's schema of structured outputs; the first thing that is wrong. */
function wrongOutput({ review }: Policy, { value }: Output): string | null {
  if (review.output === undefined || value === undefined) return null;
  const problem = outputProblem(review.output, value);
  return problem === null ? null : `${problem}. Correct it, as the policy’s review.output says.`;
}

function entryOf(
  row: store.CaseRow,
  { person, request, humanDecisionId, eventId, at, committedLabel, batchId }: Waiting,
  isLast: boolean,
): Entry {
  const { action, justification, output, reason_code, review_ms, lease_epoch, evidence_hash } = request;
  const data = {
    workflow_id: row.workflow_id,
    task_id: row.task_id,
    decision_id: humanDecisionId,
    reviews: row.planted_from ?? row.decision_id,
    reviewer: person.id,
    action,
    justification,
    ...(output === undefined ? {} : { output }),
    ...(reason_code === undefined ? {} : { reason_code }),
    review_ms,
    queue_ms: Math.max(0, Date.parse(at) - row.queued_at.getTime()),
    ...(isLast ? { priority: row.priority, due_at: row.due_at.toISOString() } : {}),
    evidence_hash,
    lease_epoch,
    ...(committedLabel === null ? {} : { committed_before_reveal: true, committed_label: committedLabel }),
    ...(row.gold_label === null ? {} : { gold: { label: row.gold_label } }),
    ...(batchId === null ? {} : { batch_id: batchId }),
  };
  const traced = row.traceparent === null ? {} : { traceparent: row.traceparent };
  const body = { type: eventTypes.humanDecision, subject: row.task_id, ...traced, data } as const;
  return writtenEntry(body, new Date(at), () => eventId);
}

function verdictOf(row: store.CaseRow, { person, request, humanDecisionId }: Waiting, record: LedgerRecord): Verdict {
  return {
    v: 1,
    verdict_id: record.event.id,
    workflow_id: row.workflow_id,
    task_id: row.task_id,
    decision_id: row.decision_id,
    action: request.action,
    output: {
      label: request.output?.label ?? row.label,
      ...(request.output?.value === undefined ? {} : { value: request.output.value }),
    },
    justification: request.justification,
    reviewer: person.id,
    decided_at: record.event.time,
    executed: row.executed,
    human_decision_id: humanDecisionId,
    traceparent: row.traceparent,
  };
}
