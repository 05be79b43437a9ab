/** What a decider does, and above all what it does not do: with a real NATS, whose authority and streams the test changes. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream, jetstreamManager, AckPolicy, DiscardPolicy } from '@nats-io/jetstream';
import { Kvm, type KV } from '@nats-io/kv';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import {
  buckets,
  streams,
  verdictConsumer,
  verdictSubject,
  type Authority,
  type ServiceEvent,
  type Verdict,
} from '@countersign/contract';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { startNats, type Nats } from '../../stack/nats.ts';
import { freePort, run } from '../../stack/process.ts';
import { eventually, passwords } from '../../stack/test-loop.ts';
import * as countersign from './index.ts';

const directory = mkdtempSync(join(tmpdir(), 'countersign-decider-'));
const workflow = 'payments';
const rule = { reversible: 'automatic', irreversible: 'automatic', confidence_at_least: 0.9 } as const;
let nats: Nats;
let operator: NatsConnection;
let kv: KV;
let epoch = 1;
let troubles: string[];
let executed: countersign.Carried[];

beforeAll(async () => {
  nats = await startNats(inject('natsServer'), directory, passwords);
  operator = await connect({ servers: nats.url, user: 'daemon', pass: passwords.daemon, inboxPrefix: '_INBOX_daemon' });
  const manager = await jetstreamManager(operator);
  await manager.streams.add({ name: streams.verdicts, subjects: ['countersign.verdicts.>'] });
  await makeConsumer();
  kv = await new Kvm(operator).create(buckets.authority);
});
beforeEach(async () => {
  [troubles, executed] = [[], []];
  const manager = await jetstreamManager(operator);
  await manager.streams.add({ name: streams.events, subjects: ['countersign.events.>'] });
  await allow(true);
});
afterEach(async () => {
  await countersign.shutdown(500);
  await (await jetstreamManager(operator)).streams.delete(streams.events);
});
afterAll(async () => {
  await operator?.close();
  await nats?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const makeConsumer = async () => {
  const filter_subject = verdictSubject(workflow);
  const config = { durable_name: verdictConsumer(workflow), ack_policy: AckPolicy.Explicit, filter_subject };
  await (await jetstreamManager(operator)).consumers.add(streams.verdicts, config);
};

/** As the daemon distributes it: whether the AI may act alone. */
async function allow(may: boolean, told = kv): Promise<void> {
  const authority: Authority = {
    v: 1,
    workflow_id: workflow,
    epoch: ++epoch,
    policy_epoch: epoch,
    lease_ms: 60_000,
    when_unreachable: { low: 'human', medium: 'human', high: 'human' },
    intake: 'open',
    change_control: false,
    automation: { low: { ...rule, reversible: may ? 'automatic' : 'human' }, medium: rule, high: rule },
    breakers: [],
    models: [],
  };
  await told.put(workflow, JSON.stringify(authority));
}

async function begin(more: { queueLimit?: number } = {}): Promise<countersign.Decider<string>> {
  const login = { natsUrl: nats.url, user: 'service', password: passwords.service };
  await countersign.start({
    source: 'test',
    ...login,
    spool: false,
    ...more,
    onTrouble: (text) => troubles.push(text),
  });
  await eventually('authority', async () => (mayNow() ? true : null));
  return countersign.decider({
    workflow,
    step: 'pay',
    execute: (what) => `paid ${executed.push(what)}`,
    compensate: () => undefined,
  });
}

const model = { name: 'm', version: '1', hash: `sha256:${'0'.repeat(64)}` };
const about = { task: 'one', model, riskTier: 'low' as const, reversible: true, input: { content: 'x' } };
const mayNow = () => countersign.guard({ workflow, ...about, confidence: 0.99 }).route === 'auto';
const sure = (decision: countersign.DecisionHandle) => decision.output({ label: 'pay' }, 0.99);

async function streamed(): Promise<ServiceEvent[]> {
  const manager = await jetstreamManager(operator);
  const { state } = await manager.streams.info(streams.events);
  const events: ServiceEvent[] = [];
  for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq++) {
    const message = await manager.streams.getMessage(streams.events, { seq });
    if (message !== null) events.push(message.json());
  }
  return events;
}
const kinds = (events: readonly ServiceEvent[]) =>
  events.map(({ type, data }) => {
    const { state, route } = data as { state?: string; route?: string };
    return `${type.split('.')[1]} ${state ?? route}`;
  });

