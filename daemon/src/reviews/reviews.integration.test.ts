/** How people decide, through the daemon's own doors: first word, second pair of eyes, planted cases, batches, undo. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jetstream } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import pg from 'pg';
import { parse } from 'yaml';
import {
  eventSubject,
  eventTypes,
  openedAfterMs,
  uuidV7,
  type AiDecision,
  type ApiError,
  type AuditPage,
  type Batch,
  type BatchDecided,
  type Claim,
  type Decided,
  type HumanDecision,
  type Policy,
  type Queue,
  type ReviewCase,
  type ReviewPolicy,
  type Verdict,
} from '@countersign/contract';
import * as countersign from '@countersign/otel-instrumentation';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually, passwords, repository, startTestLoop, type TestLoop } from '../../../stack/test-loop.ts';
import { readConfig } from '../config.ts';
import { startDaemon, type Daemon } from '../main.ts';

const newId = () => uuidV7(Date.now(), randomBytes(10));
let loop: TestLoop;
let daemon: Daemon;
let service: NatsConnection;
let owner: pg.Client;
const heard: Verdict[] = [];

/** A workflow for each rule. */
const rules: Record<string, Partial<ReviewPolicy>> = {
  first: { commit_first: { high: 1 } },
  paired: { two_people: { medium: 1 } },
  undone: { undo_window: '2 seconds' },
  both: { undo_window: '2 seconds', two_people: { medium: 1 } },
  firstAndPaired: { commit_first: { high: 1 }, two_people: { high: 1 } },
  planted: { gold: 0.2 },
  counted: {},
  countedTwice: { two_people: { medium: 1 } },
  free: { labels: [] },
  // Others decide too, and not here.
  named: { labels: [], reviewers: ['ann', 'ben'] },
  batched: { batch: { most: { low: 8, medium: 8 }, sample: 0.25 } },
  structured: {
    output: {
      type: 'object',
      required: ['amount'],
      properties: { amount: { type: 'integer', minimum: 0 } },
      additionalProperties: false,
    },
  },
};

beforeAll(async () => {
  loop = await startTestLoop(inject('postgresUrl'), inject('natsServer'));
  const policies = join(loop.directory, 'policies');
  mkdirSync(policies);
  const demo = parse(readFileSync(join(repository, 'policies/mail-moderation.yaml'), 'utf8')) as Policy;
  const {
    undo_window: _undo,
    commit_first: _first,
    two_people: _two,
    gold: _gold,
    batch: _batch,
    ...review
  } = demo.review;
  for (const [workflow, change] of Object.entries(rules)) {
    const { positive_label: _positive, ...monitors } = demo.monitors ?? {};
    const alerts = { ...demo.alerts, counts: [] };
    const about = change.labels === undefined ? {} : { monitors, alerts };
    const policy = { ...demo, ...about, workflow: idOf(workflow), review: { ...review, ...change } };
    writeFileSync(join(policies, `${idOf(workflow)}.yaml`), JSON.stringify(policy));
  }
  daemon = await startDaemon(
    readConfig({ ...loop.env(), COUNTERSIGN_POLICIES: policies, COUNTERSIGN_LOG_LEVEL: 'silent' }),
  );
  service = await connect({
    servers: loop.nats.url,
    user: 'service',
    pass: passwords.service,
    inboxPrefix: '_INBOX_service',
  });
  await countersign.start({
    source: 'test',
    natsUrl: loop.nats.url,
    user: 'service',
    password: passwords.service,
    onTrouble: () => undefined,
  });
  for (const workflow of ['paired', 'undone', 'planted']) {
    await countersign.verdicts(workflow, (verdict) => void heard.push(verdict));
  }
  owner = new pg.Client(loop.databaseUrl);
  await owner.connect();
});
afterAll(async () => {
  await owner?.end();
  await countersign.shutdown(1_000);
  await service?.close();
  await daemon?.stop();
  await loop?.stop();
});

