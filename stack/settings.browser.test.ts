/** An administrator sets the app up by keyboard alone: what is wrong is said, what is right works at once, nothing is wiped. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { become, launchBrowser, openPage, pressByTab, screenshots, seriousProblems, tabTo } from './browser.ts';
import { freePort } from './process.ts';
import { pluginSecret } from './test-loop.ts';
import { startTestPage, type TestPage } from './test-page.ts';

const settingsPage = '/plugins/countersign-decisions-app';
const settingsPath = '/api/plugins/countersign-decisions-app/settings';
let stage: TestPage;
let browser: Browser;
let page: Page;
let troubles: readonly string[];

/** As a person of the host; a body makes it a POST. */
const settings = (login: string, body?: object) =>
  fetch(new URL(settingsPath, stage.url('')), {
    headers: { cookie: `countersign_user=${login}` },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true });
  stage = await startTestPage(inject('postgresUrl'), inject('natsServer'), () => ({}));
  // Installed, and not set up yet; somebody has put a setting there that the page knows nothing of.
  await settings('ada', { jsonData: { ofSomebodyElse: { kept: true } }, secureJsonData: { secret: '' } });
  browser = await launchBrowser();
  ({ page, troubles } = await openPage(browser, new URL(settingsPage, stage.url('')).href, 'ada'));
  await page.getByLabel('Address').waitFor();
});
afterAll(async () => {
  await browser?.close();
  await stage?.stop();
});

async function type(label: string, text: string): Promise<void> {
  await tabTo(page, page.getByLabel(label));
  await page.keyboard.press('Control+a');
  await page.keyboard.type(text);
}
const press = (name: string) => pressByTab(page, page.getByRole('button', { name }));
const button = (name: string) => page.getByRole('button', { name });
const error = () => page.getByRole('alert').filter({ hasText: 'The connection does not work' });
const secretField = () => page.locator('#settings-secret');

it('has nothing to test before there are settings', async () => {
  expect(await button('Test what is saved').isDisabled()).toBe(true);
  expect(await button('Save and test').isDisabled()).toBe(true);
  expect(await page.getByRole('link', { name: 'Review' }).count()).toBe(0);
});

it('says what to do about a wrong secret, and goes on showing it', async () => {
  await type('Address', `${stage.daemon.address}/`);
  await type('Shared secret', 'a guess');
  await page.keyboard.press('Enter');
  await error().getByText('Check the secret in its settings.').waitFor();
  await error().getByText('Your settings are saved. Correct them here and save again.').waitFor();
  expect([await secretField().inputValue(), await secretField().isDisabled()]).toEqual(['configured', true]);
  expect(await page.getByLabel('Address').inputValue()).toBe(stage.daemon.address);
  expect(await seriousProblems(page)).toEqual([]);
  await page.screenshot({ path: join(screenshots, 'settings-wrong-secret.png') });

  await press('Test what is saved');
  await error().getByText('Check the secret in its settings.').waitFor();
});

it('is connected by the right secret', async () => {
  await press('Reset');
  await type('Shared secret', pluginSecret);
  await press('Save and test');
  await page.getByText('The daemon answers, and knows who you are').waitFor();
  expect([await secretField().inputValue(), await secretField().isDisabled()]).toEqual(['configured', true]);
  // On: the colour that Grafana gives a primary button in focus has too little contrast.
  await page.keyboard.press('Tab');
  expect(await seriousProblems(page)).toEqual([]);
  await page.screenshot({ path: join(screenshots, 'settings-good.png') });

  await press('Reload');
  await page.getByRole('link', { name: 'Review' }).waitFor();
  await press('Test what is saved');
  await page.getByText('The daemon answers, and knows who you are').waitFor();
  expect(await button('Reload').count()).toBe(0);
});

it('says that nothing answers under an address, and that something else does', async () => {
  await type('Address', `http://127.0.0.1:${await freePort()}`);
  expect(await button('Test what is saved').isDisabled()).toBe(true);
  await press('Save and test');
  await error().getByText('Nothing answers under this address.').waitFor();
  await type('Address', `${new URL(stage.url('')).origin}/api/host?`);
  await press('Save and test');
  await error().getByText('it is not Countersign').waitFor();
  expect(await page.getByText('The daemon answers').count()).toBe(0);
});

it('keeps what others have put into the settings, and hands no secret out', async () => {
  await type('Address', stage.daemon.address);
  await press('Save and test');
  await page.getByText('The daemon answers, and knows who you are').waitFor();
  expect(await (await settings('vic')).json()).toEqual({
    enabled: true,
    pinned: true,
    jsonData: { ofSomebodyElse: { kept: true }, daemonUrl: stage.daemon.address, tracesUid: '' },
    secureJsonFields: { secret: true },
  });
  const view = await (await fetch(new URL('/api/host', stage.url('')))).text();
  expect(view).not.toContain(pluginSecret);
});

it('says so when Grafana does not let somebody save', async () => {
  await become(page, 'vic');
  await page.getByLabel('Address').waitFor();
  await press('Save and test');
  const alert = page.getByRole('alert').filter({ hasText: 'The settings were not saved' });
  await alert.getByText('plugins:write is needed').waitFor();
  // What could not be reached on purpose is answered 502, and is no trouble.
  expect(troubles.filter((trouble) => !trouble.startsWith('502'))).toEqual([]);
});
