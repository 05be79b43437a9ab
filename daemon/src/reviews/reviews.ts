/** The review queue: cases that need a person, who holds them, and each with the evidence that its reviewer may see. */
import {
  eventTypes,
  openedAfterMs,
  type AssignedTo,
  type AuditRecord,
  type Claim,
  type HandOverRequest,
  type OwnFigures,
  type Person,
  type Queue,
  type QueueItem,
  type ReviewCase,
  type Reviewer,
  type ReviewReason,
  type RiskTier,
  type Signal,
} from '@countersign/contract';
import type { Breakers } from '../breakers/index.ts';
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
import type { People } from '../people/index.ts';
import { durationOf, mayReview, namedReviewers, reviewedBy, type Policies } from '../policies/index.ts';
import { mayBeBatched } from './batches.ts';
import { undoMsOf } from './decisions.ts';
import { enlist } from './enlist.ts';
import { ownFigures } from './figures.ts';
import { Lookers } from './lookers.ts';
import { decidedFirst, heldByOther, refused, takesSomebodyElse, type Refusal } from './rules.ts';
import { nearestTo } from './similar.ts';
import * as store from './store.ts';
import {
  concealedIn,
  decidedOf,
  isBlind,
  isHidden,
  mayBeKnown,
  queueItem,
  seemsDecidedAt,
  splitDecision,
  visibleHistory,
} from './view.ts';

export interface ReviewsOptions {
  readonly pool: Pool;
  readonly ledger: Ledger;
  readonly log: LedgerReader;
  readonly search: SearchIndex;
  readonly policies: Policies;
  readonly breakers: Breakers;
  readonly people: People;
  readonly now: () => Date;
  readonly newId: NewId;
  readonly signals: () => readonly Signal[];
}

/** What of the queue is asked for. */
export interface QueueQuery {
  readonly workflow?: string | undefined;
  readonly risk_tier?: RiskTier | undefined;
  readonly reason?: ReviewReason | undefined;
  readonly confidence_below?: number | undefined;
  readonly assigned?: AssignedTo | undefined;
}

const [comparedWith, similarShown] = [500, 5];
/** A model's past says less of it the longer ago it is. */
const countedNewest = 1_000;
/** Long enough for a page to be loaded anew. */
const reloadMs = 20_000;

export class Reviews {
  private readonly options: ReviewsOptions;
  private readonly lookers = new Lookers();

  constructor(options: ReviewsOptions) {
    this.options = options;
  }

  /** In the transaction that appends them: queues what needs a person, and closes what people decided elsewhere. */
  enlist(tx: LedgerTransaction, records: readonly LedgerRecord[]): Promise<void> {
    return enlist(this.options, tx, records);
  }

  /** A page of the cases that a person may decide, from after `after` on. */
  async queue(query: QueueQuery, person: Reviewer, after: string | null, limit: number): Promise<Queue> {
    const { pool, policies, now } = this.options;
    const at = now();
    const filter = this.filterOf(query, person);
    const reviewed = reviewedBy(policies, person);
    const [rows, counts] = await Promise.all([
      store.readQueue(pool, filter, person.id, at, cursorFrom(after), limit),
      store.countFor(pool, filter, person.id, at, reviewed),
    ]);
    const last = rows.at(-1);
    const workflows = reviewed.map((id) => ({ id, title: policies.get(id)?.policy.title ?? id }));
    return {
      items: await this.itemsOf(rows, person, at),
      ...counts,
      asker: person.id,
      workflows: workflows.toSorted((a, b) => a.title.localeCompare(b.title)),
      next: last === undefined || rows.length < limit ? null : cursorAt(last),
    };
  }

  private async itemsOf(rows: readonly store.CaseRow[], person: Reviewer, at: Date): Promise<QueueItem[]> {
    const wanting = rows.filter(({ commit_first }) => commit_first).map(({ decision_id }) => decision_id);
    const committed =
      wanting.length === 0 ? new Map() : await store.readCommitments(this.options.pool, wanting, person.id);
    return rows.map((row) =>
      queueItem(row, at, {
        person: person.id,
        hasCommitted: committed.has(row.decision_id),
        looking: this.lookers.at(row.decision_id, person.id, at.getTime()),
      }),
    );
  }

  private filterOf(query: QueueQuery, person: Reviewer): store.QueueFilter {
    const reviewed = reviewedBy(this.options.policies, person);
    return {
      workflows: query.workflow === undefined ? reviewed : reviewed.filter((workflow) => workflow === query.workflow),
      named: namedReviewers(this.options.policies),
      riskTier: query.risk_tier ?? null,
      reason: query.reason ?? null,
      confidenceBelow: query.confidence_below ?? null,
      assigned: query.assigned ?? null,
    };
  }

