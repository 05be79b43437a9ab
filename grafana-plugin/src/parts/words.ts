/** How the words of the product are said on screen, and the small computations behind them. */
import {
  allModels,
  type Actor,
  type AlertTier,
  type Autonomy,
  type BreakerStateName,
  type DecisionAction,
  type ReviewReason,
} from '@countersign/contract';
import type { BadgeColor } from '@grafana/ui';

export const reasonText: Record<ReviewReason, string> = {
  low_confidence: 'The model is not sure enough',
  automation_level: 'The policy wants a person to decide',
  breaker: 'The breaker is open: people decide everything',
  canary: 'Canary: the AI has acted, check it',
  authority_lost: 'The service had lost contact with Countersign',
  stale_authority: 'The AI acted after its authority had changed: check it',
  undeclared: 'The AI acted as a model that nobody has declared: check it',
  shadow: 'The model is on trial: it only advises',
  escalated: 'A colleague escalated it',
  disagreement: 'Two people disagree: yours is the last word',
};

export const actionText: Record<DecisionAction, string> = {
  accept: 'Accept',
  reject: 'Reject',
  modify: 'Modify',
  escalate: 'Escalate',
  rollback: 'Roll back',
};

/** What somebody did. */
export const actionDone: Record<DecisionAction, string> = {
  accept: 'accepted it',
  reject: 'rejected it',
  modify: 'modified it',
  escalate: 'escalated it',
  rollback: 'rolled it back',
};

export const tierText: Record<AlertTier, string> = {
  info: 'Info',
  action_required: 'Action required',
  incident: 'Incident',
};
export const tierColor: Record<AlertTier, BadgeColor> = { info: 'blue', action_required: 'orange', incident: 'red' };

export const breakerText: Record<BreakerStateName, string> = {
  closed: 'Closed: the AI acts within its policy',
  half_open: 'Half-open: the AI acts on a share, people check each',
  open: 'Open: people decide everything',
  forced_open: 'Tripped by hand: people decide everything',
};
export const autonomyText: Record<Autonomy | 'undeclared', string> = {
  undeclared: 'Undeclared: no authority',
  shadow: 'Shadow: it only advises',
  approval: 'Approval: people agree to each',
  canary: 'Canary, each checked',
  automatic: 'Automatic, within the policy',
};

export const breakerColor: Record<BreakerStateName, BadgeColor> = {
  closed: 'green',
  half_open: 'orange',
  open: 'red',
  forced_open: 'red',
};

/** What a signal is about: "override rate, confidence 0.9 to 1". */
export function signalText(monitor: string, subject: string | null, people: Readonly<Record<string, string>>): string {
  const name = monitor.replaceAll('_', ' ');
  return subject === null ? name : `${name}, ${people[subject] ?? subject}`;
}

export const modelText = ({ model_name, model_version }: { model_name: string; model_version: string }): string =>
  model_name === allModels ? 'all models' : `${model_name} ${model_version}`;

export const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** "4 min", "2 h 5 min"; without a sign. */
export function span(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  if (minutes < 1) return 'less than a minute';
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48
    ? `${hours} h${minutes % 60 === 0 ? '' : ` ${minutes % 60} min`}`
    : `${Math.floor(hours / 24)} days`;
}

/** "due in 4 min" or "overdue by 2 h". */
export function due(at: string, now: number): { text: string; overdue: boolean } {
  const left = Date.parse(at) - now;
  return left < 0
    ? { text: `overdue by ${span(left)}`, overdue: true }
    : { text: `due in ${span(left)}`, overdue: false };
}

/** What to call whoever acted: a person's name, or the end of the id, which tells people of one Grafana apart. */
export const nameOf = (id: string, people: Readonly<Record<string, string>>): string =>
  people[id] ?? id.split('#').at(-1) ?? id;
export const actorName = ({ id }: Actor, people: Record<string, string>): string => nameOf(id, people);