it('has on record what it does, and how it is undone, before it does it', async () => {
  let before: string[] = [];
  const login = { natsUrl: nats.url, user: 'service', password: passwords.service };
  await countersign.start({ source: 'test', ...login, spool: false });
  await eventually('authority', async () => (mayNow() ? true : null));
  const decide = countersign.decider({
    workflow,
    execute: async ({ key, decisionId }) => {
      before = kinds(await streamed());
      expect(key).toBe(decisionId);
    },
    compensate: () => undefined,
  });
  expect(await decide({ ...about, judge: sure })).toMatchObject({ route: 'auto' });
  expect(before).toEqual(['compensation registered', 'decision auto']);
});

it.each<[string, Partial<countersign.DecideOptions>, string, RegExp]>([
  ['says nothing', { judge: () => undefined }, 'no_output', /no output. Call decision.output/],
  [
    'says what is not JSON',
    { judge: (d) => d.output({ label: 'pay', value: { cents: 10n } }, 0.99) },
    'not_json',
    /output cannot be written as JSON: Do not know how to serialize a BigInt/,
  ],
  [
    'says how sure it is with no number',
    { judge: (d) => d.output({ label: 'pay' }, Number.NaN) },
    'invalid_event',
    /data.confidence holds .* a number that is not finite/,
  ],
  ['has a task that the daemon refuses', { task: 'a b/c' }, 'invalid_event', /"a b\/c", it must match pattern/],
  ['has features that are not JSON', { features: { cents: 10n as unknown as number } }, 'invalid_event', /BigInt/],
  [
    'has a model without its hash',
    { model: { ...model, hash: '' } },
    'invalid_event',
    /model.hash is "", it must match/,
  ],
])('does nothing about a decision that %s', async (_what, wrong, reason, problem) => {
  const decide = await begin();
  const refused = decide({ ...about, judge: sure, ...wrong });
  await expect(refused).rejects.toThrow(countersign.NotRecordedError);
  await expect(refused).rejects.toMatchObject({ reason, message: expect.stringMatching(problem) });
  expect(executed).toEqual([]);
  expect(await countersign.flush()).toBe(true);
  expect(await streamed()).toEqual([]);
});

it.each(['reject', 'modify', 'escalate'] as const)('leaves what the AI proposes to %s to a person', async (action) => {
  const decide = await begin();
  const judge = (decision: countersign.DecisionHandle) => {
    sure(decision);
    decision.propose(action, 'not for me');
  };
  expect(await decide({ ...about, judge })).toMatchObject({ route: 'human', verdict: { reason: 'escalated' } });
  expect(executed).toEqual([]);
  await countersign.flush();
  const [event, ...others] = await streamed();
  expect(event?.data).toMatchObject({ action, route: 'human', route_reason: 'escalated' });
  expect(others).toEqual([]);
});

it('does not keep to an answer that it had before it was sure of less', async () => {
  const decide = await begin();
  const judge = (decision: countersign.DecisionHandle) => {
    expect(decision.authority().route).toBe('auto');
    decision.output({ label: 'pay' }, 0.01);
  };
  expect(await decide({ ...about, judge })).toMatchObject({ route: 'human', verdict: { reason: 'low_confidence' } });
  expect(executed).toEqual([]);
});

it('does not keep to an answer that does not hold any more', async () => {
  const decide = await begin();
  const judge = async (decision: countersign.DecisionHandle) => {
    sure(decision);
    expect(decision.authority().route).toBe('auto');
    await allow(false);
    await eventually('the guard to hear', async () => (mayNow() ? null : true));
  };
  const decided = await decide({ ...about, judge });
  expect(decided).toMatchObject({ route: 'human', verdict: { reason: 'automation_level', epoch } });
  expect(executed).toEqual([]);
  await countersign.flush();
  expect((await streamed())[0]?.data).toMatchObject({ route: 'human', breaker_epoch: epoch });
});

it('does nothing while what it decided is not durable, and asks a person', async () => {
  const decide = await begin();
  const manager = await jetstreamManager(operator);
  // The step is the one message that there is room for.
  await manager.streams.update(streams.events, { max_msgs: 1, discard: DiscardPolicy.New });
  const decided = await decide({ ...about, judge: sure });
  expect(decided).toMatchObject({ route: 'human', verdict: { reason: 'authority_lost' } });
  expect(executed).toEqual([]);
  await manager.streams.update(streams.events, { max_msgs: -1 });
  expect(await countersign.flush(5_000)).toBe(true);
  const events = await streamed();
  const told = ['compensation registered', 'decision auto', 'compensation compensated', 'decision human'];
  expect(kinds(events)).toEqual(told);
  expect(events[3]?.data).toMatchObject({ decision_id: decided.ref.decision_id, route_reason: 'authority_lost' });
}, 30_000);

