/** Each channel against a real server at its other end, which behaves and misbehaves. */
import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  mailPassword,
  startMailReceiver,
  startReceiver,
  type Behaviour,
  type MailReceiver,
  type Receiver,
} from '../../../../stack/test-receiver.ts';
import type { Message } from '../message.ts';
import { alertmanager } from './alertmanager.ts';
import { email } from './email.ts';
import { cut, type Notifier } from './notifier.ts';
import { pagerDuty } from './pagerduty.ts';
import { phone } from './phone.ts';
import { slackWebhook } from './slack-webhook.ts';
import { slack } from './slack.ts';
import { webhook } from './webhook.ts';

const timeoutMs = 400;
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const now = () => new Date('2026-01-05T10:00:00Z');
const message: Message = {
  kind: 'trigger',
  incident_id: '0195f000-0000-7000-8000-000000000001',
  cycle: 1,
  workflow_id: 'mail-moderation',
  model_name: 'spam-logit',
  drill: false,
  tier: 'incident',
  title: 'Mail moderation: override rate of spam-logit 1.1.0',
  happened: 'People changed 52 % of <b>what</b> it said & more.',
  cause: 'The model is the cause.',
  alerts: [{ signal: 'override_rate', summary: 'People changed 52 %.', tier: 'incident' }],
  level: 1,
  level_name: 'Automated mitigation',
  app_url: 'https://grafana.example/a/countersign-decisions-app/response?incident=1',
  runbook_url: 'https://runbooks.example/override_rate.md',
  opened_at: '2026-01-05T09:00:00.000Z',
  at: '2026-01-05T10:00:00.000Z',
};
const delivery = (change: Partial<Message> = {}) => ({
  key: 'i:1:c:1',
  message: { ...message, ...change },
  receipt: null,
});

let receiver: Receiver;
let mail: MailReceiver;
const closed = 'http://127.0.0.1:9';

beforeAll(async () => {
  receiver = await startReceiver();
  mail = await startMailReceiver();
});
afterAll(async () => {
  await receiver?.stop();
  await mail?.stop();
});
afterEach(() => {
  receiver.received.length = 0;
  receiver.behave({ is: 'answer', status: 200, body: '{"ok":true,"channel":"C1","ts":"17.5"}' });
  mail.mails.length = 0;
  mail.behave({ is: 'accept' });
});

const byHttp: readonly (readonly [name: string, of: (url: string) => Notifier])[] = [
  ['slack webhook', (url) => slackWebhook({ url: `${url}/services/T/B/x`, timeoutMs })],
  ['slack', (url) => slack({ url, token: 'xoxb-1', channel: 'C1', timeoutMs })],
  ['pagerduty', (url) => pagerDuty({ url: `${url}/v2/enqueue`, routingKey: 'R', timeoutMs })],
  [
    'phone',
    (url) => phone({ url, account: 'AC1', token: 't', by: 'call', from: '+4930111111', to: '+4930222222', timeoutMs }),
  ],
  ['webhook', (url) => webhook({ url: `${url}/hook`, secret, now, timeoutMs })],
  ['alertmanager', (url) => alertmanager({ url, login: null, timeoutMs })],
];

