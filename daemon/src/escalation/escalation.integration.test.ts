/** The climb and the way back: PostgreSQL, the ledger, and servers at the other end of each channel are real. */
import { randomBytes } from 'node:crypto';
import { eventTypes, uuidV7, type EscalationPolicy, type EscalationStep, type Signal } from '@countersign/contract';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { policiesWith } from '../../../stack/test-policy.ts';
import { startTestLog, type TestLog } from '../../../stack/test-log.ts';
import { eventually } from '../../../stack/test-loop.ts';
import { startReceiver, type Receiver } from '../../../stack/test-receiver.ts';
import { Alerts } from '../alerts/index.ts';
import { Escalation } from './escalation.ts';
import { slackWebhook } from './notifiers/slack-webhook.ts';
import { pagerDuty } from './notifiers/pagerduty.ts';
import { phone } from './notifiers/phone.ts';
import { NotificationOutbox } from './outbox.ts';
import { Silences } from './silences.ts';
import { takeDue } from './store.ts';

const workflow = 'mail-moderation';
const minute = 60_000;
const escalation: EscalationPolicy = {
  tiers: [
    { name: 'Mitigation', do: ['pause'], notify: ['slack'], wait: '10 minutes' },
    { name: 'Expert', notify: ['pager'], wait: '30 minutes' },
    { name: 'Executives', do: ['freeze'], notify: ['phone'] },
  ],
};
const timeoutMs = 500;
const newId = (now: Date) => uuidV7(now.getTime(), randomBytes(10));

let log: TestLog;
let receivers: Record<'slack' | 'pager' | 'phone', Receiver>;
/** ms; moved by hand. */
let clock = Date.parse('2026-01-05T09:00:00Z');
const now = () => new Date(clock);
let room: Room;
let errors: unknown[] = [];
const running: { stop(): Promise<void> }[] = [];

interface Room {
  readonly escalation: Escalation;
  readonly silences: Silences;
  readonly outbox: NotificationOutbox;
  readonly acts: string[];
}

/** What a daemon has of it. Another one over the same database is a restart. */
function open(policy: EscalationPolicy = escalation, on: TestLog = log): Room {
  const { pool, ledger } = on;
  const policies = policiesWith({}, { escalation: policy });
  const common = { pool, ledger, now, timer: now, newId };
  const alerts = new Alerts(now, newId);
  const silences = new Silences(common);
  const acts: string[] = [];
  const channels = new Map([
    ['slack', slackWebhook({ url: `${receivers.slack.url}/hook`, timeoutMs })],
    ['pager', pagerDuty({ url: receivers.pager.url, routingKey: 'R', timeoutMs })],
    [
      'phone',
      phone({
        url: receivers.phone.url,
        account: 'A',
        token: 't',
        by: 'call',
        from: '+49301',
        to: '+49302',
        timeoutMs,
      }),
    ],
  ]);
  const made = new Escalation({
    ...common,
    policies,
    alerts,
    silences,
    channels,
    links: { grafana: 'https://grafana.example', runbooks: 'https://runbooks.example' },
    act: async (_tx, action, { model_name }) => {
      if (model_name === 'broken') throw new Error('it cannot be stopped');
      acts.push(action);
    },
    onError: (error) => errors.push(error),
  });
  const outbox = new NotificationOutbox({
    pool,
    channels,
    fence: ledger.fence,
    timer: now,
    random: () => 0.5,
    onEnded: (row, ended) => made.messageEnded(row, ended),
    onResult: () => undefined,
    onError: (error) => {
      throw error;
    },
  });
  running.push(outbox);
  return { escalation: made, silences, outbox, acts };
}

let logIndex = 0;
/** A signal comes to stand at a tier. */
const signal = (tier: Signal['tier'], monitor = 'override_rate', model = 'spam-logit'): Promise<void> =>
  batch([signalOf(tier, monitor, model)]);

