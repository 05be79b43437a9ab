/** Slack's Web API: the first message begins a thread, what follows is said in it, and the first is brought up to date. */
import { outcomeOf, request, type HttpAnswer } from './http.ts';
import type { Delivery, Notifier, Receipt, Sent } from './notifier.ts';
import { slackText } from './slack-blocks.ts';

export interface SlackOptions {
  /** `https://slack.com/api`, or a stand-in. */
  readonly url: string;
  /** A bot's, with chat:write. */
  readonly token: string;
  readonly channel: string;
  readonly timeoutMs: number;
}

/** Errors of the Web API that mean that this very message will never be taken. */
const final = new Set([
  'channel_not_found',
  'is_archived',
  'msg_too_long',
  'no_text',
  'invalid_blocks',
  'not_in_channel',
  'invalid_arguments',
  'restricted_action',
]);

export function slack({ url, token, channel, timeoutMs }: SlackOptions): Notifier {
  const call = async (method: string, body: unknown): Promise<Sent & { receipt?: Receipt | null }> =>
    answerOf(
      await request(`${url}/${method}`, {
        headers: { 'content-type': 'application/json; charset=utf-8', authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
        timeoutMs,
      }),
    );

  return {
    tells: ['trigger', 'update', 'acknowledge', 'resolve'],
    pages: false,
    async send({ message, receipt }: Delivery): Promise<Sent> {
      if (receipt === null) return call('chat.postMessage', { channel, ...slackText(message) });
      const said = await call('chat.postMessage', { channel, thread_ts: receipt['ts'], ...slackText(message) });
      if (said.is !== 'sent') return said;
      // Who only sees the channel sees there how it stands. It is no loss when this fails: the thread says it.
      await call('chat.update', { channel: receipt['channel'], ts: receipt['ts'], ...slackText(message) });
      return { is: 'sent', receipt };
    },
    async check() {
      const answer = await call('auth.test', {});
      return answer.is === 'sent' ? null : answer.problem;
    },
  };
}

/** Slack says 200 to nearly everything; `ok` tells. */
function answerOf(answer: HttpAnswer): Sent {
  const outcome = outcomeOf(answer);
  if (answer.is === 'failed' || outcome.is !== 'sent') return outcome;
  const said = parsed(answer.text);
  if (said === null) return { is: 'retry', problem: 'the answer was cut off or is no JSON', afterMs: null };
  if (said.ok === true) {
    const { channel, ts } = said;
    return { is: 'sent', receipt: channel === undefined || ts === undefined ? null : { channel, ts } };
  }
  const problem = `Slack says ${said.error ?? 'nothing of what is wrong'}`;
  return final.has(said.error ?? '')
    ? { is: 'refused', problem }
    : { is: 'retry', problem, afterMs: answer.retryAfterMs };
}

function parsed(text: string | null): { ok?: boolean; error?: string; channel?: string; ts?: string } | null {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? value : null;
  } catch {
    return null;
  }
}