describe.each(byHttp)('%s', (name, of) => {
  const after = async (behaviour: Behaviour) => {
    receiver.behave(behaviour);
    return of(receiver.url).send(delivery());
  };

  it('is sent once', async () => {
    expect(await of(receiver.url).send(delivery())).toMatchObject({ is: 'sent' });
    expect(receiver.received).toHaveLength(1);
  });

  it.each([
    [{ is: 'hang' }, 'no answer in 0.4 s'],
    [{ is: 'close' }, /./],
    [{ is: 'answer', status: 500, body: 'on fire' }, 'HTTP 500: on fire'],
    [{ is: 'answer', status: 503 }, 'HTTP 503'],
    [{ is: 'answer', status: 401 }, 'HTTP 401'],
    [{ is: 'answer', status: 302, headers: { location: 'http://127.0.0.1:9/' } }, /redirect/],
  ] as const)('is tried again after %o', async (behaviour, problem) => {
    expect(await after(behaviour)).toEqual({
      is: 'retry',
      afterMs: null,
      problem: typeof problem === 'string' ? problem : expect.stringMatching(problem),
    });
  });

  it('waits as long as it is told to', async () => {
    expect(await after({ is: 'answer', status: 429, headers: { 'retry-after': '30' } })).toMatchObject({
      is: 'retry',
      afterMs: 30_000,
    });
    // A year is longer than anybody means.
    expect(await after({ is: 'answer', status: 429, headers: { 'retry-after': '31536000' } })).toMatchObject({
      afterMs: 3_600_000,
    });
  });

  it('is not tried again when the request itself is wrong', async () => {
    expect(await after({ is: 'answer', status: 400, body: 'no such key' })).toEqual({
      is: 'refused',
      problem: 'HTTP 400: no such key',
    });
  });

  it('is tried again when nobody listens, and the check says so', async () => {
    expect(await of(closed).send(delivery())).toMatchObject({ is: 'retry' });
    expect(await of(closed).check()).not.toBeNull();
  });

  it('is reachable without telling anybody', async () => {
    expect(await of(receiver.url).check()).toBeNull();
    expect(receiver.received.map(({ body }) => body).join('')).not.toContain('Mail moderation');
  });

  // Slack says in the body whether it took it; the others have said so by their status.
  it.each(['cut', 'drip'] as const)('an answer that is %s is no hang', async (is) => {
    expect((await after({ is })).is).toBe(name === 'slack' ? 'retry' : 'sent');
  });
});

const sentTo = async (
  notifier: Notifier,
  change: Partial<Message> = {},
  receipt: Record<string, string> | null = null,
) => {
  await notifier.send({ ...delivery(change), receipt });
  return receiver.received.map(({ path, headers, body }) => ({ path, headers, body }));
};

