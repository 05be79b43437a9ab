/** The keyboard where Grafana has keys of its own, and what somebody has typed when the case, the network or the page goes. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it, onTestFailed } from 'vitest';
import { shutdown } from '@countersign/otel-instrumentation';
import { beFromNowOn, keepPictures, launchBrowser, openPage } from './browser.ts';
import { eventually } from './test-loop.ts';
import { startTestPage, type TestPage } from './test-page.ts';
import { caseOf, claim, decideAs, onRecord, openAs, serviceDecided, startService } from './test-review.ts';

let stage: TestPage;
let browser: Browser;

beforeAll(async () => {
  stage = await startTestPage(inject('postgresUrl'), inject('natsServer'), (demo) => ({
    review: { ...demo.review, undo_window: '20 seconds', commit_first: {}, two_people: {}, gold: 0 },
  }));
  await startService(stage);
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await shutdown(1_000);
  await stage?.stop();
});

const why = (page: Page) => page.getByRole('textbox', { name: /^Why/ });
const theme = (page: Page) => page.locator('body').getAttribute('class');

it('takes its keys before Grafana does, and leaves Grafana those that are none of its own', async () => {
  const id = await stage.decided('One among keys');
  const { page, troubles } = await openAs(browser, stage, 'ann', `review/${id}?kiosk=true`);
  // In Grafana C and then R change the theme.
  await claim(page);
  const before = await theme(page);
  await page.keyboard.press('c');
  await page.keyboard.press('r');
  await page.locator('[aria-pressed=true]', { hasText: 'Reject' }).waitFor();
  expect(await theme(page)).toBe(before);
  // In Grafana Esc leaves the kiosk mode.
  await page.keyboard.type('no');
  await page.keyboard.press('Escape');
  expect(await why(page).evaluate((field) => field === document.activeElement)).toBe(false);
  expect(page.url()).toContain('kiosk=true');
  // In Grafana ? shows its own sheet.
  await page.keyboard.press('?');
  await page.getByRole('dialog').getByText('Claim the case on screen').waitFor();
  expect(await page.getByRole('dialog').count()).toBe(1);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  // G and then H is Grafana's way home, and H alone hands the case over.
  await page.keyboard.press('g');
  await page.keyboard.press('h');
  await page.waitForURL(/review$/);
  expect(await page.getByRole('dialog').count()).toBe(0);
  expect(troubles).toEqual([]);
  await page.close();
});

it('takes nobody’s letters for keys when their text goes from under them', async () => {
  const id = await stage.decided('One that goes');
  const other = await stage.decided('One that waits', { risk_tier: 'high' });
  const { page, troubles } = await openAs(browser, stage, 'ann', `review/${id}`);
  await claim(page);
  await page.keyboard.press('r');
  await page.keyboard.type('he ');
  await stage.ask('ann', `v1/reviews/cases/${id}/release`, {});
  await decideAs(stage, 'ben', id, { action: 'accept', justification: 'yes' });
  const kept = page.getByTestId('kept');
  // Every letter of it is a key: who types on would claim another case, and move to a third.
  await eventually(
    'the form to go',
    async () => {
      await page.keyboard.type('njuhx');
      return (await kept.count()) > 0 ? true : null;
    },
    20_000,
  );
  await page.keyboard.type('njuhx', { delay: 100 });
  expect(page.url()).toContain(id);
  expect(await page.getByRole('dialog').count()).toBe(0);
  expect((await caseOf(stage, 'ben', other)).item.claimed_by).toBeNull();
  expect(await kept.textContent()).toContain('he njuhx');
  // After a pause it is a key again.
  await page.waitForTimeout(1_100);
  await page.keyboard.press('n');
  await page.waitForURL(new RegExp(other));
  await page.keyboard.press('u');
  expect(troubles).toEqual([]);
  await page.close();
});

it('finds what was typed after Back and undo, and can go on writing it', async () => {
  const id = await stage.decided('One to go back to');
  const { page, troubles } = await openAs(browser, stage, 'ann', `review/${id}`);
  await claim(page);
  await page.keyboard.press('r');
  await page.keyboard.type('too hasty');
  await page.keyboard.press('Control+Enter');
  await page.getByTestId('undo').waitFor();
  await page.waitForURL((url) => !url.pathname.includes(id));
  await page.goBack();
  await page.getByText('Ann rejected it').waitFor();
  await page.keyboard.press('z');
  await why(page).waitFor();
  expect(await why(page).inputValue()).toBe('too hasty');
  await why(page).press('End');
  await page.keyboard.type(', or not');
  await page.reload();
  await why(page).waitFor();
  expect(await why(page).inputValue()).toBe('too hasty, or not');
  await page.getByRole('button', { name: /^Reject/, pressed: true }).waitFor();
  await page.keyboard.press('u');
  expect(troubles).toEqual([]);
  await page.close();
});

it('opens the next case at its beginning, and leaves the keys that scroll with who leaves a text', async () => {
  const relevance = Array.from({ length: 60 }, (_, nth) => ({ feature: `word ${nth}`, value: 1, weight: 60 - nth }));
  const long = (title: string) =>
    serviceDecided(stage, title, { content: 'Buy', mediaType: 'text/plain' }, { explanation: { relevance } });
  const [first, second] = [await long('A long one'), await long('The next')];
  const { page, troubles } = await openAs(browser, stage, 'ann', `review/${first}`);
  const column = page.locator('[data-keys-home]');
  const top = () => column.evaluate((element) => element.scrollTop);
  await claim(page);
  await page.keyboard.press('r');
  await page.keyboard.type('it sells pills');
  await page.keyboard.press('Escape');
  await page.keyboard.press('End');
  await eventually('it to be scrolled', async () => {
    const before = await top();
    await page.waitForTimeout(100);
    return before > 100 && (await top()) === before ? true : null;
  });
  await page.keyboard.press('Control+Enter');
  // What is typed on is no key for the case that nobody has read.
  await page.keyboard.type('az', { delay: 10 });
  await page.waitForURL((url) => url.pathname.includes('/review/') && !url.pathname.includes(first));
  await page.getByTestId('decision-form').waitFor();
  expect(await top()).toBe(0);
  expect(await page.locator('[aria-pressed=true]').count()).toBe(0);
  await stage.ask('ann', `v1/reviews/cases/${second}/release`, {});
  expect(troubles).toEqual([]);
  await page.close();
});

it('keeps what is written on one page when another of the same person’s decides', async () => {
  const id = await stage.decided('One in two tabs');
  const context = await browser.newContext();
  await context.addCookies([{ name: 'countersign_user', value: 'ann', url: stage.url('') }]);
  const [one, two] = [await context.newPage(), await context.newPage()];
  for (const page of [one, two]) await page.goto(stage.url(`review/${id}`));
  await claim(one);
  await one.keyboard.press('a');
  await one.keyboard.type('text of tab one');
  await two.getByTestId('decision-form').waitFor({ timeout: 20_000 });
  await two.keyboard.press('r');
  await why(two).fill('a long and careful text of tab two');
  await one.keyboard.press('Control+Enter');
  await one.getByTestId('undo').waitFor();
  const kept = two.getByTestId('kept');
  await kept.waitFor();
  expect(await kept.textContent()).toContain('a long and careful text of tab two');
  await context.close();
});

it('says that there is no network, keeps the text, and records it when there is one', async () => {
  const id = await stage.decided('One without a network', { task_id: 'offline' });
  const { page } = await openAs(browser, stage, 'ann', `review/${id}`);
  const asked: string[] = [];
  page.on('requestfinished', (request) => asked.push(`${request.method()} ${request.url()}`));
  page.on('requestfailed', (request) => asked.push(`${request.url()}: ${request.failure()?.errorText ?? ''}`));
  onTestFailed(async () => {
    await keepPictures(page, 'offline-failed');
    process.stderr.write(`${asked.slice(-30).join('\n')}\n${await page.locator('body').innerText()}\n`);
  });
  await claim(page);
  await page.keyboard.press('r');
  await page.keyboard.type('it sells pills');
  await page.context().setOffline(true);
  await page.keyboard.press('Control+Enter');
  const alert = page.getByRole('alert').filter({ hasText: 'It is not known whether it was recorded' }).first();
  await alert.getByText('Countersign cannot be reached. What you typed is kept; try again in a moment.').waitFor();
  expect(await why(page).inputValue()).toBe('it sells pills');
  await page.context().setOffline(false);
  await page.keyboard.press('Control+Enter');
  await page.getByTestId('undo').waitFor();
  expect(await onRecord(stage, 'offline')).toMatchObject({ action: 'reject', justification: 'it sells pills' });
  await page.close();
});

it('goes on saying why it was not recorded though the queue comes late', async () => {
  const id = await stage.decided('One before its queue');
  const { page } = await openAs(browser, stage, 'ann', `review/${id}`);
  await page.getByTestId('queue-item').first().waitFor();
  let come = () => undefined as void;
  const late = new Promise<void>((resolve) => (come = resolve));
  let asked = 0;
  await page.route('**/v1/reviews/queue?*', async (route) => {
    asked += 1;
    await late;
    await route.continue().catch(() => undefined);
  });
  await page.route('**/decide?*', (route) => route.abort());
  await claim(page);
  await page.keyboard.press('r');
  await page.keyboard.type('it sells pills');
  await page.keyboard.press('Control+Enter');
  const alert = page.getByRole('alert').filter({ hasText: 'It is not known whether it was recorded' }).first();
  await alert.waitFor();
  expect(asked).toBeGreaterThan(0);
  const queue = page.waitForResponse(/v1\/reviews\/queue/);
  come();
  await queue;
  await page.waitForTimeout(300);
  expect(await alert.isVisible()).toBe(true);
  await page.keyboard.press('u');
  await page.close();
});

