/** Reviewing as people do it all day, by keyboard alone, and two of them at once. */
import { mkdirSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { openedAfterMs, type AiDecision, type AuditPage, type Queue, type ReviewCase } from '@countersign/contract';
import { keepPictures, launchBrowser, openPage, screenshots, seriousProblems } from './browser.ts';
import * as countersign from '@countersign/otel-instrumentation';
import { eventually, passwords } from './test-loop.ts';
import { startTestPage, type TestPage } from './test-page.ts';

let stage: TestPage;
let browser: Browser;

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true });
  stage = await startTestPage(inject('postgresUrl'), inject('natsServer'), (demo) => ({
    review: {
      ...demo.review,
      undo_window: '8 seconds',
      commit_first: { high: 1 },
      batch: { most: { low: 20 }, sample: 0.25 },
      two_people: {},
      gold: 0,
    },
  }));
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await stage?.stop();
});

const caseOf = async (login: string, id: string) =>
  (await stage.ask(login, `v1/evidence/cases/${id}`)).body as ReviewCase;
const keep = keepPictures;
const item = (page: Page, title: string) => page.getByTestId('queue-item').filter({ hasText: title });

const as = (login: string, path = 'review') => openPage(browser, stage.url(path), login);

it('finds cases by what the address says, and by keyboard', async () => {
  await stage.decided('A grave one', { risk_tier: 'high', confidence: 0.99 });
  const unsure = await stage.decided('An unsure one', { confidence: 0.55 });
  await stage.decided('A sure one', { confidence: 0.97 });
  const { page, troubles } = await as('ann', 'review?confidence_below=0.6');
  await item(page, 'An unsure one').waitFor();
  expect(await page.getByTestId('queue-item').count()).toBe(1);
  await keep(page, 'queue-filtered');
  await page.keyboard.press('n');
  await page.getByTestId('decision-form').waitFor();
  expect(page.url()).toContain(`${unsure}?confidence_below=0.6`);
  await page.keyboard.press('u');
  await page.getByTestId('claim').waitFor();
  expect(await seriousProblems(page)).toEqual([]);
  expect(troubles).toEqual([]);
  await page.close();
});

it('says first what they think, and sees then what the AI says', async () => {
  const id = await stage.decided('A grave message', { risk_tier: 'high' });
  const { page, troubles } = await as('ann', `review/${id}`);
  await page.getByTestId('commit-first').waitFor();
  expect(await page.content()).not.toContain('because of the links');
  await page.keyboard.press('c');
  await page.getByRole('group', { name: 'What it is' }).waitFor();
  await keep(page, 'commit-first');
  expect(await seriousProblems(page)).toEqual([]);
  // A stray key says nothing yet.
  await page.keyboard.press('1');
  await page.waitForTimeout(300);
  expect(await page.getByTestId('committed').count()).toBe(0);
  await page.keyboard.press('2');
  await page.keyboard.press('Control+Enter');
  await page.getByTestId('committed').waitFor();
  expect(await page.getByTestId('committed').textContent()).toContain('You said ham before you saw this.');
  await keep(page, 'committed');
  // Their own word is what they modify it to, without typing it again.
  await page.keyboard.press('m');
  await page.keyboard.type('the sender is known');
  await page.keyboard.press('Control+Enter');
  await page.getByTestId('undo').waitFor();
  expect((await caseOf('ann', id)).decided).toMatchObject({ action: 'modify' });
  expect(troubles).toEqual([]);
  await page.close();
});

it('carries no first word from one case to another', async () => {
  const ids = [
    await stage.decided('Grave one', { risk_tier: 'high' }),
    await stage.decided('Grave two', { risk_tier: 'high' }),
  ];
  const { page } = await as('ann', `review/${ids[0]}`);
  await page.getByTestId('commit-first').waitFor();
  await page.getByTestId('claim').waitFor();
  await page.keyboard.press('c');
  await page.getByRole('group', { name: 'What it is' }).waitFor();
  await page.keyboard.press('2');
  await page.getByRole('button', { name: /^ham/, pressed: true }).waitFor();
  // Both are known to the page, so that neither has to be waited for.
  await item(page, 'Grave two').click();
  await page.waitForURL(new RegExp(ids[1] ?? ''));
  await page.getByTestId('claim').waitFor();
  await page.keyboard.press('c');
  await page.getByRole('group', { name: 'What it is' }).waitFor();
  expect(await page.getByRole('button', { pressed: true, name: /^(spam|ham)/ }).count()).toBe(0);
  await page.goBack();
  await page.waitForURL(new RegExp(ids[0] ?? ''));
  await page.getByTestId('commit-first').waitFor();
  expect(await page.getByRole('button', { pressed: true, name: /^(spam|ham)/ }).count()).toBe(0);
  await page.close();
});

