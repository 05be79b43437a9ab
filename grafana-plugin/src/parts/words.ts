/** How the words of the product are said on screen, and the small computations behind them. */
import {
  allModels,
  type Actor,
  type AlertTier,
  type AuditRecord,
  type AutomationLevel,
  type Autonomy,
  type BreakerStateName,
  type DecisionAction,
  type ReviewReason,
  type RiskTier,
} from '@countersign/contract';
import type { BadgeColor } from '@grafana/ui';
import { t } from './i18n';

/**
 * A table that is read when something is said: when its file is evaluated, no translation has been loaded yet. A plugin
 * that does not say it does without it.
 */
export const words =
  /* @__NO_SIDE_EFFECTS__ */
  <Key extends string, Values = void>(table: Readonly<Record<Key, (values: Values) => string>>) =>
    (key: Key, values: Values): string =>
      table[key](values);

export const reasonText = words<ReviewReason>({
  low_confidence: () => t('words.reason.low_confidence', 'The model is not sure enough'),
  automation_level: () => t('words.reason.automation_level', 'The policy wants a person to decide'),
  breaker: () => t('words.reason.breaker', 'The breaker is open: people decide everything'),
  canary: () => t('words.reason.canary', 'Canary: the AI has acted, check it'),
  authority_lost: () => t('words.reason.authority_lost', 'The service had lost contact with Countersign'),
  stale_authority: () => t('words.reason.stale_authority', 'The AI acted after its authority had changed: check it'),
  undeclared: () => t('words.reason.undeclared', 'The AI acted as a model that nobody has declared: check it'),
  shadow: () => t('words.reason.shadow', 'The model is on trial: it only advises'),
  escalated: () => t('words.reason.escalated', 'A colleague escalated it'),
  disagreement: () => t('words.reason.disagreement', 'Two people disagree: yours is the last word'),
});

export const actorText = words<Actor['type']>({
  ai: () => t('words.actor.ai', 'ai'),
  human: () => t('words.actor.human', 'human'),
  service: () => t('words.actor.service', 'service'),
  daemon: () => t('words.actor.daemon', 'daemon'),
});

export const riskText = words<RiskTier>({
  low: () => t('words.risk.low', 'low risk'),
  medium: () => t('words.risk.medium', 'medium risk'),
  high: () => t('words.risk.high', 'high risk'),
});

/** What a policy lets the AI do with a kind of decision. */
export const levelText = words<AutomationLevel>({
  automatic: () => t('words.level.automatic', 'the AI acts alone'),
  approval: () => t('words.level.approval', 'a person approves'),
  human: () => t('words.level.human', 'a person decides'),
});

export const actionText = words<DecisionAction>({
  accept: () => t('words.action.accept', 'Accept'),
  reject: () => t('words.action.reject', 'Reject'),
  modify: () => t('words.action.modify', 'Modify'),
  escalate: () => t('words.action.escalate', 'Escalate'),
  rollback: () => t('words.action.rollback', 'Roll back'),
});

/** Behind a name, in a list of what people did: "Ann: accept". */
export const actionDid = words<DecisionAction>({
  accept: () => t('words.did.accept', 'accept'),
  reject: () => t('words.did.reject', 'reject'),
  modify: () => t('words.did.modify', 'modify'),
  escalate: () => t('words.did.escalate', 'escalate'),
  rollback: () => t('words.did.rollback', 'roll back'),
});

/** What somebody did, and when. */
export const actionDone = words<DecisionAction, { name: string; ago: string }>({
  accept: (who) => t('words.done.accept', '{{name}} accepted it {{ago}}', who),
  reject: (who) => t('words.done.reject', '{{name}} rejected it {{ago}}', who),
  modify: (who) => t('words.done.modify', '{{name}} modified it {{ago}}', who),
  escalate: (who) => t('words.done.escalate', '{{name}} escalated it {{ago}}', who),
  rollback: (who) => t('words.done.rollback', '{{name}} rolled it back {{ago}}', who),
});

export const tierText = words<AlertTier>({
  info: () => t('words.tier.info', 'Info'),
  action_required: () => t('words.tier.action_required', 'Action required'),
  incident: () => t('words.tier.incident', 'Incident'),
});
export const tierColor: Record<AlertTier, BadgeColor> = { info: 'blue', action_required: 'orange', incident: 'red' };

export const breakerText = words<BreakerStateName>({
  closed: () => t('words.breaker.closed', 'Closed: the AI acts within its policy'),
  half_open: () => t('words.breaker.half_open', 'Half-open: the AI acts on a share, people check each'),
  open: () => t('words.breaker.open', 'Open: people decide everything'),
  forced_open: () => t('words.breaker.forced_open', 'Tripped by hand: people decide everything'),
});

