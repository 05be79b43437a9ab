/** The levers of the Response page that the demo does not pull, by keyboard alone: signatures, silences, undoing, thawing. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { AuditPage, ResponseOverview } from '@countersign/contract';
import * as countersign from '@countersign/otel-instrumentation';
import {
  become,
  keepPictures,
  launchBrowser,
  openPage,
  pressByTab,
  screenshots,
  seriousProblems,
  tabTo,
} from './browser.ts';
import { runCountersign } from './test-cli.ts';
import { eventually, passwords } from './test-loop.ts';
import { startTestPage, type TestPage } from './test-page.ts';

const workflow = 'mail-moderation';
const scope = { workflow_id: workflow, model_name: 'spam-logit' };
const hash = (n: number) => `sha256:${n.toString(16).padStart(64, '0')}`;
let stage: TestPage;
let browser: Browser;
let page: Page;
let troubles: readonly string[];
const undone: string[] = [];

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true });
  stage = await startTestPage(inject('postgresUrl'), inject('natsServer'), () => ({
    change_control: {
      starts_at: 'shadow',
      roles: [{ name: 'domain expert', people: ['ben'] }, { name: 'risk officer' }],
      gates: [{ to: 'canary', report: 'bias', metric: 'gap', at_most: 0.05 }],
    },
    alerts: { counts: [{ name: 'Unsure', of: 'decision', at_least: 2, within: '1 hour', tier: 'incident' }] },
    escalation: { tiers: [{ name: 'Nobody', do: ['freeze'], notify: [] }] },
  }));
  const { loop } = stage;
  await countersign.start({
    source: 'test',
    natsUrl: loop.nats.url,
    user: 'service',
    password: passwords.service,
    onTrouble: () => undefined,
  });
  await countersign.verdicts(workflow, () => undefined);
  countersign.compensations(workflow, { move_back: ({ task }) => void undone.push(task) });
  browser = await launchBrowser();
  ({ page, troubles } = await openPage(browser, stage.url('response'), 'ben'));
});
afterAll(async () => {
  await browser?.close();
  await countersign.shutdown(1_000);
  await stage?.stop();
});

const declare = async (version: string, n: number, ...more: string[]) => {
  const model = [`--workflow=${workflow}`, '--model=spam-logit', `--version=${version}`, `--hash=${hash(n)}`];
  const said = await runCountersign(stage.env, ['model', 'declare', ...model, '--author=ann', '--why=built', ...more]);
  expect([said.status, said.stderr]).toEqual([0, '']);
};
const decide = (task: string) =>
  countersign.decision(
    {
      workflow,
      task,
      model: { name: 'spam-logit', version: '1.0.0', hash: hash(1) },
      riskTier: 'low',
      reversible: true,
      input: { content: 'Buy now' },
    },
    async (decision) => {
      decision.output({ label: 'spam' }, 0.99);
      decision.propose('accept', 'sure');
      const { route } = decision.authority();
      if (route === 'auto') await decision.undoable({ action: 'move_back' });
      return route;
    },
  );

/** A button is found by tabbing to it, and pressed by Enter. */
const press = (name: string, within: Page | Locator = page) => pressByTab(page, within.getByRole('button', { name }));

/** Says why in the open dialog, which has the cursor where it is written, and confirms by tabbing on. */
async function sayWhy(why: string, confirm: string): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  await page.waitForFunction(() => document.activeElement?.tagName === 'TEXTAREA');
  // What was written before it was refused is still there.
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  expect(await dialog.getByRole('button', { name: confirm, exact: true }).isDisabled()).toBe(true);
  await page.keyboard.type(why);
  expect(await seriousProblems(page)).toEqual([]);
  for (let i = 0; i < 10; i++) {
    await page.keyboard.press('Tab');
    if ((await page.evaluate(() => document.activeElement?.textContent)) === confirm) break;
  }
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
}
const keep = (name: string) => keepPictures(page, name);