it('undoes a decision with a key, and finds everything as it was typed', async () => {
  const id = await stage.decided('A hasty one', { confidence: 0.5 });
  const { page, troubles } = await as('ann', `review/${id}`);
  await page.getByTestId('claim').waitFor();
  await page.keyboard.press('c');
  await page.getByTestId('decision-form').waitFor();
  await page.keyboard.press('r');
  await page.keyboard.type('all of it is wrong');
  await page.keyboard.press('Control+Enter');
  await page.getByTestId('undo').waitFor();
  await keep(page, 'undo');
  await page.keyboard.press('Escape');
  await page.keyboard.press('z');
  await page.waitForURL(new RegExp(id));
  await page.getByTestId('decision-form').waitFor();
  expect(await page.getByTestId('decision-form').locator('textarea').inputValue()).toBe('all of it is wrong');
  expect(await page.getByRole('button', { name: /^Reject/ }).getAttribute('aria-pressed')).toBe('true');
  await page.keyboard.press('Control+Enter');
  await page.getByTestId('undo').waitFor();
  const record = await eventually(
    'the record',
    async () => {
      const { body } = await stage.ask('cleo', 'v1/audit/records?actor=human');
      return (body as AuditPage).records.find(({ justification }) => justification === 'all of it is wrong');
    },
    20_000,
  );
  expect(record.decision_action).toBe('reject');
  expect(troubles).toEqual([]);
  await page.close();
});

it('two people, one case: one wins, the other hears who and what, and keeps their text', async () => {
  const id = await stage.decided('A wanted one', { confidence: 0.6 });
  const [ann, ben] = [await as('ann', `review/${id}`), await as('ben', `review/${id}`)];
  await ann.page.getByTestId('claim').waitFor();
  await ben.page.getByTestId('claim').waitFor();
  // Each sees that the other looks.
  await ann.page.getByTestId('lookers').waitFor({ timeout: 20_000 });
  expect(await ann.page.getByTestId('lookers').textContent()).toContain('Ben is looking too');
  await Promise.all([ann.page.keyboard.press('c'), ben.page.keyboard.press('c')]);
  const winner = await eventually('a winner', async () => {
    const [a, b] = [await caseOf('ann', id), await caseOf('ben', id)];
    return a.lease !== null ? 'ann' : b.lease !== null ? 'ben' : null;
  });
  const [first, second] = winner === 'ann' ? [ann, ben] : [ben, ann];
  await first.page.getByTestId('decision-form').waitFor();
  await second.page.getByText('is working on this case').waitFor();
  expect(await second.page.getByTestId('decision-form').count()).toBe(0);

  // A lost lease: the first leaves the case, the second takes it while the first still types.
  await first.page.keyboard.press('a');
  await first.page.keyboard.type('I was about to say this');
  await first.page.route('**/claim', (route) => route.abort());
  const login = winner === 'ann' ? 'ann' : 'ben';
  await stage.ask(login, `v1/reviews/cases/${id}/release`, {});
  await second.page.getByTestId('claim').waitFor({ timeout: 20_000 });
  await second.page.keyboard.press('c');
  await second.page.getByTestId('decision-form').waitFor();
  await second.page.keyboard.press('r');
  await second.page.keyboard.type('no');
  await second.page.keyboard.press('Control+Enter');
  await second.page.getByTestId('undo').waitFor();
  await first.page.getByText('rejected it').waitFor({ timeout: 20_000 });
  expect(await first.page.getByTestId('kept').textContent()).toContain('I was about to say this');
  await keep(first.page, 'lost-race');
  expect(second.troubles).toEqual([]);
  await first.page.close();
  await second.page.close();
});

