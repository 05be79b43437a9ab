/**
 * The review queue: cases that need a person, claimed for a while, decided once. A decision is one transaction: the checks,
 * the ledger record, the end of the case and the verdict on its way back to the service.
 */
import { createHash } from 'node:crypto';
import {
  eventTypes,
  type AiDecision,
  type AuditRecord,
  type Present,
  type Claim,
  type DecideRequest,
  type Decided,
  type Reviewer,
  type Queue,
  type ReviewCase,
  type ReviewReason,
  type Verdict,
} from '@countersign/contract';
import type { Pool } from '../database/index.ts';
import {
  writtenEntry,
  type Ledger,
  type LedgerReader,
  type LedgerRecord,
  type LedgerTransaction,
  type NewId,
  type SearchIndex,
} from '../ledger/index.ts';
import { dueAt, durationOf, mayReview, priorityOf, reviewedBy, type Policies } from '../policies/index.ts';
import type { Breakers } from '../breakers/index.ts';
import { refusalOf, type Refusal } from './rules.ts';
import * as store from './store.ts';

export interface ReviewsOptions {
  readonly pool: Pool;
  readonly ledger: Ledger;
  readonly log: LedgerReader;
  readonly search: SearchIndex;
  readonly policies: Policies;
  readonly breakers: Breakers;
  readonly now: () => Date;
  readonly newId: NewId;
  /** Called in the transaction of a decision, with its record. */
  readonly onDecided: (tx: LedgerTransaction, records: readonly LedgerRecord[]) => Promise<void>;
}

export class Reviews {
  private readonly options: ReviewsOptions;

  constructor(options: ReviewsOptions) {
    this.options = options;
  }

  /** Queues the AI decisions among the records that need a person, and closes the cases that people decided elsewhere. */
  async enlist({ client }: LedgerTransaction, records: readonly LedgerRecord[]): Promise<void> {
    const { policies, breakers, now } = this.options;
    // Asked once a batch for each model version, and not for what goes to people anyway.
    const known = new Map<string, Present>();
    const authorityOf = async ({ workflow_id, model, route, risk_tier }: AiDecision): Promise<Present | null> => {
      if (route === 'human') return null;
      const key = JSON.stringify([workflow_id, model.name, model.version, model.hash, risk_tier]);
      const found = known.get(key);
      if (found !== undefined) return found;
      const authority = await breakers.presentOf(client, workflow_id, model, risk_tier);
      known.set(key, authority);
      return authority;
    };
    for (const { event, entry, recordedAt } of records) {
      if (event.type === eventTypes.humanDecision) {
        const { workflow_id, reviews, reviewer, action } = event.data;
        const queued = await store.caseOf(client, workflow_id, reviews);
        if (queued === null) continue;
        if (action === 'escalate') await store.escalateCase(client, queued, now());
        else await store.closeCase(client, queued, reviewer, action, new Date(recordedAt));
      }
      if (event.type !== eventTypes.aiDecision) continue;
      const decision = event.data;
      const policy = policies.get(decision.workflow_id)?.policy;
      if (policy === undefined) continue;
      const reason = reasonForReview(decision, await authorityOf(decision));
      if (reason === null) continue;
      const priority = priorityOf(policy, decision.risk_tier);
      const queuedAt = now();
      await store.insertCase(client, {
        decision_id: decision.decision_id,
        workflow_id: decision.workflow_id,
        task_id: decision.task_id,
        title: decision.title ?? decision.task_id,
        reason,
        priority,
        risk_tier: decision.risk_tier,
        model_name: decision.model.name,
        model_version: decision.model.version,
        proposed_action: decision.action,
        label: decision.output.label,
        confidence: decision.confidence,
        executed: decision.route === 'auto',
        ai_event_id: event.id,
        evidence_hash: evidenceHash(entry),
        queued_at: queuedAt,
        due_at: new Date(dueAt(policy, priority, queuedAt.getTime())),
      });
    }
  }

  /** The cases that a person may decide; of one workflow, or of all. */
  async queue(workflowId: string | null, person: Reviewer, limit: number): Promise<Queue> {
    const { pool, now } = this.options;
    const at = now();
    const rows = await store.readQueue(pool, this.workflowsOf(person, workflowId), limit);
    const reviewed = this.workflowsOf(person, workflowId);
    const counts = (await store.countQueue(pool, at)).filter((c) => reviewed.includes(c.workflow_id));
    const sum = (key: 'waiting' | 'claimed' | 'overdue') => counts.reduce((total, c) => total + c[key], 0);
    return {
      items: rows.map((row) => store.queueItem(row, at)),
      waiting: sum('waiting'),
      claimed: sum('claimed'),
      overdue: sum('overdue'),
    };
  }