describe('what is said', () => {
  it('to Slack: escaped, with cause and links, within its limits', async () => {
    const long = Array.from({ length: 10 }, () => ({ ...message.alerts[0]!, summary: '😀'.repeat(2_000) }));
    const [sent] = await sentTo(slackWebhook({ url: receiver.url, timeoutMs }), {
      alerts: long,
      title: 'x'.repeat(400),
    });
    const { text, blocks } = JSON.parse(sent?.body ?? '') as {
      text: string;
      blocks: { type: string; text?: { text: string } }[];
    };
    expect(text).toContain('52 % of &lt;b&gt;what&lt;/b&gt; it said &amp; more.');
    const texts = blocks.map((block) => block.text?.text ?? '');
    expect(texts[0]?.length).toBeLessThanOrEqual(150);
    expect(Math.max(...texts.map(({ length }) => length))).toBeLessThanOrEqual(3_000);
    expect(texts.join()).toContain('*Likely cause:* The model is the cause.');
    expect(JSON.stringify(blocks)).toContain(`<${message.app_url}|Look and act>`);
    // No half of a character.
    expect(texts.every((shown) => shown.isWellFormed())).toBe(true);
  });

  it('to Slack in a thread, and the first message is brought up to date', async () => {
    const api = slack({ url: receiver.url, token: 'xoxb-1', channel: '#mail', timeoutMs });
    expect(await api.send(delivery())).toEqual({ is: 'sent', receipt: { channel: 'C1', ts: '17.5' } });
    receiver.received.length = 0;
    const sent = await sentTo(api, { kind: 'resolve' }, { channel: 'C1', ts: '17.5' });
    expect(sent.map(({ path }) => path)).toEqual(['/chat.postMessage', '/chat.update']);
    expect(JSON.parse(sent[0]?.body ?? '')).toMatchObject({ channel: '#mail', thread_ts: '17.5' });
    expect(JSON.parse(sent[1]?.body ?? '')).toMatchObject({ channel: 'C1', ts: '17.5' });
    expect(sent[0]?.headers.authorization).toBe('Bearer xoxb-1');
  });

  it.each([
    ['channel_not_found', 'refused'],
    ['ratelimited', 'retry'],
    ['token_revoked', 'retry'],
  ])('Slack that says %s is %s', async (error, is) => {
    receiver.behave({ is: 'answer', status: 200, body: JSON.stringify({ ok: false, error }) });
    const sent = await slack({ url: receiver.url, token: 'x', channel: 'C1', timeoutMs }).send(delivery());
    expect(sent).toMatchObject({ is, problem: `Slack says ${error}` });
  });

  it('to PagerDuty: one incident by its key, from trigger to resolve', async () => {
    const pager = pagerDuty({ url: `${receiver.url}/v2/enqueue`, routingKey: 'R', timeoutMs });
    await pager.send(delivery());
    await pager.send(delivery({ kind: 'acknowledge' }));
    await pager.send(delivery({ kind: 'resolve', drill: true }));
    const sent = receiver.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    expect(sent.map(({ event_action }) => event_action)).toEqual(['trigger', 'acknowledge', 'resolve']);
    expect(new Set(sent.map(({ dedup_key }) => dedup_key))).toEqual(new Set([`countersign-${message.incident_id}`]));
    expect(sent[0]).toMatchObject({
      routing_key: 'R',
      payload: { severity: 'critical', source: 'mail-moderation', class: 'override_rate' },
      links: [{ href: message.runbook_url, text: 'Runbook' }],
    });
    expect(sent[1]).not.toHaveProperty('payload');
  });

  it('on the telephone: spoken, escaped, and told to be a drill', async () => {
    const call = phone({
      url: receiver.url,
      account: 'AC1',
      token: 't',
      by: 'call',
      from: '+49301',
      to: '+49302',
      timeoutMs,
    });
    const [sent] = await sentTo(call, { drill: true });
    expect(sent?.path).toBe('/2010-04-01/Accounts/AC1/Calls.json');
    expect(sent?.headers.authorization).toBe(`Basic ${Buffer.from('AC1:t').toString('base64')}`);
    const form = new URLSearchParams(sent?.body);
    expect([form.get('To'), form.get('From')]).toEqual(['+49302', '+49301']);
    expect(form.get('Twiml')).toContain('DRILL incident');
    expect(form.get('Twiml')).toContain('52 % of &#60;b&#62;what');
  });

  it('by SMS, in a text message', async () => {
    const sms = phone({
      url: receiver.url,
      account: 'AC1',
      token: 't',
      by: 'sms',
      from: '+49301',
      to: '+49302',
      timeoutMs,
    });
    const [sent] = await sentTo(sms, { happened: 'y'.repeat(5_000) });
    expect(sent?.path).toBe('/2010-04-01/Accounts/AC1/Messages.json');
    expect(new URLSearchParams(sent?.body).get('Body')?.length).toBeLessThanOrEqual(1_600);
  });

  it('to a webhook: signed as Standard Webhooks says', async () => {
    const [sent] = await sentTo(webhook({ url: `${receiver.url}/hook`, secret, now, timeoutMs }));
    const signed = `i:1:c:1.${now().getTime() / 1_000}.${sent?.body}`;
    const wanted = createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
      .update(signed)
      .digest('base64');
    expect(sent?.headers).toMatchObject({ 'webhook-id': 'i:1:c:1', 'webhook-signature': `v1,${wanted}` });
    expect(JSON.parse(sent?.body ?? '')).toMatchObject({ type: 'countersign.incident.trigger', data: message });
  });

  it('to Alertmanager: the same labels from beginning to end, and an end', async () => {
    const manager = alertmanager({ url: receiver.url, login: { user: 'u', password: 'p' }, timeoutMs });
    await manager.send(delivery());
    await manager.send(delivery({ kind: 'resolve', at: '2026-01-05T11:00:00.000Z' }));
    const alerts = receiver.received.map(({ body }) => (JSON.parse(body) as { labels: unknown; endsAt: string }[])[0]);
    expect(receiver.received[0]).toMatchObject({ path: '/api/v2/alerts', headers: { authorization: 'Basic dTpw' } });
    expect(alerts[0]?.labels).toEqual(alerts[1]?.labels);
    expect(alerts.map((alert) => alert?.endsAt)).toEqual(['2026-01-12T10:00:00.000Z', '2026-01-05T11:00:00.000Z']);
  });
});