it('hands a case over to a colleague, who finds it first', async () => {
  const id = await stage.decided('One for Ben', { risk_tier: 'low' });
  await stage.ask('ben', 'v1/reviews/claim-next', {});
  const { page } = await as('ann', `review/${id}`);
  await page.getByTestId('claim').waitFor();
  await page.keyboard.press('c');
  await page.getByTestId('decision-form').waitFor();
  await page.keyboard.press('h');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('To').click();
  await page.keyboard.type('Ben');
  await page.locator('[role=option]', { hasText: 'Ben' }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await keep(page, 'hand-over');
  expect(await seriousProblems(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Hand over' }).focus();
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  const { body } = await stage.ask('ben', 'v1/reviews/queue?assigned=me');
  expect((body as Queue).items.find(({ decision_id }) => decision_id === id)?.assigned_to?.name).toBe('Ben');
  await page.close();
});

it('decides alike cases at once, when the sample was opened and the odd one is set aside', async () => {
  const like = (length: number): Partial<AiDecision> => ({ risk_tier: 'low', features: { length }, confidence: 0.9 });
  const seed = await stage.decided('Newsletter 0', like(100));
  for (let i = 1; i <= 7; i++) await stage.decided(`Newsletter ${i}`, like(100 + i));
  await stage.decided('A very long one', like(50_000));
  const { page, troubles } = await as('dana', `review/${seed}`);
  await page.getByTestId('claim').waitFor();
  await page.keyboard.press('x');
  await page.getByTestId('batch-state').waitFor();
  expect(await page.getByTestId('outliers').textContent()).toContain(
    'A very long one: it differs from the case that you came from in length',
  );
  await page.keyboard.press('a');
  await page.keyboard.type('all of one sender');
  // What was chosen and typed is there after a reload.
  await page.reload();
  await page.getByTestId('batch-state').waitFor();
  expect(await page.getByRole('button', { name: 'Accept all' }).getAttribute('aria-pressed')).toBe('true');
  expect(await page.getByLabel('Why, for all of them').inputValue()).toBe('all of one sender');
  expect(await page.getByTestId('batch-submit').isDisabled()).toBe(true);
  await page.keyboard.press('Escape');
  for (let i = 0; i < 3; i++) {
    await page.keyboard.press('o');
    await page.waitForTimeout(openedAfterMs + 500);
  }
  await page.getByText('The sample is opened.').waitFor();
  await keep(page, 'batch');
  expect(await seriousProblems(page)).toEqual([]);
  // Somebody decides one of them meanwhile.
  const state = await caseOf('ann', seed);
  const claimed = (await stage.ask('ann', `v1/reviews/cases/${seed}/claim`, {})).body as { lease: { epoch: number } };
  await stage.ask('ann', `v1/reviews/cases/${seed}/decide`, {
    action: 'accept',
    justification: '',
    lease_epoch: claimed.lease.epoch,
    case_version: state.item.version,
    evidence_hash: state.evidence_hash,
    idempotency_key: crypto.randomUUID(),
    review_ms: 1,
  });
  await page.keyboard.press('Control+Enter');
  await page.getByTestId('batch-results').waitFor();
  expect(await page.getByTestId('batch-results').textContent()).toMatch(
    /of \d+ are decided.*Newsletter 0: Ann is deciding this case\./,
  );
  await keep(page, 'batch-results');
  expect(troubles).toEqual([]);
  await page.close();
});

it('asks nobody for what an address makes up', async () => {
  const { page } = await as('ann');
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  const id = await stage.decided('A real one', { risk_tier: 'low' });
  for (const path of [
    `batch/${id}?open=..%2F..%2F..%2Fapi%2Fadmin%2Fusers%2F2%2Flogout%3F`,
    'audit?record=..%2Fgrowth%3Ffrom=0',
  ]) {
    await page.goto(stage.url(path));
    await page.waitForTimeout(1_000);
  }
  await page.evaluate(() => {
    window.history.pushState(
      {},
      '',
      '/a/countersign-decisions-app/review/..%2F..%2F..%2Fapi%2Fadmin%2Fusers%2F2%2Flogout%3F',
    );
    window.dispatchEvent(new PopStateEvent('popstate'));
  });
  await page.waitForTimeout(1_000);
  expect(asked.filter((path) => path.includes('admin') || path.includes('..'))).toEqual([]);
  await page.close();
});

it('keeps the form while the daemon does not answer, and claims one case however fast N is pressed', async () => {
  for (const title of ['N1', 'N2', 'N3']) await stage.decided(title, { risk_tier: 'low', confidence: 0.51 });
  const held = async () => {
    const { body } = await stage.ask('sam', 'v1/reviews/queue?limit=500');
    return (body as Queue).items.filter(({ claimed_by, title }) => claimed_by?.name === 'Ann' && /^N\d$/.test(title))
      .length;
  };
  const { page } = await as('ann', 'review?confidence_below=0.6&risk_tier=low');
  await item(page, 'N1').waitFor();
  await page.keyboard.press('n');
  await page.keyboard.press('n');
  const form = page.getByTestId('decision-form');
  await form.waitFor();
  await page.waitForTimeout(500);
  expect(await held()).toBe(1);
  const url = page.url();
  await page.keyboard.press('r');
  await page.keyboard.type('the beginning ');
  await page.route('**/v1/evidence/cases/*', (route) => route.fulfill({ status: 429, json: { message: 'slow down' } }));
  await page.waitForTimeout(6_000);
  await page.keyboard.type('and n the end');
  expect([page.url(), await form.locator('textarea').inputValue()]).toEqual([url, 'the beginning and n the end']);
  await page.close();
});

it('shows inputs by what they are, and runs nothing of them', async () => {
  await countersign.start({
    source: 'test',
    natsUrl: stage.loop.nats.url,
    user: 'service',
    password: passwords.service,
    onTrouble: () => undefined,
  });
  const pixel = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  );
  const inputs: Record<string, { content: string | Uint8Array; mediaType: string; shows: string; riskTier?: 'low' }> = {
    image: { content: pixel, mediaType: 'image/png', shows: 'img[src^="data:image/png"]' },
    table: { content: 'name,amount\nAnn,5\n', mediaType: 'text/csv', shows: 'td:text-is("Ann")' },
    drawing: {
      content: '<svg xmlns="http://www.w3.org/2000/svg" onload="document.title=1"/>',
      mediaType: 'image/svg+xml',
      shows: 'pre:has-text("onload")',
    },
    redacted: {
      content: 'Write to ann@example.org',
      mediaType: 'text/plain',
      shows: ':has-text("Redacted: the AI saw") ~ pre:text-is("Write to [email]")',
      riskTier: 'low',
    },
  };
  const { page, troubles } = await as('ann');
  for (const [name, { content, mediaType, shows, riskTier = 'medium' }] of Object.entries(inputs)) {
    const ref = countersign.decision(
      {
        workflow: 'mail-moderation',
        task: `input-${name}`,
        title: `An input: ${name}`,
        model: { name: 'spam-logit', version: '1.0.0', hash: `sha256:${'0'.repeat(64)}` },
        riskTier,
        reversible: true,
        input: { content, mediaType, capture: true },
      },
      (decision) => {
        decision.output({ label: 'spam' }, 0.5);
        return decision.ref();
      },
    );
    await countersign.flush();
    await eventually('the case', async () => {
      const { status } = await stage.ask('ann', `v1/evidence/cases/${ref.decision_id}`);
      return status === 200 ? true : null;
    });
    await page.goto(stage.url(`review/${ref.decision_id}`));
    await page.getByText('Matches its recorded hash').waitFor();
    await page.getByTestId('input').locator(shows).waitFor();
    expect(await seriousProblems(page)).toEqual([]);
    await keep(page, `input-${name}`);
  }
  expect(await page.title()).toBe('Countersign');
  expect(troubles).toEqual([]);
  await countersign.shutdown(1_000);
  await page.close();
});

it('shows people how they decide', async () => {
  const { page } = await as('dana');
  await page.getByTestId('queue').waitFor();
  await page.keyboard.press('i');
  await page.getByRole('dialog').waitFor();
  await keep(page, 'own-figures');
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await page.getByRole('dialog').getByText('Undo the last decision').waitFor();
  await keep(page, 'keys');
  expect(await seriousProblems(page)).toEqual([]);
  await page.close();
});
