/** What people are told of an incident: the same facts for every channel, each of which says them in its own way. Pure. */
import { allModels, type Alert, type AlertTier } from '@countersign/contract';
import type { Incident, MessageKind } from './incident.ts';

export interface Message {
  readonly kind: MessageKind;
  readonly incident_id: string;
  /** How often the incident has begun. */
  readonly cycle: number;
  readonly workflow_id: string;
  readonly model_name: string;
  /** An exercise; every channel says so first. */
  readonly drill: boolean;
  readonly tier: AlertTier;
  readonly title: string;
  /** What has happened, in a sentence. */
  readonly happened: string;
  /** What the monitors hold to be the cause. */
  readonly cause: string | null;
  /** What is wrong, one alert each. */
  readonly alerts: readonly { readonly signal: string; readonly summary: string; readonly tier: AlertTier | null }[];
  readonly level: number;
  readonly level_name: string;
  /** Where to look and to act. */
  readonly app_url: string;
  readonly runbook_url: string | null;
  /** UTC, ISO 8601. */
  readonly opened_at: string;
  readonly at: string;
}

export interface Links {
  /** Grafana's root URL. */
  readonly grafana: string;
  /** Where runbooks are. */
  readonly runbooks: string;
}

const shownAlerts = 10;

export function messageOf(
  kind: MessageKind,
  incident: Incident,
  said: { readonly reason: string; readonly by: string; readonly cause: string | null },
  alerts: readonly Alert[],
  links: Links,
  now: Date,
): Message {
  const { drill, level } = incident;
  const [first] = alerts;
  return {
    kind,
    incident_id: incident.incident_id,
    cycle: incident.cycle,
    workflow_id: incident.workflow_id,
    model_name: incident.model_name,
    drill,
    tier: incident.highest_tier,
    title: incident.title,
    happened: happenedIn(kind, incident, said.reason, said.by),
    cause: said.cause,
    alerts: alerts.slice(0, shownAlerts).map(({ signal, summary, tier }) => ({ signal, summary, tier })),
    level,
    level_name: incident.chain[level - 1]?.name ?? '',
    app_url: `${withoutSlash(links.grafana)}/a/countersign-decisions-app/response?incident=${incident.incident_id}`,
    runbook_url: first === undefined ? null : `${withoutSlash(links.runbooks)}/${first.signal}.md`,
    opened_at: incident.opened_at.toISOString(),
    at: now.toISOString(),
  };
}

/** Of what it is, as a title: an alert's own words are in the list below it. */
export function titleOf(workflowTitle: string, alert: Pick<Alert, 'signal' | 'model_name' | 'model_version'>): string {
  const signal = alert.signal.replaceAll('_', ' ');
  // What a person has stopped is every version.
  const version = alert.model_version === allModels ? '' : ` ${alert.model_version}`;
  const whose = alert.model_name === allModels ? 'the people' : `${alert.model_name}${version}`;
  return `${workflowTitle}: ${signal} of ${whose}`;
}

function happenedIn(kind: MessageKind, { level, chain, state }: Incident, reason: string, by: string): string {
  switch (kind) {
    case 'trigger':
      return level === 1 ? reason : `Tier ${level}, ${chain[level - 1]?.name}: ${reason}`;
    case 'update':
      return reason;
    case 'acknowledge':
      return `Acknowledged by ${by.split('#').at(-1)}: ${reason}`;
    case 'resolve':
      return `${reason} ${state === 'resolved' ? 'It is resolved.' : ''}`.trim();
  }
}

const withoutSlash = (url: string) => url.replace(/\/+$/, '');

/** The subject line or first line of a message, on every channel alike. */
export function headline({ kind, drill, title, tier }: Message): string {
  const state = {
    trigger: tier.replaceAll('_', ' '),
    update: 'update',
    acknowledge: 'acknowledged',
    resolve: 'resolved',
  };
  return `${drill ? '[DRILL] ' : ''}[${state[kind]}] ${title}`;
}

/** All of it as plain text. */
export function plainText(message: Message): string {
  const { drill, happened, cause, alerts, app_url, runbook_url } = message;
  return [
    ...(drill ? ['This is a drill. Nothing is wrong; acknowledge it all the same.'] : []),
    happened,
    ...(cause === null ? [] : [`Likely cause: ${cause}`]),
    ...alerts.map(({ signal, summary }) => `- ${signal.replaceAll('_', ' ')}: ${summary}`),
    `Look and act: ${app_url}`,
    ...(runbook_url === null ? [] : [`Runbook: ${runbook_url}`]),
  ].join('\n');
}