  /** The case with all that a reviewer of its workflow may see now; null for others, and when there is none. */
  async open(decisionId: string, person: Reviewer): Promise<ReviewCase | null> {
    const { pool, log, search, policies, breakers, now } = this.options;
    const row = await store.readCase(pool, decisionId);
    const record = row === null ? null : await log.readEvent(row.ai_event_id);
    const inForce = policies.get(row?.workflow_id ?? '');
    if (row === null || record?.event.type !== eventTypes.aiDecision || inForce === undefined) return null;
    const { policy } = inForce;
    if (!mayReview(policies, row.workflow_id, person)) return null;
    const at = now();
    this.lookers.served(decisionId, person, at.getTime());
    const { model, risk_tier } = record.event.data;
    const ofTask = { workflow_id: row.workflow_id, task_id: row.task_id };
    // All at once: whoever decides all day waits for it each time.
    const [commitments, opinions, pending, isOpen, [item], breaker, records, precision, similar] = await Promise.all([
      store.readCommitments(pool, [decisionId], person.id),
      store.readOpinions(pool, decisionId),
      store.readPending(pool, decisionId),
      store.isOpenFor(pool, decisionId, person.id, namedReviewers(policies)),
      this.itemsOf([row], person, at),
      breakers.presentOf(pool, row.workflow_id, model, risk_tier),
      search.search(ofTask, null, 100),
      this.precisionAt(row),
      this.similarTo(row),
    ]);
    if (item === undefined) return null;
    const committed = commitments.get(decisionId);
    const hidden = isHidden(row, committed !== undefined);
    const found = log.page({ ...records, records: records.records.filter(({ event }) => mayBeKnown(row, event)) });
    const history = visibleHistory(row, found.records.toReversed(), log.auditRecord(record), hidden);
    // A planted case is as old as it seems.
    const decidedAt = row.planted_from === null ? record.event.time : seemsDecidedAt(row, record.event.data.latency_ms);
    const { asked, answer } = splitDecision(row, record.event, decidedAt);
    const { review, title } = policy;
    return {
      item,
      decision: asked,
      answer: hidden ? null : answer,
      committed: committed === undefined ? null : { label: committed.label, at: committed.at.toISOString() },
      assigned_note: hidden || isBlind(row) || row.assigned_to === null ? null : row.assigned_note,
      opinions: hidden || isBlind(row) ? [] : opinions.map(({ has_value: _more, ...opinion }) => opinion),
      precision: hidden ? null : precision,
      similar: hidden ? [] : similar,
      // It says what the AI answered, and what people have said of that.
      trace_id: hidden || isBlind(row) ? null : (record.event.traceparent?.split('-')[1] ?? null),
      decided: decidedOf(row, person.id),
      undo_until: pending?.person === person.id ? pending.settles_at.toISOString() : null,
      decided_at: decidedAt,
      evidence_hash: row.evidence_hash,
      is_open_to_asker: isOpen,
      lease: item.claimed_by?.id === person.id ? { epoch: row.lease_epoch, until: item.lease_until ?? '' } : null,
      rules: {
        title,
        policy_hash: inForce.hash,
        labels: review.labels,
        reason_codes: review.reason_codes,
        justification_required: review.justification_required,
        lease_ms: durationOf(review.lease),
        undo_ms: undoMsOf(policy),
        output: review.output ?? null,
        batch: (review.batch?.most[row.risk_tier] ?? 0) > 0 && mayBeBatched(row),
      },
      breaker: { state: breaker.state, epoch: breaker.epoch },
      history,
      people: await this.options.people.namesOf(history),
    };
  }

  /** What the confidence of a case has meant so far: in its tenth of the scale, how many decisions people changed. */
  private async precisionAt(row: store.CaseRow) {
    // 1 belongs to the last tenth.
    const tenth = Math.min(Math.floor(row.confidence * 10), 9);
    const counts = await store.countChanged(this.options.pool, row, tenth, countedNewest);
    return { from: tenth / 10, to: (tenth + 1) / 10, ...counts };
  }

