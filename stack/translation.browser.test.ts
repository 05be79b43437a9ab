/** Everything on a page is said through the catalogue: in a language made of marked English, nothing but data is without marks. */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { AuditPage, Queue } from '@countersign/contract';
import * as countersign from '@countersign/otel-instrumentation';
import { become, beFromNowOn, launchBrowser } from './browser.ts';
import { freePort } from './process.ts';
import { eventually, passwords } from './test-loop.ts';
import { startTestPage, type TestPage } from './test-page.ts';
import { speakMarked } from './test-translation.ts';

const workflow = 'mail-moderation';
let stage: TestPage;
let browser: Browser;
let page: Page;
let unmarked: (within: Locator) => Promise<string[]>;

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
  unmarked = await speakMarked(page);
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
  await beFromNowOn(page, 'ben');
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

it('says the periodic audits', async () => {
  const main = page.getByRole('main');
  await page.goto(stage.url('inspections'));
  await page.getByText('⟦No audit has been drawn yet⟧').waitFor();
  expect(await unmarked(main)).toEqual([]);
  await page.getByRole('button', { name: '⟦Draw a sample⟧' }).click();
  await expectMarkedDialog();

  const drawn = await stage.ask('cleo', 'v1/inspections', {
    title: 'This quarter',
    workflow_id: workflow,
    from: new Date(Date.now() - 86_400_000).toISOString(),
    to: new Date().toISOString(),
    wanted: { low: 1, medium: 0, high: 1 },
    seed: 'a dice roll',
  });
  await page.goto(stage.url(`inspections/${(drawn.body as { inspection_id: string }).inspection_id}`));
  await page.getByTestId('judge').waitFor();
  await page.getByTestId('life').waitFor();
  expect(await unmarked(main)).toEqual([]);
  await page.keyboard.press('g');
  await page.getByTestId('sample').getByText('⟦good⟧').waitFor();
  await page.keyboard.press('w');
  await page.keyboard.type('nobody looked at the sender');
  await page.keyboard.press('Escape');
  await page.keyboard.press('w');
  await page.getByLabel('⟦What the audit has found⟧').fill('One of two is as it should be');
  expect(await unmarked(main)).toEqual([]);
  await page.getByRole('button', { name: '⟦Sign off⟧' }).press('Enter');
  await page.getByText('One of two is as it should be').waitFor();
  expect(await unmarked(main)).toEqual([]);
  await page.goto(stage.url('inspections'));
  await page.getByTestId('inspections').waitFor();
  expect(await unmarked(main)).toEqual([]);
});

it('says the loop', async () => {
  await beFromNowOn(page, 'vic');
  await page.goto(stage.url('loop'));
  await page.getByTestId('loop').waitFor();
  expect(await unmarked(page.getByRole('main'))).toEqual([]);
});

it('says the panel in a translation of its own, and its options', async () => {
  await page.goto(new URL('/d/queue', stage.url('')).href);
  const panel = page.getByRole('region', { name: 'Countersign queue' });
  await panel.getByTestId('queue-panel').waitFor();
  expect(await unmarked(panel.getByTestId('queue-counts'))).toEqual([]);
  expect(await unmarked(panel.getByTestId('queue-panel'))).toEqual([]);
  expect(await optionsOf('countersign-queue-panel')).toEqual(['⟦Workflow⟧', '⟦Only the viewer’s own⟧']);
});

it('says the settings, and what is wrong with them', async () => {
  const main = page.getByRole('main');
  await beFromNowOn(page, 'ada');
  await page.goto(new URL('/plugins/countersign-decisions-app', stage.url('')).href);
  await page.getByRole('button', { name: '⟦Test what is saved⟧' }).press('Enter');
  await page.getByText('⟦The daemon answers, and knows who you are⟧').waitFor();
  expect(await unmarked(main)).toEqual([]);
  await page.getByLabel('⟦Address⟧').fill('countersign');
  await page.getByText('⟦This is no URL.').waitFor();
  expect(await unmarked(main)).toEqual([]);
  await page.getByLabel('⟦Address⟧').fill(`http://127.0.0.1:${await freePort()}`);
  await page.getByRole('button', { name: '⟦Save and test⟧' }).press('Enter');
  await page.getByText('⟦The connection does not work⟧').waitFor();
  expect(await unmarked(main)).toEqual([]);
});

/** What the editor of a dashboard reads beside a panel. */
const optionsOf = (id: string) =>
  page.evaluate(async (module) => {
    const { plugin } = await window.System.import<{ plugin: { getPanelOptionsSupplier(): Supplier } }>(module);
    const names: string[] = [];
    const add = ({ name }: { name: string }) => {
      names.push(name);
      return builder;
    };
    const builder = { addTextInput: add, addBooleanSwitch: add };
    plugin.getPanelOptionsSupplier()(builder);
    return names;
  }, `/public/plugins/${id}/module.js`);

type Add = (option: { name: string }) => Builder;
interface Builder {
  readonly addTextInput: Add;
  readonly addBooleanSwitch: Add;
}
type Supplier = (builder: Builder) => void;
