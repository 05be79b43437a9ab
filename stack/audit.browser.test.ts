/** What auditors do: look through time, follow a case, notice a rewritten log, and inspect a sample each quarter. */
import { mkdirSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type {
  AuditPage,
  AuditProof,
  AuditRecord,
  Inspection,
  LogGrowth,
  OpenInspection,
  ReviewCase,
} from '@countersign/contract';
import {
  chooseFrom,
  keepInBothThemes,
  keepPictures,
  launchBrowser,
  openPage,
  pressByTab,
  screenshots,
  seriousProblems,
  tabTo,
} from './browser.ts';
import { eventually } from './test-loop.ts';
import { startTestPage, type TestPage } from './test-page.ts';

let stage: TestPage;
let browser: Browser;
let changed = '';

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true });
  stage = await startTestPage(inject('postgresUrl'), inject('natsServer'), (demo) => {
    const { undo_window: _atOnce, ...review } = demo.review;
    return { review: { ...review, commit_first: {}, two_people: {}, gold: 0 } };
  });
  browser = await launchBrowser();
  for (let i = 0; i < 12; i++) await stage.decided(`Message ${i}`, { risk_tier: i % 3 === 0 ? 'high' : 'low' });
  changed = await stage.decided('A message that was changed', { task_id: 'the-changed-one' });
  await decide('ann', changed, { action: 'modify', output: { label: 'ham' }, justification: 'it is from his aunt' });
  const of = { workflow_id: 'mail-moderation', task_id: 'the-changed-one', decision_id: changed };
  await stage.turnedOut({ ...of, label: 'ham' });
  const undo = { compensation_id: crypto.randomUUID(), model: { name: 'spam-logit', version: '1.0.0' }, sequence: 1 };
  for (const state of ['registered', 'compensated'] as const) {
    await stage.reported({ ...of, ...undo, action: 'restore-message', state });
  }
  await eventually('the whole life', async () => {
    const { body } = await stage.ask('cleo', 'v1/audit/records?task=the-changed-one');
    return (body as AuditPage).records.length === 5 ? true : null;
  });
});
afterAll(async () => {
  await browser?.close();
  await stage?.stop();
});

async function decide(login: string, id: string, change: object): Promise<void> {
  const { body: claim } = await stage.ask(login, `v1/reviews/cases/${id}/claim`, {});
  const opened = (await stage.ask(login, `v1/evidence/cases/${id}`)).body as ReviewCase;
  const { status } = await stage.ask(login, `v1/reviews/cases/${id}/decide`, {
    justification: '',
    lease_epoch: (claim as { lease: { epoch: number } }).lease.epoch,
    case_version: opened.item.version,
    evidence_hash: opened.evidence_hash,
    idempotency_key: crypto.randomUUID(),
    review_ms: 5,
    ...change,
  });
  expect(status).toBe(200);
}
const keep = keepPictures;
const as = (login: string, path: string) => openPage(browser, stage.url(path), login);

it('shows when things were recorded, and narrows the time by drawing over it', async () => {
  const { page, troubles } = await as('cleo', 'audit');
  const histogram = page.getByTestId('histogram');
  await histogram.waitFor();
  const { body } = await stage.ask('cleo', 'v1/audit/records?limit=200');
  expect(Number(await histogram.getAttribute('data-total'))).toBeGreaterThanOrEqual((body as AuditPage).records.length);
  await keep(page, 'audit-histogram');
  expect(await seriousProblems(page)).toEqual([]);
  const box = await histogram.locator('svg').boundingBox();
  if (box === null) throw new Error('the histogram is not on screen');
  await page.mouse.move(box.x + box.width * 0.5, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.95, box.y + 20, { steps: 5 });
  await page.mouse.up();
  await page.waitForURL(/from=.*to=/);
  await pressByTab(page, page.getByRole('button', { name: 'All time' }));
  await page.waitForURL((url) => !url.search.includes('from='));

  // The same by keyboard: the last bar and the four before it, which all came within minutes.
  await tabTo(page, histogram.locator('svg'));
  await page.keyboard.press('End');
  for (let i = 0; i < 4; i++) await page.keyboard.press('Shift+ArrowLeft');
  await histogram.getByText('Enter narrows the time to it').waitFor();
  await keep(page, 'audit-histogram-marked');
  await page.keyboard.press('Enter');
  await page.waitForURL(/from=.*to=/);
  expect(troubles).toEqual([]);
  await page.close();
});