  private async similarTo(row: store.CaseRow) {
    const decided = await store.newestDecided(this.options.pool, row, comparedWith);
    // As many of a planted case as of any other.
    const others = decided.filter(({ decision_id }) => decision_id !== row.planted_from);
    return nearestTo(row, others, similarShown).flatMap((one) =>
      one.decided_at === null || one.decided_action === null
        ? []
        : {
            decision_id: one.decision_id,
            title: one.title,
            label: one.label,
            confidence: one.confidence,
            action: one.decided_action,
            decided_by: { id: one.decided_by ?? '', name: one.decided_name ?? one.decided_by ?? '' },
            decided_at: one.decided_at.toISOString(),
            outcome: one.outcome_label,
          },
    );
  }

  /** Claims a case, or renews the claim. Null when there is no such case. */
  async claim(decisionId: string, person: Reviewer): Promise<Claim | Refusal | null> {
    const { pool, policies, now } = this.options;
    const before = await store.readCase(pool, decisionId);
    const policy = policies.get(before?.workflow_id ?? '')?.policy;
    if (before === null || policy === undefined || !mayReview(policies, before.workflow_id, person)) return null;
    if (before.decided_at === null && !(await store.isOpenFor(pool, decisionId, person.id, namedReviewers(policies)))) {
      return takesSomebodyElse;
    }
    const at = now();
    const until = new Date(at.getTime() + durationOf(policy.review.lease));
    await store.claimCase(pool, decisionId, person.id, at, until);
    return this.claimOf(decisionId, person);
  }

  /** Claims the most urgent case that nobody holds; null when there is none. */
  async claimNext(query: QueueQuery, person: Reviewer): Promise<Claim | Refusal | null> {
    const decisionId = await this.takeNext(query, person);
    return decisionId === null ? null : this.claimOf(decisionId, person);
  }

  /** The same, with all that is shown of it. */
  async openNext(query: QueueQuery, person: Reviewer): Promise<ReviewCase | null> {
    const decisionId = await this.takeNext(query, person);
    return decisionId === null ? null : this.open(decisionId, person);
  }

  private takeNext(query: QueueQuery, person: Reviewer): Promise<string | null> {
    const { pool, policies, now } = this.options;
    const leases = Object.fromEntries(
      [...policies].map(([workflow, { policy }]) => [workflow, durationOf(policy.review.lease)]),
    );
    const at = now();
    const open = this.lookers.openOf(person, at.getTime());
    return store.claimNextCase(pool, this.filterOf(query, person), { id: person.id, open }, at, leases);
  }

  private async claimOf(decisionId: string, person: Reviewer): Promise<Claim | Refusal | null> {
    const { pool, now } = this.options;
    const at = now();
    const row = await store.readCase(pool, decisionId);
    if (row === null) return null;
    if (row.decided_at !== null) return decidedFirst(row, person.id);
    const [item] = await this.itemsOf([row], person, at);
    if (item?.claimed_by?.id === person.id)
      return { item, lease: { epoch: row.lease_epoch, until: item.lease_until ?? '' } };
    return heldByOther(row, at) ?? refused('lease_lost', 'Nobody holds this case. Try again.');
  }

  /** Ends the person's claim; false when they held none. A page that turns away ends it unless another of theirs has the case in front. */
  async release(decisionId: string, person: Reviewer, page: string | null): Promise<boolean> {
    const { pool, now } = this.options;
    const at = now();
    if (page === null) this.lookers.gone(decisionId, person);
    else if (this.lookers.away(decisionId, person, page, at.getTime())) return false;
    return store.releaseCase(pool, decisionId, person.id, at);
  }

  /** As a page turns away, but it may be loaded anew, which renews the claim: it ends soon. */
  async leave(decisionId: string, person: Reviewer, page: string): Promise<boolean> {
    const { pool, now } = this.options;
    const at = now().getTime();
    if (this.lookers.away(decisionId, person, page, at)) return false;
    return store.releaseCase(pool, decisionId, person.id, new Date(at + reloadMs));
  }

  /** Gives a case that the person holds to a colleague, who finds it first in their queue. */
  async handOver(
    decisionId: string,
    person: Reviewer,
    { to, note }: HandOverRequest,
  ): Promise<'handed_over' | Refusal | null> {
    const { ledger, policies, people, now, newId } = this.options;
    const colleague = (await people.deciders(person.id)).find(({ id }) => id === to);
    return ledger.write(async (tx) => {
      const row = await store.lockCase(tx.client, decisionId);
      if (row === null || !mayReview(policies, row.workflow_id, person)) return null;
      if (colleague === undefined || !mayReview(policies, row.workflow_id, colleague)) {
        return refused('bad_request', 'to is nobody who may decide this. Choose a colleague.');
      }
      if (!(await store.isOpenFor(tx.client, decisionId, to, namedReviewers(policies)))) {
        return refused('four_eyes', `${colleague.name} cannot decide this case. It takes somebody else.`);
      }
      const at = now();
      if (!(await store.handOver(tx.client, decisionId, person.id, { to, note }, at))) {
        return heldByOther(row, at) ?? refused('lease_lost', 'You do not hold this case. Claim it, then hand it over.');
      }
      const { workflow_id, task_id, planted_from } = row;
      const reviews = planted_from ?? decisionId;
      const data = { workflow_id, task_id, reviews, step: 'handed_over' as const, to, by: person.id, reason: note };
      await tx.append([writtenEntry({ type: eventTypes.review, subject: task_id, data }, at, newId)]);
      return 'handed_over';
    });
  }

