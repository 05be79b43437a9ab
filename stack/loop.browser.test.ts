/** The loop page: the picture of the demo's policy, in both themes, on a wide screen and on a phone's, and as a breaker stands. */
import { mkdirSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { launchBrowser, openPage, keepPictures, screenshots, seriousProblems } from './browser.ts';
import { startTestPage, type TestPage } from './test-page.ts';

let stage: TestPage;
let browser: Browser;
let page: Page;
let troubles: readonly string[];

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true });
  stage = await startTestPage(inject('postgresUrl'), inject('natsServer'), () => ({}));
  browser = await launchBrowser();
  ({ page, troubles } = await openPage(browser, stage.url('loop')));
  await page.addInitScript(() => {
    window.shifted = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[]) window.shifted += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
});
afterAll(async () => {
  await browser?.close();
  await stage?.stop();
});

async function show(theme: 'dark' | 'light', width: number): Promise<void> {
  await page.setViewportSize({ width, height: 900 });
  await page.evaluate((wanted) => window.localStorage.setItem('host.theme', wanted), theme);
  await page.reload();
  await page.locator('path[data-link]').first().waitFor({ state: 'attached' });
}
const keep = (name: string) => keepPictures(page, name, { fullPage: true });

const lines = (kind: string) =>
  page
    .locator(`path[data-link=${kind}]`)
    .evaluateAll((paths) => paths.map(({ dataset }) => [dataset['from'], dataset['flows'] === 'true']));

/** What is wrong with what the browser has drawn: boxes in one another, and lines that do not reach theirs. */
const flaws = () =>
  page.evaluate(() => {
    const boxes = new Map(
      [...document.querySelectorAll<HTMLElement>('[data-box]')].map((box) => [
        box.dataset['box'],
        box.getBoundingClientRect(),
      ]),
    );
    const all = [...boxes];
    const overlaps = all.flatMap(([one, a], i) =>
      all
        .slice(i + 1)
        .filter(([, b]) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
        .map(([other]) => `${one} and ${other} overlap`),
    );
    const loose = [...document.querySelectorAll<SVGPathElement>('path[data-link]')].flatMap((path) => {
      const { x, y } = path.ownerSVGElement?.getBoundingClientRect() ?? { x: 0, y: 0 };
      const touches = (at: DOMPoint, id: string | undefined) => {
        const box = boxes.get(id);
        if (box === undefined) return false;
        const [dx, dy] = [
          Math.max(box.left - at.x - x, at.x + x - box.right),
          Math.max(box.top - at.y - y, at.y + y - box.bottom),
        ];
        // Lines are drawn on whole pixels.
        return Math.abs(Math.max(dx, dy)) <= 1;
      };
      const { link, from, to } = path.dataset;
      const isTied =
        touches(path.getPointAtLength(0), from) && touches(path.getPointAtLength(path.getTotalLength()), to);
      return isTied ? [] : [`${link} from ${from} to ${to} is loose`];
    });
    return [...overlaps, ...loose];
  });

it.each([
  { theme: 'dark', width: 1440 },
  { theme: 'light', width: 1440 },
  { theme: 'dark', width: 960 },
  { theme: 'dark', width: 375 },
  { theme: 'light', width: 375 },
] as const)('draws the loop, $theme, $width wide', async ({ theme, width }) => {
  await show(theme, width);
  const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement);
  expect(scrollWidth).toBe(clientWidth);
  expect(await page.evaluate(() => window.shifted)).toBeLessThan(0.05);
  expect(await flaws()).toEqual([]);
  expect(await seriousProblems(page)).toEqual([]);
  await keep(`loop-picture-${theme}-${width}`);
  expect(troubles).toEqual([]);
});

it('says in words where each box leads to', async () => {
  await show('dark', 1440);
  const box = (id: string) => page.locator(`[data-box="${id}"]`).textContent();
  expect(await box('source-0')).toMatch(/leads to: Is this message spam\?$/);
  expect(await box('rule-high')).toMatch(/leads to: Review queue$/);
  expect(await box('rule-low')).toMatch(/leads to: Review queue, Breaker$/);
  expect(await box('breaker-0')).toMatch(/leads to: Review queue \(not now\), The AI acts alone$/);
});

it('draws what a tripped breaker stops, and leads there by keyboard', async () => {
  await stage.decided('A mail');
  const order = { workflow_id: 'mail-moderation', model_name: 'spam-logit', justification: 'A customer complained' };
  expect((await stage.ask('ben', 'v1/breakers/trip', order)).status).toBe(200);
  await show('dark', 1440);
  expect(await lines('permits')).toEqual([
    ['rule-medium', false],
    ['rule-low', false],
  ]);
  expect(await lines('passes')).toEqual([['breaker-0', false]]);
  expect(await lines('stops')).toEqual([['breaker-0', true]]);
  await keep('loop-picture-tripped');

  for (const [link, path] of [
    ['1 waiting 0 with a reviewer 0 overdue', 'review'],
    ['breaker forced open', 'response'],
  ] as const) {
    await page.goto(stage.url('loop'));
    const there = page.getByRole('link', { name: link });
    await there.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(stage.url(path));
  }
  expect(troubles).toEqual([]);
});

declare global {
  interface Window {
    /** How much has moved by itself since the page began to load (https://wicg.github.io/layout-instability/). */
    shifted: number;
  }
}