it('says in the daemon’s words why an input cannot be shown', async () => {
  const id = await stage.decided('One without its input');
  const { page, troubles } = await openAs(browser, stage, 'ann', `review/${id}`);
  await page
    .getByText(/^This input was not sent along, or has not arrived yet\. It is recorded as sha256:/)
    .waitFor({ timeout: 30_000 });
  expect(troubles).toEqual([]);
  await page.close();
});

it('works where Grafana is reached without TLS, and browsers leave out half of their cryptography', async () => {
  const id = await serviceDecided(stage, 'One without TLS', { content: 'Buy pills', mediaType: 'text/plain' });
  const { page, troubles } = await openPage(browser, 'about:blank');
  await page.addInitScript(() => {
    for (const name of ['subtle', 'randomUUID']) {
      Object.defineProperty(Crypto.prototype, name, { value: undefined });
    }
  });
  await beFromNowOn(page, 'ann');
  await page.goto(stage.url(`review/${id}`));
  await page.getByText('Matches its recorded hash').waitFor();
  await claim(page);
  await page.keyboard.press('r');
  await page.keyboard.type('without a lock');
  await page.keyboard.press('Control+Enter');
  await page.getByTestId('undo').waitFor();
  await onRecord(stage, 'One-without-TLS');
  await beFromNowOn(page, 'cleo');
  await page.goto(stage.url('audit?task=One-without-TLS&actor=human'));
  await page
    .getByRole('button', { name: /^Open record/ })
    .first()
    .press('Enter');
  await page.locator('[data-testid=proof][data-verified=true]').waitFor();
  expect(troubles).toEqual([]);
  await page.close();
});

it('keeps a case that is in front on two pages when one of them goes', async () => {
  const id = await stage.decided('One on two pages');
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(stage.url(`review/${id}`));
  await claim(page);
  await page.keyboard.press('r');
  await page.keyboard.type('still mine');
  const second = await context.newPage();
  await second.goto(stage.url(`review/${id}`));
  await second.getByTestId('decision-form').waitFor();
  // Elsewhere in the app, and then closed.
  await second.keyboard.press('Escape');
  await second.getByRole('link', { name: 'Response', exact: true }).click();
  await second.waitForURL(/response/);
  await page.waitForTimeout(1_000);
  expect((await caseOf(stage, 'ann', id)).lease).not.toBeNull();
  await second.goto(stage.url(`review/${id}`));
  await second.getByTestId('decision-form').waitFor();
  await second.close({ runBeforeUnload: true });
  await page.waitForTimeout(1_000);
  const { lease } = await caseOf(stage, 'ann', id);
  expect(Date.parse(lease?.until ?? '') - Date.now()).toBeGreaterThan(30_000);
  expect(await why(page).inputValue()).toBe('still mine');
  await context.close();
});