  /** The person has the case on screen, on the page that calls itself so; who else has. Null when there is no such case. */
  async look(decisionId: string, person: Reviewer, page: string): Promise<Person[] | null> {
    const { pool, policies, now } = this.options;
    const row = await store.readCase(pool, decisionId);
    if (row === null || !mayReview(policies, row.workflow_id, person)) return null;
    const at = now().getTime();
    this.lookers.look(decisionId, person, page, at);
    // Whoever has not been shown the evidence for a moment has not opened it, whatever their page says.
    if (this.lookers.seenFor(decisionId, person, at) >= openedAfterMs)
      await store.noteOpened(pool, decisionId, person.id);
    return this.lookers.at(decisionId, person.id, at);
  }

  /** Colleagues that a case can be handed over to: who decides, may decide it and has not yet. Null when there is no such case. */
  async colleagues(decisionId: string, person: Reviewer): Promise<Person[] | null> {
    const { pool, policies, people } = this.options;
    const row = await store.readCase(pool, decisionId);
    if (row === null || !mayReview(policies, row.workflow_id, person)) return null;
    const deciders = (await people.deciders(person.id)).filter((one) => mayReview(policies, row.workflow_id, one));
    const open = await store.whoIsLeft(
      pool,
      decisionId,
      deciders.map(({ id }) => id),
    );
    return deciders.filter(({ id }) => open.has(id)).map(({ id, name }) => ({ id, name }));
  }

  /** How the asker decides, by workflow. */
  figures(person: Reviewer): OwnFigures[] {
    const { policies, signals } = this.options;
    return reviewedBy(policies, person).map((workflow) =>
      ownFigures(workflow, policies.get(workflow)?.policy.title ?? workflow, signals(), person.id),
    );
  }

  /** Those of a workflow's records that a reviewer may read now: none that say what an open case does not show. */
  async readable<T extends AuditRecord>(workflowId: string, person: Reviewer, records: readonly T[]): Promise<T[]> {
    const { pool, policies } = this.options;
    const plants = (policies.get(workflowId)?.policy.review.gold ?? 0) > 0;
    const tasks = [...new Set(records.map(({ task_id }) => task_id))];
    const open = await store.openCasesOf(pool, workflowId, tasks);
    const ids = open.map(({ decision_id }) => decision_id);
    const committed = new Set((await store.readCommitments(pool, ids, person.id)).keys());
    const concealed = new Map(
      tasks.map((task) => [
        task,
        concealedIn(
          open.filter(({ task_id }) => task_id === task),
          committed,
          plants,
        ),
      ]),
    );
    const isOpen = new Set(open.map(({ task_id }) => task_id));
    return records.filter(({ task_id, decision_actor, model_output }) => {
      // What turned out may be told of under another task, and is the right answer of what is planted.
      const isOutcome = decision_actor.type === 'service' && model_output !== null;
      if (plants ? decision_actor.type === 'service' : isOutcome && isOpen.has(task_id)) return false;
      const { answers, ai } = concealed.get(task_id) ?? { answers: false, ai: false };
      return decision_actor.type === 'ai' ? !ai : !answers;
    });
  }

  counts = () => store.countQueue(this.options.pool, this.options.now());
}

/** Where a page ends, for the one that follows. */
const cursorAt = ({ priority, due_at, decision_id }: store.CaseRow) =>
  `${priority}~${due_at.toISOString()}~${decision_id}`;

const uuid = /^[0-9a-f-]{36}$/;

/** Null for what is no cursor of ours: the queue from its beginning. */
function cursorFrom(after: string | null) {
  const [priority, due, decisionId] = after?.split('~') ?? [];
  if (priority === undefined || due === undefined || decisionId === undefined) return null;
  if (Number.isNaN(Date.parse(due)) || !uuid.test(decisionId)) return null;
  return { priority, due_at: new Date(due), decision_id: decisionId };
}
