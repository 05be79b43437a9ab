/**
 * Dashboards as a person sees them: every query answered by a real Prometheus, every panel drawn in Grafana's grid, and
 * nothing cut off. Leaves a picture of each in .countersign/screenshots.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, openPage, screenshots } from '../../stack/browser.ts';
import { toolsDirectory } from '../../stack/test-servers.ts';
import { dashboards } from '../src/dashboards.ts';
import { findPrometheus, startPrometheus, type Prometheus } from '../../stack/prometheus.ts';
import { previewUrl, startPreview, type PreviewServer } from './server.ts';
import { storySamples } from './story.ts';

let prometheus: Prometheus;
let preview: PreviewServer;
let browser: Browser;
const directory = mkdtempSync(join(tmpdir(), 'countersign-dashboards-'));

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true });
  prometheus = await startPrometheus(findPrometheus(toolsDirectory), join(directory, 'prometheus'), storySamples());
  preview = await startPreview(prometheus.url, join(directory, 'page'));
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await preview?.stop();
  await prometheus?.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe.each(Object.entries(dashboards))('%s', (name, { panels = [] }) => {
  it('is drawn whole, with an answer in every panel', async () => {
    const { page, troubles } = await openPage(browser, previewUrl(preview, name));
    await page.waitForFunction(
      (count) =>
        document.querySelectorAll('[data-panel]').length === count && document.querySelector('[data-loading]') === null,
      panels.length,
    );
    await page.evaluate(() => document.fonts.ready);
    await page.screenshot({ path: join(screenshots, `dashboard-${name}.png`), fullPage: true });

    expect(troubles).toEqual([]);
    expect(await cutOff(page)).toEqual([]);
    expect(await overlapping(page)).toEqual([]);
    await page.close();
  });
});

/** Texts that do not fit where they are: titles, legends, headers and cells of tables, names of rows. */
const cutOff = (page: Page) =>
  page.evaluate(() => {
    const hasText = ({ childNodes }: Element) =>
      [...childNodes].some(({ nodeType, textContent }) => nodeType === Node.TEXT_NODE && textContent?.trim() !== '');
    const isCut = (element: HTMLElement) =>
      getComputedStyle(element).overflowX !== 'visible' && element.scrollWidth > element.clientWidth + 1;
    return [...document.querySelectorAll<HTMLElement>('[data-panel]')].flatMap((panel) => {
      const box = panel.getBoundingClientRect();
      const isOutside = (element: Element) => {
        const { left, right } = element.getBoundingClientRect();
        return left < box.left - 1 || right > box.right + 1;
      };
      const texts = [...panel.querySelectorAll<HTMLElement>('*')].filter(hasText);
      const legends = [...panel.querySelectorAll<HTMLElement>('[data-legend]')];
      return [
        ...texts.filter((element) => isOutside(element) || isCut(element)),
        ...legends.filter((legend) => legend.scrollHeight > legend.clientHeight + 1),
      ].map(({ textContent }) => `${panel.dataset['panel']}: ${textContent}`);
    });
  });

const overlapping = (page: Page) =>
  page.evaluate(() => {
    const panels = [...document.querySelectorAll<HTMLElement>('[data-panel]')].map((panel) => ({
      title: panel.dataset['panel'] ?? '',
      box: panel.getBoundingClientRect(),
    }));
    return panels.flatMap(({ title, box }, nth) =>
      panels
        .slice(nth + 1)
        .filter(
          ({ box: other }) =>
            box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom,
        )
        .map((other) => `${title} and ${other.title}`),
    );
  });