/** Signals move in one go, as when a daemon catches up. */
async function batch(signals: readonly Signal[], before: () => Promise<void> = async () => undefined): Promise<void> {
  const alerts = new Alerts(now, newId);
  await log.ledger.write(async (tx) => {
    await before();
    const moved = [];
    for (const moving of signals) {
      logIndex += 1;
      moved.push(await alerts.hear(tx, moving, logIndex));
    }
    for (const alert of moved) if (alert !== null) await room.escalation.hear(tx, alert);
  });
}

function signalOf(tier: Signal['tier'], monitor = 'override_rate', model = 'spam-logit'): Signal {
  return {
    monitor,
    workflow_id: workflow,
    model_name: model,
    model_version: '1.1.0',
    subject: null,
    tier,
    conclusive: true,
    value: 0.5,
    summary: tier === null ? 'It is as before.' : 'People changed 52 %.',
    evidence: {},
  };
}

/** Time passes, and what it brings is done. */
async function pass(ms: number): Promise<void> {
  clock += ms;
  await room.escalation.tick();
  await sent();
}

/** Until nothing that is due waits. */
const sent = () =>
  eventually('what is due to be sent', async () => {
    room.outbox.poke();
    const { rows } = await log.pool.query('SELECT FROM notification WHERE ended_at IS NULL AND next_at <= $1', [now()]);
    const { rows: leased } = await log.pool.query('SELECT FROM notification WHERE lease_until > $1', [now()]);
    return rows.length + leased.length === 0 ? true : null;
  });

const incident = async () => {
  const [newest] = await room.escalation.list();
  if (newest === undefined) throw new Error('there is no incident');
  return newest;
};
const told = () => Object.fromEntries(Object.entries(receivers).map(([name, { received }]) => [name, received.length]));

/** What PagerDuty was told. */
const actions = () =>
  receivers.pager.received.map(({ body }) => (JSON.parse(body) as { event_action: string }).event_action);

/** The steps that are on record. */
async function steps(): Promise<EscalationStep[]> {
  const records = await log.reader.readFrom(0, 100_000);
  return records.flatMap(({ event }) => (event.type === eventTypes.escalation ? [event.data] : []));
}
const names = async () => (await steps()).map(({ step }) => step);

beforeAll(async () => {
  receivers = { slack: await startReceiver(), pager: await startReceiver(), phone: await startReceiver() };
});
afterAll(async () => {
  for (const receiver of Object.values(receivers ?? {})) await receiver.stop();
});
beforeEach(async () => {
  log = await startTestLog(inject('postgresUrl'));
  for (const receiver of Object.values(receivers)) {
    receiver.received.length = 0;
    receiver.behave({ is: 'answer', status: 200 });
  }
  errors = [];
  room = open();
});
afterEach(async () => {
  for (const outbox of running.splice(0)) await outbox.stop();
  await log?.drop();
});

