/**
 * What an audit record takes from its event alone: so whoever has the event's proven bytes, as a browser has, need not believe
 * what a daemon says that they mean. Pure, and without schemas.
 */
import type { AuditRecord } from './audit.ts';
import { eventTypes } from './event-types.ts';
import type { CountersignEvent } from './events.ts';
import type { Actor, DecisionAction } from './words.ts';

/** Of a human decision and an outcome, the model is on record with the AI decision that they answer. */
export type SaidByEvent = Pick<
  AuditRecord,
  | 'event_id'
  | 'timestamp'
  | 'workflow_id'
  | 'task_id'
  | 'input_snapshot'
  | 'model_output'
  | 'decision_actor'
  | 'decision_action'
  | 'justification'
>;

export function saidByEvent(event: CountersignEvent): SaidByEvent {
  return {
    event_id: event.id,
    timestamp: event.time,
    workflow_id: event.data.workflow_id,
    task_id: event.subject,
    input_snapshot: event.type === eventTypes.aiDecision ? event.data.input_snapshot : null,
    model_output: outputOf(event),
    decision_actor: actorOf(event),
    decision_action: actionOf(event),
    justification: justificationOf(event),
  };
}

export function actorOf(event: CountersignEvent): Actor {
  switch (event.type) {
    case eventTypes.aiDecision:
      return { type: 'ai', id: `${event.data.model.name}@${event.data.model.version}` };
    case eventTypes.humanDecision:
      return { type: 'human', id: event.data.reviewer };
    case eventTypes.outcome:
    case eventTypes.compensation:
      return { type: 'service', id: event.source };
    case eventTypes.breaker:
    case eventTypes.model:
    case eventTypes.retention:
    case eventTypes.reference:
    case eventTypes.escalation:
    case eventTypes.silence:
    case eventTypes.drill:
    case eventTypes.rollback:
    case eventTypes.review:
    case eventTypes.inspection:
      return event.data.by === 'daemon' ? { type: 'daemon', id: 'daemon' } : { type: 'human', id: event.data.by };
    default:
      return { type: 'daemon', id: 'daemon' };
  }
}

export const actionOf = (event: CountersignEvent): DecisionAction | null =>
  event.type === eventTypes.aiDecision || event.type === eventTypes.humanDecision ? event.data.action : null;

function outputOf(event: CountersignEvent): unknown {
  switch (event.type) {
    case eventTypes.aiDecision:
      return event.data.output;
    case eventTypes.humanDecision:
      return event.data.output ?? null;
    case eventTypes.outcome:
      return { label: event.data.label };
    default:
      return null;
  }
}

export function justificationOf(event: CountersignEvent): string | null {
  switch (event.type) {
    case eventTypes.aiDecision:
    case eventTypes.humanDecision:
    case eventTypes.model:
    case eventTypes.retention:
    case eventTypes.drill:
      return event.data.justification;
    case eventTypes.breaker:
      return `${event.data.from} → ${event.data.to}: ${event.data.reason}`;
    case eventTypes.alert:
      return event.data.summary;
    case eventTypes.escalation: {
      const { step, level, channel, reason } = event.data;
      return `incident ${step}, tier ${level}${channel === undefined ? '' : `, ${channel}`}: ${reason}`;
    }
    case eventTypes.rollback:
      return `rollback ${event.data.step}, ${event.data.count} steps: ${event.data.reason}`;
    case eventTypes.compensation:
      return `${event.data.action} ${event.data.state}${event.data.detail === undefined ? '' : `: ${event.data.detail}`}`;
    case eventTypes.intake:
      return `intake ${event.data.intake}: ${event.data.waiting} of ${event.data.limit} cases wait`;
    case eventTypes.silence:
      return `silence ${event.data.step}, until ${event.data.until}: ${event.data.reason}`;
    case eventTypes.inspection: {
      const { step, sample, title } = event.data;
      return `audit ${step.replace('_', ' ')}${step === 'announced' ? '' : `, ${sample.length} decisions`}: ${title}`;
    }
    case eventTypes.review: {
      const { step, action, reason } = event.data;
      return `${step.replace('_', ' ')}${action === undefined ? '' : ` ${action}`}: ${reason}`;
    }
    case eventTypes.policy:
      return `policy ${event.data.hash} in force`;
    case eventTypes.reference:
      return `compared with ${event.data.reference.decisions} decisions from here on`;
    case eventTypes.key:
      return `signed with ${event.data.key} from here on`;
    default:
      return null;
  }
}
