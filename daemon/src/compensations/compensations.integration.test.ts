/** Rollbacks of decisions against PostgreSQL and the ledger; time is moved by hand. */
import { randomBytes } from 'node:crypto';
import { eventTypes, uuidV7, type CompensationOrder, type CompensationReport } from '@countersign/contract';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { policiesWith } from '../../../stack/test-policy.ts';
import { startTestLog, type TestLog } from '../../../stack/test-log.ts';
import { writtenEntry } from '../ledger/index.ts';
import { Compensations } from './compensations.ts';

const workflow = 'mail-moderation';
let log: TestLog;
let clock = Date.parse('2026-01-05T09:00:00Z');
const now = () => new Date(clock);
const newId = () => uuidV7(clock, randomBytes(10));
let room: Compensations;
let orders: CompensationOrder[];

const open = () =>
  new Compensations({
    pool: log.pool,
    ledger: log.ledger,
    policies: policiesWith({}),
    now,
    timer: now,
    newId,
    send: async (_tx, order) => {
      orders.push(order);
    },
  });

beforeEach(async () => {
  log = await startTestLog(inject('postgresUrl'));
  orders = [];
  room = open();
});
afterEach(() => log?.drop());

/** A service says something. */
async function say(report: CompensationReport): Promise<void> {
  const body = { type: eventTypes.compensation, subject: report.task_id, data: report };
  // Only services write these: the entry is made as theirs would be.
  const entry = writtenEntry(body as unknown as Parameters<typeof writtenEntry>[0], now(), newId);
  await log.ledger.write(async (tx) => {
    const [appended] = await tx.append([entry]);
    if (appended?.is !== 'appended') throw new Error('not appended');
    await room.hear(tx, [appended.record]);
  });
}

async function registered(steps: number, decisionId = newId()): Promise<CompensationReport[]> {
  const reports = Array.from({ length: steps }, (_, i): CompensationReport => ({
    workflow_id: workflow,
    task_id: 'task-1',
    decision_id: decisionId,
    compensation_id: newId(),
    model: { name: 'spam-logit', version: '1.1.0' },
    sequence: i + 1,
    action: 'unhide',
    payload: { step: i + 1 },
    state: 'registered',
  }));
  for (const report of reports) await say(report);
  return reports;
}
const answer = (order: CompensationOrder, state: 'compensated' | 'failed', detail?: string) => {
  const { v: _v, kind: _kind, verdict_id: _id, attempt: _attempt, payload: _payload, ...rest } = order;
  return say({ ...rest, state, ...(detail === undefined ? {} : { detail }) });
};
const pass = async (ms: number) => {
  clock += ms;
  await room.tick();
};
const view = async () => {
  const [newest] = await room.list();
  if (newest === undefined) throw new Error('there is no rollback');
  return newest;
};
async function begin(scope: object): Promise<string> {
  await room.ask({ workflow_id: workflow, scope, justification: 'it was wrong' }, 'ann');
  const { rollback_id } = await view();
  expect(await room.approve({ rollback_id, justification: 'yes' }, 'ben')).toMatchObject({ is: 'done' });
  await room.tick();
  return rollback_id;
}

it('is asked by one and approved by another, and names what is meant', async () => {
  const [first] = await registered(2);
  const scope = { decision_id: first!.decision_id };
  const ask = (wanted: object) => room.ask({ workflow_id: workflow, scope: wanted, justification: 'wrong' }, 'ann');
  expect(await ask({})).toMatchObject({ is: 'refused', reason: expect.stringContaining('say either the decision') });
  expect(await ask({ ...scope, version: '1.1.0' })).toMatchObject({ is: 'refused' });
  expect(await ask({ decision_id: newId() })).toMatchObject({
    is: 'refused',
    reason: expect.stringContaining('no service'),
  });
  expect(await ask(scope)).toEqual({
    is: 'done',
    message: '2 steps would be undone. Another person has to approve it.',
  });
  expect(await view()).toMatchObject({ state: 'asked', counts: { registered: 2 } });
  const { rollback_id } = await view();
  await pass(60_000);
  expect(orders).toEqual([]);
  expect(await room.approve({ rollback_id, justification: 'me too' }, 'ann')).toMatchObject({ is: 'refused' });
  expect(await room.approve({ rollback_id, justification: 'yes' }, 'ben')).toMatchObject({ is: 'done' });
  expect(await room.approve({ rollback_id, justification: 'yes' }, 'cyd')).toMatchObject({ is: 'refused' });
});

