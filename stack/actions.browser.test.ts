/** All that a reviewer can do with a case, by keyboard alone, down to what the ledger and the service get of it. */
import { mkdirSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { AiDecision } from '@countersign/contract';
import { shutdown, verdicts, type Verdict } from '@countersign/otel-instrumentation';
import { chooseFrom, keepInBothThemes, launchBrowser, screenshots, tabTo } from './browser.ts';
import { eventually } from './test-loop.ts';
import { startTestPage, type TestPage } from './test-page.ts';
import { caseOf, claim, decideAs, humanDecisions, onRecord, openAs, startService } from './test-review.ts';

let stage: TestPage;
let browser: Browser;
const heard: Verdict[] = [];

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true });
  stage = await startTestPage(inject('postgresUrl'), inject('natsServer'), (demo) => ({
    review: {
      ...demo.review,
      // Long enough for a page to be loaded anew.
      undo_window: '10 seconds',
      commit_first: {},
      two_people: {},
      gold: 0,
      batch: { most: { low: 20 }, sample: 0.2 },
      output: {
        type: 'object',
        required: ['folder', 'urgency'],
        properties: { folder: { type: 'string' }, urgency: { type: 'integer', minimum: 1, maximum: 5 } },
      },
    },
  }));
  await startService(stage);
  await verdicts('mail-moderation', (verdict) => void heard.push(verdict));
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await shutdown(1_000);
  await stage?.stop();
});

/** What the service hears of a case in the end. */
const verdictOn = (decisionId: string) =>
  eventually('the verdict', async () => heard.find(({ decision_id }) => decision_id === decisionId), 60_000);
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
const why = (page: Page) => page.getByRole('textbox', { name: /^Why/ });

it('escalates: a colleague finds the case as the most urgent, and no service hears of it', async () => {
  const id = await stage.decided('One beyond me', { task_id: 'beyond', risk_tier: 'low' });
  const { page, troubles } = await openAs(browser, stage, 'ann', `review/${id}`);
  await claim(page);
  await page.keyboard.press('e');
  await page.getByText('The policy wants a reason to escalate.').waitFor();
  await page.keyboard.type('it is in Finnish');
  await page.keyboard.press('Control+Enter');
  await page.getByTestId('undo').waitFor();
  expect(await onRecord(stage, 'beyond')).toMatchObject({ action: 'escalate', justification: 'it is in Finnish' });
  const { item } = await caseOf(stage, 'ben', id);
  expect(item).toMatchObject({ state: 'waiting', reason: 'escalated', priority: 'P1', claimed_by: null });
  // Whoever gave it up does not get it back, neither as the next one nor on its own page.
  await page.keyboard.press('n');
  await page.getByText('No case waits. Well done.').waitFor();
  await page.goto(stage.url(`review/${id}`));
  await page.getByText('It takes somebody else now').waitFor();
  await page.keyboard.press('c');
  expect((await caseOf(stage, 'ben', id)).item.claimed_by).toBeNull();
  expect(heard).toEqual([]);
  expect(troubles).toEqual([]);
  await page.close();
});

it('rolls back what the AI has done, and only that', async () => {
  const waiting = await stage.decided('One that waits');
  // By an authority that it did not have any more, so that people look at it.
  const acted = await stage.decided('One that is done', { task_id: 'done', route: 'auto', breaker_epoch: 7 });
  const { page, troubles } = await openAs(browser, stage, 'ann', `review/${waiting}`);
  await claim(page);
  expect(await button(page, /^Roll back/).count()).toBe(0);
  await page.keyboard.press('b');
  await page.keyboard.press('u');
  await page.getByTestId('claim').waitFor();

  await page.goto(stage.url(`review/${acted}`));
  await claim(page);
  await page.keyboard.press('b');
  await page.locator('[aria-pressed=true]', { hasText: 'Roll back' }).waitFor();
  await page.keyboard.type('he was waiting for this letter');
  expect(await keepInBothThemes(page, 'roll-back')).toEqual([]);
  await page.keyboard.press('Control+Enter');
  await page.getByTestId('undo').waitFor();
  expect(await verdictOn(acted)).toMatchObject({ action: 'rollback', executed: true });
  expect(await onRecord(stage, 'done')).toMatchObject({ action: 'rollback' });
  expect(troubles).toEqual([]);
  await page.close();
});

