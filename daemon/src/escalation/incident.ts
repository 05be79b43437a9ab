/**
 * An incident on its way up the tiers and back: a pure state machine. It climbs while nobody acknowledges it, is resolved
 * when no alert of it stands, and is closed with a postmortem. The chain is that of its opening, whatever becomes of the
 * policy.
 */
import {
  alertTiers,
  type AlertTier,
  type EscalationStep,
  type EscalationTier,
  type IncidentState,
  type NotificationView,
  type Postmortem,
  type QuietHours,
} from '@countersign/contract';
import { durationOf } from '../policies/index.ts';

export interface Incident {
  readonly incident_id: string;
  readonly workflow_id: string;
  readonly model_name: string;
  /** An exercise: nothing is wrong. */
  readonly drill: boolean;
  readonly state: IncidentState;
  readonly title: string;
  readonly highest_tier: AlertTier;
  readonly chain: readonly EscalationTier[];
  readonly quiet_hours: QuietHours | null;
  /** The tier of the chain that it stands at, from 1. */
  readonly level: number;
  /** Counts its steps. */
  readonly steps: number;
  /** How often it has begun, the first time included. */
  readonly cycle: number;
  readonly climbs_at: Date | null;
  readonly opened_at: Date;
  readonly acknowledged_by: string | null;
  readonly resolved_at: Date | null;
  readonly closed_at: Date | null;
  readonly postmortem: Postmortem | null;
}

export type IncidentEvent =
  /** An alert of it opened or rose. */
  | { readonly is: 'alert'; readonly tier: AlertTier; readonly title: string; readonly reason: string }
  /** It was not acknowledged in time; or nobody of its tier can be reached, so there is nothing to wait for. */
  | { readonly is: 'waited'; readonly reason: string }
  | { readonly is: 'acknowledge'; readonly by: string; readonly reason: string }
  /** No alert of it stands any more. */
  | { readonly is: 'ended'; readonly reason: string }
  | { readonly is: 'close'; readonly by: string; readonly postmortem: Postmortem | null };

export type MessageKind = NotificationView['kind'];
export type Action = NonNullable<EscalationTier['do']>[number];

export type IncidentMove =
  | {
      readonly is: 'moved';
      readonly incident: Incident;
      readonly step: EscalationStep['step'];
      readonly by: string;
      readonly reason: string;
      /** A trigger goes to the tier that it stands at, everything else to all who were told of it. */
      readonly tells: MessageKind | null;
      readonly does: readonly Action[];
    }
  | { readonly is: 'unchanged'; readonly reason: string };

/** A new incident at the first tier of its chain. */
export function opened(
  incident: Pick<
    Incident,
    'incident_id' | 'workflow_id' | 'model_name' | 'drill' | 'title' | 'highest_tier' | 'chain' | 'quiet_hours'
  >,
  reason: string,
  now: Date,
): IncidentMove & { readonly is: 'moved' } {
  const fresh: Incident = {
    ...incident,
    state: 'open',
    level: 1,
    steps: 0,
    cycle: 1,
    climbs_at: null,
    opened_at: now,
    acknowledged_by: null,
    resolved_at: null,
    closed_at: null,
    postmortem: null,
  };
  return at(fresh, 1, 'opened', reason, now);
}

export const needsPostmortem = ({ drill, highest_tier }: Pick<Incident, 'drill' | 'highest_tier'>): boolean =>
  !drill && highest_tier === 'incident';

/** The next state of an incident, and the reason there is one. */
export function step(incident: Incident, event: IncidentEvent, now: Date): IncidentMove {
  switch (event.is) {
    case 'alert':
      return alerted(incident, event, now);
    case 'waited':
      if (incident.state !== 'open') return unchanged(`it is ${incident.state}`);
      if (incident.level >= incident.chain.length) return unchanged('there is no tier above');
      return at(incident, incident.level + 1, 'climbed', event.reason, now);
    case 'acknowledge':
      if (incident.state === 'acknowledged') return unchanged(`${incident.acknowledged_by} has acknowledged it`);
      if (incident.state !== 'open') return unchanged(`it is ${incident.state}`);
      return {
        ...moved(incident, { state: 'acknowledged', acknowledged_by: event.by, climbs_at: null }, 'acknowledged'),
        by: event.by,
        reason: event.reason,
        tells: 'acknowledge',
      };
    case 'ended':
      if (incident.state !== 'open' && incident.state !== 'acknowledged') return unchanged(`it is ${incident.state}`);
      return {
        ...moved(incident, { state: 'resolved', resolved_at: now, climbs_at: null }, 'resolved'),
        reason: event.reason,
        tells: 'resolve',
      };
    case 'close':
      if (incident.state === 'closed') return unchanged('it is closed already');
      // Whoever has it may know better than an alert that still stands, which they then say.
      if (incident.state === 'open') return unchanged('an alert of it still stands; acknowledge it first');
      if (needsPostmortem(incident) && event.postmortem === null) return unchanged('it has no postmortem');
      return {
        ...moved(incident, { state: 'closed', closed_at: now, postmortem: event.postmortem }, 'closed'),
        by: event.by,
        reason: event.postmortem?.root_cause ?? 'no alert of it stands, and it needs no postmortem',
      };
  }
}

function alerted(
  incident: Incident,
  { tier, title, reason }: Extract<IncidentEvent, { is: 'alert' }>,
  now: Date,
): IncidentMove {
  const rises = rank(tier) > rank(incident.highest_tier);
  const raised = rises ? { ...incident, highest_tier: tier } : incident;
  switch (incident.state) {
    case 'closed':
      return unchanged('it is closed');
    case 'resolved':
      return at({ ...begun(raised), title, resolved_at: null }, 1, 'reopened', reason, now);
    case 'acknowledged':
      // What was acknowledged was less than this.
      if (rises) {
        return at(begun(raised), incident.level, 'reopened', reason, now);
      }
      return { ...moved(raised, {}, 'joined'), reason };
    case 'open':
      return { ...moved(raised, {}, 'joined'), reason, tells: rises ? 'update' : null };
  }
}

/** Once more, with nobody who has it. */
const begun = (incident: Incident): Incident => ({
  ...incident,
  state: 'open',
  acknowledged_by: null,
  cycle: incident.cycle + 1,
});

/** It comes to stand at a tier of its chain: those are told, what the policy says is done, and the wait begins. */
function at(incident: Incident, level: number, name: EscalationStep['step'], reason: string, now: Date) {
  const tier = incident.chain[level - 1];
  const wait = tier?.wait;
  const climbs_at = wait === undefined ? null : new Date(now.getTime() + durationOf(wait));
  return {
    ...moved(incident, { level, climbs_at }, name),
    reason,
    tells: 'trigger' as const,
    does: tier?.do ?? [],
  };
}

const moved = (incident: Incident, change: Partial<Incident>, name: EscalationStep['step']) => ({
  is: 'moved' as const,
  incident: { ...incident, ...change, steps: incident.steps + 1 },
  step: name,
  by: 'daemon',
  tells: null as MessageKind | null,
  does: [] as readonly Action[],
});
const unchanged = (reason: string): IncidentMove => ({ is: 'unchanged', reason });
const rank = (tier: AlertTier) => alertTiers.indexOf(tier);
