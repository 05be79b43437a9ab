/** Who holds a case, and for how long: a claim that its page keeps, how it is lost, and two people who want the same case. */
import { mkdirSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { Queue } from '@countersign/contract';
import { chooseFrom, keepInBothThemes, launchBrowser, openPage, screenshots } from './browser.ts';
import { eventually } from './test-loop.ts';
import { startTestPage, type TestPage } from './test-page.ts';
import { caseOf, claim, decideAs, humanDecisions, onRecord, openAs } from './test-review.ts';

let stage: TestPage;
/** Two processes: nothing is shared between Ann's and Ben's but the daemon. */
let anns: Browser;
let bens: Browser;

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true });
  stage = await startTestPage(inject('postgresUrl'), inject('natsServer'), (demo) => {
    const { undo_window: _atOnce, ...review } = demo.review;
    return {
      review: { ...review, lease: '6 seconds', commit_first: {}, two_people: {}, gold: 0 },
      sla: { ...demo.sla, P3: { risk_tiers: ['low'], within: '45 seconds' } },
    };
  });
  [anns, bens] = await Promise.all([launchBrowser(), launchBrowser()]);
});
afterAll(async () => {
  await Promise.all([anns?.close(), bens?.close()]);
  await stage?.stop();
});

/** Who has the case, as others see it. */
const holder = async (decisionId: string) => (await caseOf(stage, 'dana', decisionId)).item.claimed_by?.name ?? null;
const isHeldBy = (name: string | null, decisionId: string) =>
  eventually(`${name ?? 'nobody'} to hold it`, async () => ((await holder(decisionId)) === name ? true : null), 60_000);

