/** All SQL of the reviews. A case is claimed when its lease has not run out; nothing stores that it has. */
import type {
  AssignedTo,
  DecisionAction,
  Features,
  HandOverRequest,
  Opinion,
  Priority,
  ReviewReason,
  RiskTier,
  Verdict,
  CompensationOrder,
} from '@countersign/contract';
import type { Queryable } from '../database/index.ts';

export interface CaseRow {
  readonly decision_id: string;
  readonly workflow_id: string;
  readonly task_id: string;
  readonly title: string;
  readonly reason: ReviewReason;
  readonly priority: Priority;
  readonly risk_tier: RiskTier;
  readonly model_name: string;
  readonly model_version: string;
  readonly proposed_action: DecisionAction;
  readonly label: string | null;
  readonly confidence: number;
  /** Whether the AI carried its decision out before the review. */
  readonly executed: boolean;
  readonly ai_event_id: string;
  /** Of the AI decision's span; null when the service had none. */
  readonly traceparent: string | null;
  readonly evidence_hash: string;
  readonly queued_at: Date;
  readonly due_at: Date;
  readonly version: number;
  readonly lease_epoch: number;
  readonly claimed_by: string | null;
  readonly lease_until: Date | null;
  readonly decided_by: string | null;
  readonly decided_action: DecisionAction | null;
  readonly decided_at: Date | null;
  /** Whether people say what they think before they see the AI's answer. */
  readonly commit_first: boolean;
  readonly people_wanted: number;
  readonly features: Features;
  readonly assigned_to: string | null;
  /** What who handed it over has said to them. */
  readonly assigned_note: string | null;
  readonly outcome_label: string | null;
  /** Of a planted case: the one it is a copy of, and the right answer. */
  readonly planted_from: string | null;
  /** Who last gave it back undecided, how and when; null while nobody has. */
  readonly changed_by: string | null;
  readonly changed_how: CaseChange['how'] | null;
  readonly changed_at: Date | null;
  readonly gold_label: string | null;
  /** For display: of `claimed_by`, `decided_by`, `assigned_to` and `changed_by`. */
  readonly claimed_name: string | null;
  readonly decided_name: string | null;
  readonly assigned_name: string | null;
  readonly changed_name: string | null;
  readonly people_decided: number;
  /** Who has decided it, while that can be undone: to everybody else it is not decided yet. */
  readonly pending_by: string | null;
}

type NewCase = Pick<
  CaseRow,
  | 'decision_id'
  | 'workflow_id'
  | 'task_id'
  | 'title'
  | 'reason'
  | 'priority'
  | 'risk_tier'
  | 'model_name'
  | 'model_version'
  | 'proposed_action'
  | 'label'
  | 'confidence'
  | 'executed'
  | 'ai_event_id'
  | 'traceparent'
  | 'evidence_hash'
  | 'queued_at'
  | 'due_at'
  | 'commit_first'
  | 'people_wanted'
  | 'features'
>;

/** Queues a case; false when this decision is queued already. */
export async function insertCase(db: Queryable, c: NewCase): Promise<boolean> {
  const { rowCount } = await db.query(
    `INSERT INTO review_case (decision_id, workflow_id, task_id, title, reason, priority, risk_tier, model_name,
       model_version, proposed_action, label, confidence, executed, ai_event_id, evidence_hash, queued_at, due_at,
       commit_first, people_wanted, features, traceparent)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
     ON CONFLICT DO NOTHING`,
    [
      c.decision_id,
      c.workflow_id,
      c.task_id,
      c.title,
      c.reason,
      c.priority,
      c.risk_tier,
      c.model_name,
      c.model_version,
      c.proposed_action,
      c.label,
      c.confidence,
      c.executed,
      c.ai_event_id,
      c.evidence_hash,
      c.queued_at,
      c.due_at,
      c.commit_first,
      c.people_wanted,
      JSON.stringify(c.features),
      c.traceparent,
    ],
  );
  return rowCount === 1;
}

