/** Everything on a page is said through the catalogue: in a language made of marked English, nothing but data is without marks. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { AuditPage, Queue } from '@countersign/contract';
import * as countersign from '@countersign/otel-instrumentation';
import { become, launchBrowser } from './browser.ts';
import { eventually, passwords, repository } from './test-loop.ts';
import { startTestPage, type TestPage } from './test-page.ts';

interface Catalogue {
  readonly [key: string]: string | Catalogue;
}
const app = 'countersign-decisions-app';
const english = JSON.parse(
  readFileSync(join(repository, `grafana-plugin/src/locales/en-US/${app}.json`), 'utf8'),
) as Catalogue;
const marked = (texts: Catalogue): Catalogue =>
  Object.fromEntries(Object.entries(texts).map(([k, v]) => [k, typeof v === 'string' ? `⟦${v}⟧` : marked(v)]));

const workflow = 'mail-moderation';
let stage: TestPage;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  stage = await startTestPage(inject('postgresUrl'), inject('natsServer'), (demo) => ({
    review: { ...demo.review, undo_window: '8 seconds', commit_first: { high: 1 }, two_people: {}, gold: 0 },
    alerts: { counts: [{ name: 'Unsure', of: 'decision', at_least: 2, within: '1 hour', tier: 'incident' }] },
  }));
  await countersign.start({
    source: 'test',
    natsUrl: stage.loop.nats.url,
    user: 'service',
    password: passwords.service,
    onTrouble: () => undefined,
  });
  await countersign.verdicts(workflow, () => undefined);
  browser = await launchBrowser();
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.on('response', (response) => {
    if (response.url().includes('/api/plugin-proxy/')) void response.json().then(collect, () => undefined);
  });
  await page.route('**/api/host', async (route) => {
    const response = await route.fetch();
    const view = (await response.json()) as { language: string; plugin: { translations: Record<string, string> } };
    view.language = 'de-DE';
    view.plugin.translations['de-DE'] = `public/plugins/${app}/locales/de-DE/${app}.json`;
    await route.fulfill({ response, json: view });
  });
  await page.route('**/locales/de-DE/*.json', (route) => route.fulfill({ json: marked(english) }));
});
afterAll(async () => {
  await browser?.close();
  await countersign.shutdown(1_000);
  await stage?.stop();
});

/** The gravest first. */
const tasks = [
  ['m1', 'high'],
  ['m2', 'low'],
  ['m3', 'low'],
] as const;

const why = 'I know the sender';

const decide = (task: string, riskTier: 'low' | 'high') =>
  countersign.decision(
    {
      workflow,
      task,
      model: { name: 'spam-logit', version: '1.0.0', hash: `sha256:${'1'.repeat(64)}` },
      riskTier,
      reversible: true,
      input: { content: 'Buy now' },
    },
    async (decision) => {
      decision.output({ label: 'spam', scores: { spam: 0.6, ham: 0.4 } }, 0.6);
      decision.propose('accept', 'the justification');
    },
  );

/** Strings of the daemon's answers: names, titles, labels, and what it says itself. */
const data = new Set<string>();
function collect(answer: unknown): void {
  if (typeof answer === 'string') data.add(answer).add(answer.replaceAll('_', ' '));
  if (typeof answer !== 'object' || answer === null) return;
  for (const [name, value] of Object.entries(answer)) {
    data.add(name);
    collect(value);
  }
}

/** What @grafana/ui says, in Grafana from its own catalogue. */
const ofGrafana = ['Close', 'Clear value', 'open menu'];

/** What a person reads or hears of an element that comes neither from the catalogue nor from the daemon. */
async function unmarked(within: Locator): Promise<string[]> {
  const found = await within.evaluate((root) => {
    // A phrase may have elements, and other phrases, within.
    let depth = 0;
    const outside: string[] = [];
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const { nodeValue, parentElement } = texts.currentNode;
      let text = '';
      for (const letter of nodeValue ?? '') {
        if (letter === '⟦') depth += 1;
        if (depth === 0) text += letter;
        if (letter === '⟧') depth -= 1;
      }
      // A record as it was recorded, and times as the browser writes them.
      if (parentElement?.closest('pre, time') === null) outside.push(text);
    }
    const attributes = [root, ...root.querySelectorAll('*')].flatMap((element) =>
      ['aria-label', 'title', 'placeholder', 'alt'].map((name) => element.getAttribute(name) ?? ''),
    );
    return [...outside, ...attributes.filter((text) => !text.includes('⟦'))];
  });
  const known = [...data, ...ofGrafana].filter((text) => text !== '').toSorted((a, b) => b.length - a.length);
  const rest = found.map((text) => known.reduce((left, one) => left.replaceAll(wholeWords(one), ''), text));
  return [...new Set(rest)].filter((text) => /\p{L}{2}/u.test(text));
}

