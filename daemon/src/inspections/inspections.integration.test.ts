/** Periodic audits over a real log: drawn so that anybody can draw them again, and on record from beginning to end. */
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { eventTypes, uuidV7, type DrawRequest, type InspectionStep } from '@countersign/contract';
import { treeHead } from '@countersign/contract/merkle';
import { aiDecisionEntry, startTestLog, testStart, type TestLog } from '../../../stack/test-log.ts';
import { policiesWith } from '../../../stack/test-policy.ts';
import { draw } from './draw.ts';
import { People } from '../people/index.ts';
import { Inspections } from './inspections.ts';

let log: TestLog;
let inspections: Inspections;
let ids = 0;
const cleo = { id: 'user:3', name: 'Cleo', login: 'cleo' };
const odo = { id: 'user:4', name: 'Odo', login: 'odo' };
const at = (second: number) => new Date(testStart + second * 1_000).toISOString();
const request: DrawRequest = {
  title: 'First quarter',
  workflow_id: 'mail-moderation',
  from: at(0),
  to: at(3_000),
  wanted: { low: 5, medium: 10, high: 500 },
  seed: 'a dice roll: 41653',
};

beforeAll(async () => {
  log = await startTestLog(inject('postgresUrl'));
  const entries = Array.from({ length: 6_000 }, (_, i) => aiDecisionEntry(i));
  for (let i = 0; i < entries.length; i += 2_000) {
    await log.ledger.write(({ append }) => append(entries.slice(i, i + 2_000)));
  }
  const today = () => new Date(testStart + 10_000_000);
  const people = new People({ pool: log.pool, now: today });
  await people.meet(cleo, false);
  await people.meet(odo, false);
  inspections = new Inspections({
    pool: log.pool,
    ledger: log.ledger,
    log: log.reader,
    search: log.search,
    policies: policiesWith({}),
    now: today,
    newId: (now) => uuidV7(now.getTime(), Buffer.alloc(10, ++ids)),
    people,
  });
});
afterAll(() => log?.drop());

const drawn = async (change: Partial<DrawRequest> = {}) => {
  const answer = await inspections.draw({ ...request, ...change }, cleo);
  if ('is' in answer) throw new Error(answer.reason);
  const opened = await inspections.open(answer.inspection_id, cleo);
  if (opened === null) throw new Error('it is not there');
  return opened;
};
const steps = async (): Promise<InspectionStep[]> => {
  const all = await log.reader.readFrom(6_000, 1_000);
  return all.flatMap(({ event }) => (event.type === eventTypes.inspection ? [event.data] : []));
};

it('draws as many of each risk tier as are wanted, of the workflow and the time, the same for the same seed', async () => {
  const first = await drawn();
  // Every third of every second of 3,000 is of one tier.
  expect(first.inspection.drawn).toEqual([
    { risk_tier: 'low', sample: 5, of: 500 },
    { risk_tier: 'medium', sample: 10, of: 500 },
    { risk_tier: 'high', sample: 500, of: 500 },
  ]);
  for (const { record, risk_tier } of first.decisions) {
    expect(record).toMatchObject({ workflow_id: 'mail-moderation', decision_actor: { type: 'ai' } });
    expect(Date.parse(record?.timestamp ?? '')).toBeLessThan(testStart + 3_000_000);
    expect(['low', 'medium', 'high']).toContain(risk_tier);
  }
  const places = ({ decisions }: typeof first) => decisions.map(({ log_index }) => log_index);
  expect(places(await drawn())).toEqual(places(first));
  expect(places(await drawn({ seed: 'another' }))).not.toEqual(places(first));
  // On record before anybody has looked.
  expect((await steps())[0]).toMatchObject({
    step: 'drawn',
    seed: request.seed,
    sample: expect.arrayContaining(places(first)),
  });
});