it('finds a record by each hash and id that it has, with the filter in the address', async () => {
  const { body } = await stage.ask('cleo', 'v1/audit/records?task=the-changed-one&actor=human');
  const [record] = (body as AuditPage).records;
  if (record === undefined) throw new Error('there is no such record');
  const { page, troubles } = await as('cleo', 'audit');
  await page.getByTestId('records').waitFor();
  await pressByTab(page, page.getByRole('button', { name: 'By hash or id' }));
  const fields = {
    'Event id': ['event_id', record.event_id],
    'Leaf hash (64 hex digits)': ['leaf_hash', record.leaf_hash],
    'Model hash (sha256:…)': ['model_hash', record.model_hash ?? ''],
  } as const;
  for (const [field, [name, value]] of Object.entries(fields)) {
    const input = page.getByRole('textbox', { name: field });
    await tabTo(page, input);
    await page.keyboard.type(value);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.searchParams.get(name) === value);
    await page.getByTestId('records').locator('tr', { hasText: 'it is from his aunt' }).waitFor();
    await page.goto(stage.url('audit'));
    await page.getByTestId('records').waitFor();
    await pressByTab(page, page.getByRole('button', { name: 'By hash or id' }));
  }
  await chooseFrom(page, page.getByRole('combobox', { name: 'Signature' }), 'Has a signature');
  await page.waitForURL(/signed=true/);
  await page.getByTestId('records').locator('tr', { hasText: 'it is from his aunt' }).waitFor();
  expect(await page.getByText('because of the links').count()).toBe(0);
  await chooseFrom(page, page.getByRole('combobox', { name: 'Workflow' }), 'Mail moderation');
  await page.waitForURL(/workflow=mail-moderation/);
  expect(await keepInBothThemes(page, 'audit-filters')).toEqual([]);
  // Who follows the address sees the filters that are in it.
  await page.reload();
  await page.getByRole('combobox', { name: 'Signature' }).waitFor();
  expect(troubles).toEqual([]);
  await page.close();
});

it('shows the whole life of a task, and what was changed of the output', async () => {
  const { page, troubles } = await as('cleo', 'audit?task=the-changed-one');
  const row = page.getByTestId('records').locator('tr', { hasText: 'it is from his aunt' });
  await row.waitFor();
  await row.getByRole('button').press('Enter');
  const life = page.getByTestId('life');
  await life.waitFor();
  expect(await life.locator('> li').allTextContents()).toMatchObject([
    expect.stringContaining('spam-logit@1.0.0: accept, “because of the links”'),
    expect.stringContaining('Ann: modify, “it is from his aunt”'),
    expect.stringContaining('test: it turned out to be ham'),
    expect.stringContaining('test: restore-message registered'),
    expect.stringContaining('test: restore-message compensated'),
  ]);
  expect(await page.getByTestId('diff').textContent()).toBe('label"spam""ham"');
  expect(await keepInBothThemes(page, 'audit-record')).toEqual([]);
  expect(troubles).toEqual([]);
  await page.close();
});