const selectCase = `SELECT c.*, p.name AS claimed_name, d.name AS decided_name, a.name AS assigned_name, h.name AS changed_name,
    (SELECT count(*)::int FROM review_opinion o WHERE o.decision_id = c.decision_id) AS people_decided,
    (SELECT w.person FROM review_pending w WHERE w.decision_id = c.decision_id) AS pending_by
  FROM review_case c LEFT JOIN person p ON p.id = c.claimed_by LEFT JOIN person d ON d.id = c.decided_by
    LEFT JOIN person a ON a.id = c.assigned_to LEFT JOIN person h ON h.id = c.changed_by`;

export async function readCase(db: Queryable, decisionId: string): Promise<CaseRow | null> {
  const { rows } = await db.query<CaseRow>(`${selectCase} WHERE c.decision_id = $1`, [decisionId]);
  return rows[0] ?? null;
}

export async function lockCase(db: Queryable, decisionId: string): Promise<CaseRow | null> {
  const { rows } = await db.query<CaseRow>(`${selectCase} WHERE c.decision_id = $1 FOR UPDATE OF c`, [decisionId]);
  return rows[0] ?? null;
}

/** Which cases of the queue are wanted; what is null is not asked for. */
export interface QueueFilter {
  readonly workflows: readonly string[];
  readonly named: NamedReviewers;
  readonly riskTier: RiskTier | null;
  readonly reason: ReviewReason | null;
  readonly confidenceBelow: number | null;
  readonly assigned: AssignedTo | null;
}

const hasNotDecided = (person: string) =>
  `NOT EXISTS (SELECT FROM review_opinion o WHERE o.decision_id = c.decision_id AND o.person = ${person})`;
const hasNotEscalated = (person: string) =>
  `NOT EXISTS (SELECT FROM review_escalation e WHERE e.decision_id = c.decision_id AND e.person = ${person})`;
/** By workflow, the logins of those who alone review it; a workflow that is left out is reviewed by whoever decides. */
export type NamedReviewers = Readonly<Record<string, readonly string[]>>;

/** Nobody else has decided anything for a month who could take a case: it comes back to who gave it up, rather than to nobody. */
const nobodyElse = (person: string, named: string) => `NOT EXISTS (
  SELECT FROM person p WHERE p.id <> ${person} AND p.decides_at > now() - interval '30 days'
    AND (NOT ${named}::jsonb ? c.workflow_id OR (p.login IS NOT NULL AND ${named}::jsonb -> c.workflow_id ? p.login))
    AND ${hasNotDecided('p.id')} AND ${hasNotEscalated('p.id')})`;

/** Read once for all cases, and not once for each: beside an OR PostgreSQL does not join. Nobody has escalated many. */
const escalatedBy = (person: string) => `(SELECT decision_id FROM review_escalation WHERE person = ${person})`;

/**
 * Undecided, and neither decided nor, while there is somebody else, escalated by this person before: neither this case nor,
 * decided, the one that a planted one is a copy of.
 */
const isOpenTo = (person: string, named: string) => `c.decided_at IS NULL AND ${hasNotDecided(person)}
  AND (c.decision_id NOT IN ${escalatedBy(person)} OR ${nobodyElse(person, named)})
  AND (c.planted_from IS NULL OR (
    NOT EXISTS (SELECT FROM review_case f WHERE f.decision_id = c.planted_from AND f.decided_by = ${person})
    AND NOT EXISTS (SELECT FROM review_opinion o WHERE o.decision_id = c.planted_from AND o.person = ${person})))`;

/** Whether a person may decide a case that is not decided. */
export async function isOpenFor(
  db: Queryable,
  decisionId: string,
  person: string,
  named: NamedReviewers,
): Promise<boolean> {
  const { rows } = await db.query(`SELECT FROM review_case c WHERE c.decision_id = $1 AND ${isOpenTo('$2', '$3')}`, [
    decisionId,
    person,
    named,
  ]);
  return rows.length > 0;
}

/** Of some people, those who have neither decided a case nor given it up. Whether it is planted is nobody's to read off. */
export async function whoIsLeft(db: Queryable, decisionId: string, people: readonly string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ person: string }>(
    `SELECT p.person FROM review_case c, unnest($2::text[]) AS p (person) WHERE c.decision_id = $1
       AND ${hasNotDecided('p.person')} AND ${hasNotEscalated('p.person')}`,
    [decisionId, people],
  );
  return new Set(rows.map(({ person }) => person));
}