it('leaves a structured answer as it is when the label alone is changed, with a reason code', async () => {
  const value = { folder: 'junk', urgency: 1 };
  const id = await stage.decided('One of two fields', { task_id: 'label', output: { label: 'spam', value } });
  const { page, troubles } = await openAs(browser, stage, 'ann', `review/${id}`);
  await claim(page);
  await page.keyboard.press('m');
  await page.keyboard.type('he knows the sender');
  await page.getByText('Change the label or the answer, or accept it.').waitFor();
  await chooseFrom(page, page.getByRole('combobox', { name: 'Reason code (optional)' }), 'personal');
  await chooseFrom(page, page.getByRole('combobox', { name: 'What it should have been' }), 'ham');
  await page.getByText('The next case opens.').waitFor();
  await page.keyboard.press('Control+Enter');
  await page.getByTestId('undo').waitFor();
  // Without a value the AI's stands.
  expect((await verdictOn(id)).output).toEqual({ label: 'ham' });
  expect(await onRecord(stage, 'label')).toMatchObject({
    action: 'modify',
    output: { label: 'ham' },
    reason_code: 'personal',
    justification: 'he knows the sender',
  });
  expect(troubles).toEqual([]);
  await page.close();
});

it('says which field of an edited answer the policy refuses, and keeps all that was typed', async () => {
  const output = { label: 'spam', value: { folder: 'junk', urgency: 1 } };
  const id = await stage.decided('One of a wrong number', { task_id: 'value', output });
  const { page, troubles } = await openAs(browser, stage, 'ann', `review/${id}`);
  await claim(page);
  await page.keyboard.press('m');
  await page.keyboard.type('it is urgent');
  const answer = page.getByRole('textbox', { name: 'The answer in full (JSON)' });
  const rewrite = async (text: string) => {
    await tabTo(page, answer);
    await page.keyboard.press('Control+a');
    await page.keyboard.type(text);
  };
  await rewrite('{"folder": ');
  await page.getByText('Correct the answer first.').waitFor();
  expect(await page.getByTestId('submit').isDisabled()).toBe(true);

  // Said while it is written, by the same schema that the daemon holds it to.
  const refused = '{"folder": "inbox", "urgency": 9}';
  await rewrite(refused);
  await page.getByRole('alert').getByText('output.value.urgency must be <= 5').waitFor();
  await page.keyboard.press('Control+Enter');
  expect(await page.getByTestId('submit').isDisabled()).toBe(true);
  expect([await answer.inputValue(), await why(page).inputValue()]).toEqual([refused, 'it is urgent']);
  expect(await keepInBothThemes(page, 'refused-answer')).toEqual([]);
  expect(await humanDecisions(stage, 'value')).toEqual([]);

  await rewrite('{"folder": "inbox", "urgency": 5}');
  await page.keyboard.press('Control+Enter');
  await page.getByTestId('undo').waitFor();
  const meant = { label: 'spam', value: { folder: 'inbox', urgency: 5 } };
  expect(await onRecord(stage, 'value')).toMatchObject({ action: 'modify', output: meant });
  expect((await verdictOn(id)).output).toEqual(meant);
  expect(troubles).toEqual([]);
  await page.close();
});

it('keeps an edited answer when a colleague was first, with all that was chosen', async () => {
  const output = { label: 'spam', value: { folder: 'junk', urgency: 1 } };
  const id = await stage.decided('One that two want', { task_id: 'wanted', output });
  const { page, troubles } = await openAs(browser, stage, 'ann', `review/${id}`);
  await claim(page);
  await page.keyboard.press('m');
  await tabTo(page, page.getByRole('textbox', { name: 'The answer in full (JSON)' }));
  await page.keyboard.press('Control+a');
  await page.keyboard.type('{"folder": "inbox", "urgency": 4}');
  await stage.ask('ann', `v1/reviews/cases/${id}/release`, {});
  await decideAs(stage, 'ben', id, { action: 'reject', justification: 'it is not' });
  const kept = page.getByTestId('kept');
  await kept.getByText('What you had chosen and written is kept: Modify, spam.').waitFor();
  expect(await kept.locator('pre').allTextContents()).toEqual(['{"folder": "inbox", "urgency": 4}']);
  expect(await keepInBothThemes(page, 'kept-answer')).toEqual([]);
  expect(troubles).toEqual([]);
  await page.close();
});

it('wants a reason where the policy does, and survives a reload with the way back', async () => {
  const id = await stage.decided('One that is plain', { task_id: 'plain' });
  const { page, troubles } = await openAs(browser, stage, 'ann', `review/${id}`);
  await claim(page);
  await page.keyboard.press('r');
  await page.getByText('The policy wants a reason to reject.').waitFor();
  expect(await page.getByTestId('submit').isDisabled()).toBe(true);
  await page.keyboard.press('Escape');
  await page.keyboard.press('a');
  await page.getByText('Why (optional)').waitFor();
  expect(await page.getByTestId('submit').isDisabled()).toBe(false);
  await page.keyboard.press('Control+Enter');
  await page.getByTestId('undo').waitFor();

  await page.reload();
  await page.getByTestId('undo').getByText('Accept: “One that is plain”').waitFor();
  await page.keyboard.press('z');
  await page.waitForURL(new RegExp(id));
  await page.locator('[aria-pressed=true]', { hasText: 'Accept' }).waitFor();
  expect((await caseOf(stage, 'ann', id)).item.claimed_by?.name).toBe('Ann');
  expect(troubles).toEqual([]);
  await page.close();
});