describe('an incident', () => {
  it('climbs all tiers while nobody acknowledges it, and everybody on the way hears of its end', async () => {
    await signal('info');
    expect(await room.escalation.list()).toEqual([]);
    await signal('incident');
    await sent();
    expect([told(), room.acts]).toEqual([{ slack: 1, pager: 0, phone: 0 }, ['pause']]);
    await pass(9 * minute);
    expect(told()).toEqual({ slack: 1, pager: 0, phone: 0 });
    await pass(minute);
    expect(told()).toEqual({ slack: 1, pager: 1, phone: 0 });
    await pass(30 * minute);
    expect([told(), room.acts]).toEqual([{ slack: 1, pager: 1, phone: 1 }, ['pause', 'freeze']]);
    await pass(24 * 60 * minute);
    expect(told()).toEqual({ slack: 1, pager: 1, phone: 1 });

    await signal(null);
    await sent();
    // Nobody is called on the telephone because something is over.
    expect(told()).toEqual({ slack: 2, pager: 2, phone: 1 });
    expect((await incident()).state).toBe('resolved');
    expect(await names()).toEqual([
      'opened',
      'notified',
      'climbed',
      'notified',
      'climbed',
      'notified',
      'resolved',
      'notified',
      'notified',
    ]);
    const [first] = await steps();
    expect(first?.chain?.map(({ name }) => name)).toEqual(['Mitigation', 'Expert', 'Executives']);
  });

  it('climbs no further once somebody has it, and is closed with its postmortem', async () => {
    await signal('incident');
    await sent();
    const { incident_id } = await incident();
    expect(await room.escalation.acknowledge({ incident_id, justification: 'I am on it' }, 'ann')).toMatchObject({
      is: 'done',
    });
    await pass(24 * 60 * minute);
    expect(told()).toEqual({ slack: 2, pager: 0, phone: 0 });
    expect(receivers.slack.received[1]?.body).toContain('Acknowledged by ann: I am on it');

    const postmortem = { root_cause: 'a bad build', model_version: '1.1.0', remediation: 'rollback', test_added: 'x' };
    await signal(null);
    expect(await room.escalation.close({ incident_id, postmortem }, 'ann')).toMatchObject({ is: 'done' });
    expect((await steps()).findLast(({ step }) => step === 'closed')).toMatchObject({ by: 'ann', postmortem });
    expect(await room.escalation.close({ incident_id, postmortem }, 'ann')).toMatchObject({ is: 'refused' });
  });

  it('is one for all alerts of a model, and ends with the last of them', async () => {
    await signal('incident');
    await signal('incident', 'calibration');
    await signal('incident', 'concept_drift');
    await sent();
    expect([(await room.escalation.list()).length, told().slack]).toEqual([1, 1]);
    await signal(null);
    await signal(null, 'calibration');
    expect((await incident()).state).toBe('open');
    await signal(null, 'concept_drift');
    expect((await incident()).state).toBe('resolved');
  });

  it('keeps the chain of its opening, whatever becomes of the policy', async () => {
    await signal('incident');
    room = open({ tiers: [{ name: 'Nobody', notify: [] }] });
    await pass(10 * minute);
    expect(told()).toEqual({ slack: 1, pager: 1, phone: 0 });
  });

  it('goes to the next tier at once when nobody of one can be reached, and says why', async () => {
    receivers.slack.behave({ is: 'answer', status: 404, body: 'no_service' });
    await signal('incident');
    await sent();
    await sent();
    expect(told()).toMatchObject({ slack: 1, pager: 1 });
    const undeliverable = (await steps()).find(({ step }) => step === 'undeliverable');
    expect(undeliverable).toMatchObject({ channel: 'slack', reason: 'HTTP 404: no_service' });
    expect(await incident()).toMatchObject({ level: 2 });
  });

  it('finds that a policy names a channel that is not there', async () => {
    room = open({
      tiers: [
        { name: 'One', notify: ['sms-of-nobody'], wait: '1 hour' },
        { name: 'Two', notify: ['slack'] },
      ],
    });
    await signal('incident');
    await sent();
    await sent();
    expect(told().slack).toBe(1);
    expect((await incident()).notifications[0]).toMatchObject({ state: 'undeliverable', channel: 'sms-of-nobody' });
  });
});

describe('quiet hours', () => {
  const quiet = { time_zone: 'Europe/Berlin', from: '22:00', to: '07:00' };

  it('hold the first two tiers back until they end, and never the third', async () => {
    room = open({ ...escalation, quiet_hours: quiet });
    clock = Date.parse('2026-02-02T22:30:00Z');
    await signal('incident');
    await pass(10 * minute);
    expect(told()).toEqual({ slack: 0, pager: 0, phone: 0 });
    await pass(30 * minute);
    expect(told()).toEqual({ slack: 0, pager: 0, phone: 1 });
    clock = Date.parse('2026-02-03T05:59:00Z');
    await pass(0);
    expect(told().slack).toBe(0);
    await pass(minute);
    expect(told()).toEqual({ slack: 1, pager: 1, phone: 1 });
  });
});