it('says so when there is no room for a record of what it decided', async () => {
  const decide = await begin({ queueLimit: 0 });
  await expect(decide({ ...about, judge: sure })).rejects.toMatchObject({ reason: 'not_taken' });
  expect(executed).toEqual([]);
});

it('is the only one of its workflow', async () => {
  await begin();
  expect(() => countersign.decider({ workflow, execute: () => 1, compensate: () => undefined })).toThrow(
    'payments has a decider already',
  );
});

it('hears verdicts again when their consumer was gone', async () => {
  await begin().then(({ ready }) => ready);
  const manager = await jetstreamManager(operator);
  await manager.consumers.delete(streams.verdicts, verdictConsumer(workflow));
  await eventually('a word of it', async () => troubles.find((text) => text.includes('do not come any more')));
  await makeConsumer();
  const verdict: Verdict = {
    v: 1,
    verdict_id: '0199c2f4-0000-7000-8000-000000000001',
    workflow_id: workflow,
    task_id: 'one',
    decision_id: '0199c2f4-0000-7000-8000-000000000002',
    action: 'accept',
    output: { label: 'pay' },
    justification: '',
    reviewer: 'ann',
    decided_at: '2026-01-05T09:00:00Z',
    executed: false,
  };
  await jetstream(operator).publish(verdictSubject(workflow), JSON.stringify(verdict));
  await eventually('the verdict', async () => executed[0]);
  expect(executed).toMatchObject([{ task: 'one', reviewer: 'ann', key: verdict.verdict_id }]);
  expect(kinds(await streamed())).toEqual(['compensation registered']);
  expect(troubles.filter((text) => text.includes('consumer'))).toHaveLength(1);
}, 30_000);

it('does nothing about a decision that its NATS is too small for', async () => {
  const small = join(directory, 'small');
  mkdirSync(small);
  const port = await freePort();
  const config = join(small, 'nats.conf');
  writeFileSync(config, `listen: "127.0.0.1:${port}"\nmax_payload: 65536\njetstream { store_dir: "${small}" }\n`);
  const command = inject('natsServer');
  const server = run({ command, args: ['-c', config], stopSignal: 'SIGTERM', output: () => undefined });
  const connection = await eventually('NATS', () => connect({ servers: `127.0.0.1:${port}` }).catch(() => null));
  try {
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: streams.events, subjects: ['countersign.events.>'] });
    await manager.streams.add({ name: streams.verdicts, subjects: ['countersign.verdicts.>'] });
    await allow(true, await new Kvm(connection).create(buckets.authority));
    const natsUrl = `nats://127.0.0.1:${port}`;
    await countersign.start({ source: 'test', natsUrl, spool: false, onTrouble: (text) => troubles.push(text) });
    await eventually('authority', async () => (mayNow() ? true : null));
    const decide = countersign.decider({
      workflow,
      execute: (what) => `paid ${executed.push(what)}`,
      compensate: () => undefined,
    });
    const judge = (decision: countersign.DecisionHandle) => {
      decision.output({ label: 'pay', value: 'x'.repeat(80_000) }, 0.99);
    };
    expect(await decide({ ...about, judge })).toMatchObject({ route: 'human' });
    expect(executed).toEqual([]);
    expect(countersign.dropped()).toBeGreaterThan(0);
    expect(troubles.join()).toContain('Raise its max_payload');
  } finally {
    await countersign.shutdown(500);
    await connection.close();
    await server.stop();
  }
});

it('hears verdicts once: nobody follows them beside it', async () => {
  const decide = await begin();
  await decide.ready;
  await expect(countersign.verdicts(workflow, () => undefined)).rejects.toThrow('are followed already');
});

it('keeps the object that its functions are of', async () => {
  const login = { natsUrl: nats.url, user: 'service', password: passwords.service };
  await countersign.start({ source: 'test', ...login, spool: false });
  await eventually('authority', async () => (mayNow() ? true : null));
  const bank = {
    workflow,
    name: 'bank',
    execute(): string {
      return `paid by the ${this.name}`;
    },
    compensate: () => undefined,
  };
  expect(await countersign.decider(bank)({ ...about, judge: sure })).toMatchObject({ result: 'paid by the bank' });
});