it('proves what it shows, and nothing that was changed on the way', async () => {
  const { page, troubles } = await as('cleo', 'audit?task=the-changed-one');
  const row = page.getByTestId('records').locator('tr', { hasText: 'it is from his aunt' });
  await row.getByRole('button').press('Enter');
  const proof = page.getByTestId('proof');
  await page.locator('[data-testid=proof][data-verified=true]').waitFor();
  await proof.getByText('It is the log that this browser saw on').waitFor();
  await page.route('**/v1/audit/records/*', async (route) => {
    const answer = (await (await route.fetch()).json()) as AuditProof;
    const record: AuditRecord = { ...answer.record, justification: 'it is from a friend of mine' };
    await route.fulfill({ json: { ...answer, record } });
  });
  await page.reload();
  await page.getByText('The proof does not hold').waitFor();
  // What is shown is what the proven bytes say.
  expect(await page.getByRole('dialog').last().textContent()).not.toContain('a friend of mine');
  expect(await seriousProblems(page)).toEqual([]);
  await keep(page, 'audit-forged');
  await page.unroute('**/v1/audit/records/*');
  // The pin says of another log that it has as many records.
  await page.route('**/v1/audit/growth?*to=*', async (route) => {
    const growth = (await (await route.fetch()).json()) as LogGrowth;
    await route.fulfill({ json: { ...growth, proof: [...growth.proof, Buffer.alloc(32).toString('base64')] } });
  });
  await page.reload();
  await page.getByText('The proof does not hold').waitFor();
  expect(troubles).toEqual([]);
  await page.close();
});

it('notices that the log is not the one it has seen', async () => {
  const { page } = await as('cleo', 'audit');
  await page.getByText('This browser keeps the head of the log from now on').waitFor();
  await stage.decided('One more');
  await page.reload();
  await page.getByText('The log has only grown since this browser first saw it').waitFor();
  // What it has seen had another root: the same as when the log is rewritten and signed anew, as far as it can tell.
  await page.evaluate(() => {
    const name = 'countersign.checkpoint.1';
    const pin = JSON.parse(window.localStorage.getItem(name) ?? '{}') as { note: string };
    window.localStorage.setItem(`${name}.kept`, JSON.stringify(pin));
  });
  await page.route('**/v1/audit/growth*', async (route) => {
    const answer = await route.fetch();
    const growth = (await answer.json()) as { proof: string[] };
    await route.fulfill({ json: { ...growth, proof: growth.proof.map(() => Buffer.alloc(32).toString('base64')) } });
  });
  await stage.decided('And another');
  await eventually('a newer checkpoint', async () => {
    const { body } = await stage.ask('cleo', 'v1/audit/growth?from=0');
    return (body as { checkpoint: string }).checkpoint.includes('\n') ? true : null;
  });
  await page.waitForTimeout(1_500);
  await page.reload();
  await page.getByText('The log is not the one that this browser has seen').waitFor();
  await keep(page, 'audit-rewritten');
  // It stays so: what was seen is kept.
  const kept = await page.evaluate(() => [
    window.localStorage.getItem('countersign.checkpoint.1'),
    window.localStorage.getItem('countersign.checkpoint.1.kept'),
  ]);
  expect(kept[0]).toBe(kept[1]);
  await page.close();
});

it('keeps a search under a name', async () => {
  const { page } = await as('cleo', 'audit?action=modify');
  await page.getByTestId('records').waitFor();
  await page.getByLabel('Name of this search').fill('What people changed');
  await page.keyboard.press('Enter');
  await page.goto(stage.url('audit'));
  await page.getByRole('button', { name: 'Searches' }).click();
  await page.getByRole('menuitem', { name: 'What people changed' }).click();
  await page.waitForURL(/action=modify/);
  expect(new URL(page.url()).search).toBe('?action=modify');
  await page.close();
});

