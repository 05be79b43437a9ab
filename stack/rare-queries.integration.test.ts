/** What the demo has nothing of, in a loop that has it: the queries that only then have an answer are asked here, of a real Prometheus. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatVerifierKey } from '@countersign/contract/note';
import * as countersign from '@countersign/otel-instrumentation';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { Queue } from '@countersign/contract';
import { loadSigningKey } from '../daemon/src/ledger/index.ts';
import { isOfNothing, panelQueries, ruleSelectors } from './asked-queries.ts';
import { freePort } from './process.ts';
import { findPrometheus, hasAnswered, startMeasuring, type Prometheus } from './prometheus.ts';
import { eventually, repository } from './test-loop.ts';
import { startTestPage, type TestPage } from './test-page.ts';
import { decideAs, startService } from './test-review.ts';
import { toolsDirectory } from './test-servers.ts';

const origin = 'countersign.example/rare';
const directory = mkdtempSync(join(tmpdir(), 'countersign-rare-'));
let stage: TestPage;
let prometheus: Prometheus;
let witness: ChildProcess | undefined;
let otlpPort = 0;

beforeAll(async () => {
  otlpPort = await freePort();
  stage = await startTestPage(
    inject('postgresUrl'),
    inject('natsServer'),
    ({ review, monitors }) => ({
      review: { ...review, commit_first: {}, two_people: {}, gold: 0 },
      monitors: { ...monitors, fairness: { segments: ['language'] } },
      change_control: { roles: [{ name: 'domain expert' }, { name: 'sre' }] },
    }),
    {
      prepare: async ({ directory: state }) => {
        const log = loadSigningKey(join(state, 'signing-key.pem'), origin).verifier;
        return {
          COUNTERSIGN_LOG_ORIGIN: origin,
          COUNTERSIGN_WITNESSES: await startWitness(formatVerifierKey(log)),
          COUNTERSIGN_OTLP_PORT: String(otlpPort),
        };
      },
    },
  );
  const rules = ['recording', 'model', 'human', 'platform', 'slo'];
  prometheus = await startMeasuring(
    findPrometheus(toolsDirectory),
    join(directory, 'prometheus'),
    new URL(stage.daemon.address).host,
    rules.map((name) => join(repository, `alert-rules/prometheus/${name}.yaml`)),
  );
  // What rises is seen to rise only when it was measured before.
  await eventually('the first measurement', async () => ((await hasAnswered(prometheus, 'up == 1', 5)) ? true : null));
  await startService(stage);
}, 120_000);
afterAll(async () => {
  await countersign.shutdown(1_000);
  await prometheus?.stop();
  await stage?.stop();
  witness?.kill();
  rmSync(directory, { recursive: true, force: true });
});

/** Its key and where it listens, as the daemon is told of it. */
function startWitness(log: string): Promise<string> {
  const args = ['--name', 'witness.example/one', '--port', '0', '--log', log];
  for (const file of ['key', 'state']) args.push(`--${file}`, join(directory, `witness-${file}`));
  const cli = join(repository, 'daemon/src/cli.ts');
  const child = spawn(process.execPath, ['--conditions=countersign-source', cli, 'witness', ...args]);
  witness = child;
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (text: Buffer) => (said += text.toString()));
    child.on('exit', () => reject(new Error(said)));
    child.stdout.on('data', (text: Buffer) => {
      said += text.toString();
      const [, key, url] = /^(.+)\nlistens on (\S+)/.exec(said) ?? [];
      if (url !== undefined) resolve(`${key} ${url}`);
    });
  });
}

function decided(nth: number, change: Partial<countersign.DecisionOptions> = {}): countersign.DecisionRef {
  const options: countersign.DecisionOptions = {
    workflow: 'mail-moderation',
    task: `task-${nth}`,
    model: { name: 'spam-logit', version: '1.0.0', hash: `sha256:${'0'.repeat(64)}` },
    riskTier: 'low',
    reversible: true,
    input: { content: `input ${nth}` },
    ...change,
  };
  return countersign.decision(options, (said) => {
    said.output({ label: 'spam' }, 0.8);
    said.propose('accept', 'because');
    return said.ref();
  });
}

it('has an answer to every query that the demo has none to', async () => {
  // Two groups that are answered for, more versions than have series of their own, and a case of the first priority.
  for (let i = 0; i < 120; i++) {
    const ref = decided(i, { features: { language: i % 2 === 0 ? 'en' : 'other' } });
    countersign.recordOutcome(ref, { label: i % 10 === 0 ? 'ham' : 'spam' });
  }
  for (let i = 0; i < 210; i++) {
    const model = { name: 'spam-logit', version: `1.${i}.1`, hash: `sha256:${'0'.repeat(64)}` };
    decided(1_000 + i, { model });
  }
  decided(2_000, { riskTier: 'high' });
  expect(await countersign.flush(30_000)).toBe(true);
  const urgent = await eventually('the urgent case', async () => {
    const { items } = (await stage.ask('ann', 'v1/reviews/queue?risk_tier=high')).body as Queue;
    return items[0];
  });
  await decideAs(stage, 'ann', urgent.decision_id, {});

  const owner = new pg.Client({ connectionString: stage.loop.databaseUrl });
  await owner.connect();
  await owner.query('ALTER TABLE inspection RENAME TO gone');
  expect((await stage.ask('cleo', 'v1/inspections')).status).toBe(500);
  await owner.query('ALTER TABLE gone RENAME TO inspection');
  await owner.end();
  const refused = await fetch(`http://127.0.0.1:${otlpPort}/v1/traces`, { method: 'POST', body: 'no spans' });
  expect(refused.status).toBeGreaterThanOrEqual(400);

  const asked = [...panelQueries(), ...ruleSelectors()].filter(({ query }) => isOfNothing(query));
  expect(asked.length).toBeGreaterThan(15);
  await eventually(
    'all answers',
    async () => {
      for (const { query } of asked) if (!(await hasAnswered(prometheus, query, 10))) return null;
      return true;
    },
    60_000,
  ).catch(() => undefined);
  const empty: string[] = [];
  for (const { by, query } of asked) if (!(await hasAnswered(prometheus, query, 10))) empty.push(`${by}: ${query}`);
  expect(empty).toEqual([]);
}, 180_000);