/** Takes $1 to $8, as `isOpenTo('$2', '$8')` does. A case whose answer is not shown yet is not told apart by the model's confidence. */
const isWanted = `c.workflow_id = ANY($1) AND ($3::text IS NULL OR c.risk_tier = $3) AND ($4::text IS NULL OR c.reason = $4)
  AND ($5::float8 IS NULL OR (c.confidence < $5 AND NOT c.commit_first))
  AND CASE $6::text
    WHEN 'me' THEN (c.claimed_by = $2 AND c.lease_until > $7) OR c.assigned_to = $2
    WHEN 'nobody' THEN c.assigned_to IS NULL AND (c.lease_until IS NULL OR c.lease_until <= $7)
    WHEN 'others' THEN c.assigned_to <> $2 OR (c.claimed_by <> $2 AND c.lease_until > $7)
    ELSE true END`;

const wanted = (filter: QueueFilter, person: string, now: Date) => [
  filter.workflows,
  person,
  filter.riskTier,
  filter.reason,
  filter.confidenceBelow,
  filter.assigned,
  now,
  filter.named,
];

/** A page of the queue, most urgent first, from after a case on. */
export async function readQueue(
  db: Queryable,
  filter: QueueFilter,
  person: string,
  now: Date,
  after: { readonly priority: string; readonly due_at: Date; readonly decision_id: string } | null,
  limit: number,
): Promise<CaseRow[]> {
  const { rows } = await db.query<CaseRow>(
    `${selectCase} WHERE ${isOpenTo('$2', '$8')} AND ${isWanted}
       AND ($9::text IS NULL OR (c.priority, c.due_at, c.decision_id) > ($9, $10::timestamptz, $11::uuid))
     ORDER BY c.priority, c.due_at, c.decision_id LIMIT $12`,
    [...wanted(filter, person, now), after?.priority, after?.due_at, after?.decision_id, limit],
  );
  return rows;
}

export interface PersonsCount {
  readonly waiting: number;
  readonly claimed: number;
  readonly overdue: number;
  readonly for_asker: number;
  /** Those that the filter lets through. */
  readonly matching: number;
  readonly matching_overdue: number;
}

/** Of the cases of some workflows that a person may decide. */
export async function countFor(
  db: Queryable,
  filter: QueueFilter,
  person: string,
  now: Date,
  reviewed: readonly string[],
): Promise<PersonsCount> {
  const { rows } = await db.query<PersonsCount>(
    `SELECT count(*) FILTER (WHERE c.lease_until IS NULL OR c.lease_until <= $7)::int AS waiting,
       count(*) FILTER (WHERE c.lease_until > $7)::int AS claimed,
       count(*) FILTER (WHERE c.due_at < $7)::int AS overdue,
       count(*) FILTER (WHERE c.assigned_to = $2)::int AS for_asker,
       count(*) FILTER (WHERE ${isWanted})::int AS matching,
       count(*) FILTER (WHERE c.due_at < $7 AND ${isWanted})::int AS matching_overdue
     FROM review_case c WHERE ${isOpenTo('$2', '$8')} AND c.workflow_id = ANY($9)`,
    [...wanted(filter, person, now), reviewed],
  );
  return rows[0] ?? { waiting: 0, claimed: 0, overdue: 0, for_asker: 0, matching: 0, matching_overdue: 0 };
}

export interface QueueCount {
  readonly workflow_id: string;
  readonly waiting: number;
  readonly claimed: number;
  readonly overdue: number;
  readonly oldest: Date;
}

/** One row a workflow with undecided cases. */
export async function countQueue(db: Queryable, now: Date): Promise<QueueCount[]> {
  const { rows } = await db.query<QueueCount>(
    `SELECT workflow_id,
       count(*) FILTER (WHERE lease_until IS NULL OR lease_until <= $1)::int AS waiting,
       count(*) FILTER (WHERE lease_until > $1)::int AS claimed,
       count(*) FILTER (WHERE due_at < $1)::int AS overdue,
       min(queued_at) AS oldest
     FROM review_case WHERE decided_at IS NULL GROUP BY workflow_id ORDER BY workflow_id`,
    [now],
  );
  return rows;
}