it('undoes the last step first, each after the one before it is undone', async () => {
  const reports = await registered(3);
  await begin({ decision_id: reports[0]!.decision_id });
  const sequence: number[] = [];
  for (let i = 0; i < 3; i++) {
    expect(orders).toHaveLength(1);
    const [order] = orders.splice(0);
    sequence.push(order!.sequence);
    expect(order).toMatchObject({ payload: { step: order!.sequence }, attempt: 1 });
    await pass(1_000);
    expect(orders).toHaveLength(0);
    await answer(order!, 'compensated');
    await room.tick();
  }
  expect(sequence).toEqual([3, 2, 1]);
  expect(await view()).toMatchObject({ state: 'finished', counts: { compensated: 3 } });
  const records = await log.reader.readFrom(0, 100);
  const steps = records.flatMap(({ event }) =>
    event.type === eventTypes.rollback ? [[event.data.step, event.data.by]] : [],
  );
  expect(steps).toEqual([
    ['asked', 'ann'],
    ['approved', 'ben'],
    ['finished', 'daemon'],
  ]);
});

it('takes a version and a time back, and nothing outside of them', async () => {
  await registered(1);
  clock += 3_600_000;
  const [second] = await registered(1);
  const from = new Date(clock - 1_000).toISOString();
  const to = new Date(clock + 1_000).toISOString();
  await begin({ model_name: 'spam-logit', version: '1.1.0', from, to });
  expect(orders.map(({ compensation_id }) => compensation_id)).toEqual([second!.compensation_id]);
});

it('tries again what failed, with the same key, and then gives it to its owner; what lies below waits', async () => {
  const reports = await registered(2);
  const rollbackId = await begin({ decision_id: reports[0]!.decision_id });
  const attempts: number[] = [];
  for (let i = 0; i < 5; i++) {
    const [order] = orders.splice(0);
    attempts.push(order!.attempt);
    expect(order!.compensation_id).toBe(reports[1]!.compensation_id);
    await answer(order!, 'failed', 'the mailbox is locked');
    await pass(60_000);
  }
  expect(attempts).toEqual([1, 2, 3, 4, 5]);
  expect(orders).toEqual([]);
  expect(await view()).toMatchObject({
    state: 'failed',
    counts: { compensation_failed: 1, waiting: 1 },
    failed: [{ problem: 'the mailbox is locked', owner: 'mail team', attempts: 5 }],
  });
  // Mended: another approves it once more.
  await room.approve({ rollback_id: rollbackId, justification: 'unlocked' }, 'ben');
  await room.tick();
  await answer(orders.splice(0)[0]!, 'compensated');
  await room.tick();
  await answer(orders.splice(0)[0]!, 'compensated');
  expect(await view()).toMatchObject({ state: 'finished', counts: { compensated: 2 } });
});

it('shows a service that never answers as failed, with its owner', async () => {
  const [report] = await registered(1);
  await begin({ decision_id: report!.decision_id });
  for (let i = 0; i < 12; i++) await pass(31_000);
  expect(orders.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5]);
  expect(await view()).toMatchObject({
    state: 'failed',
    failed: [{ problem: 'no answer in 30 s', owner: 'mail team' }],
  });
  // It was only slow: what it says at last still counts.
  await answer(orders[0]!, 'compensated');
  expect(await view()).toMatchObject({ state: 'finished', counts: { compensated: 1 } });
});