describe('a silence', () => {
  const request = {
    workflow_id: workflow,
    signal: 'override_rate',
    model_name: null,
    minutes: 60,
    justification: 'release',
  };

  it('keeps an alert from being told, until its end', async () => {
    await room.silences.begin(request, 'ann');
    await signal('incident');
    await pass(59 * minute);
    expect(await room.escalation.list()).toEqual([]);
    await pass(minute);
    expect(told().slack).toBe(1);
    const records = await log.reader.readFrom(0, 1_000);
    const silences = records.flatMap(({ event }) => (event.type === eventTypes.silence ? [event.data] : []));
    expect(silences.map(({ step, by }) => [step, by])).toEqual([
      ['began', 'ann'],
      ['ended', 'daemon'],
    ]);
  });

  it('covers what it names, and no other signal', async () => {
    await room.silences.begin(request, 'ann');
    await signal('incident', 'calibration');
    await sent();
    expect(told().slack).toBe(1);
  });

  it('can be ended before its time, once', async () => {
    const { silence_id } = await room.silences.begin(request, 'ann');
    await signal('incident');
    expect(await room.silences.end({ silence_id, justification: 'done' }, 'ben')).toBe(true);
    expect(await room.silences.end({ silence_id, justification: 'done' }, 'ben')).toBe(false);
    await pass(0);
    expect(told().slack).toBe(1);
  });
});

describe('what breaks', () => {
  it('the other side is down for a day: nothing is lost, and nothing comes twice', async () => {
    receivers.slack.behave({ is: 'answer', status: 500 });
    room = open({ tiers: [{ name: 'One', notify: ['slack'] }] });
    await signal('incident');
    for (let hour = 0; hour < 24; hour++) await pass(60 * minute);
    expect(told().slack).toBeGreaterThanOrEqual(24);
    expect((await incident()).notifications[0]).toMatchObject({ state: 'waiting', problem: 'HTTP 500' });
    receivers.slack.received.length = 0;
    receivers.slack.behave({ is: 'answer', status: 200 });
    for (let hour = 0; hour < 3; hour++) await pass(60 * minute);
    expect(told().slack).toBe(1);
    expect((await incident()).notifications[0]).toMatchObject({ state: 'sent' });
  });

  it('waits as long as the other side says', async () => {
    receivers.slack.behave(
      { is: 'answer', status: 429, headers: { 'retry-after': '600' } },
      { is: 'answer', status: 200 },
    );
    await signal('incident');
    await sent();
    await pass(9 * minute);
    expect(told().slack).toBe(1);
    await pass(minute);
    expect(told().slack).toBe(2);
  });

  it('pages nobody for what somebody has taken on while the pager was down', async () => {
    receivers.pager.behave({ is: 'answer', status: 500 });
    await signal('incident');
    await pass(10 * minute);
    const { incident_id } = await incident();
    await room.escalation.acknowledge({ incident_id, justification: 'mine' }, 'ann');
    receivers.pager.received.length = 0;
    receivers.pager.behave({ is: 'answer', status: 200 });
    await pass(60 * minute);
    await pass(60 * minute);
    // It may have heard of it all the same: it is told that somebody has it, which pages nobody.
    expect(actions()).toEqual(['acknowledge']);
    expect((await steps()).filter(({ step }) => step === 'not_sent').map(({ channel }) => channel)).toEqual(['pager']);
  });

  it('the daemon is killed between opening and telling: the next one tells, once', async () => {
    await signal('incident');
    // Killed: nothing of it is left but what is in the database.
    const next = await log.again();
    const before = log;
    room = open(escalation, next);
    await sent();
    await pass(0);
    expect(told()).toEqual({ slack: 1, pager: 0, phone: 0 });
    log = next;
    await before.close();
    expect(await names()).toEqual(['opened', 'notified']);
  });

  it('the daemon is killed between the alert and the incident: the next one opens it, once', async () => {
    logIndex += 1;
    await log.ledger.write((tx) => new Alerts(now, newId).hear(tx, signalOf('incident'), logIndex));
    expect(await room.escalation.list()).toEqual([]);
    await pass(0);
    await pass(0);
    expect([(await room.escalation.list()).length, told().slack]).toEqual([1, 1]);
    // And between the alert's end and that of the incident.
    logIndex += 1;
    await log.ledger.write((tx) => new Alerts(now, newId).hear(tx, signalOf(null), logIndex));
    await pass(0);
    expect(await incident()).toMatchObject({ state: 'resolved' });
  });

  it('two daemons: one message, and one record of it', async () => {
    await signal('incident');
    const other = open();
    room.outbox.poke();
    other.outbox.poke();
    await sent();
    await Promise.all([room.outbox.stop(), other.outbox.stop()]);
    expect(told().slack).toBe(1);
    expect(await names()).toEqual(['opened', 'notified']);
  });

  it('the clock is set back an hour: it climbs all the same, once', async () => {
    await signal('incident');
    await sent();
    clock -= 60 * minute;
    // A daemon that starts with that clock waits as long as the tier says, and not an hour more.
    room = open();
    await pass(0);
    expect(told().pager).toBe(0);
    await pass(10 * minute);
    expect(told()).toEqual({ slack: 1, pager: 1, phone: 0 });
    await pass(0);
    expect(told().pager).toBe(1);
  });

  it('PostgreSQL fails in the middle of a step: it is taken whole or not at all', async () => {
    await signal('incident');
    await sent();
    const owner = await ownerOf(log);
    await owner.query('ALTER TABLE notification ADD CONSTRAINT broken CHECK (level < 2)');
    clock += 10 * minute;
    await room.escalation.tick();
    expect(String(errors)).toContain('broken');
    expect([(await incident()).level, await names()]).toEqual([1, ['opened', 'notified']]);
    await owner.query('ALTER TABLE notification DROP CONSTRAINT broken');
    await owner.end();
    await pass(0);
    expect([(await incident()).level, told().pager]).toEqual([2, 1]);
  });
});

