/** Ways in which a model might come to have authority that nobody gave it; none of them is one. */
import { randomBytes } from 'node:crypto';
import { uuidV7, type AiDecision, type Autonomy, type ChangeControl, type Policy } from '@countersign/contract';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { policiesWith } from '../../../stack/test-policy.ts';
import { aiDecisionEntry, humanDecisionEntry, startTestLog, testStart, type TestLog } from '../../../stack/test-log.ts';
import { Breakers, policyChanged, takeEpoch } from '../breakers/index.ts';
import { recordPolicies } from '../policies/index.ts';
import { reasonForReview } from '../reviews/index.ts';
import { Models } from './models.ts';
import * as store from './store.ts';
import { versionsOf } from './views.ts';

const workflow = 'mail-moderation';
const model = 'spam-logit';
const hash = (n: number) => `sha256:${n.toString(16).padStart(64, '0')}`;
const own = { name: model, version: '1', hash: hash(1) };
const whole = { workflowId: workflow, modelName: model, riskTier: null };
const two = { roles: [{ name: 'a' }, { name: 'b' }] };
const phases = [
  { share: 0.25, verified: 8, overrides_at_most: 0.3 },
  { share: 0.5, verified: 8, overrides_at_most: 0.3 },
];
let clock = testStart;
const now = () => new Date(clock);
const newId = () => uuidV7(clock, randomBytes(10));
let log: TestLog;
let count = 0;

beforeEach(async () => {
  clock = testStart;
  log = await startTestLog(inject('postgresUrl'));
});
afterEach(() => log?.drop());

function policies(change_control: ChangeControl = two, half_open: Policy['breaker']['half_open'] = phases) {
  const breaker = {
    opens_on: 'incident',
    half_open,
    authority_lease: '15 seconds',
    when_unreachable: 'human',
  } as const;
  return policiesWith({}, { change_control, breaker });
}
function open(under = policies()) {
  const models = new Models({ policies: under, now, timer: now, newId, takeEpoch });
  return { models, breakers: new Breakers({ policies: under, models, now, timer: now, newId }) };
}
type Room = ReturnType<typeof open>;

const declare = ({ models }: Room, more: object = {}) =>
  log.ledger.write((tx) =>
    models.declare(tx, { workflow_id: workflow, model: own, author: 'ann', justification: 'x', ...more }, 'ci'),
  );
const promote = ({ models, breakers }: Room, id: string, role: string, to: Autonomy, logins: string[] = []) =>
  log.ledger.write(async (tx) => {
    const stopped = await breakers.stoppedBy(tx.client, workflow, model);
    const request = { workflow_id: workflow, model_name: model, version: '1', to, role, justification: 'x' };
    return models.promote(tx, request, { id, login: id, logins }, stopped);
  });
const row = () =>
  log.ledger.write((tx) => store.lockVersion(tx.client, { workflowId: workflow, modelName: model, version: '1' }));
const move = ({ breakers }: Room, event: Parameters<Breakers['apply']>[2]) =>
  log.ledger.write((tx) => breakers.apply(tx, whole, event));

/** A decision that was taken alone now, and what a person said of it. */
async function canary(room: Room, action: 'accept' | 'reject', by: typeof own = own): Promise<void> {
  count += 2;
  const { epoch } = await room.breakers.presentOf(log.pool, workflow, own, 'low');
  const taken = aiDecisionEntry(count, { workflow_id: workflow, model: by, breaker_epoch: epoch, risk_tier: 'low' });
  await log.ledger.write((tx) => tx.append([taken]));
  await log.ledger.write(async (tx) => {
    const said = await tx.append([humanDecisionEntry(count, 'ben', 'x', { workflow_id: workflow, action })]);
    const records = said.flatMap((answer) => (answer.is === 'appended' ? [answer.record] : []));
    await room.breakers.weighCanaries(tx, records);
    await room.models.weighCanaries(tx, records);
  });
}
const canaries = async (room: Room, many: number, action: 'accept' | 'reject', by: typeof own = own) => {
  for (let i = 0; i < many; i++) await canary(room, action, by);
};

it('a frozen rollout grows no further, and falls back all the same', async () => {
  const room = open();
  await declare(room, { autonomy: 'canary' });
  await canaries(room, 7, 'accept');
  await log.ledger.write((tx) => room.models.freeze(tx, whole, 'incident'));
  await canaries(room, 3, 'accept');
  expect(await row()).toMatchObject({ autonomy: 'canary', rollout: { phase: 0, verified: 10 } });
  await canaries(room, 12, 'reject');
  expect(await row()).toMatchObject({ autonomy: 'approval' });
});

it('what another model of this name did counts for nothing', async () => {
  const room = open();
  await declare(room, { autonomy: 'canary' });
  await canaries(room, 8, 'accept', { ...own, hash: hash(66) });
  expect((await row())?.rollout).toMatchObject({ phase: 0, verified: 0 });
  await move(room, { is: 'trip', by: 'zoe', reason: 'x' });
  await move(room, { is: 'retry', by: 'ben', reason: 'x' });
  await move(room, { is: 'retry', by: 'cyd', reason: 'x' });
  await canaries(room, 20, 'accept', { ...own, version: 'rogue', hash: hash(66) });
  expect(await room.breakers.list(log.pool)).toMatchObject([{ state: 'half_open', phase: { verified: 0 } }]);
});

it('an answer of gates that are others now is none', async () => {
  await declare(open());
  const scope = { workflowId: workflow, modelName: model, version: '1' };
  await log.ledger.write((tx) => open().models.gate(tx, scope, 'canary', [], {}, 'ci'));
  const later = open(policies({ ...two, gates: [{ to: 'canary', report: 'bias', metric: 'gap', at_most: 0.01 }] }));
  expect(await promote(later, 'ben', 'a', 'canary')).toMatchObject({ is: 'refused' });
});