it('changes nothing by a failure of what was not ordered, or what is said twice, or of another workflow', async () => {
  const [report] = await registered(1);
  await say({ ...report!, state: 'failed' });
  await say({ ...report!, workflow_id: 'refunds', state: 'compensated' });
  expect(await room.list()).toEqual([]);
  await begin({ decision_id: report!.decision_id });
  await say({ ...report!, workflow_id: 'refunds', state: 'compensated' });
  expect((await view()).counts).toEqual({ compensating: 1 });
  const [order] = orders;
  await answer(order!, 'compensated');
  await answer(order!, 'failed', 'late');
  await say(report!);
  expect(await view()).toMatchObject({ state: 'finished', counts: { compensated: 1 } });
});

it('goes on after a restart where it was', async () => {
  const reports = await registered(2);
  await begin({ decision_id: reports[0]!.decision_id });
  room = open();
  await answer(orders.splice(0)[0]!, 'compensated');
  await room.tick();
  expect(orders.map(({ sequence }) => sequence)).toEqual([1]);
});

it('does not cut a decision in two by a window of time', async () => {
  const decisionId = newId();
  const first = await registered(1, decisionId);
  const t0 = clock;
  clock += 5_000;
  await say({ ...first[0]!, compensation_id: newId(), sequence: 2 });
  const [from, to] = [new Date(t0 - 1_000).toISOString(), new Date(t0 + 1_000).toISOString()];
  await begin({ model_name: 'spam-logit', version: '1.1.0', from, to });
  expect(orders.map(({ sequence }) => sequence)).toEqual([2]);
});

it('undoes a step too that is registered after the approval, even after the end', async () => {
  const [first] = await registered(1);
  await begin({ decision_id: first!.decision_id });
  await answer(orders.splice(0)[0]!, 'compensated');
  expect((await view()).state).toBe('finished');
  await say({ ...first!, compensation_id: newId(), sequence: 2 });
  expect((await view()).state).toBe('running');
  await room.tick();
  expect(orders.map(({ sequence }) => sequence)).toEqual([2]);
});

it('leaves alone what the service took back by itself, and what a person did since', async () => {
  const [alone] = await registered(1);
  await say({ ...alone!, state: 'compensated' });
  const scope = { decision_id: alone!.decision_id };
  const ask = () => room.ask({ workflow_id: workflow, scope, justification: 'wrong' }, 'ann');
  expect(await ask()).toMatchObject({ is: 'refused' });

  const [undone] = await registered(1);
  await begin({ decision_id: undone!.decision_id });
  await answer(orders.splice(0)[0]!, 'compensated');
  await say({ ...undone!, compensation_id: newId(), model: { name: 'human', version: 'cyd' }, state: 'registered' });
  await pass(1_000);
  expect(orders).toEqual([]);
  expect((await view()).state).toBe('finished');

  const [kept] = await registered(1);
  await say({ ...kept!, compensation_id: newId(), model: { name: 'human', version: 'cyd' }, state: 'registered' });
  const [from, to] = [new Date(clock - 10_000).toISOString(), new Date(clock + 1).toISOString()];
  await begin({ model_name: 'spam-logit', version: '1.1.0', from, to });
  expect(orders.map(({ model }) => model.name)).toEqual(['spam-logit']);
});

it('is not settled by the word of a service that was not asked, nor approved when nothing is left', async () => {
  const [lower, upper] = await registered(2);
  await begin({ decision_id: upper!.decision_id });
  await say({ ...lower!, state: 'compensated' });
  expect((await view()).counts).toEqual({ compensating: 1, waiting: 1 });
  const scope = { decision_id: upper!.decision_id };
  expect(await room.ask({ workflow_id: workflow, scope, justification: 'again' }, 'ann')).toMatchObject({
    is: 'refused',
  });
});
