import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readChannels } from './channels.ts';

const directory = mkdtempSync(join(tmpdir(), 'countersign-channels-'));
const read = (text: string, env: NodeJS.ProcessEnv = {}) => {
  const path = join(directory, 'channels.yaml');
  writeFileSync(path, text);
  return readChannels(path, { env, now: () => new Date(0), timeoutMs: 1_000 });
};
const file = (text: string) => {
  const path = join(directory, 'secret');
  writeFileSync(path, text);
  return path;
};

it('reads every kind, secrets from environment and files', () => {
  const channels = read(
    `channels:
  slack: { kind: slack_webhook, url: { env: HOOK } }
  bot: { kind: slack, token: { env: TOKEN }, channel: C1 }
  pager: { kind: pagerduty, routing_key: { file: ${file('key\n')} } }
  mail: { kind: email, server: "smtps://mail.example.org", user: me, password: { env: TOKEN }, from: a@example.org, to: [b@example.org] }
  phone: { kind: phone, by: call, account: AC1, token: { env: TOKEN }, from: "+4930111111", to: "+4930222222" }
  hook: { kind: webhook, url: "https://example.org/", secret: { env: SECRET } }
  manager: { kind: alertmanager, url: "http://127.0.0.1:9093" }
`,
    { HOOK: 'https://hooks.example.org/x', TOKEN: 't', SECRET: 'x'.repeat(24) },
  );
  expect([...channels.keys()]).toEqual(['slack', 'bot', 'pager', 'mail', 'phone', 'hook', 'manager']);
});

it('has none without a file', () => {
  expect(readChannels('', { env: {}, now: () => new Date(0), timeoutMs: 1 }).size).toBe(0);
});

it('names every problem, and no secret', () => {
  const text = `channels:
  a: { kind: carrier_pigeon }
  b: { kind: slack_webhook, url: { env: NOT_SET } }
  c: { kind: pagerduty, routing_key: secret-in-the-file }
  d: { kind: webhook, url: "https://example.org/", secret: { env: SHORT } }
  e: { kind: phone, by: call, account: A, token: { env: SHORT }, from: "0301", to: "+4930222222", colour: red }
  f: { kind: slack, token: {}, channel: C1 }
  g: { kind: slack_webhook, url: { env: SHORT } }
`;
  const message = (() => {
    try {
      read(text, { SHORT: 'too-short' });
      return '';
    } catch (error) {
      return String(error);
    }
  })();
  for (const wanted of [
    'channels.a.kind: "carrier_pigeon" is none of slack_webhook, slack,',
    'channels.b.url: NOT_SET is not set in the environment.',
    'channels.c.routing_key:',
    'channels.d.secret: has fewer than 24 characters',
    'channels.e.from:',
    'channels.e.colour: There is no such field.',
    'channels.f.token: say where the secret is',
    'channels.g.url: the secret is no URL',
  ])
    expect(message).toContain(wanted);
  expect(message).not.toContain('secret-in-the-file');
  expect(message).not.toContain('too-short');
});

it.each(['channels', 'channels: []', '- a', 'other: {}\nchannels: {}', 'channels: {a: {kind: slack'])(
  'says what it wants of %j',
  (text) => {
    expect(() => read(text)).toThrow(/channels/);
  },
);

it('keeps secrets out of what it says of problems', async () => {
  const token = 'https://127.0.0.1:9/services/very-secret';
  const channels = read('channels: { s: { kind: slack_webhook, url: { env: HOOK } } }', { HOOK: token });
  const check = await channels.get('s')?.check();
  expect(check).not.toBeNull();
  expect(check).not.toContain('very-secret');
});
