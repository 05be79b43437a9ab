/** Any web server: signed as Standard Webhooks 1.0 says, so that it can tell that it was us and that it is no replay. */
import { createHmac } from 'node:crypto';
import { outcomeOf, reachable, request } from './http.ts';
import type { Notifier } from './notifier.ts';

export interface WebhookOptions {
  readonly url: string;
  /** At least 24 bytes; as `whsec_` and base64, or any text. */
  readonly secret: string;
  readonly now: () => Date;
  readonly timeoutMs: number;
}

export function webhook({ url, secret, now, timeoutMs }: WebhookOptions): Notifier {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret, 'utf8');
  return {
    tells: ['trigger', 'update', 'acknowledge', 'resolve'],
    pages: false,
    async send({ key: id, message }) {
      const body = JSON.stringify({
        type: `countersign.incident.${message.kind}`,
        timestamp: message.at,
        data: message,
      });
      const timestamp = String(Math.floor(now().getTime() / 1_000));
      const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
      const headers = {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      };
      return outcomeOf(await request(url, { headers, body, timeoutMs }));
    },
    check: () => reachable(url, timeoutMs),
  };
}