/** `key`: the wish's own, where it is sent again. */
async function ask<T>(person: string, path: string, body?: object, key?: string): Promise<[number, T]> {
  const isRead = path.startsWith('queue') || path === 'me' || path.endsWith('/colleagues') || path.endsWith('/opened');
  const isCase = body === undefined && !isRead && path.startsWith('cases/');
  const response = await fetch(`${daemon.address}/v1/${isCase ? 'evidence' : 'reviews'}/${path}`, {
    headers: {
      ...(await loop.headers(person, isRead ? 'read' : 'decide')),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  return [response.status, (await response.json()) as T];
}

async function send(
  workflow: string,
  kind: 'decision_ai' | 'decision_human' | 'outcome',
  type: string,
  task: string,
  data: object,
): Promise<void> {
  const id = newId();
  const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`;
  const time = new Date().toISOString();
  const event = { specversion: '1.0', id, source: 'test', type, subject: task, time, traceparent, data };
  await jetstream(service).publish(eventSubject(workflow, kind), JSON.stringify(event), { msgID: id });
}

const idOf = (rule: string) => rule.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

let tasks = 0;
/** The AI decides, and a case waits for people. */
async function aCase(workflow: string, change: Partial<AiDecision> = {}): Promise<string> {
  const decision_id = await aDecision(workflow, change);
  await eventually('the case', async () => ((await ask('ann', `cases/${decision_id}`))[0] === 200 ? true : null));
  return decision_id;
}

async function aDecision(workflow: string, change: Partial<AiDecision>): Promise<string> {
  const { decision_id = newId() } = change;
  tasks += 1;
  const task_id = `task-${tasks}`;
  await send(workflow, 'decision_ai', eventTypes.aiDecision, task_id, {
    workflow_id: workflow,
    task_id,
    decision_id,
    title: `Case ${tasks}`,
    model: { name: 'spam-logit', version: '1.0.0', hash: `sha256:${'0'.repeat(64)}` },
    input_snapshot: { hash: `sha256:${'1'.repeat(64)}`, uri: 'urn:none' },
    output: { label: 'spam' },
    confidence: 0.83,
    risk_tier: 'medium',
    reversible: true,
    action: 'accept',
    justification: 'because of the links',
    route: 'human',
    breaker_epoch: 0,
    latency_ms: 1,
    ...change,
  });
  return decision_id;
}

const evidence = async (person: string, path: string): Promise<unknown> => {
  const headers = await loop.headers(person, 'decide');
  return (await fetch(`${daemon.address}/v1/evidence/${path}`, { headers })).json();
};
const claim = async (person: string, id: string) => (await ask<Claim>(person, `cases/${id}/claim`, {}))[1];
const open = async (person: string, id: string) => (await ask<ReviewCase>(person, `cases/${id}`))[1];

/** Claims it and decides it, as the page does. */
async function decide<T = Decided>(person: string, id: string, change: object = {}): Promise<[number, T]> {
  const { lease, item } = await claim(person, id);
  const { evidence_hash } = await open(person, id);
  return ask<T>(person, `cases/${id}/decide`, {
    action: 'accept',
    justification: 'I looked',
    lease_epoch: lease?.epoch ?? 1,
    case_version: item?.version ?? 1,
    evidence_hash,
    idempotency_key: crypto.randomUUID(),
    review_ms: 1_000,
    ...change,
  });
}

/** The human decisions on record about a case, in order. */
async function onRecord(id: string): Promise<HumanDecision[]> {
  const { rows } = await owner.query<{ data: HumanDecision }>(
    `SELECT event -> 'data' AS data FROM audit_record WHERE type = $1 AND event -> 'data' ->> 'reviews' = $2
     ORDER BY log_index`,
    [eventTypes.humanDecision, id],
  );
  return rows.map(({ data }) => data);
}

/** How many verdicts on a case the service has heard, after it would have. */
async function verdicts(id: string): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  return heard.filter(({ decision_id }) => decision_id === id).length;
}

describe('who says first what they think', () => {
  it('sees the AI’s answer afterwards, and nowhere before', async () => {
    const id = await aCase('first', { risk_tier: 'high' });
    const before = await open('ann', id);
    expect(before.answer).toBeNull();
    expect(before.item).toMatchObject({ commit_first: true, label: null, confidence: null, proposed_action: null });
    expect(JSON.stringify(before)).not.toContain('because of the links');
    expect([before.history, before.trace_id]).toEqual([[], null]);
    const [, { items }] = await ask<Queue>('ann', 'queue?workflow=first');
    expect(items.find((item) => item.decision_id === id)).toMatchObject({ label: null, confidence: null });

    const { lease } = await claim('ann', id);
    expect(await decide<ApiError>('ann', id)).toMatchObject([409, { error: 'commit_first' }]);
    const commit = (label: string) => ask<ApiError>('ann', `cases/${id}/commit`, { label, lease_epoch: lease.epoch });
    expect(await commit('eggs')).toMatchObject([400, { message: expect.stringContaining('Use one of: spam, ham') }]);
    expect((await commit('ham'))[0]).toBe(200);
    // The first word counts.
    expect((await commit('spam'))[0]).toBe(200);
    expect(await open('ann', id)).toMatchObject({
      answer: { output: { label: 'spam' }, justification: 'because of the links' },
      committed: { label: 'ham' },
      trace_id: 'ab'.repeat(16),
    });
    // And shows nobody else anything.
    expect((await open('ben', id)).answer).toBeNull();
    expect((await decide('ann', id))[0]).toBe(200);
    expect(await onRecord(id)).toMatchObject([
      { committed_before_reveal: true, committed_label: 'ham', action: 'accept' },
    ]);
  });

  it('finds the answer in no record of the task either', async () => {
    const id = await aCase('first', { risk_tier: 'high' });
    const { item } = await open('ann', id);
    const records = async () =>
      (await evidence('ann', `records?workflow=first&task=${item.task_id}`)) as { records: unknown[] };
    expect((await records()).records).toEqual([]);
    const { rows } = await owner.query<{ id: string }>(
      `SELECT event ->> 'id' AS id FROM audit_record WHERE event -> 'data' ->> 'decision_id' = $1`,
      [id],
    );
    expect(await evidence('ann', `records/${rows[0]?.id}`)).toMatchObject({ error: 'not_found' });
    const { lease } = await claim('ann', id);
    await ask('ann', `cases/${id}/commit`, { label: 'ham', lease_epoch: lease.epoch });
    expect((await records()).records).toHaveLength(1);
  });

  it('finds nothing of it by where pages end', async () => {
    const known = await aCase('first', { risk_tier: 'low' });
    await decide('ann', known);
    await eventually('the record', async () => ((await onRecord(known)).length > 0 ? true : null));
    const find = (label: string) =>
      evidence('ann', `records?workflow=first&actor=ai&limit=1&label=${label}`) as Promise<{
        records: { log_index: number }[];
      }>;
    const before = await Promise.all([find('spam'), find('ham')]);
    await aCase('first', { risk_tier: 'high' });
    await aCase('first', { risk_tier: 'high', output: { label: 'ham' } });
    expect(await Promise.all([find('spam'), find('ham')])).toEqual(before);
    expect(before[0]?.records).toHaveLength(1);
  });

  it('has to hold the case', async () => {
    const id = await aCase('first', { risk_tier: 'high' });
    await claim('ben', id);
    const [status, error] = await ask<ApiError>('ann', `cases/${id}/commit`, { label: 'ham', lease_epoch: 1 });
    expect([status, error.error, error.winner?.name]).toEqual([409, 'claimed_by_other', 'ben']);
  });
});

describe('two people', () => {
  it('decide without seeing one another, and the service hears when they agree', async () => {
    const id = await aCase('paired');
    expect((await decide('ann', id, { justification: 'it sells pills' }))[0]).toBe(200);
    expect(await verdicts(id)).toBe(0);
    const second = await open('ben', id);
    expect(second.item).toMatchObject({ state: 'waiting', people_wanted: 2, people_decided: 1 });
    expect(JSON.stringify(second)).not.toContain('it sells pills');
    expect(second.opinions).toEqual([]);
    // The first is not asked again, and does not get it.
    expect((await ask<ApiError>('ann', `cases/${id}/claim`, {}))[1]).toMatchObject({ error: 'four_eyes' });
    const [, queue] = await ask<Queue>('ann', 'queue?workflow=paired');
    expect(queue.items.map((item) => item.decision_id)).not.toContain(id);
    expect((await decide('ben', id))[0]).toBe(200);
    const after = await open('cyd', id);
    expect([after.item.state, after.opinions.map(({ reviewer }) => reviewer.name)]).toEqual([
      'decided',
      ['ann', 'ben'],
    ]);
    expect(await onRecord(id)).toHaveLength(2);
    expect(await verdicts(id)).toBe(1);
  });

  it('are not the same who accept and reject where there is no label to compare', async () => {
    const id = await aCase('paired', { output: { label: null, value: { amount: 5 } } });
    await decide('ann', id);
    await decide('ben', id, { action: 'reject', justification: 'no' });
    expect((await open('cyd', id)).item).toMatchObject({ reason: 'disagreement', state: 'waiting' });
    expect(await verdicts(id)).toBe(0);
  });

  it('do not see one another while the first may still undo, nor may the service’s word be undone', async () => {
    const id = await aCase('both');
    await decide('ann', id, { justification: 'it sells pills' });
    const seen = await open('ben', id);
    expect([seen.decided, seen.item.state, seen.item.claimed_by?.name]).toEqual([null, 'claimed', 'ann']);
    expect(JSON.stringify(seen)).not.toContain('it sells pills');
    const refusal = await ask<ApiError>('ben', `cases/${id}/claim`, {});
    expect(JSON.stringify(refusal)).not.toContain('accept');
    // The service decides by itself meanwhile: that stands, and ann's word was none.
    await send('both', 'decision_human', eventTypes.humanDecision, seen.item.task_id, {
      workflow_id: 'both',
      task_id: seen.item.task_id,
      decision_id: newId(),
      reviews: id,
      reviewer: 'owner',
      action: 'reject',
      justification: 'so',
    });
    await eventually('the service’s word', async () => ((await onRecord(id)).length > 0 ? true : null));
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    expect((await onRecord(id)).map(({ reviewer }) => reviewer)).toEqual(['owner']);
    expect((await open('ben', id)).decided).toMatchObject({ action: 'reject' });
    expect((await ask<ApiError>('ann', `cases/${id}/undo`, {}))[1]).toMatchObject({ error: 'too_late' });
  });

  it('who disagree leave it to a third, who sees both', async () => {
    const id = await aCase('paired');
    await decide('ann', id);
    await decide('ben', id, { action: 'modify', output: { label: 'ham' }, justification: 'it is from his aunt' });
    const third = await open('cyd', id);
    expect(third.item).toMatchObject({ reason: 'disagreement', priority: 'P1', state: 'waiting' });
    expect(third.opinions.map(({ label }) => label)).toEqual(['spam', 'ham']);
    expect((await ask<ApiError>('ben', `cases/${id}/claim`, {}))[1]).toMatchObject({ error: 'four_eyes' });
    expect((await decide('cyd', id, { action: 'reject' }))[0]).toBe(200);
    expect((await open('cyd', id)).item.state).toBe('decided');
    expect((await onRecord(id)).map(({ action }) => action)).toEqual(['accept', 'modify', 'reject']);
    expect(await verdicts(id)).toBe(1);
  });

  it('who disagree tell the third nothing before they have said what they think', async () => {
    const id = await aCase('first-and-paired', { risk_tier: 'high' });
    const say = async (person: string, label: string) =>
      ask(person, `cases/${id}/commit`, { label, lease_epoch: (await claim(person, id)).lease.epoch });
    await say('ann', 'spam');
    await decide('ann', id, { justification: 'it sells pills' });
    await say('ben', 'ham');
    await decide('ben', id, { action: 'modify', output: { label: 'ham' }, justification: 'it is from his aunt' });
    const third = await open('cyd', id);
    expect([third.item.reason, third.answer, third.opinions, third.history]).toEqual(['disagreement', null, [], []]);
    const records = (await evidence('cyd', `records?workflow=first-and-paired&task=${third.item.task_id}`)) as object;
    expect(JSON.stringify([third, records])).not.toMatch(/pills|aunt/);
    await say('cyd', 'ham');
    expect((await open('cyd', id)).opinions.map(({ reviewer }) => reviewer.name)).toEqual(['ann', 'ben']);
  });
});

describe('an undo', () => {
  it('brings the case back before anything was recorded or sent, and says that there was one', async () => {
    const id = await aCase('undone');
    const [status, decided] = await decide('ann', id);
    expect([status, decided.log_index, typeof decided.undo_until]).toEqual([200, null, 'string']);
    expect((await open('ann', id)).undo_until).toBe(decided.undo_until);
    expect((await ask<ApiError>('ben', `cases/${id}/undo`, {}))[1]).toMatchObject({ error: 'refused' });
    expect((await ask('ann', `cases/${id}/undo`, {}))[0]).toBe(200);
    expect(await open('ann', id)).toMatchObject({ item: { state: 'claimed' }, undo_until: null });
    expect(await onRecord(id)).toEqual([]);
    expect((await decide('ann', id, { action: 'reject' }))[0]).toBe(200);
    const [record] = await eventually('the record', async () => {
      const records = await onRecord(id);
      return records.length > 0 ? records : null;
    });
    expect(record?.action).toBe('reject');
    const { rows } = await owner.query(
      `SELECT event -> 'data' ->> 'step' AS step, event -> 'data' ->> 'by' AS by FROM audit_record
       WHERE type = $1 AND event -> 'data' ->> 'reviews' = $2`,
      [eventTypes.review, id],
    );
    expect(rows).toMatchObject([{ step: 'undone', by: expect.stringContaining('user:ann') }]);
    expect((await ask<ApiError>('ann', `cases/${id}/undo`, {}))[1]).toMatchObject({ error: 'too_late' });
  });

  it('waits for its time though nobody looks, and records once however often it is sent', async () => {
    const id = await aCase('undone');
    const key = crypto.randomUUID();
    const { lease, item } = await claim('ann', id);
    const { evidence_hash } = await open('ann', id);
    const request = {
      action: 'accept',
      justification: '',
      lease_epoch: lease.epoch,
      case_version: item.version,
      evidence_hash,
      idempotency_key: key,
      review_ms: 5,
    };
    const answers = await Promise.all([1, 2, 3].map(() => ask<Decided>('ann', `cases/${id}/decide`, request)));
    expect(new Set(answers.map(([, { event_id }]) => event_id)).size).toBe(1);
    // Another word under the same key is not taken for the first.
    const other = { ...request, action: 'reject', justification: 'I have thought again' };
    expect(await ask<ApiError>('ann', `cases/${id}/decide`, other)).toMatchObject([
      400,
      { message: expect.stringContaining('idempotency_key was used for another decision') },
    ]);
    await eventually('the record', async () => ((await onRecord(id)).length > 0 ? true : null));
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await onRecord(id)).toHaveLength(1);
    expect(await verdicts(id)).toBe(1);
  });
});

describe('what Prometheus is told', () => {
  const metrics = async (accept = 'text/plain') =>
    (await fetch(`${daemon.address}/metrics`, { headers: { accept } })).text();
  /** What was said on cases of a workflow: priority, action and result. */
  const said = async (workflow: string) =>
    [...(await metrics()).matchAll(/^countersign_reviews_total\{(.*)\} ([1-9]\d*)$/gm)]
      .filter(([, labels = '']) => labels.includes(`workflow="${workflow}"`))
      .map(([, labels = '', count]) => {
        const of = (label: string) => new RegExp(`${label}="([^"]*)"`).exec(labels)?.[1];
        return `${count} ${of('priority')} ${of('action')} ${of('result')}`;
      })
      .toSorted();

  it('is each word on a case, and whether the last came in time for what the case had become', async () => {
    const id = await aCase('counted');
    await decide('ann', id, { action: 'escalate', justification: 'somebody else should see this' });
    await eventually('the escalation', async () => ((await said('counted')).length > 0 ? true : null));
    expect(await said('counted')).toEqual(['1 P2 escalate open']);
    await decide('ben', id);
    await eventually('the decision', async () => ((await said('counted')).length > 1 ? true : null));
    expect(await said('counted')).toEqual(['1 P1 accept in_time', '1 P2 escalate open']);
    const [passedOn, decided] = await onRecord(id);
    expect([passedOn?.due_at, passedOn?.priority, decided?.priority]).toEqual([undefined, undefined, 'P1']);
    // With its trace, which the service has begun.
    expect(await metrics('application/openmetrics-text')).toMatch(
      new RegExp(`countersign_review_turnaround_seconds_bucket\\{.*"counted".*# \\{trace_id="${'ab'.repeat(16)}"`),
    );

    const late = await aCase('counted');
    await owner.query("UPDATE review_case SET due_at = now() - interval '1 minute' WHERE decision_id = $1", [late]);
    await decide('ann', late, { action: 'reject', justification: 'it is wanted' });
    await eventually('the late one', async () => ((await said('counted')).length > 2 ? true : null));
    expect(await said('counted')).toContain('1 P2 reject late');
  });

  it('has no time of a case before the second of two people has spoken', async () => {
    const id = await aCase('counted-twice');
    const waits = async () =>
      /countersign_review_turnaround_seconds_count\{workflow="counted-twice",priority="P2"\} (\d+)/.exec(
        await metrics(),
      )?.[1];
    await decide('ann', id);
    await eventually('the first word', async () => ((await said('counted-twice')).length > 0 ? true : null));
    expect([await said('counted-twice'), await waits()]).toEqual([['1 P2 accept open'], '0']);
    await decide('ben', id);
    await eventually('the second', async () => ((await said('counted-twice')).length > 1 ? true : null));
    expect([await said('counted-twice'), await waits()]).toEqual([['1 P2 accept in_time', '1 P2 accept open'], '1']);
  });
});

