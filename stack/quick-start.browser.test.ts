/**
 * A service that nobody wrote for us: the first example of the README of OpenAI's own SDK for Node (`openai`, Apache-2.0), taken
 * from the package as it is installed. With two lines more, `npm install` and `--import`, its decision is in the app.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { AuditPage, PromoteRule } from '@countersign/contract';
import { beFromNowOn, keepInBothThemes, launchBrowser, openPage, screenshots } from './browser.ts';
import { codeBlocks } from './markdown.ts';
import { run } from './process.ts';
import { startStandInProvider, type StandInProvider } from './stand-in-provider.ts';
import { eventually, passwords, repository } from './test-loop.ts';
import { startTestPage, type TestPage } from './test-page.ts';

let stage: TestPage;
let provider: StandInProvider;
let browser: Browser;
/** Of the service: below the root, so that it finds what is installed there. */
let directory: string;

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true });
  directory = mkdtempSync(join(repository, '.countersign/quick-start-'));
  provider = await startStandInProvider();
  stage = await startTestPage(inject('postgresUrl'), inject('natsServer'), ({ loop, review }) => {
    const { undo_window: _atOnce, ...rest } = review;
    return {
      workflow: 'quick-start',
      title: 'Quick start',
      loop: { ...loop, decision_points: [{ name: 'answer', asks: 'What does the model say?', model: 'gpt-5.5' }] },
      review: { ...rest, commit_first: {}, two_people: {}, gold: 0 },
    };
  });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await stage?.stop();
  await provider?.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** What the service says, with the errors that it meets. */
function serve(env: Record<string, string>): Promise<string> {
  let said = '';
  const service = run({
    command: process.execPath,
    args: ['--import', '@countersign/otel-instrumentation/register', 'quick-start.mjs'],
    cwd: directory,
    env: { PATH: process.env['PATH'], ...env },
    stopSignal: 'SIGTERM',
    output: (text) => (said += text),
  });
  return service.exited.then(({ code }) => `${said}${code}`);
}

it("shows the decision of OpenAI's quick start, which only the environment has told of us", async () => {
  const [quickStart = ''] = codeBlocks(readFileSync(join(repository, 'node_modules/openai/README.md'), 'utf8'), 'ts')
    // The one before shows how the package is imported elsewhere.
    .filter((code) => code.includes('client.'));
  expect(quickStart).toContain('await client.responses.create({');
  expect(quickStart.split('\n').length).toBeLessThan(30);
  writeFileSync(join(directory, 'quick-start.mjs'), quickStart);
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ name: 'pirate', private: true }));
  const rules: PromoteRule[] = [{ workflow: 'quick-start', operation: 'chat', risk_tier: 'low', reversible: true }];

  const said = await serve({
    OPENAI_API_KEY: 'none',
    OPENAI_BASE_URL: provider.url,
    NATS_URL: stage.loop.nats.url,
    NATS_USER: 'service',
    NATS_PASSWORD: passwords.service,
    COUNTERSIGN_SPOOL: join(directory, 'spool'),
    COUNTERSIGN_PROMOTE: JSON.stringify(rules),
  });
  expect(said).toBe('This is a test.\n0');

  const { task_id } = await eventually('the record', async () => {
    const { body } = await stage.ask('cleo', 'v1/audit/records?workflow=quick-start');
    return (body as AuditPage).records.find(({ decision_actor }) => decision_actor.type === 'ai');
  });

  const { page, troubles } = await openPage(browser, stage.url('review'), 'ann');
  // Of what nobody has said that it was done, a person is asked.
  await page.getByTestId('queue-item').filter({ hasText: task_id }).waitFor();
  await page.screenshot({ path: join(screenshots, 'quick-start-queue.png') });
  await beFromNowOn(page, 'cleo');
  await page.goto(stage.url('audit?workflow=quick-start'));
  const row = page.getByTestId('records').locator('tr', { hasText: 'gpt-5.5@gpt-5.5-2026-08-07' });
  await row.getByRole('button').press('Enter');
  await page.locator('[data-testid=proof][data-verified=true]').waitFor();
  expect(await page.getByTestId('life').locator('> li').allTextContents()).toEqual([
    expect.stringContaining(
      'gpt-5.5@gpt-5.5-2026-08-07: accept, “Promoted by a rule of the service from the span "chat gpt-5.5".”',
    ),
  ]);
  expect(await keepInBothThemes(page, 'quick-start')).toEqual([]);
  expect(troubles).toEqual([]);
  await page.close();
});