/** Gives the case to a person when nobody holds it, or renews what they hold; a new holder gets a new epoch. */
export async function claimCase(
  db: Queryable,
  decisionId: string,
  person: string,
  now: Date,
  until: Date,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE review_case
     SET claimed_by = $2, lease_until = $4,
         lease_epoch = lease_epoch + CASE WHEN claimed_by IS NOT DISTINCT FROM $2 THEN 0 ELSE 1 END
     WHERE decision_id = $1 AND decided_at IS NULL AND (claimed_by = $2 OR lease_until IS NULL OR lease_until <= $3)`,
    [decisionId, person, now, until],
  );
  return rowCount === 1;
}

/**
 * The most urgent case that nobody holds, given to a person; the id of it. What they hold and have on no page comes first, then what
 * was handed over to them; what was handed over to somebody else is theirs until it is due. `leases` has how long a claim holds, in
 * ms, by workflow.
 */
export async function claimNextCase(
  db: Queryable,
  filter: QueueFilter,
  { id: person, open }: { readonly id: string; readonly open: readonly string[] },
  now: Date,
  leases: Readonly<Record<string, number>>,
): Promise<string | null> {
  const isFree = '(c.lease_until IS NULL OR c.lease_until <= $7)';
  // One after the other, so that each finds its case by an index.
  const ways: readonly [whose: string, ...more: (readonly string[])[]][] = [
    ['c.claimed_by = $2 AND c.lease_until > $7 AND c.decision_id <> ALL($10::uuid[])', open],
    [`c.assigned_to = $2 AND ${isFree}`],
    [`(c.assigned_to IS NULL OR c.due_at < $7) AND ${isFree}`],
  ];
  for (const [whose, ...more] of ways) {
    const { rows } = await db.query<{ decision_id: string }>(
      `UPDATE review_case
       SET claimed_by = $2, lease_until = $7::timestamptz + ($9::jsonb ->> workflow_id)::float8 * interval '1 ms',
           lease_epoch = lease_epoch + CASE WHEN claimed_by IS NOT DISTINCT FROM $2 THEN 0 ELSE 1 END
       WHERE decision_id = (
         SELECT decision_id FROM review_case c
         WHERE ${isOpenTo('$2', '$8')} AND ${isWanted} AND ${whose}
         ORDER BY c.priority, c.due_at, c.decision_id LIMIT 1 FOR UPDATE OF c SKIP LOCKED)
       RETURNING decision_id`,
      [...wanted(filter, person, now), leases, ...more],
    );
    if (rows[0] !== undefined) return rows[0].decision_id;
  }
  return null;
}

/** Ends a person's lease by `at`, or earlier. The epoch stays, so that the same person may still finish. */
export async function releaseCase(db: Queryable, decisionId: string, person: string, at: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    'UPDATE review_case SET lease_until = least(lease_until, $3) WHERE decision_id = $1 AND claimed_by = $2 AND decided_at IS NULL',
    [decisionId, person, at],
  );
  return rowCount === 1;
}

export async function closeCase(
  db: Queryable,
  decisionId: string,
  by: string,
  action: DecisionAction,
  at: Date,
): Promise<void> {
  await db.query(
    `UPDATE review_case SET decided_by = $2, decided_action = $3, decided_at = $4, version = version + 1
     WHERE decision_id = $1 AND decided_at IS NULL`,
    [decisionId, by, action, at],
  );
}

/** What gives an undecided case back changed, told to whoever still has it on screen as it was. */
export interface CaseChange {
  readonly by: string;
  readonly how: 'escalated' | 'undone' | 'decided' | 'handed_over';
  readonly at: Date;
}

/** Waits again: for another person, or for the one who has undone their decision. Nobody holds it. */
export async function reopenCase(
  db: Queryable,
  decisionId: string,
  { by, how, at }: CaseChange,
  change: {
    readonly reason?: ReviewReason;
    readonly priority?: Priority;
    readonly due?: Date | null;
    readonly peopleWanted?: number;
  } = {},
): Promise<void> {
  await db.query(
    `UPDATE review_case SET decided_by = NULL, decided_action = NULL, decided_at = NULL, claimed_by = NULL,
       lease_until = NULL, assigned_to = CASE WHEN $6 = 'undone' THEN assigned_to END, version = version + 1,
       reason = coalesce($2, reason),
       priority = coalesce($3, priority), people_wanted = coalesce($4, people_wanted),
       changed_by = $5, changed_how = $6, changed_at = $7, due_at = least(due_at, $8)
     WHERE decision_id = $1`,
    [decisionId, change.reason, change.priority, change.peopleWanted, by, how, at, change.due],
  );
}

/** Gives a held case to somebody else; false when the person does not hold it. */
export async function handOver(
  db: Queryable,
  decisionId: string,
  from: string,
  { to, note }: HandOverRequest,
  now: Date,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE review_case SET assigned_to = $3, claimed_by = NULL, lease_until = NULL, lease_epoch = lease_epoch + 1,
       version = version + 1, changed_by = $2, changed_how = 'handed_over', changed_at = $4, assigned_note = $5
     WHERE decision_id = $1 AND claimed_by = $2 AND lease_until > $4 AND decided_at IS NULL`,
    [decisionId, from, to, now, note],
  );
  return rowCount === 1;
}

