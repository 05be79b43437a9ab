/** What the other side says of problems: never a secret in it, and always such that it can be stored. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startReceiver, type Behaviour, type Receiver } from '../../../stack/test-receiver.ts';
import { readChannels, type Channels } from './channels.ts';
import type { Message } from './message.ts';

const token = 'xoxb-1234567890-abcdefghijklmnop';
const path = '/services/T00000000/B00000000/abcdefghijklmnopqrstuvwx';
let receiver: Receiver;
let channels: Channels;

beforeAll(async () => {
  receiver = await startReceiver();
  const file = join(mkdtempSync(join(tmpdir(), 'countersign-channels-')), 'channels.yaml');
  writeFileSync(
    file,
    `channels:
  hook: { kind: slack_webhook, url: { env: HOOK } }
  bot: { kind: slack, url: "${receiver.url}", channel: C, token: { env: TOKEN } }
`,
  );
  const env = { HOOK: `${receiver.url}${path}`, TOKEN: token };
  channels = readChannels(file, { env, now: () => new Date(), timeoutMs: 500 });
});
afterAll(() => receiver?.stop());

async function problemOf(channel: string, behaviour: Behaviour): Promise<string> {
  receiver.behave(behaviour);
  const sent = await channels.get(channel)?.send({ key: 'k', message, receipt: null });
  return sent === undefined || sent.is === 'sent' ? '' : sent.problem;
}
const answer = (status: number, body: string): Behaviour => ({ is: 'answer', status, body });

it('hides secrets, also a part of one and one that is cut', async () => {
  const named = await problemOf('hook', answer(404, `<pre>Cannot POST ${path}</pre>`));
  expect(named).toContain('Cannot POST');
  expect(named).not.toContain('abcdefgh');
  for (let padding = 150; padding < 320; padding += 10) {
    const problem = await problemOf('bot', answer(500, `${'x'.repeat(padding)} Bearer ${token}`));
    expect(problem).not.toContain('xoxb');
  }
});

it('can be stored, whatever bytes it was', async () => {
  for (const body of ['no\u0000pe', `${'x'.repeat(289)}😀😀`, '\ud83d alone']) {
    const problem = await problemOf('hook', answer(404, body));
    expect([problem.includes('\0'), problem.isWellFormed()]).toEqual([false, true]);
  }
  receiver.behave(answer(200, '{"ok":true,"channel":"C1","ts":"1\\u00005"}'));
  expect(await channels.get('bot')?.send({ key: 'k', message, receipt: null })).toEqual({ is: 'sent', receipt: null });
});

const message: Message = {
  kind: 'trigger',
  incident_id: 'i',
  cycle: 1,
  workflow_id: 'w',
  model_name: 'm',
  drill: false,
  tier: 'incident',
  title: 't',
  happened: 'h',
  cause: null,
  alerts: [],
  level: 1,
  level_name: 'l',
  app_url: 'https://grafana.example',
  runbook_url: null,
  opened_at: '2026-01-05T09:00:00.000Z',
  at: '2026-01-05T09:00:00.000Z',
};
