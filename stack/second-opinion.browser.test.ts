/** Cases that one person's word is not enough for, and planted ones, as those who decide them see them. By keyboard alone. */
import { mkdirSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import pg from 'pg';
import type { OwnFigures, ReviewCase } from '@countersign/contract';
import { keepPictures, launchBrowser, openPage, screenshots, seriousProblems } from './browser.ts';
import { eventually } from './test-loop.ts';
import { startTestPage, type TestPage } from './test-page.ts';

const { Client } = pg;
let stage: TestPage;
let browser: Browser;

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true });
  stage = await startTestPage(inject('postgresUrl'), inject('natsServer'), (demo) => ({
    review: {
      ...demo.review,
      undo_window: '3 seconds',
      commit_first: {},
      two_people: { medium: 1 },
      // Every second case, as soon as there is one whose answer is known: only the low tier has one.
      gold: 0.2,
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

async function as(login: string, id: string) {
  const opened = await openPage(browser, stage.url(`review/${id}`), login);
  await opened.page.getByTestId('claim').waitFor();
  return opened;
}

/** Claims what is on screen, decides it with that key and says why. */
async function decide(page: Page, key: 'a' | 'r', why: string): Promise<void> {
  await page.keyboard.press('c');
  await page.getByTestId('decision-form').waitFor();
  await page.keyboard.press(key);
  await page.keyboard.type(why);
  await page.keyboard.press('Control+Enter');
  await page.getByTestId('undo').waitFor();
}

it('two people decide without seeing one another, and a third settles what they disagree about', async () => {
  const id = await stage.decided('A letter of two kinds');
  const ann = await as('ann', id);
  await ann.page.getByText('0 of 2 people have decided').waitFor();
  await decide(ann.page, 'a', 'it sells pills');
  await ann.page.close();

  // The second sees that there was a first, and nothing of what they said.
  const ben = await eventually('the second turn', async () =>
    (await caseOf('ben', id)).item.state === 'waiting' ? as('ben', id) : null,
  );
  await ben.page.getByText('1 of 2 people have decided').waitFor();
  await ben.page.getByText('What the other person said is shown when you have decided.').waitFor();
  expect(await ben.page.content()).not.toContain('it sells pills');
  expect(await ben.page.getByTestId('opinions').count()).toBe(0);
  await keep(ben.page, 'second-review');
  expect(await seriousProblems(ben.page)).toEqual([]);
  await decide(ben.page, 'r', 'it is from his aunt');
  await ben.page.close();

  // Whoever settles it sees both, by name, with their reasons.
  const dana = await eventually('the disagreement', async () => {
    const { item } = await caseOf('dana', id);
    return item.reason === 'disagreement' && item.state === 'waiting' ? as('dana', id) : null;
  });
  await dana.page.getByText('Two people disagree').first().waitFor();
  const opinions = await dana.page.getByTestId('opinions').textContent();
  expect(opinions).toMatch(/Ann.*accept.*it sells pills.*Ben.*reject.*it is from his aunt/);
  await keep(dana.page, 'adjudication');
  expect(await seriousProblems(dana.page)).toEqual([]);
  await decide(dana.page, 'r', 'his aunt it is');
  await eventually('the end', async () => ((await caseOf('ben', id)).decided === null ? null : true));
  await dana.page.goto(stage.url(`review/${id}`));
  await dana.page.getByText('his aunt it is').first().waitFor();
  expect([...ann.troubles, ...ben.troubles, ...dana.troubles]).toEqual([]);
  await dana.page.close();
});

it('a planted case is like any other, and the reviewer reads afterwards how well they look', async () => {
  const low = { risk_tier: 'low', confidence: 0.7 } as const;
  const known = await stage.decided('A known one', { ...low, task_id: 'known' });
  const ann = await as('ann', known);
  await decide(ann.page, 'a', 'looks like it');
  await eventually('the record', async () => ((await caseOf('ben', known)).decided === null ? null : true));
  await stage.turnedOut({ workflow_id: 'mail-moderation', task_id: 'known', decision_id: known, label: 'ham' });
  const owner = new Client(stage.loop.databaseUrl);
  await owner.connect();
  const planted = await eventually(
    'a planted case',
    async () => {
      await stage.decided('Any other', low);
      const { rows } = await owner.query<{ decision_id: string }>(
        'SELECT decision_id FROM review_case WHERE planted_from IS NOT NULL',
      );
      return rows[0]?.decision_id;
    },
    30_000,
  );
  await owner.end();

  const ben = await as('ben', planted);
  await ben.page.getByText('Nothing came before this decision.').waitFor();
  expect(await ben.page.content()).not.toMatch(/gold|planted|looks like it/i);
  await keep(ben.page, 'planted');
  await decide(ben.page, 'r', 'not at all');
  // It goes as any other decision does, and then counts.
  await eventually('the figures', async () => {
    const figures = (await stage.ask('ben', 'v1/reviews/me')).body as OwnFigures[];
    return figures.some(({ golds }) => golds > 0) ? true : null;
  });
  await ben.page.keyboard.press('Escape');
  await ben.page.keyboard.press('i');
  await ben.page.getByRole('dialog').getByText('100 % of 1').waitFor();
  await keep(ben.page, 'own-figures-planted');
  expect(await seriousProblems(ben.page)).toEqual([]);
  expect([...ann.troubles, ...ben.troubles]).toEqual([]);
});
