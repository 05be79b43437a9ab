/**
 * Alike cases decided at once, with what keeps that from being a rubber stamp: cases unlike the others are set aside, a
 * sample drawn at random has to be opened first, the policy limits how many, and each case gets a record of its own.
 */
import type { Batch, BatchDecided, DecideBatchRequest, DecideRequest, Reviewer } from '@countersign/contract';
import { createHash } from 'node:crypto';
import type { Pool } from '../database/index.ts';
import type { NewId } from '../ledger/index.ts';
import { durationOf, mayReview, namedReviewers, type Policies } from '../policies/index.ts';
import { undoMsOf, type Decisions } from './decisions.ts';
import { refused, type Refusal } from './rules.ts';
import { distancesFrom, farApart, outliersAmong } from './similar.ts';
import * as store from './store.ts';
import { queueItem } from './view.ts';

export interface BatchesOptions {
  readonly pool: Pool;
  readonly policies: Policies;
  readonly decisions: Decisions;
  readonly now: () => Date;
  /** A clock that never goes back. */
  readonly timer: () => Date;
  readonly newId: NewId;
  /** Not known to anybody, so that nobody knows beforehand which cases have to be opened. */
  readonly salt: string;
}

/** As many are looked at for likeness. */
const mostCompared = 1_000;

/** Not what somebody has to say first, or together with somebody else, or was asked to look at. */
export const mayBeBatched = ({ commit_first, people_wanted, reason }: store.CaseRow): boolean =>
  !commit_first && people_wanted === 1 && reason !== 'escalated';

/**
 * Those that can be decided together with a case, itself first and then the nearest; and why others cannot: they are far from it, or
 * unlike those that are near.
 */
function around(seed: store.CaseRow, alike: readonly store.CaseRow[]) {
  const apart = distancesFrom(seed, alike);
  const near = apart.filter(({ far }) => far <= farApart).map(({ item }) => item);
  const among = [...alike.filter(({ decision_id }) => decision_id === seed.decision_id), ...near];
  const because = outliersAmong(among);
  for (const { item, far, differs } of apart) {
    if (far <= farApart) continue;
    const where = differs.length === 0 ? 'in many small things' : `in ${differs.join(', ')}`;
    because.set(item.decision_id, `it differs from the case that you came from ${where}`);
  }
  return { fitting: among.filter(({ decision_id }) => !because.has(decision_id)), because };
}

export class Batches {
  private readonly options: BatchesOptions;

  constructor(options: BatchesOptions) {
    this.options = options;
  }

  /** The cases that may be decided together with one. Null when there is no such case. */
  async plan(decisionId: string, person: Reviewer): Promise<Batch | Refusal | null> {
    const { pool, policies, now, newId } = this.options;
    const row = await store.readCase(pool, decisionId);
    const policy = policies.get(row?.workflow_id ?? '')?.policy;
    if (row === null || policy === undefined || !mayReview(policies, row.workflow_id, person)) return null;
    if (row.decided_at !== null) return refused('refused', 'This case is decided already. Begin with one that waits.');
    const rules = policy.review.batch;
    const most = rules?.most[row.risk_tier] ?? 0;
    if (rules === undefined || most === 0) {
      return refused('refused', `The policy wants each case of ${row.risk_tier} risk to be decided by itself.`);
    }
    if (!mayBeBatched(row)) {
      return refused('refused', 'This case has to be decided by itself.');
    }
    const at = now();
    const stands = { person: person.id, hasCommitted: true, looking: [] };
    const alike = await store.readAlike(pool, row, person.id, namedReviewers(policies), at, mostCompared);
    const { fitting, because } = around(row, alike);
    const odd = because.get(decisionId);
    if (odd !== undefined) {
      return refused('refused', `This case is unlike those around it: ${odd}. Decide it by itself.`);
    }
    const items = fitting.slice(0, most);
    const sample = this.draw(person, items, Math.max(1, Math.ceil(rules.sample * items.length)));
    const batch_id = newId(at);
    await store.writeBatch(pool, {
      batch_id,
      workflow_id: row.workflow_id,
      person: person.id,
      cases: items.map(({ decision_id, version }) => ({ decision_id, version })),
      sample,
      made_at: at,
    });
    return {
      batch_id,
      workflow_id: row.workflow_id,
      items: items.map((item) => queueItem(item, at, stands)),
      sample,
      opened: [],
      outliers: alike.flatMap((item) => {
        const reason = because.get(item.decision_id);
        return reason === undefined ? [] : [{ item: queueItem(item, at, stands), because: reason }];
      }),
      left_out: fitting.length - items.length,
      reason_codes: policy.review.reason_codes,
    };
  }