const wholeWords = (text: string) =>
  new RegExp(`(?<!\\p{L})${text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')}(?!\\p{L})`, 'gu');

/** The dialog says everything in the language too, and is left by its key. */
async function expectMarkedDialog(): Promise<void> {
  // A drawer of Grafana 12.3 is two, one in the other.
  const dialog = page.getByRole('dialog').first();
  await dialog.waitFor();
  expect(await unmarked(dialog)).toEqual([]);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
}

it('says the review page in the language of the person', async () => {
  const main = page.getByRole('main');
  await page.goto(stage.url('review'));
  await page.getByText('⟦Nothing waits⟧').waitFor();
  expect(await unmarked(main)).toEqual([]);

  for (const [task, tier] of tasks) await decide(task, tier);
  await countersign.flush();
  await eventually('the cases', async () => {
    const { body } = await stage.ask('ann', 'v1/reviews/queue');
    return (body as Queue).waiting === tasks.length ? true : null;
  });
  // The gravest first, of which people say what it is before the AI does.
  await page.keyboard.press('n');
  await page.getByRole('group', { name: '⟦What it is⟧' }).waitFor();
  expect(await unmarked(main)).toEqual([]);
  await page.keyboard.press('2');
  await page.keyboard.press('Control+Enter');
  await page.getByTestId('decision-form').waitFor();
  await page.keyboard.press('m');
  expect(await unmarked(main)).toEqual([]);
  await page.keyboard.press('Escape');
  for (const key of ['?', 'i', 'h']) {
    await page.keyboard.press(key);
    await expectMarkedDialog();
  }
  await page.keyboard.press('m');
  await page.keyboard.type(why);
  await page.keyboard.press('Control+Enter');
  await page.getByTestId('undo').waitFor();
  expect(await unmarked(main)).toEqual([]);
});

it('says the batch page', async () => {
  const main = page.getByRole('main');
  await page.getByTestId('decision-form').waitFor();
  await page.keyboard.press('x');
  await page.getByTestId('batch-state').waitFor();
  await page.keyboard.press('o');
  await page.getByText('⟦The sample is opened.⟧').waitFor();
  expect(await unmarked(main)).toEqual([]);
});

it('says the response page', async () => {
  const main = page.getByRole('main');
  await become(page, 'ben');
  await page.goto(stage.url('response'));
  await page.getByTestId('incident').waitFor();
  expect(await unmarked(main)).toEqual([]);
  for (const lever of ['Stop the AI', 'Silence', 'Acknowledge', 'Take its decisions back']) {
    await page
      .getByRole('button', { name: `⟦${lever}⟧` })
      .first()
      .click();
    await expectMarkedDialog();
  }
  await page.getByRole('button', { name: '⟦Acknowledge⟧' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill('I have it');
  await page.getByRole('dialog').getByRole('button', { name: '⟦Acknowledge⟧' }).click();
  await page.getByTestId('toasts').getByText('⟦The incident is yours⟧').waitFor();
});

it('says the audit page, and the steps of a proof', async () => {
  const main = page.getByRole('main');
  await become(page, 'cleo');
  await eventually(
    'the record',
    async () => {
      const { body } = await stage.ask('cleo', 'v1/audit/records?actor=human');
      return (body as AuditPage).records.find(({ justification }) => justification === why);
    },
    20_000,
  );
  await page.goto(stage.url('audit'));
  const row = page.getByTestId('records').locator('tr', { hasText: why });
  await row.waitFor();
  expect(await unmarked(main)).toEqual([]);
  await row.getByRole('button').click();
  await page.locator('[data-testid=proof][data-verified=true]').waitFor();
  await expectMarkedDialog();
});
