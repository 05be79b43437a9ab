/** A headless Chromium for the tests, and the page of the app in it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { userCookie } from '../grafana-plugin/host/users.ts';
import { chromiumArguments, findChromium } from './chromium.ts';

const root = join(import.meta.dirname, '..');
/** Where Chromium may leave what it wants to keep. */
const scratch = join(root, '.countersign/tools/chromium-home');
/** Pictures of the pages, kept as build output. */
export const screenshots = join(root, '.countersign/screenshots');

export async function launchBrowser(): Promise<Browser> {
  const { path, env } = findChromium(join(root, '.countersign/tools'));
  return chromium.launch({
    executablePath: path,
    args: [...chromiumArguments],
    env: { ...process.env, XDG_CONFIG_HOME: scratch, XDG_CACHE_HOME: scratch, ...env },
  });
}

/** The drawer of Grafana 12.3 is a dialog without a name, with the dialog that has one inside. */
const ofGrafana = /^aria-dialog-name: <div class="rc-drawer-content /;

export interface OpenPage {
  readonly page: Page;
  /** What went wrong in the page: errors on the console, exceptions, answers of 500 and more. */
  readonly troubles: readonly string[];
}

/** As whoever the host takes for granted, unless somebody is named. */
export async function openPage(browser: Browser, url: string, login?: string): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  page.on('close', () => void context.close().catch(() => undefined));
  if (login !== undefined) await beFromNowOn(page, login);
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(String(error)));
  page.on('console', (message) => {
    // Chromium itself says so of every answer of 400 and more, and a lost race is one of those.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      troubles.push(message.text());
  });
  page.on('response', (response) => {
    if (response.status() >= 500) troubles.push(`${response.status()} ${response.url()}`);
  });
  await page.goto(url);
  return { page, troubles };
}

/** Becomes another person, by the host's switch. */
export async function become(page: Page, login: string): Promise<void> {
  await Promise.all([page.waitForEvent('load'), page.getByTestId('user').selectOption(login)]);
}

/** On the pages that are loaded from now on. */
export const beFromNowOn = (page: Page, login: string): Promise<void> =>
  page.context().addCookies([{ name: userCookie, value: login, domain: '127.0.0.1', path: '/' }]);

/** Goes there as somebody without a mouse does. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  const isThere = () => target.evaluate((element) => element === document.activeElement);
  await target.waitFor();
  for (let stops = 0; stops < mostStops; stops++) {
    if (await isThere()) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${String(target)} is not among the first ${mostStops} stops of Tab`);
}
const mostStops = 100;

/** Finds a button, or a link, by tabbing to it and presses Enter. */
export async function pressByTab(page: Page, target: Locator): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press('Enter');
}

/** Goes to a combobox, narrows its list by typing until one is left, and takes that. */
export async function chooseFrom(page: Page, field: Locator, text: string): Promise<void> {
  await tabTo(page, field);
  await page.keyboard.press('Control+a');
  await page.keyboard.type(text);
  await page.waitForFunction(() => document.querySelectorAll('[role=option]').length === 1);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.locator('[role=option]').waitFor({ state: 'detached' });
}

/** Does something in each theme, one after the other. The page is left as it was. */
async function inBothThemes(page: Page, look: (theme: 'light' | 'dark') => Promise<void>): Promise<void> {
  for (let i = 0; i < 2; i++) {
    const theme = (await page.locator('body').getAttribute('class'))?.includes('theme-light') ? 'light' : 'dark';
    await look(theme);
    // The host's own switch, which stands for a setting of Grafana's: without the keyboard, so that the focus stays in the app.
    await page.getByText(/^(Dark|Light) theme$/).dispatchEvent('click');
    await page.locator(`body.theme-${theme === 'light' ? 'dark' : 'light'}`).waitFor();
    // Colours are on their way for a moment. What pulses while it waits never ends.
    await page.evaluate(() =>
      Promise.race([
        Promise.allSettled(document.getAnimations().map(({ finished }) => finished)),
        new Promise((resolve) => setTimeout(resolve, 500)),
      ]),
    );
  }
}

/** Keeps a picture of the page in each theme. */
export const keepPictures = (page: Page, name: string, options: { fullPage?: boolean } = {}): Promise<void> =>
  inBothThemes(page, async (theme) => {
    await page.screenshot({ path: join(screenshots, `${name}-${theme}.png`), ...options });
  });

/** Keeps a picture of the page in each theme; what axe-core finds in either. */
export async function keepInBothThemes(page: Page, name: string): Promise<string[]> {
  const problems: string[] = [];
  await inBothThemes(page, async (theme) => {
    const found = await seriousProblems(page);
    problems.push(...found.map((problem) => `${theme}: ${problem}`));
    await page.screenshot({ path: join(screenshots, `${name}-${theme}.png`) });
  });
  return problems;
}

/** What axe-core finds that keeps somebody from using the page: the rule, and the first element. */
export async function seriousProblems(page: Page): Promise<string[]> {
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const results = await page.evaluate(async () => {
    // A colour on its way from one state to the next is nobody's contrast.
    await Promise.allSettled(document.getAnimations().map(({ finished }) => finished));
    return window.axe.run({ resultTypes: ['violations'] });
  });
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
    .filter((problem) => !ofGrafana.test(problem));
}

declare global {
  interface Window {
    axe: AxeCore;
    /** The loader of the host. */
    System: { get(name: string): Record<string, unknown> | null; import<T>(url: string): Promise<T> };
  }
}
type AxeCore = typeof import('axe-core');