it('does not take a changed decision for the one whose answer was lost', async () => {
  const id = await stage.decided('One that is lost', { task_id: 'lost' });
  const { page, troubles } = await openAs(browser, stage, 'ann', `review/${id}`);
  await claim(page);
  // The daemon has it, and the answer never comes; nor does what the page would ask next.
  await page.route(
    '**/decide?*',
    async (route) => {
      await route.fetch();
      await route.fulfill({ status: 502, json: { message: 'bad gateway' } });
    },
    { times: 1 },
  );
  let answers = () => {};
  const silence = new Promise<void>((resolve) => (answers = resolve));
  await page.route('**/v1/evidence/cases/*', (route) => silence.then(() => route.continue()));
  await page.keyboard.press('a');
  await page.keyboard.press('Control+Enter');
  const lost = page.getByRole('alert').filter({ hasText: 'It is not known whether it was recorded' }).first();
  await lost.getByText('Countersign cannot be reached').waitFor();

  await page.keyboard.press('Escape');
  await page.keyboard.press('r');
  await page.keyboard.type('it was the other one');
  await page.keyboard.press('Control+Enter');
  const alert = page.getByRole('alert').filter({ hasText: 'Not recorded' }).first();
  await alert.getByText(/^You have decided this case at .+: accept\./).waitFor();
  expect(await why(page).inputValue()).toBe('it was the other one');
  expect(await page.getByTestId('undo').count()).toBe(0);
  answers();
  await page.getByText('Ann accepted it').waitFor();
  // The way back is shown, though the page never heard that the decision was taken.
  await page.getByTestId('undo').getByText('Accept: “One that is lost”').waitFor();
  expect(await page.getByTestId('kept').textContent()).toContain('it was the other one');
  expect(await page.getByText('Reject: “One that is lost”').count()).toBe(0);
  expect(await onRecord(stage, 'lost')).toMatchObject({ action: 'accept', justification: '' });
  expect(troubles.filter((trouble) => !trouble.startsWith('502'))).toEqual([]);
  await page.close();
});

it('decides a batch with a reason code, and takes all of it back with a key', async () => {
  const like = (i: number): Partial<AiDecision> => ({
    task_id: `batch-${i}`,
    risk_tier: 'low',
    features: { length: i },
  });
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) ids.push(await stage.decided(`Newsletter ${i}`, like(100 + i)));
  const { page, troubles } = await openAs(browser, stage, 'dana', `review/${ids[0] ?? ''}?risk_tier=low`);
  await page.getByTestId('claim').waitFor();
  await page.keyboard.press('x');
  await page.getByText('1 of the sample is still to be opened.').waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog').getByText('Undo what was decided at once').waitFor();
  expect(await keepInBothThemes(page, 'batch-keys')).toEqual([]);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('o');
  await page.getByText('The sample is opened.').waitFor();
  // The one on screen is left out, and taken along again.
  await page.keyboard.press('l');
  await page.getByRole('button', { name: 'Decide 4 cases' }).waitFor();
  await page.keyboard.press('l');
  await page.getByRole('button', { name: 'Decide 5 cases' }).waitFor();
  await page.keyboard.press('r');
  await page.keyboard.type('he has subscribed to them');
  await chooseFrom(page, page.getByRole('combobox', { name: 'Reason code (optional)' }), 'newsletter');
  expect(await keepInBothThemes(page, 'batch')).toEqual([]);
  const sending = page.waitForRequest(/batches.*decide/);
  await page.keyboard.press('Control+Enter');
  expect((await sending).postDataJSON()).toMatchObject({ reason_code: 'newsletter' });
  await page.getByText('5 of 5 are decided').waitFor();
  // The queue that it leads back to is filtered as it was.
  const back = page.getByRole('link', { name: 'Back to the queue' });
  expect(await back.getAttribute('href')).toMatch(/\/review\?risk_tier=low$/);
  expect(await keepInBothThemes(page, 'batch-decided')).toEqual([]);
  await page.keyboard.press('z');
  await page.getByText('5 of 5 are undone, and yours to decide.').waitFor();
  for (const id of ids) {
    expect((await caseOf(stage, 'dana', id)).item.claimed_by?.name).toBe('Dana');
  }
  expect(heard.filter(({ decision_id }) => ids.includes(decision_id))).toEqual([]);
  expect(troubles).toEqual([]);
  await page.close();
});