  private workflowsOf(person: Reviewer, workflowId: string | null): string[] {
    const reviewed = reviewedBy(this.options.policies, person);
    return workflowId === null ? reviewed : reviewed.filter((workflow) => workflow === workflowId);
  }

  /** The case with all that a reviewer of its workflow sees; null for others, and when there is none. */
  async open(decisionId: string, person: Reviewer): Promise<ReviewCase | null> {
    const { pool, log, search, policies, breakers, now } = this.options;
    const row = await store.readCase(pool, decisionId);
    const record = row === null ? null : await log.readEvent(row.ai_event_id);
    const policy = policies.get(row?.workflow_id ?? '')?.policy;
    if (row === null || record?.event.type !== eventTypes.aiDecision || policy === undefined) return null;
    if (!mayReview(policies, row.workflow_id, person)) return null;
    const item = store.queueItem(row, now());
    const { model, risk_tier } = record.event.data;
    const breaker = await breakers.presentOf(pool, row.workflow_id, model, risk_tier);
    const history = log.page(await search.search({ workflow_id: row.workflow_id, task_id: row.task_id }, null, 100));
    return {
      item,
      decision: record.event.data,
      decided_at: record.event.time,
      evidence_hash: row.evidence_hash,
      lease: item.claimed_by?.id === person.id ? { epoch: row.lease_epoch, until: item.lease_until ?? '' } : null,
      rules: {
        title: policy.title,
        labels: policy.review.labels,
        reason_codes: policy.review.reason_codes,
        justification_required: policy.review.justification_required,
      },
      breaker: { state: breaker.state, epoch: breaker.epoch },
      history: history.records.toReversed(),
      people: await this.namesOf(history.records),
    };
  }

  /** Claims a case, or renews the claim. Null when there is no such case. */
  async claim(decisionId: string, person: Reviewer): Promise<Claim | Refusal | null> {
    const { pool, policies, now } = this.options;
    const before = await store.readCase(pool, decisionId);
    const policy = policies.get(before?.workflow_id ?? '')?.policy;
    if (before === null || policy === undefined || !mayReview(policies, before.workflow_id, person)) return null;
    await store.notePerson(pool, person.id, person.name);
    const at = now();
    const until = new Date(at.getTime() + durationOf(policy.review.lease));
    await store.claimCase(pool, decisionId, person.id, at, until);
    return this.claimOf(decisionId, person);
  }

  /** Claims the most urgent case that nobody holds; null when there is none. */
  async claimNext(workflowId: string | null, person: Reviewer): Promise<Claim | Refusal | null> {
    const { pool, policies, now } = this.options;
    await store.notePerson(pool, person.id, person.name);
    const at = now();
    const leases = [...policies.values()].map(({ policy }) => durationOf(policy.review.lease));
    const until = new Date(at.getTime() + Math.min(...leases));
    const decisionId = await store.claimNextCase(pool, this.workflowsOf(person, workflowId), person.id, at, until);
    return decisionId === null ? null : this.claimOf(decisionId, person);
  }

  private async claimOf(decisionId: string, person: Reviewer): Promise<Claim | Refusal | null> {
    const at = this.options.now();
    const row = await store.readCase(this.options.pool, decisionId);
    if (row === null) return null;
    const item = store.queueItem(row, at);
    if (item.claimed_by?.id === person.id)
      return { item, lease: { epoch: row.lease_epoch, until: item.lease_until ?? '' } };
    const name = row.decided_name ?? row.claimed_name ?? 'Someone';
    return row.decided_at === null
      ? {
          is: 'claimed_by_other',
          message: `${name} holds this case until ${row.lease_until?.toISOString()}.`,
          winner: { id: row.claimed_by ?? '', name, action: null, at: null },
        }
      : {
          is: 'already_decided',
          message: `${name} decided this case first: ${row.decided_action}.`,
          winner: { id: row.decided_by ?? '', name, action: row.decided_action, at: row.decided_at.toISOString() },
        };
  }

  /** Ends the person's claim; false when they held none. */
  async release(decisionId: string, person: Reviewer): Promise<boolean> {
    return store.releaseCase(this.options.pool, decisionId, person.id, this.options.now());
  }

