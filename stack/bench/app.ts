/** What people who work with the app all day feel: how soon the next case is there, and whether long lists stay smooth. */
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { eventSubject, eventTypes, uuidV7, type Policy, type Queue } from '@countersign/contract';
import pg from 'pg';
import type { Page } from 'playwright-core';
import { openPool } from '../../daemon/src/database/index.ts';
import { decode } from '../../daemon/src/ingest/decode.ts';
import { Ledger, loadSigningKey, newEntry, newUuid, recordKeys, stepsToKey } from '../../daemon/src/ledger/index.ts';
import { become, launchBrowser, openPage } from '../browser.ts';
import { findNatsServer } from '../nats.ts';
import { makeReachableDirectory, startPostgres } from '../postgres.ts';
import { eventually, passwords, repository, type TestLoop } from '../test-loop.ts';
import { startTestPage, type TestPage } from '../test-page.ts';
import { aiDecision } from './events.ts';
import { atMost, milliseconds, type Figure } from './figure.ts';

const [decisions, queued, recorded] = [40, 10_000, 1_000_000];
const workflow = 'mail-moderation';
const newId = () => uuidV7(Date.now(), randomBytes(10));

export async function benchmarkApp(): Promise<Figure[]> {
  const entry = readFileSync(join(import.meta.dirname, '../../grafana-plugin/dist/plugin/module.js'));
  const kilobytes = gzipSync(entry).length / 1_000;
  const directory = makeReachableDirectory(join(tmpdir(), 'countersign-bench-'));
  const postgres = await startPostgres(join(directory, 'postgres'), 'bench');
  const nats = findNatsServer(join(repository, '.countersign/tools'));
  const withoutRules = { commit_first: {}, two_people: {}, gold: 0 };
  const policy = ({ review: { undo_window: _recordedAtOnce, ...review } }: Policy) => ({
    review: { ...review, ...withoutRules },
  });
  const stage = await startTestPage(postgres.url, nats, policy, { prepare: fillLog });
  const browser = await launchBrowser();
  try {
    const { page } = await openPage(browser, stage.url('review'));
    await become(page, 'ann');
    await publishCases(stage.loop);
    await fillQueue(stage);
    await page.reload();
    const times = await decideTimes(page);
    const inQueue = await scroll(page, stage.url('review'), '[data-testid=queue] > div:last-child', 'queue-item');
    await become(page, 'cleo');
    const opened = performance.now();
    await page.goto(stage.url('audit'));
    await page.getByTestId('records').locator('tbody tr').first().waitFor();
    const shown = performance.now() - opened;
    const inAudit = await scroll(page, stage.url('audit'), '[role=region]', 'records');
    return [
      atMost('entry bundle, gzipped', kilobytes, 150, (n) => `${n.toFixed(1)} kB`),
      atMost(
        `key press → in the ledger, and the next case of ${queued} shown, p95 of ${decisions}`,
        quantile(times, 0.95),
        150,
        milliseconds,
      ),
      { what: 'the same, p50', measured: milliseconds(quantile(times, 0.5)), goal: '', met: null },
      ...framesOf(`queue of ${queued} cases`, inQueue),
      atMost('the same, longest wait for rows at its end', inQueue.longestWait, 500, milliseconds),
      { what: 'the same, scrolled past in 10 s', measured: `${inQueue.rows} cases`, goal: '', met: null },
      {
        what: `audit of ${recorded} records: page opened → rows shown`,
        measured: milliseconds(shown),
        goal: '',
        met: null,
      },
      ...framesOf(`audit of ${recorded} records`, inAudit),
      atMost('the same, longest wait for rows at its end', inAudit.longestWait, 500, milliseconds),
      { what: 'the same, scrolled past in 10 s', measured: `${inAudit.rows} records`, goal: '', met: null },
    ];
  } finally {
    await browser.close();
    await stage.stop();
    await postgres.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A log as it is after a while, written as the daemon writes it. */
async function fillLog(loop: TestLoop): Promise<void> {
  const pool = openPool(loop.daemonDatabaseUrl, 'countersign_writer', () => undefined);
  const key = loadSigningKey(join(loop.directory, 'signing-key.pem'), 'countersign.local/main');
  const now = () => new Date();
  const fail = (error: unknown) => {
    throw error;
  };
  const ledger = await Ledger.open({
    pool,
    logId: 'main',
    key,
    now,
    onAppend: () => undefined,
    onListenerError: fail,
    onFenced: fail,
  });
  await recordKeys(ledger, 'main', await stepsToKey(pool, 'main', key, []), now, newUuid);
  const at = now();
  for (let i = 0; i < recorded; i += 4_096) {
    const entries = Array.from({ length: Math.min(4_096, recorded - i) }, (_, j) => {
      // Twenty a second, up to now.
      const time = new Date(at.getTime() - (recorded - i - j) * 50);
      const bytes = Buffer.from(JSON.stringify(aiDecision(i + j, time)));
      const decoded = decode(bytes, at);
      if (decoded.is !== 'event') throw new Error('the benchmark made an event that is none');
      return newEntry(decoded.event, bytes, null);
    });
    await ledger.write(({ append }) => append(entries));
  }
  await pool.end();
}

async function publishCases({ nats }: TestLoop): Promise<void> {
  const connection = await connect({
    servers: nats.url,
    user: 'service',
    pass: passwords.service,
    inboxPrefix: '_INBOX_service',
  });
  const stream = jetstream(connection);
  for (let i = 0; i < decisions + 10; i++) {
    const [id, task] = [newId(), `bench-${i}`];
    const data = {
      ...aiDecision(i, new Date()).data,
      workflow_id: workflow,
      task_id: task,
      decision_id: newId(),
      route: 'human',
    };
    const event = { specversion: '1.0', id, source: 'bench', subject: task, time: new Date().toISOString() };
    const body = JSON.stringify({ ...event, type: eventTypes.aiDecision, data });
    await stream.publish(eventSubject(workflow, 'decision_ai'), body, { msgID: id });
  }
  await connection.close();
}

/** From the key that records a decision until the form of another case is on screen, in the page's own time. In ms. */
async function decideTimes(page: Page): Promise<number[]> {
  await page.getByTestId('queue-item').first().waitFor();
  await page.keyboard.press('n');
  const times: number[] = [];
  for (let i = 0; i < decisions; i++) {
    await page.getByTestId('decision-form').waitFor();
    const before = await page.getByRole('article').getAttribute('data-decision');
    await page.keyboard.press('a');
    await page.evaluate(() => {
      const note = () => (window.pressedAt = performance.now());
      document.addEventListener('keydown', note, { capture: true, once: true });
    });
    await page.keyboard.press('Control+Enter');
    times.push(
      await page.evaluate(
        (decided) =>
          new Promise<number>((resolve) => {
            const look = () => {
              const shown = document.querySelector('article')?.getAttribute('data-decision');
              const isThere = shown !== decided && document.querySelector('[data-testid=decision-form]') !== null;
              if (isThere) resolve(performance.now() - window.pressedAt);
              else requestAnimationFrame(look);
            };
            look();
          }),
        before,
      ),
    );
  }
  return times;
}

/** Ten thousand cases that wait, as copies of one. */
async function fillQueue(stage: TestPage): Promise<void> {
  const owner = new pg.Client(stage.loop.databaseUrl);
  await owner.connect();
  await owner.query(
    `INSERT INTO review_case (decision_id, workflow_id, task_id, title, reason, priority, risk_tier, model_name,
       model_version, proposed_action, label, confidence, executed, ai_event_id, evidence_hash, queued_at, due_at)
     SELECT gen_random_uuid(), workflow_id, 'queued-' || i, 'Case ' || i, reason, priority, risk_tier, model_name,
       model_version, proposed_action, label, confidence, executed, ai_event_id, evidence_hash, queued_at,
       due_at + i * interval '1 second'
     FROM (SELECT * FROM review_case LIMIT 1) AS one, generate_series(1, $1::int) AS i`,
    [queued],
  );
  // As PostgreSQL does by itself within a minute.
  await owner.query('ANALYZE');
  await owner.end();
  await eventually('the queue', async () => {
    const { body } = await stage.ask('ann', 'v1/reviews/queue?limit=1');
    return (body as Queue).matching >= queued ? true : null;
  });
}

/** By the wheel, and by its bar: then nothing of one frame is in the next. */
const pixelsAFrame = { wheel: 60, bar: 2_400 };

const framesOf = (what: string, { frames }: Scrolled): Figure[] => [
  atMost(`${what}, scrolled by the wheel: frame, p95`, quantile(frames.wheel, 0.95), 33.4, milliseconds),
  atMost('the same, dragged by its bar', quantile(frames.bar, 0.95), 33.4, milliseconds),
];

interface Scrolled {
  /** Of those in which the list moved, ms. */
  readonly frames: Record<keyof typeof pixelsAFrame, number[]>;
  /** The longest that the list stood at the end of what was loaded, ms. */
  readonly longestWait: number;
  readonly rows: number;
}

/** A list scrolled from its beginning on by somebody who looks for something. A frame in which it could not move is a wait, not a frame. */
async function scroll(page: Page, url: string, scroller: string, row: string): Promise<Scrolled> {
  if (page.url() !== url) await page.goto(url);
  await page.getByTestId(row).first().waitFor();
  return page.evaluate(
    async ({ selector, speeds }) => {
      const element = document.querySelector(selector);
      if (element === null) throw new Error(`there is no ${selector}`);
      const frames = { wheel: [] as number[], bar: [] as number[] };
      let [longestWait, waiting] = [0, 0];
      for (const how of ['wheel', 'bar'] as const) {
        let last = await new Promise<number>(requestAnimationFrame);
        const end = last + 5_000;
        while (last < end) {
          const before = element.scrollTop;
          element.scrollTop += speeds[how];
          const moved = element.scrollTop > before;
          const now = await new Promise<number>(requestAnimationFrame);
          if (moved) frames[how].push(now - last);
          waiting = moved ? 0 : waiting + now - last;
          longestWait = Math.max(longestWait, waiting);
          last = now;
        }
      }
      // What is above the rows in sight is one row of its own.
      const heights = [...element.querySelectorAll('li, tbody tr:not([aria-hidden])')].map((one) => one.clientHeight);
      const tall = heights.toSorted((a, b) => a - b)[Math.floor(heights.length / 2)] || 1;
      return { frames, longestWait, rows: Math.round(element.scrollTop / tall) };
    },
    { selector: scroller, speeds: pixelsAFrame },
  );
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

declare global {
  interface Window {
    /** When the key went down that is waited for. */
    pressedAt: number;
  }
}