describe('a drill', () => {
  const begin = () =>
    log.ledger.write(async (tx) => room.escalation.drill(tx, workflow, '5 seconds', 'ann', 'the monthly one'));

  it('walks every tier on the real path, says that it is one, and pauses nothing', async () => {
    await begin();
    await sent();
    await pass(5_000);
    await pass(5_000);
    await pass(0);
    // And who can be told hears that it is over.
    expect(told()).toEqual({ slack: 2, pager: 2, phone: 1 });
    expect(room.acts).toEqual([]);
    expect(receivers.slack.received[0]?.body).toContain('[DRILL]');
    await pass(0);
    const records = await log.reader.readFrom(0, 1_000);
    const report = records.flatMap(({ event }) => (event.type === eventTypes.drill ? [event.data] : []));
    expect(report).toHaveLength(1);
    expect(report[0]?.reached.map(({ channel, problem }) => [channel, problem])).toEqual([
      ['slack', null],
      ['pager', null],
      ['phone', null],
    ]);
    expect(await incident()).toMatchObject({ state: 'closed', drill: true });
    expect((await steps()).every(({ drill }) => drill)).toBe(true);
  });

  it('ends when somebody acknowledges it, and names who', async () => {
    await begin();
    await sent();
    const { incident_id } = await incident();
    await room.escalation.acknowledge({ incident_id, justification: 'here' }, 'ben');
    await sent();
    await pass(0);
    const records = await log.reader.readFrom(0, 1_000);
    const report = records.flatMap(({ event }) => (event.type === eventTypes.drill ? [event.data] : []));
    expect(report[0]).toMatchObject({ acknowledged_by: 'ben' });
    expect(told().pager).toBe(0);
  });
});

async function ownerOf(of: TestLog) {
  const { default: pg } = await import('pg');
  const client = new pg.Client(of.database.url);
  await client.connect();
  return client;
}

