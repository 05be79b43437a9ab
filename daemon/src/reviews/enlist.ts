/** What becomes of committed records in the queue: which decisions need a person and how, and which cases are over. */
import { createHash } from 'node:crypto';
import {
  eventTypes,
  shareOf,
  type AiDecision,
  type Policy,
  type Present,
  type ReviewReason,
} from '@countersign/contract';
import type { Breakers } from '../breakers/index.ts';
import {
  recordsThatAnswer,
  writtenEntry,
  type LedgerRecord,
  type LedgerTransaction,
  type NewId,
} from '../ledger/index.ts';
import { dueAt, dueUrgently, priorityOf, type Policies } from '../policies/index.ts';
import { chanceOf } from './chance.ts';
import { idBefore } from './planted-id.ts';
import * as store from './store.ts';

export interface EnlistOptions {
  readonly policies: Policies;
  readonly breakers: Breakers;
  readonly now: () => Date;
  readonly newId: NewId;
}

/** Queues the AI decisions among the records that need a person, and closes the cases that people decided elsewhere. */
export async function enlist(
  { policies, breakers, now, newId }: EnlistOptions,
  tx: LedgerTransaction,
  records: readonly LedgerRecord[],
): Promise<void> {
  const { client } = tx;
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
  const opened: string[] = [];
  for (const { event, entry, recordedAt } of records) {
    if (event.type === eventTypes.humanDecision) {
      const { workflow_id, reviews, reviewer, action } = event.data;
      const queued = await store.caseOf(client, workflow_id, reviews);
      if (queued === null) continue;
      // The service had a decision of its own before ours was final.
      const pending = await store.takePending(client, queued);
      if (pending !== null) {
        await store.reopenCase(client, queued, { by: reviewer, how: 'decided', at: now() });
        const data = {
          workflow_id,
          task_id: event.subject,
          reviews,
          step: 'undone' as const,
          by: 'daemon',
          reason: 'the service sent a decision of its own before this one was final',
        };
        await tx.append([writtenEntry({ type: eventTypes.review, subject: event.subject, data }, now(), newId)]);
      }
      if (action === 'escalate') {
        await store.escalateCase(client, queued, reviewer, now(), dueUrgently(policies, workflow_id, now().getTime()));
      } else await store.closeCase(client, queued, reviewer, action, new Date(recordedAt));
    }
    if (event.type !== eventTypes.aiDecision) continue;
    const decision = event.data;
    const policy = policies.get(decision.workflow_id)?.policy;
    if (policy === undefined) continue;
    const reason =
      reasonForReview(decision, await authorityOf(decision)) ??
      (isLeftToPeople(policy, decision) ? 'automation_level' : null);
    if (reason === null) continue;
    const queued = caseFor(policy, decision, reason, now());
    const traceparent = event.traceparent ?? null;
    const like = { ...queued, ai_event_id: event.id, evidence_hash: evidenceHash(entry), traceparent };
    if (!(await store.insertCase(client, like))) continue;
    opened.push(decision.decision_id);
    const chance = chanceOf(decision.decision_id, 'gold');
    const share = policy.review.gold ?? 0;
    if (chance < share) {
      // Not of the same moment as the one it came with.
      const earlierMs = Math.floor((chance / share) * mostApartMs);
      const copy = { like, labels: policy.review.labels, seed: decision.decision_id, earlierMs };
      await store.plantCase(client, {
        decisionId: idBefore(decision.decision_id, earlierMs, () => newId(now())),
        ...copy,
      });
    }
  }
  const logId = records[0]?.logId;
  const earlier = logId === undefined || opened.length === 0 ? [] : await recordsThatAnswer(client, logId, opened);
  await closeAnswered(client, earlier);
  const outcomes = [...earlier, ...records].flatMap(({ event }) =>
    event.type === eventTypes.outcome ? [event.data] : [],
  );
  if (outcomes.length > 0) await store.noteOutcomes(client, outcomes);
}

/** Cases that were answered before they came: what services and collectors send has no order among them. */
async function closeAnswered(client: LedgerTransaction['client'], answers: readonly LedgerRecord[]): Promise<void> {
  for (const { event, recordedAt } of answers) {
    if (event.type !== eventTypes.humanDecision) continue;
    const { workflow_id, reviews, reviewer, action } = event.data;
    const queued = await store.caseOf(client, workflow_id, reviews);
    if (queued !== null) await store.closeCase(client, queued, reviewer, action, new Date(recordedAt));
  }
}

/** A planted case seems to have come so much earlier at most. */
const mostApartMs = 60_000;

function caseFor(policy: Policy, decision: AiDecision, reason: ReviewReason, queuedAt: Date) {
  const { review } = policy;
  const { decision_id, risk_tier } = decision;
  const priority = priorityOf(policy, risk_tier);
  const isPaired = chanceOf(decision_id, 'two people') < shareOf(review.two_people, risk_tier);
  return {
    decision_id,
    workflow_id: decision.workflow_id,
    task_id: decision.task_id,
    title: decision.title ?? decision.task_id,
    reason,
    priority,
    risk_tier,
    model_name: decision.model.name,
    model_version: decision.model.version,
    proposed_action: decision.action,
    label: decision.output.label,
    confidence: decision.confidence,
    executed: decision.route === 'auto',
    queued_at: queuedAt,
    due_at: new Date(dueAt(policy, priority, queuedAt.getTime())),
    commit_first: chanceOf(decision_id, 'commit first') < shareOf(review.commit_first, risk_tier),
    people_wanted: isPaired ? 2 : 1,
    features: decision.features ?? {},
  };
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

/** A guard would not have let the AI do it; a service that asks none can. */
function isLeftToPeople({ automation }: Policy, { risk_tier, reversible }: AiDecision): boolean {
  const rule = automation[risk_tier];
  return (reversible ? rule.reversible : rule.irreversible) !== 'automatic';
}

const evidenceHash = (entry: Buffer) => `sha256:${createHash('sha256').update(entry).digest('hex')}`;
