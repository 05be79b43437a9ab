/** What the AI did is taken back: from the service that registers how, to people who order it, and to the service again. */
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { ResponseOverview } from '@countersign/contract';
import * as countersign from '@countersign/otel-instrumentation';
import { eventually, passwords, startTestLoop, type TestLoop } from '../../stack/test-loop.ts';
import { readConfig } from './config.ts';
import { startDaemon, type Daemon } from './main.ts';

const workflow = 'mail-moderation';
let loop: TestLoop;
let daemon: Daemon;

beforeAll(async () => {
  loop = await startTestLoop(inject('postgresUrl'), inject('natsServer'));
  daemon = await startDaemon(readConfig({ ...loop.env(), COUNTERSIGN_LOG_LEVEL: 'silent' }));
  const login = { natsUrl: loop.nats.url, user: 'service', password: passwords.service };
  await countersign.start({ source: 'test', ...login, onTrouble: () => undefined });
});
afterAll(async () => {
  await countersign.shutdown(1_000);
  await daemon?.stop();
  await loop?.stop();
});

const post = async (person: string, grant: string, path: string, body: object) => {
  const response = await fetch(`${daemon.address}${path}`, {
    method: 'POST',
    headers: { ...(await loop.headers(person, grant)), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return [response.status, await response.json()] as const;
};
const overview = async () => {
  const response = await fetch(`${daemon.address}/v1/response`, { headers: await loop.headers('ann', 'read') });
  return (await response.json()) as ResponseOverview;
};

it('undoes the steps of a decision, the last first, once each', async () => {
  const mailbox = new Map([['m1', 'inbox']]);
  const undone: unknown[] = [];
  const stop = await countersign.verdicts(workflow, () => undefined);
  countersign.compensations(workflow, {
    move: ({ payload }) => {
      const { message, back } = payload as { message: string; back: string };
      mailbox.set(message, back);
      undone.push(payload);
    },
    // Undone before, or never done: no error.
    notify: ({ payload }) => {
      undone.push(payload);
    },
  });
  const options = {
    workflow,
    task: 'm1',
    model: { name: 'spam-logit', version: '1.0.0', hash: `sha256:${'0'.repeat(64)}` },
    riskTier: 'low' as const,
    reversible: true,
    input: { content: 'Buy now' },
  };
  const ref = await countersign.decision(options, async (decision) => {
    decision.output({ label: 'spam' }, 0.99);
    decision.propose('accept', 'sure');
    if (decision.authority().route !== 'auto') throw new Error('it may not act');
    await decision.undoable({ action: 'move', payload: { message: 'm1', back: 'inbox' } });
    mailbox.set('m1', 'junk');
    await decision.undoable({ action: 'notify', payload: { owner: 'kim' } });
    return decision.ref();
  });
  await countersign.flush();
  const ask = { workflow_id: workflow, scope: { decision_id: ref.decision_id }, justification: 'it was no spam' };
  await eventually('what was registered', async () => {
    const [status] = await post('ann', 'operate', '/v1/breakers/ask-rollback', ask);
    return status === 200 ? true : null;
  });
  const [rollback] = (await overview()).rollbacks;
  expect(rollback).toMatchObject({ state: 'asked', counts: { registered: 2 } });
  const approval = { rollback_id: rollback!.rollback_id, justification: 'agreed' };
  expect((await post('ben', 'operate', '/v1/approvals/approve-rollback', approval))[0]).toBe(403);
  expect((await post('ann', 'approve', '/v1/approvals/approve-rollback', approval))[0]).toBe(409);
  expect((await post('ben', 'approve', '/v1/approvals/approve-rollback', approval))[0]).toBe(200);
  await eventually(
    'the end',
    async () => ((await overview()).rollbacks[0]?.state === 'finished' ? true : null),
    20_000,
  );
  expect(undone).toEqual([{ owner: 'kim' }, { message: 'm1', back: 'inbox' }]);
  expect(mailbox.get('m1')).toBe('inbox');
  await stop();
}, 40_000);

it('does not let a service act that cannot register how to undo it', async () => {
  await countersign.shutdown(1_000);
  const nobody = { natsUrl: 'nats://127.0.0.1:9', user: 'service', password: 'x' };
  countersign.start({ source: 'test', ...nobody, onTrouble: () => undefined }).catch(() => undefined);
  let acted = false;
  const work = countersign.decision(
    {
      workflow,
      task: 'm2',
      model: { name: 'spam-logit', version: '1.0.0', hash: `sha256:${'0'.repeat(64)}` },
      riskTier: 'low',
      reversible: true,
      input: { content: 'Buy now' },
    },
    async (decision) => {
      decision.output({ label: 'spam' }, 0.99);
      await decision.undoable({ action: 'move' });
      acted = true;
    },
  );
  await expect(work).rejects.toThrow('NATS is not there after 5 s');
  expect(acted).toBe(false);
});