describe('whatever comes at once', () => {
  const postmortem = { root_cause: 'a', model_version: 'b', remediation: 'c', test_added: 'd' };

  it('an alert that rises and ends in one go leaves no incident behind', async () => {
    await batch([signalOf('incident'), signalOf(null)]);
    await pass(24 * 60 * minute);
    expect(await room.escalation.list()).toEqual([]);
  });

  it('an alert that ends while somebody looks at it leaves no incident behind', async () => {
    const silence = { workflow_id: workflow, signal: null, model_name: null, minutes: 60, justification: 'x' };
    const { silence_id } = await room.silences.begin(silence, 'ann');
    await signal('incident');
    await room.silences.end({ silence_id, justification: 'x' }, 'ann');
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    const ending = batch([signalOf(null)], () => gate);
    const ticking = room.escalation.tick();
    await new Promise((resolve) => setTimeout(resolve, 100));
    go();
    await Promise.all([ending, ticking]);
    await pass(60 * minute);
    const states = (await room.escalation.list()).map(({ state }) => state);
    expect(states.filter((state) => state !== 'resolved')).toEqual([]);
    expect(told().pager).toBe(0);
  });

  it('what becomes worse under a silence is told when the silence ends, and wants its postmortem', async () => {
    room = open({ ...escalation, opens_on: 'action_required' });
    await signal('action_required');
    const { incident_id } = await incident();
    await room.escalation.acknowledge({ incident_id, justification: 'x' }, 'ann');
    await sent();
    await room.silences.begin(
      { workflow_id: workflow, signal: null, model_name: null, minutes: 60, justification: 'x' },
      'ann',
    );
    await signal('incident');
    expect(await incident()).toMatchObject({ state: 'acknowledged', highest_tier: 'action_required' });
    await pass(61 * minute);
    expect(await incident()).toMatchObject({ state: 'open', highest_tier: 'incident' });
    await signal(null);
    expect(await incident()).toMatchObject({ state: 'resolved', needs_postmortem: true });
  });

  it('an alert that does not end can be closed by whoever has acknowledged it', async () => {
    await signal('incident');
    const { incident_id } = await incident();
    expect(await room.escalation.close({ incident_id, postmortem }, 'ann')).toMatchObject({ is: 'refused' });
    await room.escalation.acknowledge({ incident_id, justification: 'x' }, 'ann');
    expect(await room.escalation.close({ incident_id, postmortem }, 'ann')).toMatchObject({ is: 'done' });
    await pass(60 * minute);
    expect((await room.escalation.list()).map(({ state }) => state)).toEqual(['closed']);
  });

  it('one incident that cannot go on stops no other', async () => {
    await signal('incident', 'override_rate', 'good');
    room.acts.length = 0;
    await log.pool.query(`UPDATE incident SET chain = jsonb_set(chain, '{1,do}', '["pause"]')`);
    await log.pool.query(`INSERT INTO incident SELECT gen_random_uuid(), workflow_id, 'broken', drill, state, title,
      highest_tier, chain, quiet_hours, level, steps, cycle, climbs_at, opened_at FROM incident`);
    await pass(10 * minute);
    const levels = (await room.escalation.list()).map(({ model_name, level }) => `${model_name} ${level}`);
    expect(levels.toSorted()).toEqual(['broken 1', 'good 2']);
    expect(String(errors)).toContain('it cannot be stopped');
  });
});