it('draws the same though more is recorded about that time', async () => {
  const first = await drawn({ wanted: { low: 5, medium: 5, high: 5 } });
  const late = Array.from({ length: 300 }, (_, i) => aiDecisionEntry(20_000 + i, {}, 0, testStart + i * 1_000));
  await log.ledger.write(({ append }) => append(late));
  const places = ({ decisions }: typeof first) => decisions.map(({ log_index }) => log_index);
  const { log_size } = first.inspection;
  expect(places(await drawn({ wanted: { low: 5, medium: 5, high: 5 }, log_size }))).toEqual(places(first));
});

it('has the log choose a seed that nobody could know beforehand, and that anybody can check', async () => {
  const { seed: _nobodys, ...wish } = { ...request, wanted: { low: 5, medium: 5, high: 5 } };
  const draws: Awaited<ReturnType<typeof drawn>>[] = [];
  for (let i = 0; i < 2; i++) {
    const answer = await inspections.draw(wish, cleo);
    if ('is' in answer) throw new Error(answer.reason);
    const opened = await inspections.open(answer.inspection_id, cleo);
    if (opened !== null) draws.push(opened);
  }
  const [first, second] = draws;
  expect(first?.inspection.seed).not.toBe(second?.inspection.seed);
  for (const { inspection, decisions } of draws) {
    const { announced, seed, inspection_id, log_size } = inspection;
    expect(log_size).toBe(announced);
    const leaves = await log.reader.readLeaves(0, (announced ?? 0) + 1);
    expect(seed).toBe(Buffer.from(treeHead(leaves)).toString('hex'));
    // On record before there was a seed, with what was to be drawn.
    const [record] = await log.reader.readAt([announced ?? -1]);
    const wished = {
      step: 'announced',
      inspection_id,
      sample: [],
      reason: '5 of low risk, 5 of medium risk, 5 of high risk',
    };
    expect(record?.event.data).toMatchObject(wished);
    expect(record?.event.data).not.toHaveProperty('seed');
    expect((await steps()).filter((step) => step.inspection_id === inspection_id).at(-1)).toMatchObject({
      announced,
      seed,
    });
    const { on_record } = inspection;
    expect(on_record).toMatchObject({ announced: record?.event.id, signed_off: null });
    expect((await log.reader.readEvent(on_record.drawn ?? ''))?.event.data).toMatchObject({
      step: 'drawn',
      inspection_id,
    });
    // Whoever has the seed draws the same again.
    const again = await drawn({ ...wish, seed, log_size });
    expect(again.inspection.announced).toBeNull();
    expect(again.decisions.map(({ log_index }) => log_index)).toEqual(decisions.map(({ log_index }) => log_index));
  }
});

it('lets nobody change what somebody else has found', async () => {
  const { inspection, decisions } = await drawn({ wanted: { low: 1, medium: 0, high: 0 } });
  const log_index = decisions[0]?.log_index ?? -1;
  const { inspection_id: id } = inspection;
  expect(await inspections.find(id, { log_index, finding: 'wanting', note: 'nobody looked' }, odo)).toBe('kept');
  expect(await inspections.find(id, { log_index, finding: 'good', note: '' }, cleo)).toMatchObject({
    reason: 'Odo has found it wanting; ask them to look again',
  });
  const found = (await inspections.open(id, cleo))?.decisions[0];
  expect(found).toMatchObject({ finding: 'wanting', note: 'nobody looked', found_by: { id: 'user:4', name: 'Odo' } });
  expect(await inspections.find(id, { log_index, finding: 'good', note: 'I was wrong' }, odo)).toBe('kept');
});

it('is drawn once however often it is sent', async () => {
  const idempotency_key = crypto.randomUUID();
  const before = (await inspections.list()).length;
  const twice = await Promise.all([1, 2].map(() => drawn({ idempotency_key })));
  expect(twice.map(({ inspection }) => inspection.inspection_id)).toEqual([idempotency_key, idempotency_key]);
  expect((await inspections.list()).length).toBe(before + 1);
  for (const other of [{ title: 'Another' }, { wanted: { low: 1, medium: 0, high: 0 } }, { log_size: 1_000 }]) {
    expect(await inspections.draw({ ...request, ...other, idempotency_key }, cleo)).toMatchObject({
      reason: expect.stringContaining('idempotency_key'),
    });
  }
});

