/** Prometheus Alertmanager, API v2: an incident is an alert with an end; told again, it lasts longer. */
import { allModels } from '@countersign/contract';
import type { Message } from '../message.ts';
import { outcomeOf, request } from './http.ts';
import type { Notifier } from './notifier.ts';

export interface AlertmanagerOptions {
  readonly url: string;
  /** For basic authentication; none when it is null. */
  readonly login: { readonly user: string; readonly password: string } | null;
  readonly timeoutMs: number;
}

/** Without an end Alertmanager takes an alert for resolved after five minutes; it ends by our word, or after this. */
const lastsMs = 7 * 86_400_000;

export function alertmanager({ url, login, timeoutMs }: AlertmanagerOptions): Notifier {
  const authorization =
    login === null
      ? {}
      : { authorization: `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}` };
  return {
    tells: ['trigger', 'update', 'resolve'],
    pages: false,
    async send({ message }) {
      const headers = { 'content-type': 'application/json', ...authorization };
      return outcomeOf(
        await request(`${url}/api/v2/alerts`, { headers, body: JSON.stringify([alertOf(message)]), timeoutMs }),
      );
    },
    async check() {
      const outcome = outcomeOf(
        await request(`${url}/api/v2/status`, { method: 'GET', headers: authorization, timeoutMs }),
      );
      return outcome.is === 'sent' ? null : outcome.problem;
    },
  };
}

/** The labels are the incident's identity: they stay the same from beginning to end. */
const alertOf = (message: Message) => ({
  labels: {
    alertname: 'CountersignIncident',
    incident_id: message.incident_id,
    workflow: message.workflow_id,
    model: message.model_name,
    // By which alert-rules/alertmanager.yaml sends an incident to the pager and to the team's channel.
    tier: 'incident',
    team: message.model_name === allModels ? 'oversight' : 'model',
    product: 'countersign',
    ...(message.drill ? { drill: 'true' } : {}),
  },
  annotations: {
    summary: message.title,
    description: message.happened,
    tier: message.tier,
    level: String(message.level),
    cause: message.cause ?? '',
    runbook_url: message.runbook_url ?? '',
  },
  startsAt: message.opened_at,
  endsAt: message.kind === 'resolve' ? message.at : new Date(Date.parse(message.at) + lastsMs).toISOString(),
  generatorURL: message.app_url,
});