it('draws a sample, looks at each by keyboard, and signs off', async () => {
  const { page, troubles } = await as('cleo', 'inspections');
  await page.getByText('No audit has been drawn yet').waitFor();
  // It says which quarter nobody has looked at, and fills the form for it.
  await pressByTab(page, page.getByRole('button', { name: 'Draw a sample of Mail moderation' }));
  expect(await page.getByLabel('What the audit is called').inputValue()).toMatch(/^Mail moderation, \d{4} Q[1-4]$/);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await pressByTab(page, page.getByRole('button', { name: 'Draw a sample', exact: true }));
  const form = page.getByRole('dialog');
  await form.getByLabel('What the audit is called').fill('This quarter');
  await chooseFrom(page, form.getByRole('combobox', { name: 'Workflow' }), 'Mail moderation');
  const fieldOf = (ms: number) => new Date(ms).toISOString().slice(0, 19);
  await form.getByLabel('From (UTC)').fill(fieldOf(Date.now() - 86_400_000));
  // What is drawn of a time that is not over could not be drawn again.
  await form.getByLabel('To, not included').fill(fieldOf(Date.now() + 86_400_000));
  for (const [tier, count] of Object.entries({ low: '1', medium: '1', high: '1' })) {
    await form.getByLabel(`Decisions of ${tier} risk`).fill(count);
  }
  expect(await seriousProblems(page)).toEqual([]);
  await keep(page, 'inspection-draw');
  await form.getByRole('button', { name: 'Draw', exact: true }).press('Enter');
  await page.getByText('to is in the future').waitFor();
  await form.getByLabel('To, not included').fill(fieldOf(Date.now()));
  await form.getByRole('button', { name: 'Draw', exact: true }).press('Enter');
  await page.getByTestId('judge').waitFor();
  // Nobody chose the seed, which this browser has checked; and what is judged is proven first.
  await page.locator('[data-testid=seed-of-log]').waitFor();
  await page.locator('[data-testid=proof][data-verified=true]').waitFor();
  await page
    .getByTestId('on-record')
    .getByText(/drawn in record \d+\.$/)
    .waitFor();
  // Drawn again, by whoever wants to, from the records that the log had then: the same decisions.
  const sample = () => page.getByTestId('sample').locator('li').allTextContents();
  const [drawn, first] = [await sample(), page.url()];
  await stage.decided('One that came since', { risk_tier: 'high' });
  await pressByTab(page, page.getByRole('button', { name: 'Draw it again' }));
  expect(await form.getByLabel('What the audit is called').inputValue()).toBe('This quarter, drawn again');
  await form.getByRole('button', { name: 'Draw', exact: true }).press('Enter');
  await page.waitForURL((url) => url.href !== first);
  await page.getByRole('heading', { name: 'This quarter, drawn again' }).waitFor();
  await page.getByTestId('judge').waitFor();
  expect(await sample()).toEqual(drawn);
  await page.getByText('Chosen by Cleo.').waitFor();
  await page.goto(first);
  await page.getByTestId('judge').waitFor();
  await page.getByTestId('life').waitFor();
  await page.keyboard.press('g');
  await page.getByTestId('sample').getByText('good').first().waitFor();
  await page.keyboard.press('w');
  await page.keyboard.type('nobody looked at the sender');
  await page.keyboard.press('Escape');
  await page.keyboard.press('w');
  await page.getByTestId('sample').getByText('wanting').waitFor();
  await page.keyboard.press('g');
  await page.getByLabel('What the audit has found').fill('Two of three are as they should be');
  expect(await keepInBothThemes(page, 'inspection')).toEqual([]);
  await page.getByRole('button', { name: 'Sign off' }).press('Enter');
  await page.getByText('Signed off by Cleo').waitFor();
  await page
    .getByTestId('on-record')
    .getByText(/signed off in record \d+\.$/)
    .waitFor();
  // Changed behind its back: what is signed says otherwise.
  await page.route('**/v1/inspections/*', async (route) => {
    const opened = (await (await route.fetch()).json()) as OpenInspection;
    const decisions = opened.decisions.map((one) => ({ ...one, finding: 'good' }));
    await route.fulfill({ json: { ...opened, decisions } });
  });
  await page.reload();
  await page.getByText('What is shown here is not what is on record').waitFor();
  await page.getByText('Different are: the findings.').waitFor();
  await page.unroute('**/v1/inspections/*');
  const list = (await stage.ask('cleo', 'v1/inspections')).body as Inspection[];
  expect(list.find(({ title }) => title === 'This quarter')).toMatchObject({
    looked_at: 3,
    wanting: 1,
    signed_off: { by: { name: 'Cleo' } },
  });
  expect(troubles).toEqual([]);
  await page.close();
});

it('draws the loop from its policy', async () => {
  const { page, troubles } = await as('vic', 'loop');
  await page.getByTestId('loop').waitFor();
  expect(await page.getByTestId('loop').textContent()).toContain('Is this message spam?');
  expect(await seriousProblems(page)).toEqual([]);
  await keep(page, 'loop');
  expect(troubles).toEqual([]);
  await page.close();
});