/** Keeps the first thing that somebody said. */
export async function writeCommitment(
  db: Queryable,
  decisionId: string,
  person: string,
  label: string,
  at: Date,
): Promise<void> {
  await db.query('INSERT INTO review_commitment VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING', [
    decisionId,
    person,
    label,
    at,
  ]);
}

/** What a person said of some cases before they saw the AI's answer. */
export async function readCommitments(
  db: Queryable,
  decisionIds: readonly string[],
  person: string,
): Promise<Map<string, { label: string; at: Date }>> {
  const { rows } = await db.query<{ decision_id: string; label: string; committed_at: Date }>(
    'SELECT decision_id, label, committed_at FROM review_commitment WHERE decision_id = ANY($1) AND person = $2',
    [decisionIds, person],
  );
  return new Map(rows.map(({ decision_id, label, committed_at }) => [decision_id, { label, at: committed_at }]));
}

export type KeptOpinion = Opinion & { readonly has_value: boolean };

export async function writeOpinion(db: Queryable, decisionId: string, opinion: KeptOpinion): Promise<void> {
  const { reviewer, action, label, has_value, justification, decided_at } = opinion;
  await db.query(
    `INSERT INTO review_opinion (decision_id, person, action, label, has_value, justification, decided_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [decisionId, reviewer.id, action, label, has_value, justification, decided_at],
  );
}

/** In order. */
export async function readOpinions(db: Queryable, decisionId: string): Promise<KeptOpinion[]> {
  const { rows } = await db.query<
    Omit<KeptOpinion, 'reviewer' | 'decided_at'> & { person: string; name: string | null; at: Date }
  >(
    `SELECT o.person, p.name, o.action, o.label, o.has_value, o.justification, o.decided_at AS at
     FROM review_opinion o LEFT JOIN person p ON p.id = o.person WHERE o.decision_id = $1 ORDER BY o.decided_at`,
    [decisionId],
  );
  return rows.map(({ person, name, action, label, has_value, justification, at }) => ({
    reviewer: { id: person, name: name ?? person },
    action,
    label,
    has_value,
    justification,
    decided_at: at.toISOString(),
  }));
}

/** The id of a case, unless it is of another workflow. */
export async function caseOf(db: Queryable, workflowId: string, decisionId: string): Promise<string | null> {
  const { rows } = await db.query<{ decision_id: string }>(
    'SELECT decision_id FROM review_case WHERE decision_id = $1 AND workflow_id = $2',
    [decisionId, workflowId],
  );
  return rows[0]?.decision_id ?? null;
}

/** Back into the queue for others, held by nobody, more urgent: due as P1 cases are, when that is known and sooner. */
export async function escalateCase(
  db: Queryable,
  decisionId: string,
  by: string,
  at: Date,
  due: Date | null,
): Promise<void> {
  await db.query(
    `UPDATE review_case SET reason = 'escalated', priority = 'P1', claimed_by = NULL, lease_until = NULL, assigned_to = NULL,
       version = version + 1, queued_at = $2, changed_by = $3, changed_how = 'escalated', changed_at = $2,
       due_at = least(due_at, $4)
     WHERE decision_id = $1 AND decided_at IS NULL`,
    [decisionId, at, by, due],
  );
  await db.query('INSERT INTO review_escalation VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [decisionId, by, at]);
}

export interface PendingDecision<T> {
  readonly decision_id: string;
  readonly person: string;
  readonly decision: T;
  readonly settles_at: Date;
}

export async function writePending<T>(
  db: Queryable,
  { decision_id, person, decision, settles_at }: PendingDecision<T>,
): Promise<void> {
  await db.query('INSERT INTO review_pending VALUES ($1, $2, $3, $4)', [
    decision_id,
    person,
    JSON.stringify(decision),
    settles_at,
  ]);
}

/** Locked, and gone when the transaction commits. */
export async function takePending<T>(db: Queryable, decisionId: string): Promise<PendingDecision<T> | null> {
  const { rows } = await db.query<PendingDecision<T>>('DELETE FROM review_pending WHERE decision_id = $1 RETURNING *', [
    decisionId,
  ]);
  return rows[0] ?? null;
}

export async function readPending(
  db: Queryable,
  decisionId: string,
): Promise<{ person: string; settles_at: Date } | null> {
  const { rows } = await db.query<{ person: string; settles_at: Date }>(
    'SELECT person, settles_at FROM review_pending WHERE decision_id = $1',
    [decisionId],
  );
  return rows[0] ?? null;
}

/** Decisions whose time to be undone is over, the oldest first. */
export async function duePending(db: Queryable, now: Date, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ decision_id: string }>(
    'SELECT decision_id FROM review_pending WHERE settles_at <= $1 ORDER BY settles_at LIMIT $2',
    [now, limit],
  );
  return rows.map(({ decision_id }) => decision_id);
}

/** An undone decision was never made: its key may not answer for it. */
export async function forgetAnswer(db: Queryable, key: string): Promise<void> {
  await db.query('DELETE FROM review_decision WHERE idempotency_key = $1', [key]);
}

/** Notes what turned out true. */
export async function noteOutcomes(
  db: Queryable,
  outcomes: readonly { decision_id: string; workflow_id: string; label: string }[],
): Promise<void> {
  await db.query(
    `UPDATE review_case c SET outcome_label = o.label
     FROM unnest($1::uuid[], $2::text[], $3::text[]) AS o (decision_id, workflow_id, label)
     WHERE c.decision_id = o.decision_id AND c.workflow_id = o.workflow_id AND c.outcome_label IS NULL`,
    [
      outcomes.map(({ decision_id }) => decision_id),
      outcomes.map(({ workflow_id }) => workflow_id),
      outcomes.map(({ label }) => label),
    ],
  );
}

/** Decided, and for good. */
const isSettled = `c.decided_at IS NOT NULL AND c.planted_from IS NULL
  AND NOT EXISTS (SELECT FROM review_pending w WHERE w.decision_id = c.decision_id)`;

/**
 * Puts a copy of an old case whose right answer is known among the others, looking like the new one in all that is chosen for
 * it; false when there is none. Drawn by `seed` from the newest of the same model version.
 */
export async function plantCase(
  db: Queryable,
  copy: {
    readonly decisionId: string;
    readonly like: NewCase;
    readonly labels: readonly string[];
    readonly seed: string;
    /** So much earlier than the new one. */
    readonly earlierMs: number;
  },
): Promise<boolean> {
  const { decisionId, like, labels, seed, earlierMs } = copy;
  const earlier = (at: Date) => new Date(at.getTime() - earlierMs);
  const { rowCount } = await db.query(
    `INSERT INTO review_case (decision_id, workflow_id, task_id, title, reason, priority, risk_tier, model_name,
       model_version, proposed_action, label, confidence, executed, ai_event_id, evidence_hash, queued_at, due_at,
       features, planted_from, gold_label, commit_first, people_wanted)
     SELECT $1, workflow_id, task_id, title, reason, $4, $5, model_name, model_version, proposed_action, label, confidence,
       executed, ai_event_id, evidence_hash, $6, $7, features, decision_id, outcome_label, $13, $14
     FROM (SELECT * FROM review_case c WHERE workflow_id = $2 AND model_name = $11 AND model_version = $12
             AND risk_tier = $5 AND reason = $3 AND ${isSettled} AND outcome_label = ANY($8) AND executed = $10
             AND NOT EXISTS (SELECT FROM review_case p WHERE p.planted_from = c.decision_id AND p.decided_at IS NULL)
           ORDER BY decided_at DESC LIMIT 500) AS known
     ORDER BY md5(decision_id::text || $9) LIMIT 1`,
    [
      decisionId,
      like.workflow_id,
      like.reason,
      like.priority,
      like.risk_tier,
      earlier(like.queued_at),
      earlier(like.due_at),
      labels,
      seed,
      like.executed,
      like.model_name,
      like.model_version,
      like.commit_first,
      like.people_wanted,
    ],
  );
  return rowCount === 1;
}

/** Of the newest decisions of a model version with a confidence in the same tenth of the scale, from 0 to 9. */
export async function countChanged(
  db: Queryable,
  { workflow_id, model_name, model_version }: CaseRow,
  tenth: number,
  newest: number,
): Promise<{ decided: number; changed: number }> {
  const { rows } = await db.query<{ decided: number; changed: number }>(
    `SELECT count(*)::int AS decided, count(*) FILTER (WHERE decided_action <> 'accept')::int AS changed
     FROM (SELECT decided_action FROM review_case c WHERE workflow_id = $1 AND model_name = $2 AND model_version = $3
             AND least(floor(confidence * 10), 9) = $4 AND ${isSettled} ORDER BY decided_at DESC LIMIT $5) AS newest`,
    [workflow_id, model_name, model_version, tenth, newest],
  );
  return rows[0] ?? { decided: 0, changed: 0 };
}

/** The newest decided cases of a model, to compare with. */
export async function newestDecided(
  db: Queryable,
  { workflow_id, model_name }: CaseRow,
  limit: number,
): Promise<CaseRow[]> {
  const { rows } = await db.query<CaseRow>(
    `${selectCase} WHERE c.workflow_id = $1 AND c.model_name = $2 AND ${isSettled}
     ORDER BY c.decided_at DESC LIMIT $3`,
    [workflow_id, model_name, limit],
  );
  return rows;
}

/** Cases that may be decided together with this one, the most urgent first. */
export async function readAlike(
  db: Queryable,
  like: CaseRow,
  person: string,
  named: NamedReviewers,
  now: Date,
  limit: number,
): Promise<CaseRow[]> {
  const { rows } = await db.query<CaseRow>(
    `${selectCase} WHERE ${isOpenTo('$1', '$11')} AND c.workflow_id = $2 AND c.model_name = $3 AND c.model_version = $4
       AND c.label IS NOT DISTINCT FROM $5 AND c.proposed_action = $6 AND c.risk_tier = $7 AND c.executed = $8
       AND NOT c.commit_first AND c.people_wanted = 1 AND c.reason <> 'escalated'
       AND (c.lease_until IS NULL OR c.lease_until <= $9 OR c.claimed_by = $1)
       AND (c.assigned_to IS NULL OR c.assigned_to = $1)
     ORDER BY c.priority, c.due_at, c.decision_id LIMIT $10`,
    [
      person,
      like.workflow_id,
      like.model_name,
      like.model_version,
      like.label,
      like.proposed_action,
      like.risk_tier,
      like.executed,
      now,
      limit,
      named,
    ],
  );
  return rows;
}

export interface BatchRow {
  readonly batch_id: string;
  readonly workflow_id: string;
  readonly person: string;
  readonly cases: readonly { readonly decision_id: string; readonly version: number }[];
  readonly sample: readonly string[];
  readonly opened: readonly string[];
  readonly made_at: Date;
}

/** In place of what the person had planned before; what they have opened of the same sample stays opened. */
export async function writeBatch(db: Queryable, batch: Omit<BatchRow, 'opened'>): Promise<void> {
  const { batch_id, workflow_id, person, cases, sample, made_at } = batch;
  await db.query(
    `INSERT INTO review_batch (batch_id, workflow_id, person, cases, sample, made_at) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (person, workflow_id) DO UPDATE SET batch_id = $1, cases = $4, sample = $5, made_at = $6,
       opened = ARRAY(SELECT id FROM unnest(review_batch.opened) AS id WHERE id = ANY($5))`,
    [batch_id, workflow_id, person, JSON.stringify(cases), sample, made_at],
  );
}

export async function readBatch(db: Queryable, batchId: string): Promise<BatchRow | null> {
  const { rows } = await db.query<BatchRow>('SELECT * FROM review_batch WHERE batch_id = $1', [batchId]);
  return rows[0] ?? null;
}

/** A case of a person's sample is on their screen. */
export async function noteOpened(db: Queryable, decisionId: string, person: string): Promise<void> {
  await db.query(
    `UPDATE review_batch SET opened = array_append(opened, $1)
     WHERE person = $2 AND $1 = ANY(sample) AND NOT ($1 = ANY(opened))`,
    [decisionId, person],
  );
}

export async function readCases(db: Queryable, decisionIds: readonly string[]): Promise<CaseRow[]> {
  const { rows } = await db.query<CaseRow>(
    `${selectCase} WHERE c.decision_id = ANY($1) ORDER BY c.priority, c.due_at, c.decision_id`,
    [decisionIds],
  );
  return rows;
}

/** Cases of some tasks that are not decided for good. */
export async function openCasesOf(db: Queryable, workflowId: string, tasks: readonly string[]): Promise<CaseRow[]> {
  const { rows } = await db.query<CaseRow>(
    `${selectCase} WHERE c.workflow_id = $1 AND c.task_id = ANY($2) AND (c.decided_at IS NULL
       OR EXISTS (SELECT FROM review_pending w WHERE w.decision_id = c.decision_id))`,
    [workflowId, tasks],
  );
  return rows;
}

export interface KeptAnswer {
  readonly reviewer: string;
  readonly answer: unknown;
  /** Of what was sent; null for an answer from before it was kept. */
  readonly request_hash: Buffer | null;
}

export async function readAnswer(db: Queryable, key: string): Promise<KeptAnswer | null> {
  const { rows } = await db.query<KeptAnswer>(
    'SELECT reviewer, answer, request_hash FROM review_decision WHERE idempotency_key = $1',
    [key],
  );
  return rows[0] ?? null;
}

export async function writeAnswer(
  db: Queryable,
  key: string,
  decisionId: string,
  { reviewer, answer, request_hash }: KeptAnswer,
): Promise<void> {
  await db.query(
    `INSERT INTO review_decision (idempotency_key, decision_id, reviewer, answer, request_hash)
     VALUES ($1, $2, $3, $4, $5)`,
    [key, decisionId, reviewer, JSON.stringify(answer), request_hash],
  );
}

export async function putInOutbox(db: Queryable, verdict: Verdict | CompensationOrder): Promise<void> {
  await db.query(
    'INSERT INTO verdict_outbox (verdict_id, workflow_id, payload) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [verdict.verdict_id, verdict.workflow_id, JSON.stringify(verdict)],
  );
}

export async function readOutbox(
  db: Queryable,
  limit: number,
): Promise<{ position: string; payload: Verdict | CompensationOrder }[]> {
  const { rows } = await db.query<{ position: string; payload: Verdict | CompensationOrder }>(
    'SELECT position, payload FROM verdict_outbox ORDER BY position LIMIT $1',
    [limit],
  );
  return rows;
}

export async function takeFromOutbox(db: Queryable, position: string): Promise<void> {
  await db.query('DELETE FROM verdict_outbox WHERE position = $1', [position]);
}

export async function countOutbox(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ count: number }>('SELECT count(*)::int AS count FROM verdict_outbox');
  return rows[0]?.count ?? 0;
}