/** As when its window is behind another, or in front again. */
const show = (page: Page, visibility: DocumentVisibilityState) =>
  page.evaluate((state) => {
    Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, visibility);

/** Hears nothing new of the case and cannot keep its claim, as on a bad line: what is on screen stays as it was. */
async function cutOff(page: Page): Promise<() => Promise<void>> {
  await page.route('**/v1/evidence/cases/*', () => new Promise(() => undefined));
  await page.route('**/claim', (route) => route.abort());
  return () => page.unrouteAll({ behavior: 'ignoreErrors' });
}

/** Chooses, and says why; not recorded yet. */
async function draft(page: Page, key: 'a' | 'r', why: string): Promise<void> {
  await page.keyboard.press(key);
  await page.keyboard.type(why);
}

it('keeps a claim while the page is in front, loses it behind another, and says so when it comes back', async () => {
  const id = await stage.decided('A long read', { task_id: 'long' });
  const { page, troubles } = await openAs(anns, stage, 'ann', `review/${id}`);
  await claim(page);
  await draft(page, 'r', 'I have read half of it');
  // More than twice as long as the lease.
  for (const end = Date.now() + 15_000; Date.now() < end;) {
    expect(await holder(id)).toBe('Ann');
    await new Promise((resolve) => setTimeout(resolve, 250));
  }

  await show(page, 'hidden');
  await isHeldBy(null, id);
  // It is not taken again behind her back: she sees that it is free, and what she had typed.
  await show(page, 'visible');
  await page.getByTestId('claim').waitFor();
  expect(await page.getByTestId('kept').textContent()).toContain('I have read half of it');
  expect(await holder(id)).toBe(null);
  expect(await keepInBothThemes(page, 'lease-ended')).toEqual([]);
  await claim(page);
  const form = page.getByTestId('decision-form');
  expect(await form.getByRole('textbox', { name: 'Why' }).inputValue()).toBe('I have read half of it');

  await show(page, 'hidden');
  await isHeldBy(null, id);
  const ben = await openAs(bens, stage, 'ben', `review/${id}`);
  await claim(ben.page);
  await show(page, 'visible');
  await page.getByText('Ben is working on this case').waitFor();
  expect(await form.count()).toBe(0);
  expect(await page.getByTestId('kept').textContent()).toContain('I have read half of it');
  expect(await keepInBothThemes(page, 'lease-lost')).toEqual([]);

  await ben.page.close();
  await isHeldBy(null, id);
  await page.getByTestId('claim').waitFor();
  expect([...troubles, ...ben.troubles]).toEqual([]);
  await page.close();
});

it('gives a claim up when its page has been away for two minutes, however long the claim holds', async () => {
  const other = await startTestPage(inject('postgresUrl'), inject('natsServer'), ({ review }) => ({
    review: { ...review, lease: '30 minutes', commit_first: {}, two_people: {}, gold: 0 },
  }));
  try {
    const id = await other.decided('A long lease');
    const holds = async () => (await caseOf(other, 'dana', id)).item.claimed_by?.name ?? null;
    const { page, troubles } = await openPage(anns, 'about:blank', 'ann');
    await page.clock.install();
    await page.goto(other.url(`review/${id}`));
    await claim(page);
    await show(page, 'hidden');
    await page.clock.runFor(100_000);
    expect(await holds()).toBe('Ann');
    // She has only looked something up.
    await show(page, 'visible');
    await show(page, 'hidden');
    await page.clock.runFor(100_000);
    expect(await holds()).toBe('Ann');
    await page.clock.runFor(25_000);
    await eventually('nobody to hold it', async () => ((await holds()) === null ? true : null));
    expect(troubles).toEqual([]);
    await page.close();
  } finally {
    await other.stop();
  }
});

it('counts down to when a case is due, and says when it is overdue', async () => {
  const id = await stage.decided('A short time', { risk_tier: 'low' });
  const { page, troubles } = await openAs(anns, stage, 'ann', `review/${id}`);
  const row = page.getByTestId('queue-item').filter({ hasText: 'A short time' });
  for (const said of ['due in 1 min', 'due in less than a minute', 'overdue by less than a minute']) {
    await row.getByText(said).waitFor({ timeout: 60_000 });
    await page.getByRole('article').getByText(`P3, ${said}`).waitFor();
  }
  await page.getByTestId('queue-counts').filter({ hasText: '1 overdue' }).waitFor();
  expect(await keepInBothThemes(page, 'overdue')).toEqual([]);
  expect(troubles).toEqual([]);
  await page.close();
});

it('filters by keyboard alone; the address has it, and a reload keeps it', async () => {
  const rest = { route_reason: 'low_confidence', confidence: 0.55 } as const;
  await stage.decided('The one sought', { risk_tier: 'high', ...rest });
  await stage.decided('Too sure', { risk_tier: 'high', ...rest, confidence: 0.9 });
  await stage.decided('Another reason', { risk_tier: 'high', ...rest, route_reason: 'shadow' });
  await stage.decided('Too harmless', { risk_tier: 'medium', ...rest });
  const { page, troubles } = await openAs(anns, stage, 'ann', 'review');
  const titles = () => page.getByTestId('queue-item').locator('> span:first-child').allTextContents();
  const shows = (...wanted: string[]) =>
    eventually(`${wanted.join(', ')} alone`, async () => (String(await titles()) === String(wanted) ? true : null));
  const combobox = (name: string) => page.getByRole('combobox', { name });

  await chooseFrom(page, combobox('Any risk'), 'high risk');
  await page.waitForURL(/risk_tier=high/);
  await shows('The one sought', 'Too sure', 'Another reason');
  await chooseFrom(page, combobox('Any confidence'), 'Below 60 %');
  await page.waitForURL(/confidence_below=0\.6/);
  await shows('The one sought', 'Another reason');
  await chooseFrom(page, combobox('Any reason'), 'not sure enough');
  await page.waitForURL(/reason=low_confidence/);
  await shows('The one sought');
  await chooseFrom(page, combobox('With anybody'), 'With me');
  await page.waitForURL(/assigned=me/);
  await page.getByText('No case fits').waitFor();
  expect(await keepInBothThemes(page, 'queue-none-fits')).toEqual([]);
  await chooseFrom(page, combobox('With anybody'), 'With nobody');
  await shows('The one sought');

  const { search, searchParams } = new URL(page.url());
  const wanted = { risk_tier: 'high', confidence_below: '0.6', reason: 'low_confidence', assigned: 'nobody' };
  expect(Object.fromEntries(searchParams)).toEqual(wanted);
  await page.reload();
  await shows('The one sought');
  expect([new URL(page.url()).search, await combobox('Any risk').inputValue()]).toEqual([search, 'high risk']);
  // What is taken next is one of those that are shown, and then it is the person's own.
  await page.keyboard.press('n');
  await page.getByTestId('decision-form').waitFor();
  await shows();
  await chooseFrom(page, combobox('With anybody'), 'With me');
  await shows('The one sought');
  const { items } = (await stage.ask('ann', 'v1/reviews/queue?assigned=me')).body as Queue;
  expect(items.map(({ title }) => title)).toContain('The one sought');
  expect(troubles).toEqual([]);
  await page.close();
});

it.each([1, 2, 3])('of two who record at the same moment one is on record, and the other hears who (%i)', async (i) => {
  const id = await stage.decided(`A wanted one ${i}`, { task_id: `wanted-${i}` });
  const [ann, ben] = await Promise.all([
    openAs(anns, stage, 'ann', `review/${id}`),
    openAs(bens, stage, 'ben', `review/${id}`),
  ]);
  await claim(ann.page);
  await draft(ann.page, 'r', 'Ann says no');
  const reconnect = await cutOff(ann.page);
  await isHeldBy(null, id);
  await claim(ben.page);
  await draft(ben.page, 'a', 'Ben says yes');
  // Both have a form that looks as if the case were theirs.
  await Promise.all([ann.page.keyboard.press('Control+Enter'), ben.page.keyboard.press('Control+Enter')]);

  const alert = ann.page.getByRole('alert').filter({ hasText: 'Not recorded' }).first();
  await alert.getByText(/^Ben (holds this case until|decided this case first at .+: accept)/).waitFor();
  expect(await ann.page.getByRole('textbox', { name: 'Why' }).inputValue()).toBe('Ann says no');
  expect(await onRecord(stage, `wanted-${i}`)).toMatchObject({ action: 'accept', justification: 'Ben says yes' });
  await reconnect();
  await ann.page.getByRole('status').filter({ hasText: 'Ben accepted it' }).waitFor();
  expect(await ann.page.getByTestId('kept').textContent()).toContain('Ann says no');
  expect(await humanDecisions(stage, `wanted-${i}`)).toHaveLength(1);
  if (i === 1) expect(await keepInBothThemes(ann.page, 'race-lost')).toEqual([]);
  expect([...ann.troubles, ...ben.troubles]).toEqual([]);
  await Promise.all([ann.page.close(), ben.page.close()]);
});

it('says who has changed a case meanwhile, what they did and when', async () => {
  const id = await stage.decided('A changed one', { task_id: 'changed' });
  const { page, troubles } = await openAs(anns, stage, 'ann', `review/${id}`);
  await claim(page);
  await draft(page, 'r', 'I know the sender');
  const reconnect = await cutOff(page);
  await isHeldBy(null, id);
  const before = Date.now();
  await decideAs(stage, 'ben', id, { action: 'escalate', justification: 'it is in Finnish' });
  await page.keyboard.press('Control+Enter');
  const alert = page.getByRole('alert').filter({ hasText: 'Not recorded' }).first();
  await alert.getByText(/Ben escalated this case at .+ [AP]M\. Look at it again/).waitFor();
  // In the reader's own time, to the second.
  const said = /at (.+?[AP]M)\. Look at it again/.exec((await alert.textContent()) ?? '')?.[1] ?? '';
  const at = Date.parse(said.replaceAll('\u202f', ' '));
  expect(at).toBeGreaterThanOrEqual(before - 1_000);
  expect(at).toBeLessThanOrEqual(Date.now());
  expect(await page.getByRole('textbox', { name: 'Why' }).inputValue()).toBe('I know the sender');
  expect(await keepInBothThemes(page, 'case-changed')).toEqual([]);
  expect(await onRecord(stage, 'changed')).toMatchObject({ action: 'escalate' });

  // Looked at again, it can be decided as it is now, with what was typed.
  await reconnect();
  await page.getByText('Ben: escalate, “it is in Finnish”').waitFor();
  await claim(page);
  expect(await page.getByRole('textbox', { name: 'Why' }).inputValue()).toBe('I know the sender');
  await page.keyboard.press('Control+Enter');
  await eventually('both decisions', async () => {
    const found = await humanDecisions(stage, 'changed');
    return found.map(({ action }) => action).join() === 'escalate,reject' ? true : null;
  });
  expect(troubles).toEqual([]);
  await page.close();
});