  /** The same however often it is planned: nobody draws until the sample pleases. */
  private draw({ id }: Reviewer, items: readonly store.CaseRow[], count: number): string[] {
    const rank = (decisionId: string) =>
      createHash('sha256').update(`${this.options.salt} ${id} ${decisionId}`).digest('hex');
    return items
      .map(({ decision_id }) => ({ decision_id, rank: rank(decision_id) }))
      .toSorted((a, b) => (a.rank < b.rank ? -1 : 1))
      .slice(0, count)
      .map(({ decision_id }) => decision_id);
  }

  /** Which of the sample the asker has opened. Null when the batch is not theirs, or planned anew. */
  async opened(batchId: string, person: Reviewer): Promise<{ opened: string[] } | null> {
    const batch = await store.readBatch(this.options.pool, batchId);
    return batch?.person === person.id ? { opened: [...batch.opened] } : null;
  }

  /** Decides each case by itself, and says of each what came of it. */
  async decide(batchId: string, person: Reviewer, request: DecideBatchRequest): Promise<BatchDecided | Refusal | null> {
    const { pool, policies, timer } = this.options;
    const batch = await store.readBatch(pool, batchId);
    if (batch === null || batch.person !== person.id) return null;
    const policy = policies.get(batch.workflow_id)?.policy;
    if (policy === undefined) return null;
    const unopened = batch.sample.filter((id) => !batch.opened.includes(id));
    if (unopened.length > 0) {
      const what = unopened.length === 1 ? 'One case' : `${unopened.length} cases`;
      return refused(
        'not_opened',
        `${what} of the sample ${unopened.length === 1 ? 'has' : 'have'} to be opened first.`,
      );
    }
    const keys = request.idempotency_keys;
    const stranger = Object.keys(keys).find((id) => !batch.cases.some(({ decision_id }) => decision_id === id));
    if (stranger !== undefined) {
      return refused('bad_request', `idempotency_keys has ${stranger}, which is no case of this batch. Leave it out.`);
    }
    // What the person has left out of it goes on waiting.
    const chosen = batch.cases.flatMap((one) => {
      const key = keys[one.decision_id];
      return key === undefined ? [] : [{ ...one, key }];
    });
    const ids = chosen.map(({ decision_id }) => decision_id);
    const rows = new Map((await store.readCases(pool, ids)).map((row) => [row.decision_id, row]));
    const reviewMs = Math.round(request.review_ms / Math.max(1, chosen.length));
    const results: BatchDecided['results'] = [];
    const startedAt = timer().getTime();
    for (const { decision_id, version, key } of chosen) {
      const row = rows.get(decision_id);
      if (row === undefined) continue;
      // Of one case: what was on screen was all of them.
      const one = { ...request, review_ms: reviewMs };
      const problem = await this.decideOne(row, version, person, key, one, batchId);
      results.push({
        decision_id,
        title: row.title,
        decided: typeof problem === 'string' ? null : problem,
        problem: typeof problem === 'string' ? problem : null,
      });
    }
    // The first to be final is the end of all.
    const undoMs = Math.max(0, undoMsOf(policy) - (timer().getTime() - startedAt));
    return { action: request.action, undo_ms: undoMs, results };
  }

  private async decideOne(
    row: store.CaseRow,
    version: number,
    person: Reviewer,
    key: string,
    { action, justification, reason_code, review_ms }: DecideBatchRequest,
    batchId: string,
  ) {
    const { pool, policies, decisions, now } = this.options;
    const policy = policies.get(row.workflow_id)?.policy;
    if (policy === undefined) return 'its workflow has no policy any more';
    const at = now();
    await store.claimCase(
      pool,
      row.decision_id,
      person.id,
      at,
      new Date(at.getTime() + durationOf(policy.review.lease)),
    );
    const claimed = await store.readCase(pool, row.decision_id);
    const one: DecideRequest = {
      action,
      justification,
      ...(reason_code === undefined ? {} : { reason_code }),
      lease_epoch: claimed?.lease_epoch ?? 1,
      case_version: version,
      evidence_hash: row.evidence_hash,
      idempotency_key: key,
      review_ms,
    };
    const decided = await decisions.decide(row.decision_id, person, one, batchId);
    if (decided === null) return 'it is gone';
    if (!('is' in decided)) return decided;
    // Nobody should wait for a case that we hold for this alone and did not decide.
    if (row.claimed_by === person.id) return decided.message;
    await store.releaseCase(pool, row.decision_id, person.id, now());
    return decided.message;
  }
}
