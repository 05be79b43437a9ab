/**
 * Taking back what the AI has done: a service registers how each step is undone before it takes it, people order a rollback
 * and approve it, and the service undoes, last step first.
 */
import Type, { type Static } from 'typebox';
import { Name, TaskId, Text, UtcInstant, Uuid, Words, WorkflowId } from './fields.ts';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);

/** What a service says of a step that can be undone. */
export const CompensationReport = Type.Object({
  workflow_id: WorkflowId,
  task_id: TaskId,
  decision_id: Uuid,
  /** The key to undo once by. */
  compensation_id: Uuid,
  /** Whose step it is; of what a person decided, `human` and the reviewer. */
  model: Type.Object({ name: Name, version: Name }),
  /** The order of the steps of a decision: the highest is undone first. */
  sequence: Type.Integer({ minimum: 1, maximum: 1_000 }),
  /** What undoes it, by the name of the handler; with what it needs. */
  action: Name,
  payload: Type.Optional(Type.Unknown()),
  state: Type.Enum(['registered', 'compensated', 'failed']),
  /** Why it failed. */
  detail: Type.Optional(Text),
});
export type CompensationReport = Static<typeof CompensationReport>;

/** What the daemon did about a rollback of decisions. */
export const RollbackStep = Type.Object({
  workflow_id: WorkflowId,
  rollback_id: Uuid,
  step: Type.Enum(['asked', 'approved', 'compensation_failed', 'finished']),
  /** What is taken back: one decision, or those of a model version in a time, [from, to). */
  scope: Type.Object({
    decision_id: Type.Optional(Uuid),
    model_name: Type.Optional(Name),
    version: Type.Optional(Name),
    from: Type.Optional(UtcInstant),
    to: Type.Optional(UtcInstant),
  }),
  /** Compensations that it is about. */
  count: Type.Integer({ minimum: 0 }),
  /** Of one that failed: which, whose it is now, and why. */
  compensation_id: Type.Optional(Uuid),
  owner: Type.Optional(Name),
  by: Name,
  reason: Text,
});
export type RollbackStep = Static<typeof RollbackStep>;

/** The daemon's order to undo a step, on its way to the service. */
export const CompensationOrder = Type.Object({
  v: Type.Literal(1),
  kind: Type.Literal('compensate'),
  /** New with each attempt; `compensation_id` is the key to act once by. */
  verdict_id: Type.String(),
  workflow_id: WorkflowId,
  task_id: Type.String(),
  decision_id: Type.String(),
  compensation_id: Type.String(),
  model: Type.Object({ name: Name, version: Name }),
  sequence: Type.Integer(),
  action: Name,
  payload: Type.Optional(Type.Unknown()),
  attempt: Type.Integer({ minimum: 1 }),
});
export type CompensationOrder = Static<typeof CompensationOrder>;

export const CompensationState = Type.Enum([
  'registered',
  'waiting',
  'compensating',
  'compensated',
  'compensation_failed',
]);
export type CompensationState = Static<typeof CompensationState>;

/** A rollback of decisions as the app shows it. */
export const RollbackView = Type.Object({
  rollback_id: Type.String(),
  workflow_id: Type.String(),
  scope: RollbackStep.properties.scope,
  state: Type.Enum(['asked', 'running', 'failed', 'finished']),
  asked_by: Type.String(),
  reason: Type.String(),
  approved_by: nullable(Type.String()),
  asked_at: Type.String(),
  /** How many compensations are in each state. */
  counts: Type.Record(Type.String(), Type.Integer()),
  /** The first that failed. */
  failed: Type.Array(
    Type.Object({
      compensation_id: Type.String(),
      task_id: Type.String(),
      action: Type.String(),
      attempts: Type.Integer(),
      problem: Type.String(),
      owner: Type.String(),
    }),
  ),
});
export type RollbackView = Static<typeof RollbackView>;

const closed = { additionalProperties: false };
const justification = Words(20_000);

/** Either a decision, or a model version with a time. */
export const AskRollbackRequest = Type.Object(
  { workflow_id: WorkflowId, scope: RollbackStep.properties.scope, justification },
  closed,
);
export type AskRollbackRequest = Static<typeof AskRollbackRequest>;

export const ApproveRollbackRequest = Type.Object({ rollback_id: Uuid, justification }, closed);
export type ApproveRollbackRequest = Static<typeof ApproveRollbackRequest>;