describe('planted cases', () => {
  it('look like any other, go to nobody who knows them, and say how well people look', async () => {
    // What is known: the AI said spam, a person agreed, and it turned out to be ham.
    const decided = Date.now();
    const fresh_at = new Date(decided - 3_600_000).toISOString();
    const known = await aCase('planted', { provenance: { sources: [{ name: 'inbox', fresh_at }] } });
    await decide('ann', known);
    await send('planted', 'outcome', eventTypes.outcome, 'task-x', {
      workflow_id: 'planted',
      task_id: 'task-x',
      decision_id: known,
      label: 'ham',
    });
    await eventually('the outcome', async () => {
      const { rows } = await owner.query('SELECT FROM review_case WHERE outcome_label IS NOT NULL');
      return rows.length > 0 ? true : null;
    });
    const planted = await eventually(
      'a planted case',
      async () => {
        await aCase('planted');
        const { rows } = await owner.query<{ decision_id: string }>(
          'SELECT decision_id FROM review_case WHERE planted_from IS NOT NULL',
        );
        return rows[0]?.decision_id;
      },
      20_000,
    );
    // What is on record of the one that it is a copy of leads to nobody's answer before it is decided.
    const { rows: originals } = await owner.query<{ id: string }>(
      `SELECT event ->> 'id' AS id FROM audit_record WHERE event -> 'data' ->> 'decision_id' = $1`,
      [known],
    );
    // Of the AI, and of what turned out.
    expect(originals).toHaveLength(2);
    const { task_id } = (await open('ben', planted)).item;
    expect(await evidence('ben', `records?workflow=planted&task=${task_id}`)).toMatchObject({
      records: [],
      next: null,
    });
    for (const { id } of originals) {
      expect(await evidence('ben', `records/${id}`)).toMatchObject({ error: 'not_found' });
    }
    const opened = await open('ben', planted);
    expect(JSON.stringify(opened)).not.toMatch(/gold|planted_from|"ham"\}/);
    expect([opened.decision.decision_id, opened.item.state]).toEqual([planted, 'waiting']);
    // Nothing of what was decided on the one it is copied from.
    expect(opened.history).toEqual([]);
    // Its number, its decision and its place in the queue are of times that belong together, as those of any other.
    const timesOf = ({ item, decided_at }: ReviewCase) => {
      const queued = Date.parse(item.queued_at);
      const numbered = Number.parseInt(item.decision_id.replaceAll('-', '').slice(0, 12), 16);
      return [queued - numbered, queued - Date.parse(decided_at)];
    };
    for (const id of [planted, await aCase('planted')]) {
      for (const apart of timesOf(await open('ben', id))) {
        expect(apart).toBeGreaterThan(0);
        expect(apart).toBeLessThan(2_000);
      }
    }
    expect(opened.decision).not.toHaveProperty('breaker_epoch');
    expect(opened.similar.map(({ decision_id }) => decision_id)).not.toContain(known);
    // Its data are as fresh as they were.
    const [source] = opened.decision.provenance?.sources ?? [];
    const age = Date.parse(opened.decided_at) - Date.parse(source?.fresh_at ?? '');
    expect(Math.abs(age - 3_600_000)).toBeLessThan(5_000);
    const [, annsQueue] = await ask<Queue>('ann', 'queue?workflow=planted&limit=500');
    expect(annsQueue.items.map(({ decision_id }) => decision_id)).not.toContain(planted);
    expect((await decide('ben', planted, { action: 'reject', justification: 'no' }))[0]).toBe(200);
    expect((await onRecord(known)).at(-1)).toMatchObject({ gold: { label: 'ham' }, action: 'reject' });
    // Nor is it seen afterwards, by what is on record of the task, which of them it was.
    const read = (await evidence('cyd', `records?workflow=planted&actor=human&limit=500`)) as AuditPage;
    expect(read.records.filter(({ task_id: of, justification }) => of === task_id && justification === 'no')).toEqual(
      [],
    );
    expect(await verdicts(planted)).toBe(0);
    const figures = await eventually('the figures', async () => {
      const [, own] = await ask<{ workflow_id: string; golds: number; catch_rate: number }[]>('ben', 'me');
      const found = own.find(({ workflow_id }) => workflow_id === 'planted');
      return found !== undefined && found.golds > 0 ? found : null;
    });
    expect(figures).toMatchObject({ golds: 1, catch_rate: 1 });
  });
});

