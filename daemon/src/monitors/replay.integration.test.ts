/** Signals of a running daemon, and the same from the ledger alone; references that somebody puts in force. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { eventTypes, type ResponseOverview } from '@countersign/contract';
import * as service from '@countersign/otel-instrumentation';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { eventually, passwords, repository, startTestLoop, type TestLoop } from '../../../stack/test-loop.ts';
import { startTestLog } from '../../../stack/test-log.ts';
import { readConfig } from '../config.ts';
import { newUuid, writtenEntry } from '../ledger/index.ts';
import { startDaemon, type Daemon } from '../main.ts';

let loop: TestLoop;
let daemon: Daemon;
const start = () => startDaemon(readConfig({ ...loop.env(), COUNTERSIGN_LOG_LEVEL: 'silent' }));

beforeAll(async () => {
  loop = await startTestLoop(inject('postgresUrl'), inject('natsServer'));
  daemon = await start();
  await service.start({ source: 'test', natsUrl: loop.nats.url, user: 'service', password: passwords.service });
});

afterAll(async () => {
  await service.shutdown();
  await daemon?.stop();
  await loop?.stop();
});

/** `countersign` as an operator runs it; not in one step, for the daemon that answers is in this process. */
async function countersign(args: readonly string[], url = loop.databaseUrl) {
  const cli = join(import.meta.dirname, '../cli.ts');
  const child = spawn(process.execPath, ['--conditions=countersign-source', cli, ...args], {
    env: { ...process.env, DATABASE_URL: url },
  });
  const [out, said, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { status: status as number, lines: out.split('\n').filter(Boolean), said };
}

let made = 0;
/** Decisions that people change, or not; and what turned out true. */
async function decide(count: number, overridden: boolean, features: Record<string, number> = { length: 1 }) {
  for (let i = 0; i < count; i++) {
    made += 1;
    const ref = service.decision(
      {
        workflow: 'mail-moderation',
        task: `task-${made}`,
        model: { name: 'spam-logit', version: '1.0.0', hash: `sha256:${'0'.repeat(64)}` },
        riskTier: 'medium',
        reversible: true,
        input: { content: `content ${made}` },
        features,
        provenance: { sources: [{ name: 'inbox', fresh_at: new Date().toISOString() }] },
      },
      (decision) => {
        decision.output({ label: 'spam' }, 0.6);
        decision.propose('accept', 'looks like spam');
        return decision.ref();
      },
    );
    service.humanDecision(
      ref,
      overridden
        ? { reviewer: 'ann', action: 'reject', justification: 'no' }
        : { reviewer: 'ann', action: 'accept', justification: '' },
    );
    service.recordOutcome(ref, { label: overridden ? 'ham' : 'spam' });
  }
  expect(await service.flush()).toBe(true);
}

const overview = async () => {
  const response = await fetch(`${daemon.address}/v1/response`, { headers: await loop.headers('ann', 'read') });
  return (await response.json()) as ResponseOverview;
};

it('replays the signals of the ledger byte for byte, also over a restart', async () => {
  await decide(60, false);
  await decide(40, true);
  await eventually('an incident', async () => {
    const { alerts, breakers } = await overview();
    return alerts.some(({ tier }) => tier === 'incident') && breakers.some(({ state }) => state === 'open')
      ? true
      : null;
  });
  await daemon.stop();
  daemon = await start();
  await decide(60, true);
  await eventually('the rest on record', async () => {
    const { signals } = await overview();
    const events = signals.find(({ monitor, subject }) => monitor === 'override_rate' && subject === null)?.evidence[
      'events'
    ];
    return events === 160 ? true : null;
  });

  const replayed = await countersign(['replay']);
  expect([replayed.said, replayed.status]).toEqual([
    expect.stringMatching(/\d+ signals moved, all as they were recorded/),
    0,
  ]);
  const lines = replayed.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(
    lines.filter(({ monitor, subject }) => monitor === 'override_rate' && subject === null).map(({ tier }) => tier),
  ).toEqual(['info', 'action_required', 'incident']);
  expect(lines).toContainEqual(expect.objectContaining({ monitor: 'attribution', subject: 'model' }));
  expect((await countersign(['replay'])).lines).toEqual(replayed.lines);
  expect((await countersign(['replay', '--workflow', 'another'])).lines).toEqual([]);
  expect((await countersign(['replay', '--to', '2020-01-01'])).lines).toEqual([]);
  expect(await countersign(['replay', '--from', 'yesterday'])).toMatchObject({ status: 2 });
}, 90_000);

it('says what another policy would have given, before it is deployed', async () => {
  const file = join(loop.directory, 'new.yaml');
  const policy = readFileSync(join(repository, 'policies/mail-moderation.yaml'), 'utf8');
  writeFileSync(
    file,
    policy.replace('baseline: 0.18', 'baseline: 0.9').replace('minimum_lift: 0.1', 'minimum_lift: 0.05'),
  );
  const tried = await countersign(['replay', '--policy', file]);
  expect([tried.said, tried.status]).toEqual([expect.stringContaining('would have moved under the given policies'), 0]);
  const lines = tried.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.filter(({ monitor, subject }) => monitor === 'override_rate' && subject === null)).toEqual([]);
  writeFileSync(file, policy.replace('baseline: 0.18', 'baseline: 18'));
  expect(await countersign(['replay', '--policy', file])).toMatchObject({
    status: 1,
    said: expect.stringMatching(/new\.yaml:\d+:\d+ {2}monitors/) as string,
  });
});

