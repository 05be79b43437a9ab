/** `countersign drill` against a running daemon whose channels lead to real servers. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { Policy } from '@countersign/contract';
import { repository, startTestLoop, type TestLoop } from '../../../stack/test-loop.ts';
import { startMailReceiver, startReceiver, type MailReceiver, type Receiver } from '../../../stack/test-receiver.ts';
import { runCountersign } from '../../../stack/test-cli.ts';
import { readConfig } from '../config.ts';
import { startDaemon, type Daemon } from '../main.ts';

let loop: TestLoop;
let daemon: Daemon;
let web: Receiver;
let mail: MailReceiver;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  loop = await startTestLoop(inject('postgresUrl'), inject('natsServer'));
  [web, mail] = [await startReceiver(), await startMailReceiver()];
  const policies = join(loop.directory, 'policies');
  mkdirSync(policies);
  const demo = parse(readFileSync(join(repository, 'policies/mail-moderation.yaml'), 'utf8')) as Policy;
  const escalation = {
    tiers: [
      { name: 'Slack', notify: ['slack'], wait: '1 hour' },
      { name: 'On call', notify: ['pager', 'nowhere'], wait: '1 hour' },
      { name: 'Executives', notify: ['mail'] },
    ],
  };
  writeFileSync(join(policies, 'mail.yaml'), JSON.stringify({ ...demo, escalation }));
  const channels = join(loop.directory, 'channels.yaml');
  writeFileSync(
    channels,
    `channels:
  slack: { kind: slack_webhook, url: { env: TEST_SLACK_URL } }
  pager: { kind: pagerduty, routing_key: { env: TEST_KEY }, url: "${web.url}/pager" }
  nowhere: { kind: webhook, url: "http://127.0.0.1:9/", secret: { env: TEST_KEY } }
  mail: { kind: email, server: "${mail.server}", insecure: true, from: a@example.org, to: [b@example.org] }
`,
  );
  env = {
    ...process.env,
    ...loop.env(),
    COUNTERSIGN_POLICIES: policies,
    COUNTERSIGN_CHANNELS: channels,
    COUNTERSIGN_LOG_LEVEL: 'silent',
    TEST_SLACK_URL: `${web.url}/slack`,
    TEST_KEY: 'a-key-of-more-than-24-characters',
  };
  Object.assign(process.env, { TEST_SLACK_URL: env['TEST_SLACK_URL'], TEST_KEY: env['TEST_KEY'] });
  daemon = await startDaemon(readConfig(env));
});
afterAll(async () => {
  await daemon?.stop();
  await web?.stop();
  await mail?.stop();
  await loop?.stop();
});

const countersign = (...args: string[]) => runCountersign(env, args);

it('says which tier could be reached, and tells nobody', async () => {
  const { status, stdout } = await countersign('drill', '--preflight');
  expect(stdout).toContain('mail-moderation, tier 1, Slack: reachable\n  slack: answers\n');
  expect(stdout).toContain('mail-moderation, tier 2, On call: reachable\n  pager: answers\n  nowhere: ');
  expect(stdout).toContain('mail-moderation, tier 3, Executives: reachable\n  mail: answers\n');
  expect([status, mail.mails, web.received.filter(({ method }) => method === 'POST')]).toEqual([0, [], []]);
});

it('fails when a tier has nobody', async () => {
  await mail.stop();
  const { status, stdout } = await countersign('drill', '--preflight');
  expect(stdout).toContain('mail-moderation, tier 3, Executives: NOBODY CAN BE REACHED');
  expect(status).toBe(1);
  const port = Number(new URL(mail.server).port);
  mail = await startMailReceiver(port);
});

it('walks every tier, and writes who was reached and how fast', async () => {
  const report = join(loop.directory, 'report.md');
  const asked = [
    'drill',
    '--workflow',
    'mail-moderation',
    '--why',
    'the monthly one',
    '--by',
    'ann',
    '--wait',
    '1 second',
  ];
  const { status, stdout, stderr } = await countersign(...asked, '--report', report);
  expect(stderr).toBe('');
  const text = readFileSync(report, 'utf8');
  expect(text).toMatch(/\| 1 \| Slack \| slack \| reached in \d+\.\d s \|/);
  expect(text).toMatch(/\| 2 \| On call \| pager \| reached in \d+\.\d s \|/);
  expect(text).toMatch(/\| 2 \| On call \| nowhere \| NOT REACHED: .+ \|/);
  expect(text).toMatch(/\| 3 \| Executives \| mail \| reached in \d+\.\d s \|/);
  expect(text).toContain('Nobody acknowledged it.');
  expect(stdout).toContain(text);
  expect(status).toBe(0);
  expect(mail.mails[0]?.text).toContain('[DRILL]');
  expect(web.received.filter(({ method }) => method === 'POST').map(({ path }) => path)).toEqual(
    expect.arrayContaining(['/slack', '/pager']),
  );
}, 90_000);

it('says how it is called', async () => {
  expect(await countersign('drill')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('--workflow is missing'),
  });
  const wrong = await countersign('drill', '--workflow', 'x', '--why', 'y', '--wait', 'soon');
  expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining('--wait is "soon"') });
  expect(await countersign('drill', '--workflow', 'refunds', '--why', 'y')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('there is no policy of refunds'),
  });
});