it('takes two people in two roles to give a version its next autonomy', async () => {
  await declare('1.0.0', 1, '--autonomy', 'automatic');
  await declare('1.1.0', 2);
  const version = page.getByTestId('version').filter({ hasText: 'Version 1.1.0' });
  await version.getByText('Shadow: it only advises').waitFor();
  await press('Sign off: approval');
  await page.getByRole('dialog').getByText('domain expert').waitFor();
  await keep('sign-off');
  await sayWhy('I read fifty of its decisions', 'Sign');
  await version.getByText('signed by Ben (domain expert)').waitFor();

  // The same person cannot be the second.
  await press('Sign off: approval');
  const dialog = page.getByRole('dialog');
  await page.keyboard.type('and the risk is small');
  await press('Sign', dialog);
  await page.getByText('you have signed as domain expert; it takes another person.').waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });

  await become(page, 'dana');
  await press('Sign off: approval');
  await sayWhy('the risk is small', 'Sign');
  await version.getByText('Approval: people agree to each').waitFor();
  await keep('signed-off');
  const { body } = await stage.ask('ben', 'v1/response');
  expect((body as ResponseOverview).models.map(({ version: name, autonomy }) => [name, autonomy])).toEqual([
    ['1.1.0', 'approval'],
    ['1.0.0', 'automatic'],
  ]);
});

it('shows the gates before the next step, and what they said', async () => {
  const gates = page.getByTestId('version').filter({ hasText: 'Version 1.1.0' }).getByTestId('gates');
  await gates.getByText('bias gap, at most 0.05').waitFor();
  await gates.getByText('They are asked by countersign gate').waitFor();
  const report = join(stage.loop.directory, 'bias.json');
  writeFileSync(report, JSON.stringify({ bias: { gap: 0.2 } }));
  const model = [`--workflow=${workflow}`, '--model=spam-logit', '--version=1.1.0', '--to=canary'];
  const said = await runCountersign(stage.env, ['gate', ...model, `--report=${report}`]);
  expect([said.status, said.stderr]).toEqual([1, '']);
  await gates.getByText('Asked less than a minute ago.').waitFor();
  expect(await gates.textContent()).toMatch(/bias gap, at most 0\.05: .*0\.2/);
  expect(await seriousProblems(page)).toEqual([]);
  await keep('gates');
});

it('takes back what a version has done, when another person agrees', async () => {
  await eventually('authority', async () => ((await decide('m1')) === 'auto' ? true : null));
  await countersign.flush();
  await eventually('what was registered', async () => {
    const { body } = await stage.ask('cleo', 'v1/audit/records?type=countersign.compensation.v1');
    return (body as AuditPage).records[0];
  });
  await press('Take its decisions back', page.getByTestId('version').filter({ hasText: 'Version 1.0.0' }));
  await keep('take-back');
  await sayWhy('It read the wrong folder', 'Ask for it');
  const rollback = page.getByTestId('rollback');
  await rollback.and(page.locator('[data-state=asked]')).waitFor();
  await become(page, 'ben');
  await press('Approve');
  await sayWhy('Agreed', 'Approve');
  await rollback.and(page.locator('[data-state=finished]')).waitFor({ timeout: 30_000 });
  await rollback.getByText('1 of 1 steps are undone.').waitFor();
  await keep('taken-back');
  expect(undone).toEqual(['m1']);
});

it('silences what is known, and lets it be heard again', async () => {
  await decide('m2');
  await decide('m3');
  await countersign.flush();
  await page.locator('[data-testid=alert][data-tier=incident]').waitFor();
  await press('Silence');
  await keep('silence');
  await sayWhy('We know; it is being mended', 'Silence');
  const silence = page.getByTestId('silence');
  await silence.getByText('We know; it is being mended').waitFor();
  expect(await silence.textContent()).toContain('by Ben');
  await keep('silenced');
  await press('End it');
  await sayWhy('It is mended', 'End it');
  await silence.waitFor({ state: 'detached' });
});