  /**
   * Records a person's decision. The same idempotency key by the same person again gives the same answer and changes
   * nothing. Null when there is no such case.
   */
  decide(decisionId: string, person: Reviewer, request: DecideRequest): Promise<Decided | Refusal | null> {
    const { ledger, policies, now, newId, onDecided } = this.options;
    return ledger.write(async (tx) => {
      const row = await store.lockCase(tx.client, decisionId);
      const policy = policies.get(row?.workflow_id ?? '')?.policy;
      if (row === null || policy === undefined || !mayReview(policies, row.workflow_id, person)) return null;
      const earlier = await store.readAnswer(tx.client, request.idempotency_key);
      if (earlier !== null) {
        return earlier.reviewer === person.id && (earlier.answer as Decided).decision_id === decisionId
          ? (earlier.answer as Decided)
          : { is: 'bad_request', message: 'idempotency_key was used for another decision. Choose a new one.' };
      }
      const at = now();
      const refusal = refusalOf(row, person.id, request, policy, at);
      if (refusal !== null) return refusal;

      const { action, justification, output, reason_code, review_ms, lease_epoch, evidence_hash } = request;
      const entry = writtenEntry(
        {
          type: eventTypes.humanDecision,
          subject: row.task_id,
          data: {
            workflow_id: row.workflow_id,
            task_id: row.task_id,
            decision_id: newId(at),
            reviews: decisionId,
            reviewer: person.id,
            action,
            justification,
            ...(output === undefined ? {} : { output }),
            ...(reason_code === undefined ? {} : { reason_code }),
            review_ms,
            queue_ms: Math.max(0, at.getTime() - row.queued_at.getTime()),
            evidence_hash,
            lease_epoch,
          },
        },
        at,
        newId,
      );
      const [appended] = await tx.append([entry]);
      if (appended?.is !== 'appended') throw new Error(`the ledger refused a new event id: ${appended?.is}`);
      const { record } = appended;
      if (action === 'escalate') await store.escalateCase(tx.client, decisionId, at);
      else {
        await store.closeCase(tx.client, decisionId, person.id, action, at);
        await store.putInOutbox(tx.client, verdictOf(row, request, person, record));
      }
      await onDecided(tx, [record]);
      const answer: Decided = {
        event_id: record.event.id,
        decision_id: decisionId,
        log_index: record.index,
        action,
        decided_at: record.event.time,
      };
      await store.writeAnswer(tx.client, request.idempotency_key, decisionId, person.id, answer);
      return answer;
    });
  }

  /** What the people who acted in these records are called, by id. */
  namesOf(records: readonly AuditRecord[]): Promise<Record<string, string>> {
    const ids = records.filter(({ decision_actor }) => decision_actor.type === 'human').map((r) => r.decision_actor.id);
    return this.names(ids);
  }

  /** What people are called, by id. */
  names(ids: readonly string[]): Promise<Record<string, string>> {
    return store.readNames(this.options.pool, [...new Set(ids)]);
  }

  /** Keeps what somebody is called. */
  meet({ id, name }: Reviewer): Promise<void> {
    return store.notePerson(this.options.pool, id, name);
  }

  counts = () => store.countQueue(this.options.pool, this.options.now());
}

/** Why a decision needs a person; null when it does not. */
export function reasonForReview(decision: AiDecision, present: Present | null): ReviewReason | null {
  if (decision.route === 'human' || present === null) return decision.route_reason ?? 'automation_level';
  // Taken alone by a service that had not heard yet, or that does not listen.
  const { standing, epoch, canary_share, state } = present;
  if (standing === 'undeclared') return 'undeclared';
  if (standing !== 'automatic' && standing !== 'canary') return 'stale_authority';
  if (decision.breaker_epoch !== epoch || canary_share === 0) return 'stale_authority';
  return state === 'half_open' || standing === 'canary' ? 'canary' : null;
}

const evidenceHash = (entry: Buffer) => `sha256:${createHash('sha256').update(entry).digest('hex')}`;

function verdictOf(row: store.CaseRow, request: DecideRequest, person: Reviewer, record: LedgerRecord): Verdict {
  return {
    v: 1,
    verdict_id: record.event.id,
    workflow_id: row.workflow_id,
    task_id: row.task_id,
    decision_id: row.decision_id,
    action: request.action,
    output: { label: request.output?.label ?? row.label },
    justification: request.justification,
    reviewer: person.id,
    decided_at: record.event.time,
    executed: row.executed,
  };
}