it('tells an alert in the ledger that nothing accounts for', async () => {
  const log = await startTestLog(inject('postgresUrl'));
  const data = {
    workflow_id: 'mail-moderation',
    alert_id: newUuid(new Date()),
    signal: 'override_rate',
    subject: null,
    model: { name: 'spam-logit', version: '1.0.0' },
    log_index: 0,
    tier: 'incident' as const,
    previous_tier: null,
    value: 1,
    summary: 'made up',
    evidence: {},
  };
  const entry = writtenEntry({ type: eventTypes.alert, subject: 'mail-moderation', data }, new Date(), newUuid);
  await log.ledger.write(({ append }) => append([entry]));
  const replayed = await countersign(['replay'], log.database.url);
  expect(replayed).toMatchObject({ status: 1, lines: [] });
  expect(replayed.said).toMatch(/was recorded, and does not come of the ledger: .*"summary":"made up"/);
  await log.drop();
});

it('compares a model with a file that somebody imports, from its record on', async () => {
  const file = join(loop.directory, 'validation.jsonl');
  const row = (i: number) =>
    JSON.stringify({
      features: { length: i % 7 },
      output: { label: i % 3 === 0 ? 'spam' : 'ham' },
      confidence: 0.9,
      more: 1,
    });
  writeFileSync(file, Array.from({ length: 500 }, (_, i) => row(i)).join('\n'));
  const which = ['--workflow', 'mail-moderation', '--model', 'spam-logit'];
  const imported = await countersign(['reference', 'import', file, ...which, '--by', 'ann']);
  expect([imported.said, imported.status]).toEqual(['', 0]);
  expect(imported.lines[0]).toMatch(/a reference of 500 decisions: spam-logit, every version .* from record \d+/);
  await decide(220, false, { length: 40 });
  const drift = await eventually('drift against the file', async () => {
    const { alerts } = await overview();
    return alerts.find(({ signal, tier }) => signal === 'input_drift' && tier === 'action_required') ?? null;
  });
  expect(drift.evidence['features']).toMatchObject([{ feature: 'length' }]);
  expect((await countersign(['replay'])).status).toBe(0);

  writeFileSync(file, `${row(1)}\n{"output":{"label":"spam"},"confidence":1.5}\n`);
  const bad = await countersign(['reference', 'import', file, ...which]);
  expect(bad).toMatchObject({
    status: 1,
    said: expect.stringMatching(/validation\.jsonl: line 2: confidence .*1/) as string,
  });
  expect(await countersign(['reference', 'import', file, '--workflow', 'x'])).toMatchObject({ status: 2 });
  const from = new Date(Date.now() - 3_600_000).toISOString();
  const taken = await countersign(['reference', 'take', ...which, '--from', from, '--to', new Date().toISOString()]);
  expect([taken.said, taken.status]).toEqual(['', 0]);
}, 90_000);