describe('a batch', () => {
  const alike = (length: number) => ({ risk_tier: 'low' as const, features: { length, kind: 'newsletter' } });

  it('takes alike cases, sets aside what is not, and wants a sample opened first', async () => {
    const seed = await aCase('batched', alike(100));
    for (let i = 0; i < 9; i++) await aCase('batched', alike(101 + i));
    const odd = await aCase('batched', alike(9_000));
    const other = await aCase('batched', { ...alike(104), output: { label: 'ham' } });
    const [status, batch] = await ask<Batch>('ann', 'batches', { decision_id: seed });
    expect(status).toBe(200);
    const ids = batch.items.map(({ decision_id }) => decision_id);
    expect([ids.length, batch.left_out, batch.sample.length]).toEqual([8, 2, 2]);
    expect(ids).not.toContain(other);
    expect(batch.outliers).toMatchObject([
      { item: { decision_id: odd }, because: 'it differs from the case that you came from in length' },
    ]);

    const keys = Object.fromEntries(ids.map((id) => [id, crypto.randomUUID()]));
    const go = (justification = 'all of one newsletter') =>
      ask<BatchDecided>('ann', `batches/${batch.batch_id}/decide`, {
        action: 'accept',
        justification,
        idempotency_keys: keys,
        review_ms: 8_000,
      });
    expect(await go()).toMatchObject([409, { error: 'not_opened' }]);
    // To say that one has looked is not to have looked, and to have asked for it for a moment neither.
    const [late = '', ...soon] = batch.sample;
    for (const id of batch.sample) {
      if (id !== late) await open('ann', id);
      await ask('ann', `cases/${id}/look`, { page: 'one' });
    }
    expect(await go()).toMatchObject([409, { error: 'not_opened' }]);
    await open('ann', late);
    await new Promise((resolve) => setTimeout(resolve, openedAfterMs));
    for (const id of soon) await ask('ann', `cases/${id}/look`, { page: 'one' });
    expect(await go()).toMatchObject([409, { message: 'One case of the sample has to be opened first.' }]);
    await ask('ann', `cases/${late}/look`, { page: 'one' });
    // Somebody else takes one meanwhile, and decides another.
    const [first = '', second = '', doubtful = ''] = ids.filter((id) => !batch.sample.includes(id));
    // And one looks wrong to ann: she leaves it out.
    delete keys[doubtful];
    await claim('ben', first);
    await decide('cyd', second);
    const [, { results }] = await go();
    const undone = results.filter(({ decided }) => decided === null);
    expect(undone.map(({ decision_id, problem }) => [decision_id, problem])).toEqual(
      expect.arrayContaining([
        [first, expect.stringContaining('ben holds this case until')],
        [second, expect.stringMatching(/^cyd decided this case first at \S+Z: accept\.$/)],
      ]),
    );
    expect(results.filter(({ decided }) => decided !== null)).toHaveLength(5);
    expect((await open('ann', doubtful)).item.state).toBe('waiting');
    keys[odd] = crypto.randomUUID();
    expect(await go()).toMatchObject([400, { message: expect.stringContaining('which is no case of this batch') }]);
    delete keys[odd];
    const [record] = await onRecord(batch.sample[0] ?? '');
    expect(record).toMatchObject({
      batch_id: batch.batch_id,
      justification: 'all of one newsletter',
      review_ms: 1_143,
    });
    // Sent again, nothing happens twice.
    await go();
    expect(await onRecord(batch.sample[0] ?? '')).toHaveLength(1);
    expect(
      await ask('ben', `batches/${batch.batch_id}/decide`, {
        action: 'accept',
        justification: '',
        idempotency_keys: {},
        review_ms: 1,
      }),
    ).toMatchObject([404, {}]);
  });

  it('begins with its case, and takes those that are near to it and no others', async () => {
    const mail = (links: number, sender: string) => ({
      risk_tier: 'low' as const,
      model: { name: 'spam-logit', version: '2.0.0', hash: `sha256:${'0'.repeat(64)}` },
      features: { links, length: sender === 'shop' ? 3_000 + links : 80, sender },
    });
    const shop: string[] = [];
    for (let i = 0; i < 5; i++) shop.push(await aCase('batched', mail(12 + (i % 2), 'shop')));
    const bank: string[] = [];
    for (let i = 0; i < 5; i++) bank.push(await aCase('batched', mail(i % 2, 'bank')));
    const last = shop.at(-1) ?? '';
    const [, batch] = await ask<Batch>('ann', 'batches', { decision_id: last });
    const ids = batch.items.map(({ decision_id }) => decision_id);
    expect([ids[0], ids.toSorted()]).toEqual([last, shop.toSorted()]);
    expect(batch.outliers.map(({ item }) => item.decision_id).toSorted()).toEqual(bank.toSorted());
    expect(batch.outliers[0]?.because).toBe('it differs from the case that you came from in sender, length, links');
    // Planned anew, as by a reload, what was opened of the sample is opened.
    const [sampled = ''] = batch.sample;
    await open('ann', sampled);
    await new Promise((resolve) => setTimeout(resolve, openedAfterMs));
    await ask('ann', `cases/${sampled}/look`, { page: 'one' });
    const [, anew] = await ask<Batch>('ann', 'batches', { decision_id: last });
    expect(await ask('ann', `batches/${anew.batch_id}/opened`)).toMatchObject([200, { opened: [sampled] }]);
  });

  it('is not for what is too grave', async () => {
    const id = await aCase('batched', { risk_tier: 'high' });
    expect(await ask<ApiError>('ann', 'batches', { decision_id: id })).toMatchObject([
      409,
      { message: 'The policy wants each case of high risk to be decided by itself.' },
    ]);
  });
});