it('no declaration slips past a freeze, by another name, or by another version of the very same model', async () => {
  const room = open();
  await declare(room);
  await log.ledger.write((tx) => room.models.freeze(tx, whole, 'incident'));
  const refused = { is: 'refused' };
  const other = (change: object) => declare(room, { model: { ...own, ...change }, autonomy: 'automatic' });
  expect(await other({ name: 'Spam-logit', hash: hash(5) })).toMatchObject(refused);
  expect(await other({ version: '2' })).toMatchObject(refused);
  expect(await other({ version: '2', hash: hash(2) })).toMatchObject(refused);
});

it('a frozen model has no first version at automatic either', async () => {
  const room = open();
  await log.ledger.write((tx) => room.models.freeze(tx, whole, 'incident'));
  expect(await declare(room, { autonomy: 'automatic' })).toMatchObject({ is: 'refused' });
});

it('an author is known in any case, and under every login under which they have come', async () => {
  const room = open();
  await declare(room, { author: 'Ann ' });
  const refused = { is: 'refused', reason: expect.stringContaining('you made it') };
  expect(await promote(room, 'ann', 'a', 'canary')).toMatchObject(refused);
  expect(await promote(room, 'ann2', 'a', 'canary', ['ann', 'ann2'])).toMatchObject(refused);
});

it('a model that is stopped is not promoted, and its canary version goes back', async () => {
  const room = open();
  await declare(room, { autonomy: 'canary' });
  await canaries(room, 16, 'accept');
  expect((await row())?.rollout).toMatchObject({ phase: 1, passed: true });
  await move(room, { is: 'trip', by: 'zoe', reason: 'harm' });
  expect(await row()).toMatchObject({ autonomy: 'approval' });
  expect(await promote(room, 'ben', 'a', 'canary')).toMatchObject({ is: 'refused', reason: 'the AI is stopped: harm' });
});

it('phases that an edit of the policy cut away are not passed', async () => {
  const room = open();
  await declare(room, { autonomy: 'canary' });
  await canaries(room, 8, 'accept');
  expect((await row())?.rollout).toMatchObject({ phase: 1, verified: 0 });
  const later = open(policies(two, phases.slice(0, 1)));
  expect(await promote(later, 'ben', 'a', 'automatic')).toMatchObject({ is: 'refused' });
});

it('what was decided before a promotion is checked after it, and before a new policy as well', async () => {
  const room = open();
  await declare(room, { autonomy: 'canary' });
  await canaries(room, 16, 'accept');
  const present = () => room.breakers.presentOf(log.pool, workflow, own, 'low');
  const taken = { route: 'auto', breaker_epoch: (await present()).epoch } as AiDecision;
  expect(reasonForReview(taken, await present())).toBe('canary');
  await promote(room, 'ben', 'a', 'automatic');
  expect(await promote(room, 'cyd', 'b', 'automatic')).toMatchObject({ is: 'done' });
  expect(reasonForReview(taken, await present())).toBe('stale_authority');
  const now2 = { ...taken, breaker_epoch: (await present()).epoch };
  expect(reasonForReview(now2, await present())).toBeNull();
  await recordPolicies(log.ledger, 'main', policies(), now, newId, policyChanged);
  await recordPolicies(log.ledger, 'main', policies(two, phases.slice(0, 1)), now, newId, policyChanged);
  expect(reasonForReview(now2, await present())).toBe('stale_authority');
});

it('a phase that is over by the clock takes nothing from a version that was promoted meanwhile', async () => {
  const room = open();
  await declare(room, { autonomy: 'canary' });
  clock += 8 * 86_400_000;
  const scope = { workflowId: workflow, modelName: model, version: '1' };
  await room.models.passTime(log.pool, async (work) => {
    await log.ledger.write((tx) => store.setAutonomy(tx.client, scope, 'automatic', null, 9));
    return log.ledger.write(work);
  });
  expect(await row()).toMatchObject({ autonomy: 'automatic' });
});

it('a version that is rolled back is replaced by one that has authority, from before it', () => {
  const version = (name: string, at: number, more: Partial<store.VersionRow> = {}): store.VersionRow => ({
    workflow_id: workflow,
    model_name: model,
    version: name,
    hash: hash(at),
    first_seen_at: new Date(at),
    declared_at: new Date(at),
    author: 'ann',
    autonomy: 'automatic',
    rollout: null,
    epoch: '1',
    rolled_back_at: null,
    restores: null,
    ...more,
  });
  const rows = [
    version('1.2', 4, { declared_at: null }),
    version('1.1', 3, { rolled_back_at: new Date(9) }),
    version('1.0.1', 2, { declared_at: null }),
    version('1.0', 1),
  ];
  expect(versionsOf(rows, true, [])[0]?.rolled_back).toEqual([{ version: '1.1', instead: '1.0' }]);
});

it('the first of two who give authority back is on record', async () => {
  const room = open();
  await move(room, { is: 'trip', by: 'zoe', reason: 'harm' });
  await move(room, { is: 'retry', by: 'ben', reason: 'mended' });
  const records = await log.reader.readFrom(0, 100);
  const steps = records.flatMap(({ event }) => (event.type === 'countersign.breaker.v1' ? [event.data] : []));
  expect(steps.at(-1)).toMatchObject({
    from: 'forced_open',
    to: 'forced_open',
    by: 'ben',
    reason: 'one of two agrees: mended',
  });
});