/** Where there is little room. */
export const breakerShort = words<BreakerStateName>({
  closed: () => t('words.breaker-short.closed', 'breaker closed'),
  half_open: () => t('words.breaker-short.half_open', 'breaker half open'),
  open: () => t('words.breaker-short.open', 'breaker open'),
  forced_open: () => t('words.breaker-short.forced_open', 'breaker forced open'),
});
export const breakerColor: Record<BreakerStateName, BadgeColor> = {
  closed: 'green',
  half_open: 'orange',
  open: 'red',
  forced_open: 'red',
};

export const autonomyText = words<Autonomy | 'undeclared'>({
  undeclared: () => t('words.autonomy.undeclared', 'Undeclared: no authority'),
  shadow: () => t('words.autonomy.shadow', 'Shadow: it only advises'),
  approval: () => t('words.autonomy.approval', 'Approval: people agree to each'),
  canary: () => t('words.autonomy.canary', 'Canary, each checked'),
  automatic: () => t('words.autonomy.automatic', 'Automatic, within the policy'),
});

/** Where there is little room. */
export const autonomyShort = words<Autonomy>({
  shadow: () => t('words.autonomy-short.shadow', 'shadow'),
  approval: () => t('words.autonomy-short.approval', 'approval'),
  canary: () => t('words.autonomy-short.canary', 'canary'),
  automatic: () => t('words.autonomy-short.automatic', 'automatic'),
});

/** What a signal is about: "override rate, confidence 0.9 to 1". The daemon's words, as its messages have them too. */
export function signalText(monitor: string, subject: string | null, people: Readonly<Record<string, string>>): string {
  const name = monitor.replaceAll('_', ' ');
  return subject === null ? name : `${name}, ${people[subject] ?? subject}`;
}

export const modelText = ({ model_name, model_version }: { model_name: string; model_version: string }): string =>
  model_name === allModels
    ? t('words.all-models', 'all models')
    : model_version === allModels
      ? model_name
      : `${model_name} ${model_version}`;

/** "Ann: reject, “I know the sender”". */
export const didText = (name: string, did: string, why: string | null): string =>
  why
    ? t('words.did-why', '{{name}}: {{did}}, “{{why}}”', { name, did, why })
    : t('words.did-plain', '{{name}}: {{did}}', { name, did });

/** What a record says was done or found, in a line. */
export function recordText(
  { decision_actor, decision_action, model_output, justification }: AuditRecord,
  people: Record<string, string>,
): string {
  const name = actorName(decision_actor, people);
  if (decision_action !== null) return didText(name, actionDid(decision_action), justification);
  const label = decision_actor.type === 'service' ? (model_output as { label?: unknown } | null)?.label : undefined;
  if (typeof label === 'string')
    return t('words.turned-out', '{{name}}: it turned out to be {{label}}', { name, label });
  return t('words.did-plain', '{{name}}: {{did}}', { name, did: justification ?? '' });
}

export const percent = (share: number): string =>
  t('words.percent', '{{percent}}\u00a0%', { percent: Math.round(share * 100) });

/** "4 min", "2 h 5 min", "3 days"; without a sign. */
export function span(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (minutes < 1) return t('words.span.moment', 'less than a minute');
  if (hours < 1) return t('words.span.minutes', '{{minutes}} min', { minutes });
  if (hours >= 48) {
    return t('words.span.days', '', {
      count: Math.floor(hours / 24),
      defaultValue_one: '{{count}} day',
      defaultValue_other: '{{count}} days',
    });
  }
  return rest === 0
    ? t('words.span.hours', '{{hours}} h', { hours })
    : t('words.span.hours-minutes', '{{hours}} h {{minutes}} min', { hours, minutes: rest });
}

/** Day and time, in the language and the time zone of the browser. */
export const moment = (at: string): string =>
  new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** "4 min ago". */
export const ago = (at: string, now: number): string =>
  t('words.ago', '{{span}} ago', { span: span(now - Date.parse(at)) });

/** "due in 4 min" or "overdue by 2 h". */
export function due(at: string, now: number): { text: string; overdue: boolean } {
  const left = Date.parse(at) - now;
  return left < 0
    ? { text: t('words.overdue', 'overdue by {{span}}', { span: span(left) }), overdue: true }
    : { text: t('words.due', 'due in {{span}}', { span: span(left) }), overdue: false };
}

/** What to call whoever acted: a person's name, or the end of the id, which tells people of one Grafana apart. */
export const nameOf = (id: string, people: Readonly<Record<string, string>>): string =>
  people[id] ?? id.split('#').at(-1) ?? id;
export const actorName = ({ id }: Actor, people: Record<string, string>): string => nameOf(id, people);
