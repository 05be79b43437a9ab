/** PagerDuty Events API v2. Its dedup_key is the incident: however often it is sent, one incident is there. */
import { headline, plainText, type Message } from '../message.ts';
import { outcomeOf, reachable, request } from './http.ts';
import { cut, type Notifier } from './notifier.ts';

export interface PagerDutyOptions {
  /** `https://events.pagerduty.com/v2/enqueue`, or a stand-in. */
  readonly url: string;
  readonly routingKey: string;
  readonly timeoutMs: number;
}

/** One incident there each time that ours begins. */
const keyOf = (incidentId: string, cycle: number) => `countersign-${incidentId}${cycle > 1 ? `-${cycle}` : ''}`;

const actions = { trigger: 'trigger', acknowledge: 'acknowledge', resolve: 'resolve' } as const;
const severities = { info: 'info', action_required: 'error', incident: 'critical' } as const;

export function pagerDuty({ url, routingKey, timeoutMs }: PagerDutyOptions): Notifier {
  return {
    tells: ['trigger', 'acknowledge', 'resolve'],
    pages: true,
    async send({ message }) {
      if (message.kind === 'update') return { is: 'sent', receipt: null };
      const body = {
        routing_key: routingKey,
        event_action: actions[message.kind],
        dedup_key: keyOf(message.incident_id, message.cycle),
        ...(message.kind === 'trigger' ? { payload: payloadOf(message), ...linksOf(message) } : {}),
      };
      const post = (event: object) =>
        request(url, { headers: { 'content-type': 'application/json' }, body: JSON.stringify(event), timeoutMs });
      if (message.kind === 'trigger' && message.cycle > 1) {
        // What was acknowledged there pages nobody again: it ends, and another begins. No loss when that is not heard.
        const before = keyOf(message.incident_id, message.cycle - 1);
        await post({ routing_key: routingKey, event_action: 'resolve', dedup_key: before });
      }
      return outcomeOf(await post(body));
    },
    check: () => reachable(url, timeoutMs),
  };
}

/** Limits of the API: 1,024 characters of a summary, 512 kB of an event. */
const payloadOf = (message: Message) => ({
  summary: cut(headline(message), 1_024),
  source: message.workflow_id,
  severity: message.drill ? 'info' : severities[message.tier],
  timestamp: message.at,
  component: message.model_name,
  group: message.workflow_id,
  class: message.alerts[0]?.signal ?? 'drill',
  custom_details: { text: cut(plainText(message), 50_000), cause: message.cause, tier: message.level_name },
});

const linksOf = ({ app_url, runbook_url }: Message) => ({
  client: 'Countersign',
  client_url: app_url,
  links: runbook_url === null ? [] : [{ href: runbook_url, text: 'Runbook' }],
});
