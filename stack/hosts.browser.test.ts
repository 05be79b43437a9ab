/** The same build of the app in both lines of Grafana that it is for: each page works there, in either theme. */
import { mkdirSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { AuditPage } from '@countersign/contract';
import * as countersign from '@countersign/otel-instrumentation';
import { become, beFromNowOn, keepInBothThemes, launchBrowser, openPage, pressByTab, screenshots } from './browser.ts';
import { eventually, passwords } from './test-loop.ts';
import { startTestPage, type TestPage } from './test-page.ts';

const workflow = 'mail-moderation';

describe.each([
  { grafana: '12', react: /^18\.3\./ },
  { grafana: '13', react: /^19\./ },
] as const)('in Grafana $grafana', ({ grafana, react }) => {
  let stage: TestPage;
  let browser: Browser;

  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true });
    stage = await startTestPage(inject('postgresUrl'), inject('natsServer'), () => ({}), { grafana });
    await countersign.start({
      source: 'test',
      natsUrl: stage.loop.nats.url,
      user: 'service',
      password: passwords.service,
      onTrouble: () => undefined,
    });
    await countersign.verdicts(workflow, () => undefined);
    await countersign.decision(
      {
        workflow,
        task: 'm1',
        model: { name: 'spam-logit', version: '1.0.0', hash: `sha256:${'1'.repeat(64)}` },
        riskTier: 'low',
        reversible: true,
        input: { content: 'Buy now' },
      },
      async (decision) => {
        decision.output({ label: 'spam' }, 0.6);
        decision.propose('accept', 'perhaps');
        decision.authority();
      },
    );
    await countersign.flush();
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await countersign.shutdown(1_000);
    await stage?.stop();
  });

  it.each([
    { name: 'review', login: 'ann', shows: 'm1' },
    { name: 'response', login: 'ben', shows: 'Version 1.0.0' },
    { name: 'audit', login: 'cleo', shows: 'perhaps' },
    { name: 'inspections', login: 'cleo', shows: 'No audit has been drawn yet' },
    { name: 'loop', login: 'vic', shows: 'Is this message spam?' },
    { name: 'settings', login: 'ada', shows: 'Shared secret', path: '/plugins/countersign-decisions-app' },
    { name: 'panel', login: 'vic', shows: 'm1', path: '/d/queue' },
  ])('shows $name in both themes', async ({ name, login, shows, path }) => {
    const url = path === undefined ? stage.url(name) : new URL(path, stage.url('')).href;
    const { page, troubles } = await openPage(browser, url, login);
    await page.getByText(shows).first().waitFor();
    const version = await page.evaluate(
      () => (window.System.get('package:react')?.['default'] as { version: string } | undefined)?.version,
    );
    expect(version).toMatch(react);
    expect(await keepInBothThemes(page, `host-${grafana}-${name}`)).toEqual([]);
    if (name === 'settings') {
      await page.getByRole('button', { name: 'Test what is saved' }).press('Enter');
      await page.getByText('The daemon answers, and knows who you are').waitFor();
    }
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('lets a person claim, modify, undo and decide by keyboard alone, and an auditor prove it', async () => {
    const { page, troubles } = await openPage(browser, stage.url('review'));
    await become(page, 'ann');
    await page.getByTestId('queue-item').first().waitFor();
    await page.keyboard.press('n');
    await page.getByTestId('decision-form').waitFor();
    await page.keyboard.press('h');
    await page.getByRole('dialog').getByText('Your claim on').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('m');
    await page.keyboard.type('he knows the sender');
    await page.keyboard.press('Control+Enter');
    await page.getByTestId('undo').waitFor();
    // Nobody presses it sooner for having seen it; a letter that comes sooner was still being typed.
    await page.waitForTimeout(300);
    await page.keyboard.press('z');
    await page.getByTestId('decision-form').waitFor();
    await page.locator('[aria-pressed=true]', { hasText: 'Modify' }).waitFor();
    await page.keyboard.press('Control+Enter');
    await page.getByTestId('undo').waitFor();
    await page.getByTestId('undo').waitFor({ state: 'detached' });

    await eventually('the record', async () => {
      const { records } = (await stage.ask('cleo', 'v1/audit/records?actor=human')).body as AuditPage;
      // An undo is on record as well.
      return records.some(({ decision_action }) => decision_action !== null) ? true : null;
    });
    await beFromNowOn(page, 'cleo');
    await page.goto(stage.url('audit?actor=human'));
    await page
      .getByTestId('records')
      .locator('tr', { hasText: 'he knows the sender' })
      .getByRole('button')
      .press('Enter');
    await page.locator('[data-testid=proof][data-verified=true]').waitFor();
    expect(await keepInBothThemes(page, `host-${grafana}-proof`)).toEqual([]);
    await pressByTab(page, page.getByRole('button', { name: 'Close', exact: true }).first());
    await page.getByTestId('proof').waitFor({ state: 'detached' });
    expect(troubles).toEqual([]);
    await page.close();
  });
});
