/** The daemon is killed while it responds to an incident: the next one finds what is left to do, and does it once. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import pg from 'pg';
import { parse } from 'yaml';
import {
  eventSubject,
  eventTypes,
  uuidV7,
  type BreakerStep,
  type EscalationStep,
  type Policy,
} from '@countersign/contract';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { startReceiver, type Receiver } from '../../stack/test-receiver.ts';
import { endAll, startStage, type Ends, type Stage } from '../../stack/test-stage.ts';
import { eventually, passwords, repository } from '../../stack/test-loop.ts';

const workflow = 'mail-moderation';
const ends: Ends = [];
let on: Stage;
let slack: Receiver;
let owner: pg.Client;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  on = await startStage({ ends, natsServer: inject('natsServer') });
  slack = await startReceiver();
  ends.push(() => slack.stop());
  const directory = join(on.loop.directory, 'policies');
  mkdirSync(directory);
  const demo = parse(readFileSync(join(repository, 'policies/mail-moderation.yaml'), 'utf8')) as Policy;
  const policy: Policy = {
    ...demo,
    alerts: { counts: [{ name: 'Unsure', of: 'decision', confidence_below: 0.6, within: '1 hour', tier: 'incident' }] },
    escalation: { tiers: [{ name: 'Somebody', notify: ['slack'] }] },
  };
  writeFileSync(join(directory, 'mail.yaml'), JSON.stringify(policy));
  const channels = join(on.loop.directory, 'channels.yaml');
  writeFileSync(channels, 'channels: { slack: { kind: slack_webhook, url: { env: TEST_HOOK } } }');
  env = { COUNTERSIGN_POLICIES: directory, COUNTERSIGN_CHANNELS: channels, TEST_HOOK: `${slack.url}/hook` };
  owner = new pg.Client(on.loop.databaseUrl);
  await owner.connect();
  ends.push(() => owner.end());
}, 60_000);
afterEach(() => endAll(ends), 60_000);

/** A decision that the policy makes an incident of. */
async function decideUnsure(): Promise<void> {
  const connection = await connect({
    servers: on.loop.nats.url,
    user: 'service',
    pass: passwords.service,
    inboxPrefix: '_INBOX_service',
  });
  const id = uuidV7(Date.now(), randomBytes(10));
  const event = {
    specversion: '1.0',
    id,
    source: 'test',
    type: eventTypes.aiDecision,
    subject: 'task-1',
    time: new Date().toISOString(),
    data: {
      workflow_id: workflow,
      task_id: 'task-1',
      decision_id: uuidV7(Date.now(), randomBytes(10)),
      model: { name: 'spam-logit', version: '1.0.0', hash: `sha256:${'0'.repeat(64)}` },
      input_snapshot: { hash: `sha256:${'1'.repeat(64)}`, uri: 'urn:none' },
      output: { label: 'spam' },
      confidence: 0.5,
      risk_tier: 'medium',
      reversible: true,
      action: 'accept',
      justification: 'unsure',
      route: 'human',
      breaker_epoch: 0,
      latency_ms: 1,
    },
  };
  await jetstream(connection).publish(eventSubject(workflow, 'decision_ai'), JSON.stringify(event), { msgID: id });
  await connection.close();
}

const rowsOf = async (table: 'alert' | 'incident') => (await owner.query(`SELECT FROM ${table}`)).rowCount;

/** What the ledger says has happened, in order. */
async function onRecord(): Promise<{ breaker: string[]; escalation: string[] }> {
  const { rows } = await owner.query<{ type: string; data: BreakerStep & EscalationStep }>(
    `SELECT type, event -> 'data' AS data FROM audit_record WHERE type = ANY ($1) ORDER BY log_index`,
    [[eventTypes.breaker, eventTypes.escalation]],
  );
  const of = (type: string) => rows.filter((row) => row.type === type).map(({ data }) => data);
  return {
    breaker: of(eventTypes.breaker).map(({ from, to }) => `${from} ${to}`),
    escalation: of(eventTypes.escalation).map(({ step }) => step),
  };
}

/** One state, one notification, the record in the ledger; and so it stays. */
async function expectToldOnce(): Promise<void> {
  await eventually(
    'the message',
    async () => ((await onRecord()).escalation.includes('notified') ? true : null),
    40_000,
  );
  // A second one would be on its way by now: what is due is looked at each second.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  expect(await onRecord()).toEqual({ breaker: ['closed open'], escalation: ['opened', 'notified'] });
  expect([await rowsOf('alert'), await rowsOf('incident'), slack.received.length]).toEqual([1, 1, 1]);
}

it('between opening the incident and telling of it', { timeout: 120_000 }, async () => {
  slack.behave({ is: 'hang' });
  const daemon = await on.startDaemon(env);
  await decideUnsure();
  await eventually('the incident', async () => ((await rowsOf('incident')) === 1 ? true : null));
  await daemon.kill();
  slack.behave({ is: 'answer', status: 200 });
  slack.received.length = 0;
  await on.startDaemon(env);
  await expectToldOnce();
  expect(slack.received).toHaveLength(1);
});

it('between the alert, which has opened the breaker, and the incident', { timeout: 120_000 }, async () => {
  const daemon = await on.startDaemon(env);
  // Nobody gets past this while we hold it.
  await owner.query('BEGIN; LOCK TABLE incident IN ACCESS EXCLUSIVE MODE');
  await decideUnsure();
  await eventually('the alert', async () => ((await rowsOf('alert')) === 1 ? true : null));
  expect(await onRecord()).toEqual({ breaker: ['closed open'], escalation: [] });
  await daemon.kill();
  await owner.query('ROLLBACK');
  expect(await rowsOf('incident')).toBe(0);
  await on.startDaemon(env);
  await expectToldOnce();
});
