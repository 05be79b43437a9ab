/** An incident as Slack shows it. Limits of Block Kit: 50 blocks, 150 characters of a header, 3,000 of a section. */
import { headline, type Message } from '../message.ts';
import { cut } from './notifier.ts';

export function slackText(message: Message): { text: string; blocks: unknown[] } {
  const { drill, happened, cause, alerts, app_url, runbook_url } = message;
  const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text: cut(text, 3_000) } });
  const lines = alerts.map(({ signal, summary }) => `• *${escape(signal.replaceAll('_', ' '))}*: ${escape(summary)}`);
  const links = [`<${app_url}|Look and act>`, ...(runbook_url === null ? [] : [`<${runbook_url}|Runbook>`])].join(
    '  ·  ',
  );
  return {
    // What notifications and screen readers say.
    text: cut(escape(`${headline(message)}: ${happened}`), 3_000),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cut(headline(message), 150) } },
      ...(drill ? [section('*This is a drill.* Nothing is wrong; acknowledge it all the same.')] : []),
      section(escape(happened)),
      ...(cause === null ? [] : [section(`*Likely cause:* ${escape(cause)}`)]),
      ...(lines.length === 0 ? [] : [section(lines.join('\n'))]),
      { type: 'context', elements: [{ type: 'mrkdwn', text: links }] },
    ],
  };
}

/** The three characters that Slack gives a meaning to. */
const escape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