describe('whatever the other side does', () => {
  it('a tier is not given up while one of its channels may still be reached', async () => {
    room = open({
      tiers: [
        { name: 'One', notify: ['not-there', 'slack'], wait: '1 hour' },
        { name: 'Two', notify: ['phone'] },
      ],
    });
    receivers.slack.behave({ is: 'answer', status: 503 });
    await signal('incident');
    await sent();
    await sent();
    expect([(await incident()).level, told().phone]).toEqual([1, 0]);
  });

  it('a third tier is told in quiet hours though its channel is also that of the first', async () => {
    room = open({
      quiet_hours: { time_zone: 'Europe/Berlin', from: '22:00', to: '07:00' },
      tiers: [
        { name: 'One', notify: ['slack'], wait: '10 minutes' },
        { name: 'Two', notify: ['pager'], wait: '10 minutes' },
        { name: 'Three', notify: ['slack'] },
      ],
    });
    clock = Date.parse('2026-02-02T22:30:00Z');
    await signal('incident');
    await pass(10 * minute);
    await pass(10 * minute);
    expect(told()).toEqual({ slack: 1, pager: 0, phone: 0 });
  });

  it('an attempt that is repeated keeps quiet hours as well', async () => {
    room = open({ ...escalation, quiet_hours: { time_zone: 'Europe/Berlin', from: '22:00', to: '07:00' } });
    clock = Date.parse('2026-02-02T20:59:59Z');
    receivers.slack.behave({ is: 'answer', status: 503 }, { is: 'answer', status: 200 });
    await signal('incident');
    await sent();
    await pass(5 * minute);
    expect(told().slack).toBe(1);
  });

  it('a pager that took a message, and whose answer was lost, hears that somebody has it and that it is over', async () => {
    room = open({ tiers: [{ name: 'One', notify: ['pager'] }] });
    receivers.pager.behave({ is: 'hang' });
    await signal('incident');
    await sent();
    receivers.pager.behave({ is: 'answer', status: 202 });
    const { incident_id } = await incident();
    await room.escalation.acknowledge({ incident_id, justification: 'x' }, 'ann');
    await pass(minute);
    await signal(null);
    await pass(minute);
    expect(actions()).toEqual(['trigger', 'acknowledge', 'resolve']);
  });

  it('begins anew at the pager when it comes back, for what was acknowledged there pages nobody', async () => {
    room = open({ tiers: [{ name: 'One', notify: ['pager'] }] });
    await signal('incident');
    await sent();
    await signal(null);
    await sent();
    await signal('incident');
    await sent();
    const keys = receivers.pager.received.map(({ body }) => {
      const { event_action, dedup_key } = JSON.parse(body) as { event_action: string; dedup_key: string };
      return `${event_action} ${dedup_key.endsWith('-2') ? 2 : 1}`;
    });
    expect(keys).toEqual(['trigger 1', 'resolve 1', 'resolve 1', 'trigger 2']);
  });

  it('calls once when the provider is back, however often it came and went meanwhile', async () => {
    room = open({ tiers: [{ name: 'One', notify: ['phone'] }] });
    receivers.phone.behave({ is: 'answer', status: 503 });
    for (let i = 0; i < 4; i++) {
      await signal('incident');
      await sent();
      await signal(null);
    }
    await signal('incident');
    receivers.phone.received.length = 0;
    receivers.phone.behave({ is: 'answer', status: 201 });
    for (let i = 0; i < 4; i++) await pass(10 * minute);
    expect(told().phone).toBe(1);
  });

  it('a daemon that has lost the log sends nothing of the one that has it', async () => {
    const older = room;
    const next = await log.again();
    const before = log;
    log = next;
    room = open(escalation, next);
    await signal('incident');
    older.outbox.poke();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(told().slack).toBe(0);
    await sent();
    expect(told().slack).toBe(1);
    await older.outbox.stop();
    await before.close();
  });

  it('a message that was written by a clock that was ahead is not kept until then', async () => {
    await signal('incident');
    clock -= 60 * minute;
    await sent();
    room.outbox.poke();
    expect(await eventually('the message', async () => (told().slack === 1 ? true : null))).toBe(true);
  });

  it('two that look at once never take one message twice', async () => {
    await signal('incident');
    const { incident_id } = await incident();
    await log.pool.query('UPDATE notification SET ended_at = now()');
    let doubled = 0;
    for (let round = 0; round < 20; round++) {
      await log.pool.query(
        `INSERT INTO notification (notification_key, incident_id, level, channel, kind, message, created_at, next_at)
         SELECT 'k' || $1::int || '-' || c, $2, 1, 'c' || c, 'trigger', '{}', $3, $3 FROM generate_series(1, 10) c`,
        [round, incident_id, now()],
      );
      const lease = new Date(clock + 120_000);
      const takers = Array.from({ length: 4 }, () => takeDue(log.pool, now(), lease, [], log.ledger.fence));
      const taken = (await Promise.all(takers)).flat().map(({ notification_key }) => notification_key);
      doubled += taken.length - new Set(taken).size;
      await log.pool.query('UPDATE notification SET ended_at = now()');
    }
    expect(doubled).toBe(0);
  });
});

it('a drill that takes too long says so', async () => {
  await log.ledger.write((tx) => room.escalation.drill(tx, workflow, '40 minutes', 'ann', 'x'));
  await pass(40 * minute);
  await pass(21 * minute);
  const records = await log.reader.readFrom(0, 1_000);
  const report = records.flatMap(({ event }) => (event.type === eventTypes.drill ? [event.data.justification] : []));
  expect(report).toEqual(['it was not over in an hour, and stopped at tier 2 of 3']);
});