it('thaws a rollout only when the incident that froze it is closed', async () => {
  await page.getByText('The rollout is frozen').waitFor();
  await press('Thaw');
  const dialog = page.getByRole('dialog');
  await page.keyboard.type('It is over');
  await press('Thaw', dialog);
  await page.getByText('is not over. Close it first.').waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });

  await press('Acknowledge');
  await sayWhy('I have it', 'Acknowledge');
  await press('Write the postmortem');
  await dialog.waitFor();
  for (const [label, text] of [
    ['Root cause', 'It was unsure'],
    ['Remediation', 'More examples'],
    ['Test added', 'unsure.test.ts'],
    ['Model version', '1.0.0'],
  ] as const) {
    await tabTo(page, dialog.getByLabel(label));
    await page.keyboard.type(text);
  }
  expect(await seriousProblems(page)).toEqual([]);
  await press('Close the incident', dialog);
  await page.locator('[data-testid=incident][data-state=closed]').waitFor();
  // Whoever saw it frozen for another reason has not seen this one.
  const other = await stage.ask('ben', 'v1/approvals/thaw', { ...scope, justification: 'over', frozen: 'drift' });
  expect(other).toMatchObject({ status: 409, body: { message: expect.stringContaining('for another reason by now') } });
  await press('Thaw');
  await sayWhy('It is over', 'Thaw');
  await page.getByText('The rollout is frozen').waitFor({ state: 'detached' });
  const { body } = await stage.ask('ben', 'v1/response');
  expect((body as ResponseOverview).models.filter(({ frozen }) => frozen !== null)).toEqual([]);
});

it('stops the AI by hand, and takes two people to try it again', async () => {
  const breaker = page.getByTestId('breaker');
  const refused = async (why: string) => {
    await press('Try canaries');
    await page.keyboard.type('really');
    await press('Try canaries', page.getByRole('dialog'));
    await page.getByText(why).first().waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await breaker.getAttribute('data-state')).toBe('forced_open');
  };
  await become(page, 'ben');
  await press('Stop the AI');
  await sayWhy('it answers in another language', 'Stop the AI');
  await breaker.and(page.locator('[data-state=forced_open]')).waitFor();
  await refused('whoever tripped it cannot reset it');
  await become(page, 'dana');
  await press('Try canaries');
  await sayWhy('it is mended', 'Try canaries');
  await page.getByTestId('approved').getByText('Dana agrees that it is tried again; it takes one more.').waitFor();
  await keep('reset-first');
  await refused('you have agreed already; it takes a second person');
  // Whoever saw it before it was stopped has not seen why.
  const [seen] = ((await stage.ask('ada', 'v1/response')).body as ResponseOverview).breakers;
  const before = { ...scope, justification: 'it is fine', epoch: (seen?.epoch ?? 0) - 1 };
  expect(await stage.ask('ada', 'v1/approvals/retry', before)).toMatchObject({
    status: 409,
    body: { message: expect.stringContaining('has moved since you looked') },
  });
  await become(page, 'ada');
  await press('Try canaries');
  await sayWhy('I have looked at it too', 'Try canaries');
  await breaker.and(page.locator('[data-state=half_open]')).waitFor();
  await page.getByTestId('canaries').waitFor();
  expect(await seriousProblems(page)).toEqual([]);
  expect(troubles).toEqual([]);
});

it('stops the AI for cases of one risk alone', async () => {
  await become(page, 'sam');
  await press('Stop the AI');
  const dialog = page.getByRole('dialog');
  await tabTo(page, dialog.getByRole('radio', { name: 'any risk' }));
  for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
  await dialog.getByText('with high risk goes to people').waitFor();
  await tabTo(page, dialog.getByRole('textbox'));
  await sayWhy('it cannot tell contracts apart', 'Stop the AI');
  const { breakers } = (await stage.ask('sam', 'v1/response')).body as ResponseOverview;
  expect(breakers.find(({ risk_tier }) => risk_tier === 'high')).toMatchObject({ state: 'forced_open' });
  expect(breakers.find(({ risk_tier }) => risk_tier === null)).toMatchObject({ state: 'half_open' });
  await page.getByText('high risk: Tripped by hand').waitFor();
  await keep('trip-tier');
  expect(await seriousProblems(page)).toEqual([]);
  expect(troubles).toEqual([]);
});
