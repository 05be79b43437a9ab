/** Whoever has the database, the key and what the daemon keeps beside it writes the log anew: the browser that has seen the other one notices. */
import { mkdirSync, rmSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { LogGrowth } from '@countersign/contract';
import { readConfig } from '../daemon/src/config.ts';
import { startDaemon, type Daemon } from '../daemon/src/main.ts';
import { keepPictures, launchBrowser, openPage, screenshots } from './browser.ts';
import { createTestDatabase, eventually, type TestDatabase } from './test-loop.ts';
import { startTestPage, type TestPage } from './test-page.ts';

let stage: TestPage;
let browser: Browser;
let other: TestDatabase | undefined;
let rewritten: Daemon | undefined;

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true });
  stage = await startTestPage(inject('postgresUrl'), inject('natsServer'), () => ({}));
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await rewritten?.stop();
  await stage?.stop();
  await other?.drop();
});

it('is seen by the browser that kept the head of the log, be the new one shorter or longer', async () => {
  for (let i = 0; i < 5; i++) await stage.decided(`Message ${i}`);
  const { page } = await openPage(browser, stage.url('audit'), 'cleo');
  await page.getByText('This browser keeps the head of the log from now on').waitFor();
  const size = async () => {
    const { body } = await stage.ask('cleo', 'v1/audit/growth?from=0');
    return Number((body as LogGrowth).checkpoint.split('\n')[1]);
  };
  const seen = await size();
  expect(seen).toBeGreaterThanOrEqual(5);

  await stage.daemon.stop();
  other = await createTestDatabase(inject('postgresUrl'));
  const env: NodeJS.ProcessEnv = { ...stage.env, DATABASE_URL: other.writerUrl };
  const config = readConfig(env);
  // Left as it was, the daemon does not go along with it.
  await expect(startDaemon(config)).rejects.toThrow(/nothing more is signed/);
  rmSync(`${env['COUNTERSIGN_SIGNING_KEY_FILE']}.last`);
  rewritten = await startDaemon(config);
  await stage.decided('Another story');
  await eventually('a shorter log', async () => ((await size()) < seen ? true : null));
  await page.reload();
  await page.getByText('The log is not the one that this browser has seen').waitFor();

  for (let i = 0; i < seen; i++) await stage.decided(`Another message ${i}`);
  await eventually('a longer log', async () => ((await size()) > seen ? true : null));
  await page.reload();
  await page.getByText('The log is not the one that this browser has seen').waitFor();
  await keepPictures(page, 'audit-rewritten-log');
  await page.close();
});
