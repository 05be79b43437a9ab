/** Each page while the daemon is slow, and when it fails: nothing jumps, it is said what is wrong, and trying again is one key away. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { AuditPage, Inspection } from '@countersign/contract';
import { launchBrowser, openPage, screenshots, seriousProblems, tabTo } from './browser.ts';
import { jumps, recordShifts } from './layout-shift.ts';
import { eventually } from './test-loop.ts';
import { startTestPage, type TestPage } from './test-page.ts';

let stage: TestPage;
let browser: Browser;
let decisionId = '';
let record = '';
let inspection = '';

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true });
  stage = await startTestPage(inject('postgresUrl'), inject('natsServer'), ({ review }) => ({
    review: { ...review, commit_first: {}, two_people: {}, gold: 0 },
  }));
  browser = await launchBrowser();
  for (let i = 0; i < 4; i++) await stage.decided(`Message ${i}`, { risk_tier: 'low' });
  decisionId = await stage.decided('The one that is opened', { risk_tier: 'low' });
  record = await eventually('its record', async () => {
    const { records } = (await stage.ask('cleo', `v1/audit/records?decision_id=${decisionId}`)).body as AuditPage;
    return records[0]?.event_id;
  });
  const drawn = await stage.ask('cleo', 'v1/inspections', {
    title: 'A sample',
    workflow_id: 'mail-moderation',
    from: new Date(Date.now() - 86_400_000).toISOString(),
    to: new Date().toISOString(),
    wanted: { low: 2, medium: 0, high: 0 },
    seed: 'a',
  });
  if (drawn.status !== 200) throw new Error(`no sample was drawn: ${JSON.stringify(drawn.body)}`);
  inspection = (drawn.body as Pick<Inspection, 'inspection_id'>).inspection_id;
});
afterAll(async () => {
  await browser?.close();
  await stage?.stop();
});

/** What the page asks for, the words when that fails, and what is there when it has come. */
interface Asked {
  readonly name: string;
  readonly login: string;
  readonly path: () => string;
  readonly asks: string;
  readonly failed: string;
  readonly ready: string;
}
const pages: readonly Asked[] = [
  {
    name: 'queue',
    login: 'ann',
    path: () => stage.url('review'),
    asks: 'v1/reviews/queue',
    failed: 'The queue could not be read',
    ready: '[data-testid=queue-item]',
  },
  {
    name: 'case',
    login: 'ann',
    path: () => stage.url(`review/${decisionId}`),
    asks: 'v1/evidence/cases/',
    failed: 'The case could not be read',
    ready: '[data-testid=claim]',
  },
  {
    name: 'batch',
    login: 'ann',
    path: () => stage.url(`batch/${decisionId}`),
    asks: 'v1/reviews/batches',
    failed: 'These cases cannot be decided at once',
    ready: '[data-testid=batch-item]',
  },
  {
    name: 'response',
    login: 'ben',
    path: () => stage.url('response'),
    asks: 'v1/response',
    failed: 'The state of the loop could not be read',
    ready: '[data-testid=breaker]',
  },
  {
    name: 'audit',
    login: 'cleo',
    path: () => stage.url('audit'),
    asks: 'v1/audit/records',
    failed: 'The audit trail could not be read',
    ready: '[data-testid=records] tbody tr',
  },
  {
    name: 'record',
    login: 'cleo',
    path: () => stage.url(`audit?record=${record}`),
    asks: 'v1/audit/records/',
    failed: 'The record could not be read',
    ready: '[data-testid=proof][data-verified=true]',
  },
  {
    name: 'inspections',
    login: 'cleo',
    path: () => stage.url('inspections'),
    asks: 'v1/inspections',
    failed: 'The audits could not be read',
    ready: 'text="A sample"',
  },
  {
    name: 'inspection',
    login: 'cleo',
    path: () => stage.url(`inspections/${inspection}`),
    asks: 'v1/inspections/',
    failed: 'The audit could not be read',
    ready: '[data-testid=judge]',
  },
  {
    name: 'loop',
    login: 'vic',
    path: () => stage.url('loop'),
    asks: 'v1/loops',
    failed: 'The loops could not be read',
    ready: '[data-testid=loop]',
  },
  {
    name: 'panel',
    login: 'vic',
    path: () => new URL('/d/queue', stage.url('')).href,
    asks: 'v1/reviews/queue',
    failed: 'The queue could not be read',
    ready: 'text=The one that is opened',
  },
];

it.concurrent.each(pages)(
  'says what failed on the $name page, and what to do',
  async ({ name, login, path, asks, failed, ready }) => {
    const { page } = await openPage(browser, 'about:blank', login);
    const pattern = `**/api/plugin-proxy/**/${asks}*`;
    let asked = 0;
    await page.route(pattern, async (route) => {
      asked += 1;
      await route.fulfill({
        status: 500,
        json: { message: 'the database does not answer; see the log of the daemon' },
      });
    });
    await page.goto(path());
    const alert = page.getByRole('alert').filter({ hasText: failed }).first();
    await alert.getByText('the database does not answer; see the log of the daemon').waitFor();
    expect(asked).toBeGreaterThan(0);
    expect(await seriousProblems(page)).toEqual([]);
    await page.screenshot({ path: join(screenshots, `failed-${name}.png`) });
    // Some pages ask again by themselves: that takes nothing away from whoever has got here.
    const again = alert.getByRole('button', { name: /^(Try|Trying) again/ });
    await tabTo(page, again);
    const before = asked;
    await page.keyboard.press('Enter');
    await eventually('another try', async () => (asked > before ? true : null));
    expect(await again.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.unroute(pattern);
    // The one that goes on may have been refused already.
    await alert.getByRole('button', { name: 'Try again' }).or(page.locator(ready)).first().waitFor();
    if (await alert.isVisible()) await page.keyboard.press('Enter');
    await page.locator(ready).first().waitFor();
    expect(await page.getByRole('alert').filter({ hasText: failed }).count()).toBe(0);
    await page.close();
  },
);

const settings: Pick<Asked, 'name' | 'login' | 'path' | 'ready'> = {
  name: 'settings',
  login: 'ada',
  path: () => new URL('/plugins/countersign-decisions-app', stage.url('')).href,
  ready: 'text=Shared secret',
};

it.each([...pages, settings])(
  'waits for what a $name page shows without a jump',
  async ({ name, login, path, ready }) => {
    const { page } = await openPage(browser, 'about:blank', login);
    await page.addInitScript(recordShifts);
    // Long enough for people to see the page wait.
    await page.route('**/api/plugin-proxy/**', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 400));
      await route.continue();
    });
    await page.goto(path());
    await page.locator(ready).first().waitFor();
    await settle(page);
    expect([name, await jumps(page)]).toEqual([name, []]);
    await page.close();
  },
);

it.each([1440, 375])('opens the next case without a jump, %i pixels wide', async (width) => {
  const { page } = await openPage(browser, 'about:blank', 'ann');
  await page.setViewportSize({ width, height: 900 });
  await page.addInitScript(recordShifts);
  // What moves within half a second of a key is put down to it.
  await page.route('**/api/plugin-proxy/**', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 600));
    await route.continue();
  });
  await page.goto(stage.url('review'));
  await page.getByTestId('queue-item').first().waitFor();
  await settle(page);
  await page.keyboard.press('n');
  await page.getByTestId('decision-form').waitFor();
  await settle(page);
  expect(await jumps(page)).toEqual([]);
  await page.keyboard.press('u');
  await page.getByTestId('claim').waitFor();
  await page.close();
});

/** Until nothing more is asked for, and it is drawn. */
async function settle(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.waitForTimeout(300);
}