describe('e-mail', () => {
  const to = ['boss@example.org', 'deputy@example.org'];
  const mailer = (change: { login?: { user: string; password: string }; requireTls?: boolean } = {}) =>
    email({
      server: new URL(mail.server),
      login: change.login ?? null,
      requireTls: change.requireTls ?? false,
      from: 'countersign@example.org',
      to,
      timeoutMs,
    });

  it('reaches all, and what follows answers the first', async () => {
    const sent = await mailer({ login: { user: 'u', password: mailPassword } }).send(delivery());
    expect(sent).toEqual({ is: 'sent', receipt: { messageId: '<i.1.c.1@countersign>' } });
    const receipt = sent.is === 'sent' ? sent.receipt : null;
    await mailer().send({ ...delivery({ kind: 'resolve' }), key: 'i:1:c:2', receipt });
    expect(mail.mails.map((received) => received.to)).toEqual([to, to]);
    expect(mail.mails[0]?.text).toContain('Subject: [incident] Mail moderation: override rate of spam-logit');
    expect(mail.mails[0]?.text).toContain('Message-ID: <i.1.c.1@countersign>');
    expect(mail.mails[1]?.text).toContain('In-Reply-To: <i.1.c.1@countersign>');
  });

  it.each([
    [{ is: 'refuse', code: 550 }, 'refused'],
    [{ is: 'refuse', code: 451 }, 'retry'],
    [{ is: 'silent' }, 'retry'],
    [{ is: 'cut' }, 'retry'],
  ] as const)('%o: %s', async (behaviour, is) => {
    mail.behave(behaviour);
    expect(await mailer().send(delivery())).toMatchObject({ is });
    expect(mail.mails).toEqual([]);
  });

  it('is sent again only to those whose servers wanted it later', async () => {
    mail.behave({ is: 'refuse', code: 451, only: 'deputy@' });
    const sender = mailer();
    expect(await sender.send(delivery())).toMatchObject({ is: 'retry' });
    mail.behave({ is: 'accept' });
    expect(await sender.send(delivery())).toMatchObject({ is: 'sent' });
    expect(mail.mails.map((received) => received.to)).toEqual([['boss@example.org'], ['deputy@example.org']]);
  });

  it('says for whom it was refused', async () => {
    mail.behave({ is: 'refuse', code: 550, only: 'deputy@' });
    expect(await mailer().send(delivery())).toMatchObject({ is: 'sent', problem: 'refused for deputy@example.org' });
  });

  it('is tried again when the login is refused, for that can be mended', async () => {
    expect(await mailer({ login: { user: 'u', password: 'wrong' } }).send(delivery())).toMatchObject({ is: 'retry' });
    expect(await mailer({ login: { user: 'u', password: 'wrong' } }).check()).not.toBeNull();
    expect(await mailer().check()).toBeNull();
  });

  it('is not sent where TLS is wanted and not to be had', async () => {
    expect(await mailer({ requireTls: true }).send(delivery())).toMatchObject({ is: 'retry' });
    expect(mail.mails).toEqual([]);
  });
});

it('cuts a text between characters', () => {
  expect(cut('ab😀cd', 4)).toBe('ab…');
  expect(cut('abcd', 4)).toBe('abcd');
});