describe('a case', () => {
  it('is handed over to a colleague, who gets it first', async () => {
    const id = await aCase('paired', { risk_tier: 'low' });
    await aCase('paired', { risk_tier: 'high' });
    await claim('ann', id);
    const colleaguesOf = async (person: string, of: string) =>
      (await ask<{ id: string; name: string }[]>(person, `cases/${of}/colleagues`))[1];
    const ben = (await colleaguesOf('ann', id)).find(({ name }) => name === 'ben');
    // Whoever was let in only to look on is no colleague to hand a case to.
    await fetch(`${daemon.address}/v1/reviews/queue`, { headers: await loop.headers('vic', 'read') });
    expect((await colleaguesOf('ann', id)).map(({ name }) => name)).not.toContain('vic');
    // Nor is who has decided it already.
    const paired = await aCase('paired');
    await decide('ben', paired);
    expect((await colleaguesOf('ann', paired)).map(({ name }) => name)).not.toContain('ben');
    const give = (to: string, key: string = crypto.randomUUID()) =>
      ask<ApiError>('ann', `cases/${id}/hand-over`, { to, note: 'you know the sender' }, key);
    expect((await give('nobody'))[0]).toBe(400);
    // Sent again, because the answer was lost: it has come about.
    const wish = crypto.randomUUID();
    for (let i = 0; i < 2; i++) expect((await give(ben?.id ?? '', wish))[0]).toBe(200);
    expect((await give(ben?.id ?? ''))[1]).toMatchObject({ error: 'lease_lost' });
    const [, mine] = await ask<Queue>('ben', 'queue?workflow=paired&assigned=me');
    expect(mine.items.find(({ decision_id }) => decision_id === id)).toMatchObject({ assigned_by: { name: 'ann' } });
    expect([mine.for_asker, (await ask<Queue>('ann', 'queue'))[1].for_asker]).toEqual([1, 0]);
    const [, next] = await ask<Claim>('ben', 'claim-next?workflow=paired', {});
    expect(next.item).toMatchObject({ decision_id: id, assigned_to: { name: 'ben' } });
  });

  it('that was claimed as the next, and of which nobody heard, is the next again', async () => {
    for (let i = 0; i < 2; i++) await aCase('structured');
    const next = (key: string) => ask<Claim>('ann', 'claim-next?workflow=structured', {}, key);
    const wish = crypto.randomUUID();
    const [, first] = await next(wish);
    expect((await next(wish))[1]).toEqual(first);
    // With other filters it is another wish.
    expect((await ask('ann', 'claim-next?workflow=structured&risk_tier=low', {}, wish))[0]).toBe(400);
    // Nor is another taken while the one that somebody holds is on none of their pages.
    expect((await next(crypto.randomUUID()))[1].item.decision_id).toBe(first.item.decision_id);
    await ask('ann', `cases/${first.item.decision_id}/look`, { page: 'one' });
    const [, second] = await next(crypto.randomUUID());
    expect(second.item.decision_id).not.toBe(first.item.decision_id);
    for (const { item } of [first, second]) await ask('ann', `cases/${item.decision_id}/release`, {});
  });

  it('that was changed meanwhile says who changed it, how and when', async () => {
    const id = await aCase('paired', { risk_tier: 'low' });
    const before = await claim('ann', id);
    const { evidence_hash, item } = await open('ann', id);
    await ask('ann', `cases/${id}/release`, {});
    expect((await decide('ben', id, { action: 'escalate', justification: 'not mine to say' }))[0]).toBe(200);
    const late = await ask<ApiError>('ann', `cases/${id}/decide`, {
      action: 'accept',
      justification: '',
      lease_epoch: before.lease.epoch,
      case_version: before.item.version,
      evidence_hash,
      idempotency_key: crypto.randomUUID(),
      review_ms: 5,
    });
    expect(late).toMatchObject([
      409,
      {
        error: 'case_changed',
        message: expect.stringMatching(/^ben escalated this case at 2\d{3}-.*Z\. Look at it again, then decide\.$/),
        winner: { name: 'ben', action: 'escalate' },
      },
    ]);
    // More urgent is due sooner too.
    // To others: ben has given it up, and neither finds it again nor gets it by asking for it.
    const idsOf = ({ items }: Queue) => items.map(({ decision_id }) => decision_id);
    expect(idsOf((await ask<Queue>('ben', 'queue?limit=500'))[1])).not.toContain(id);
    expect(idsOf((await ask<Queue>('ann', 'queue?limit=500'))[1])).toContain(id);
    expect((await ask<ApiError>('ben', `cases/${id}/claim`, {}))[1]).toMatchObject({ error: 'four_eyes' });
    const [, next] = await ask<Claim>('ben', 'claim-next?reason=escalated', {});
    expect(next).toMatchObject({ error: 'not_found' });
    const urgent = (await open('ann', id)).item;
    expect([item.priority, urgent.priority]).toEqual(['P3', 'P1']);
    expect(Date.parse(urgent.due_at)).toBeLessThan(Date.parse(item.due_at));
  });

  it('is kept through a reload, and free soon after its page was closed', async () => {
    const id = await aCase('paired', { risk_tier: 'low' });
    const { lease } = await claim('ann', id);
    await ask('ann', `cases/${id}/leave`, { page: 'one' });
    const left = await open('ann', id);
    expect(left.lease?.epoch).toBe(lease.epoch);
    expect(Date.parse(left.lease?.until ?? '')).toBeLessThan(Date.now() + 21_000);
    // Leaving again makes it no longer, and the page that comes back renews it.
    await ask('ann', `cases/${id}/leave`, { page: 'one' });
    expect((await open('ann', id)).lease?.until).toBe(left.lease?.until);
    expect(Date.parse((await claim('ann', id)).lease.until)).toBeGreaterThan(Date.now() + 60_000);
  });

  it('stays with somebody who has it in front on another page too', async () => {
    const id = await aCase('free', { output: { label: null, value: 1 } });
    await claim('ann', id);
    for (const page of ['one', 'two']) await ask('ann', `cases/${id}/look`, { page });
    const { lease } = await open('ann', id);
    await ask('ann', `cases/${id}/leave`, { page: 'two' });
    await ask('ann', `cases/${id}/look`, { page: 'two' });
    expect((await ask('ann', `cases/${id}/release`, { page: 'two' }))[1]).toEqual({ released: false });
    expect((await open('ann', id)).lease).toEqual(lease);
    // The last one, or whoever says so themselves.
    expect((await ask('ann', `cases/${id}/release`, { page: 'one' }))[1]).toEqual({ released: true });
    await claim('ann', id);
    for (const page of ['one', 'two']) await ask('ann', `cases/${id}/look`, { page });
    expect((await ask('ann', `cases/${id}/release`, {}))[1]).toEqual({ released: true });
    expect((await open('ann', id)).lease).toBeNull();
    await decide('ann', id);
  });

  it('shows who else looks at it, what its confidence has meant, and what was alike', async () => {
    const features = { length: 500 };
    for (const action of ['accept', 'accept', 'accept', 'reject']) {
      const id = await aCase('structured', { features, confidence: 0.85 });
      await decide('ann', id, { action });
    }
    const id = await aCase('structured', { features, confidence: 0.81 });
    await ask('ben', `cases/${id}/look`, { page: 'one' });
    const { item, precision, similar } = await open('ann', id);
    expect(item.looking.map(({ name }) => name)).toEqual(['ben']);
    expect(precision).toEqual({ from: 0.8, to: 0.9, decided: 4, changed: 1 });
    expect(similar.map(({ action, decided_by }) => [action, decided_by.name])).toHaveLength(4);
  });

  it('takes a structured answer that its schema does, and says what is wrong with another', async () => {
    const id = await aCase('structured');
    const amount = (value: unknown) =>
      decide<ApiError>('ann', id, { action: 'modify', output: { label: 'spam', value }, justification: 'less' });
    const [status, error] = await amount({ amount: -5 });
    expect([status, error.message]).toEqual([400, expect.stringContaining('output.value.amount')]);
    expect((await amount({ amount: 5 }))[0]).toBe(200);
    expect(await onRecord(id)).toMatchObject([{ output: { label: 'spam', value: { amount: 5 } } }]);
  });

  it('whose answer is a value and no label takes another value', async () => {
    const id = await aCase('free', { output: { label: null, value: 'Dear Sir' } });
    const say = (output: object) => decide<ApiError>('ann', id, { action: 'modify', output, justification: 'kinder' });
    expect(await say({ label: null })).toMatchObject([400, { message: expect.stringContaining('should have been') }]);
    expect(await say({ label: 'kind', value: 'Dear Ada' })).toMatchObject([
      400,
      { message: expect.stringContaining('the policy has no labels') },
    ]);
    expect((await say({ label: null, value: 'Dear Ada' }))[0]).toBe(200);
    expect(await onRecord(id)).toMatchObject([{ output: { label: null, value: 'Dear Ada' } }]);
    // Though the model gives one all the same.
    const labelled = await aCase('free', { output: { label: 'polite', value: 'Dear Sir' } });
    const output = { label: null, value: 'Dear Ada' };
    expect((await decide('ann', labelled, { action: 'modify', output, justification: 'kinder' }))[0]).toBe(200);
  });

  it('that everybody has given up comes back, rather than to nobody', async () => {
    const id = await aCase('free', { output: { label: null, value: 1 } });
    const isThere = async (person: string) =>
      (await ask<Queue>(person, 'queue?workflow=free&limit=500'))[1].items.some(
        ({ decision_id }) => decision_id === id,
      );
    for (const person of ['ann', 'ben', 'cyd']) {
      expect([person, (await decide(person, id, { action: 'escalate', justification: 'not mine' }))[0]]).toEqual([
        person,
        200,
      ]);
      expect([person, await isThere(person)]).toEqual([person, person === 'cyd']);
    }
    expect((await decide('ann', id))[0]).toBe(200);
  });

  it('that all whom the policy names have given up comes back to them, whoever else decides elsewhere', async () => {
    const id = await aCase('named', { output: { label: null, value: 1 } });
    expect((await decide('cyd', await aCase('free', { output: { label: null, value: 1 } })))[0]).toBe(200);
    const escalation = { action: 'escalate', justification: 'not mine' } as const;
    expect((await decide('ann', id, escalation))[0]).toBe(200);
    expect((await decide('ann', id))[0]).toBe(409);
    expect((await decide('ben', id, escalation))[0]).toBe(200);
    expect((await decide('ann', id))[0]).toBe(200);
  });

  it('is found by whom it is with, and counted for who may decide it', async () => {
    const mine = await aCase('free', { output: { label: null, value: 1 } });
    const bens = await aCase('free', { output: { label: null, value: 2 } });
    const nobodys = await aCase('free', { output: { label: null, value: 3 } });
    await claim('ann', mine);
    await claim('ben', bens);
    for (const [assigned, id] of Object.entries({ me: mine, others: bens, nobody: nobodys })) {
      const [, queue] = await ask<Queue>('ann', `queue?workflow=free&assigned=${assigned}`);
      expect([assigned, queue.matching, queue.items.map(({ decision_id }) => decision_id)]).toEqual([
        assigned,
        1,
        [id],
      ]);
    }
    // What is given back is with nobody again.
    await ask('ann', `cases/${mine}/release`, {});
    expect((await ask<Queue>('ann', 'queue?workflow=free&assigned=me'))[1].items).toEqual([]);
    expect((await ask<Queue>('ann', 'queue?workflow=free&assigned=nobody'))[1].matching).toBe(2);
    const [, before] = await ask<Queue>('ann', 'queue?limit=1');
    expect(before.workflows).toContainEqual({ id: 'free', title: expect.any(String) });
    await decide('ann', await aCase('paired'));
    const [[, anns], [, cyds]] = [await ask<Queue>('ann', 'queue'), await ask<Queue>('cyd', 'queue')];
    expect(anns.waiting).toBe(before.waiting);
    expect(cyds.waiting).toBeGreaterThan(anns.waiting);
  });

  it('is found by every filter, a page at a time', async () => {
    const pages: string[] = [];
    let after = '';
    do {
      const [, page] = await ask<Queue>('dan', `queue?limit=3${after}`);
      pages.push(...page.items.map(({ decision_id }) => decision_id));
      after = page.next === null ? '' : `&after=${encodeURIComponent(page.next)}`;
    } while (after !== '');
    const [, all] = await ask<Queue>('dan', 'queue?limit=500');
    expect(pages).toEqual(all.items.map(({ decision_id }) => decision_id));
    expect(all.matching).toBe(pages.length);
    for (const [filter, fits] of [
      ['risk_tier=high', (i: Queue['items'][number]) => i.risk_tier === 'high'],
      ['reason=automation_level', (i: Queue['items'][number]) => i.reason === 'automation_level'],
      ['confidence_below=0.82', (i: Queue['items'][number]) => i.confidence !== null && i.confidence < 0.82],
      ['workflow=batched', (i: Queue['items'][number]) => i.workflow_id === 'batched'],
    ] as const) {
      const [, { items }] = await ask<Queue>('dan', `queue?limit=500&${filter}`);
      const wanted = all.items.filter(fits).map(({ decision_id }) => decision_id);
      expect([filter, items.map(({ decision_id }) => decision_id)]).toEqual([filter, wanted]);
    }
  });
});

it('is over when it comes, where its answer and what it turned out to be came first', async () => {
  const decision_id = newId();
  const [workflow_id, task_id] = ['counted', `task-${tasks + 1}`];
  await send(workflow_id, 'decision_human', eventTypes.humanDecision, task_id, {
    workflow_id,
    task_id,
    decision_id: newId(),
    reviews: decision_id,
    reviewer: 'ana',
    action: 'reject',
    justification: 'seen in our own tool',
  });
  await send(workflow_id, 'outcome', eventTypes.outcome, task_id, { workflow_id, task_id, decision_id, label: 'ham' });
  await eventually('the answer', async () => (await onRecord(decision_id))[0]);
  await aDecision(workflow_id, { decision_id });
  const sql = 'SELECT decided_by, decided_action, outcome_label FROM review_case WHERE decision_id = $1';
  const found = await eventually('the case', async () => (await owner.query(sql, [decision_id])).rows[0]);
  expect([found]).toEqual([{ decided_by: 'ana', decided_action: 'reject', outcome_label: 'ham' }]);
});