it('is signed off when every decision was looked at, and not changed afterwards', async () => {
  const { inspection, decisions } = await drawn({ wanted: { low: 2, medium: 1, high: 1 }, title: 'Second' });
  const id = inspection.inspection_id;
  const find = (i: number, finding: 'good' | 'wanting', note = '') =>
    inspections.find(id, { log_index: decisions[i]?.log_index ?? -1, finding, note }, cleo);
  expect(await find(0, 'wanting')).toMatchObject({ reason: 'say in note what is wanting' });
  expect(await find(0, 'wanting', 'nobody looked at the sender')).toBe('kept');
  expect(await find(9, 'good')).toMatchObject({ reason: expect.stringContaining('is not in the sample') });
  const sign = () => inspections.signOff(id, { statement: 'three of four are as they should be' }, cleo);
  expect(await sign()).toMatchObject({ reason: '3 of 4 decisions are not looked at yet' });
  for (const i of [1, 2, 3]) await find(i, 'good');
  expect(await sign()).toBe('signed');
  expect(await find(1, 'good')).toMatchObject({ reason: expect.stringContaining('signed off') });
  expect(await sign()).toMatchObject({ is: 'refused' });
  expect((await steps()).at(-1)).toMatchObject({ step: 'signed_off', by: 'user:3' });
  expect((await steps()).at(-1)?.found?.map(({ finding, by }) => `${finding} ${by}`)).toEqual([
    'wanting user:3',
    'good user:3',
    'good user:3',
    'good user:3',
  ]);
  const findings = (await steps()).at(-1)?.findings ?? [];
  expect([findings.reduce((sum, f) => sum + f.good, 0), findings.reduce((sum, f) => sum + f.wanting, 0)]).toEqual([
    3, 1,
  ]);
  const listed = (await inspections.list()).find(({ inspection_id }) => inspection_id === id);
  expect(listed).toMatchObject({
    looked_at: 4,
    wanting: 1,
    signed_off: { by: { name: 'Cleo' } },
  });
});

it('leaves nothing on record of what cannot be drawn', async () => {
  const before = await log.reader.size();
  const { seed: _nobodys, ...wish } = request;
  for (const change of [{ from: at(9_000), to: at(9_001) }, { wanted: { low: 0, medium: 0, high: 0 } }]) {
    expect(await inspections.draw({ ...wish, ...change }, cleo)).toMatchObject({ is: 'refused' });
  }
  expect(await log.reader.size()).toBe(before);
});

it.each([
  ['a workflow that is not there', { workflow_id: 'nothing' }, 'there is no workflow nothing'],
  ['a time that ends before it begins', { to: at(-1) }, 'to is not after from'],
  ['a time that is not over', { to: new Date(testStart + 20_000_000).toISOString() }, 'to is in the future'],
  ['a time without decisions', { from: at(9_000), to: at(9_001) }, 'there is no decision to draw'],
])('refuses %s', async (_what, change, reason) => {
  expect(await inspections.draw({ ...request, ...change }, cleo)).toMatchObject({
    reason: expect.stringContaining(reason),
  });
});

it('draws each with the same chance', async () => {
  const times = new Map<number, number>();
  for (let seed = 0; seed < 2_000; seed++) {
    const { drawn: picked } = await draw(
      Array.from({ length: 20 }, (_, i) => i),
      5,
      String(seed),
    );
    for (const index of picked) {
      times.set(index, (times.get(index) ?? 0) + 1);
    }
  }
  // 500 each, give or take five standard deviations.
  for (const count of times.values()) expect(Math.abs(count - 500)).toBeLessThan(5 * Math.sqrt(2_000 * 0.25 * 0.75));
  expect(times.size).toBe(20);
});
