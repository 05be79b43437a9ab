/** Incidents as the app shows them: alerts that belong together, who was told of them, and what people did. */
import Type, { type Static } from 'typebox';
import { EscalationTier } from './alert-policy.ts';
import { Uuid, Words, WorkflowId } from './fields.ts';
import { Postmortem } from './steps.ts';
import { AlertTier } from './words.ts';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);

export const IncidentState = Type.Enum(['open', 'acknowledged', 'resolved', 'closed']);
export type IncidentState = Static<typeof IncidentState>;

/** What somebody was told, or is to be told. */
export const NotificationView = Type.Object({
  level: Type.Integer(),
  channel: Type.String(),
  kind: Type.Enum(['trigger', 'update', 'acknowledge', 'resolve']),
  state: Type.Enum(['waiting', 'sent', 'undeliverable', 'not_sent']),
  attempts: Type.Integer(),
  /** When it was sent or given up; while it waits, when it is tried next. */
  at: Type.String(),
  /** What went wrong last. */
  problem: nullable(Type.String()),
});
export type NotificationView = Static<typeof NotificationView>;

export const Incident = Type.Object({
  incident_id: Type.String(),
  workflow_id: Type.String(),
  /** `*` when it is about people and queues. */
  model_name: Type.String(),
  state: IncidentState,
  drill: Type.Boolean(),
  title: Type.String(),
  highest_tier: AlertTier,
  /** The tier of the chain that it stands at, from 1. */
  level: Type.Integer(),
  chain: Type.Array(EscalationTier),
  /** When it climbs unless somebody acknowledges it. */
  climbs_at: nullable(Type.String()),
  opened_at: Type.String(),
  acknowledged_by: nullable(Type.String()),
  resolved_at: nullable(Type.String()),
  closed_at: nullable(Type.String()),
  /** It cannot be closed without one. */
  needs_postmortem: Type.Boolean(),
  postmortem: nullable(Postmortem),
  notifications: Type.Array(NotificationView),
});
export type Incident = Static<typeof Incident>;

export const Silence = Type.Object({
  silence_id: Type.String(),
  workflow_id: Type.String(),
  signal: nullable(Type.String()),
  model_name: nullable(Type.String()),
  until: Type.String(),
  by: Type.String(),
  reason: Type.String(),
});
export type Silence = Static<typeof Silence>;

const closed = { additionalProperties: false };
const justification = Words(20_000);

export const AcknowledgeRequest = Type.Object({ incident_id: Uuid, justification }, closed);
export type AcknowledgeRequest = Static<typeof AcknowledgeRequest>;

export const CloseRequest = Type.Object({ incident_id: Uuid, postmortem: Postmortem }, closed);
export type CloseRequest = Static<typeof CloseRequest>;

export const SilenceRequest = Type.Object(
  {
    workflow_id: WorkflowId,
    signal: nullable(Type.String({ minLength: 1, maxLength: 200 })),
    model_name: nullable(Type.String({ minLength: 1, maxLength: 200 })),
    /** How long: at most 30 days. */
    minutes: Type.Integer({ minimum: 1, maximum: 43_200 }),
    justification,
  },
  closed,
);
export type SilenceRequest = Static<typeof SilenceRequest>;

export const EndSilenceRequest = Type.Object({ silence_id: Uuid, justification }, closed);
export type EndSilenceRequest = Static<typeof EndSilenceRequest>;
