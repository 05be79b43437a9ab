/** A Slack incoming webhook. It gives no message id, so what follows comes as messages of their own. */
import type { Message } from '../message.ts';
import { outcomeOf, reachable, request } from './http.ts';
import type { Notifier } from './notifier.ts';
import { slackText } from './slack-blocks.ts';

export interface SlackWebhookOptions {
  /** The whole of it is a secret. */
  readonly url: string;
  readonly timeoutMs: number;
}

export function slackWebhook({ url, timeoutMs }: SlackWebhookOptions): Notifier {
  return {
    tells: ['trigger', 'acknowledge', 'resolve'],
    pages: false,
    send: async ({ message }) =>
      outcomeOf(
        await request(url, { headers: { 'content-type': 'application/json' }, body: body(message), timeoutMs }),
      ),
    check: () => reachable(url, timeoutMs),
  };
}

const body = (message: Message) => JSON.stringify(slackText(message));
