/** One case with all that its reviewer should know: its provenance, what came in, what the AI says and why, what was before. */
import { mkdirSync } from 'node:fs';
import { trace } from '@opentelemetry/api';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { AuditPage, DecisionAction, Explanation, Person } from '@countersign/contract';
import { shutdown, type DecisionOptions } from '@countersign/otel-instrumentation';
import { keepInBothThemes, launchBrowser, pressByTab, screenshots, tabTo } from './browser.ts';
import { startTestPage, type TestPage } from './test-page.ts';
import { caseOf, claim, decideAs, openAs, serviceDecided, startService } from './test-review.ts';

const traces = 'tempo-of-the-test';
let stage: TestPage;
let browser: Browser;

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true });
  trace.setGlobalTracerProvider(new TracerProvider());
  stage = await startTestPage(inject('postgresUrl'), inject('natsServer'), (demo) => {
    const { undo_window: _atOnce, ...review } = demo.review;
    return { review: { ...review, commit_first: {}, two_people: {}, gold: 0 } };
  });
  // As an administrator sets it: what is sent replaces what was there.
  await fetch(new URL('/api/plugins/countersign-decisions-app/settings', stage.url('')), {
    method: 'POST',
    headers: { cookie: 'countersign_user=ada' },
    body: JSON.stringify({
      enabled: true,
      pinned: true,
      jsonData: { daemonUrl: stage.daemon.address, tracesUid: traces },
    }),
  });
  await startService(stage);
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await shutdown(1_000);
  trace.disable();
  await stage?.stop();
});

type Input = DecisionOptions['input'];

/** Why the AI says what it says: for it, against it, and what would have changed it. */
const explanation: Explanation = {
  rationale: 'It reads like an advertisement.',
  relevance: [
    { feature: 'links', value: 12, weight: 1.2 },
    { feature: 'exclamation marks', value: 7, weight: 0.6 },
    { feature: 'known sender', value: true, weight: -0.9 },
  ],
  counterfactuals: [
    { change: { links: 0 }, output: { label: 'ham' } },
    { change: { 'exclamation marks': 1, links: 3 }, output: { label: 'ham' } },
  ],
};

/** The value beside a name in a list of facts. */
const fact = (page: Page, name: string) =>
  page.locator('dl > div', { has: page.locator(`dt:text-is("${name}")`) }).locator('dd');

const mail = (...parts: [type: string, body: string][]) =>
  [
    'From: Aunt Ann <aunt@example.org>',
    'Subject: Your pills',
    'Date: Mon, 2 Mar 2026 10:00:00 +0000',
    'MIME-Version: 1.0',
    'Content-Type: multipart/alternative; boundary=edge',
    '',
    ...parts.flatMap(([type, body]) => ['--edge', `Content-Type: ${type}; charset=utf-8`, '', body]),
    '--edge--',
    '',
  ].join('\r\n');

it.each([1440, 375])('shows the whole of what has no end, on a screen %i pixels wide', async (width) => {
  const word = 'x'.repeat(150);
  const words = Array.from({ length: 10 }, (_, nth) => `removed-word-${nth}`);
  const id = await serviceDecided(
    stage,
    `Long ${width} ${word}`,
    {
      content: mail(
        ['text/plain', word],
        ['text/html', `<p>${word}</p><a href="https://example.org/${word}?${word}">${word}</a>`],
      ),
      mediaType: 'message/rfc822',
    },
    {
      model: { name: word, version: word, hash: `sha256:${'0'.repeat(64)}` },
      explanation: {
        rationale: word,
        relevance: [{ feature: word, value: word, weight: 1.2 }],
        counterfactuals: [
          { change: Object.fromEntries(words.map((feature) => [feature, 0])), output: { label: word } },
          { change: { [word]: word }, output: { label: word } },
        ],
      },
      provenance: { sources: [{ name: word }] },
    },
  );
  await decideAs(stage, 'dana', id, { action: 'escalate', justification: word });
  const { page, troubles } = await openAs(browser, stage, 'ann', `review/${id}`);
  await page.setViewportSize({ width, height: 900 });
  await claim(page);
  await page.getByText('Matches its recorded hash').waitFor();
  expect(await page.evaluate(beyondTheirPlace)).toEqual([]);
  await page.getByRole('radio', { name: 'What its HTML reads' }).press('Space');
  await page.getByTestId('links').waitFor();
  expect(await page.evaluate(beyondTheirPlace)).toEqual([]);
  expect(troubles).toEqual([]);
  await page.close();
});

/** In the page: what of the case is drawn beyond the part that it stands in, or would have to be scrolled to. */
function beyondTheirPlace(): string[] {
  return [...document.querySelectorAll('article *, [data-testid=decision-form] *')].flatMap((element) => {
    const place = element.closest('section, dl > div, header')?.getBoundingClientRect();
    const { right, width } = element.getBoundingClientRect();
    const isSeen = place !== undefined && width > 1;
    return isSeen && right > Math.min(place.right, window.innerWidth) + 1
      ? [`${element.tagName} "${element.textContent.slice(0, 40)}" ends at ${right}`]
      : [];
  });
}

it('shows where a decision comes from, why the AI says so, and what people made of others like it', async () => {
  const actions: DecisionAction[] = [];
  for (let i = 1; i <= 12; i++) {
    const action = i % 4 === 0 ? 'reject' : 'accept';
    const [title, confidence] = [`Earlier one ${i}`, 0.8 + i / 200];
    const id = await stage.decided(title, { task_id: `earlier-${i}`, confidence, features: { links: 12 + i } });
    await decideAs(stage, i % 2 === 0 ? 'ben' : 'ann', id, { action, justification: 'I read it' });
    actions.push(action);
  }
  // Of another tenth of the scale: it says nothing of this one.
  await decideAs(stage, 'ann', await stage.decided('A doubtful one', { confidence: 0.6 }), {});
  const day = 86_400_000;
  const id = await serviceDecided(
    stage,
    'A letter from his aunt',
    { content: mail(['text/plain', 'Buy them now!!!']), mediaType: 'message/rfc822' },
    {
      features: { links: 12 },
      explanation,
      provenance: {
        trained_at: '2026-01-15T00:00:00.000Z',
        sources: [
          { name: 'inbox', fresh_at: new Date(Date.now() - 5 * 60_000).toISOString() },
          { name: 'address book', fresh_at: new Date(Date.now() - 3 * day).toISOString() },
          { name: 'blocklist' },
        ],
      },
    },
  );
  await decideAs(stage, 'dana', id, { action: 'escalate', justification: 'I know the sender' });
  await stage.ask('ben', `v1/reviews/cases/${id}/claim`, {});
  const colleagues = (await stage.ask('ben', `v1/reviews/cases/${id}/colleagues`)).body as Person[];
  const ann = colleagues.find(({ name }) => name === 'Ann');
  const given = await stage.ask('ben', `v1/reviews/cases/${id}/hand-over`, {
    to: ann?.id,
    note: 'she wrote to you too',
  });
  expect(given).toMatchObject({ status: 200 });

  const { page, troubles } = await openAs(browser, stage, 'ann', `review/${id}`);
  await page.getByTestId('claim').waitFor();
  const article = page.getByRole('article', { name: 'Case A letter from his aunt' });
  for (const badge of ['A colleague escalated it', 'medium risk', 'P1, due in', 'breaker closed']) {
    await article.getByText(badge).first().waitFor();
  }
  await article.getByText('Ben handed it over to Ann: “she wrote to you too”').waitFor();
  await page.getByTestId('for-you').getByText('1 for you').waitFor();

  expect(await fact(page, 'Model').textContent()).toBe('spam-logit 1.0.0');
  expect(await fact(page, 'Trained').textContent()).toContain('2026');
  expect(await fact(page, 'Data: inbox').textContent()).toBe('5 min old then');
  expect(await fact(page, 'Data: address book').textContent()).toBe('3 days old then');
  expect(await fact(page, 'Data: blocklist').textContent()).toBe('age unknown');
  expect(await fact(page, 'Policy').textContent()).toMatch(/^Mail moderation [0-9a-f]{12}$/);
  expect(await fact(page, 'Breaker').textContent()).toMatch(/^breaker closed, epoch \d+$/);
  expect(await fact(page, 'Acted already').textContent()).toBe('no');

  // A store of traces looks only where it is told to, so the link has to say when it was.
  const { trace_id, decided_at } = await caseOf(stage, 'ann', id);
  expect(trace_id).toMatch(/^[0-9a-f]{32}$/);
  const link = new URL((await fact(page, 'Trace').getByRole('link').getAttribute('href')) ?? '', page.url());
  expect([link.pathname, link.searchParams.get('schemaVersion')]).toEqual(['/explore', '1']);
  const [pane] = Object.values(JSON.parse(link.searchParams.get('panes') ?? '{}') as Record<string, Pane>);
  expect(pane).toMatchObject({ datasource: traces, queries: [{ query: trace_id, datasource: { uid: traces } }] });
  expect(Number(pane?.range.from)).toBeLessThan(Date.parse(decided_at));
  expect(Number(pane?.range.to)).toBeGreaterThan(Date.parse(decided_at));

  const changed = actions.filter((action) => action !== 'accept').length;
  expect(await page.getByTestId('precision').textContent()).toBe(
    `Of 12 decisions at 80–90\u00a0%, people changed ${Math.round((changed / 12) * 100)}\u00a0%.`,
  );
  const ofThem = (await stage.ask('cleo', 'v1/audit/records?actor=human&limit=50')).body as AuditPage;
  const onRecord = ofThem.records.filter(({ task_id }) => task_id.startsWith('earlier-'));
  expect(onRecord.map(({ decision_action }) => decision_action)).toEqual(actions.toReversed());

  await isOnSide(page, 'links', 'right');
  await isOnSide(page, 'exclamation marks', 'right');
  await isOnSide(page, 'known sender', 'left');
  await isWhole(page, 'exclamation marks');
  await article.getByText('It reads like an advertisement.').waitFor();
  expect(await page.getByTestId('counterfactual').allTextContents()).toEqual([
    'Without links it would have said ham.',
    'With exclamation marks = 1, links = 3 it would have said ham.',
  ]);

  const similar = await page.getByTestId('similar').locator('li').allTextContents();
  expect(similar.map((text) => text.replace(/ less than a minute ago|\d+ min ago/, ''))).toEqual([
    'Earlier one 1: the AI said spam, 81\u00a0% sure; Ann accepted it.',
    'Earlier one 2: the AI said spam, 81\u00a0% sure; Ben accepted it.',
    'Earlier one 3: the AI said spam, 82\u00a0% sure; Ann accepted it.',
    'Earlier one 4: the AI said spam, 82\u00a0% sure; Ben rejected it.',
    'Earlier one 5: the AI said spam, 83\u00a0% sure; Ann accepted it.',
  ]);

  const history = await article.locator('section', { hasText: 'On record' }).locator('li').allTextContents();
  expect(history.map((text) => text.replace(/^.+? \d+:\d+:\d+\s[AP]M /, ''))).toEqual([
    'Dana: escalate, “I know the sender”',
    'Ben: handed over: she wrote to you too',
  ]);
  expect((await article.textContent())?.toLowerCase()).not.toContain('outcome');
  expect(await keepInBothThemes(page, 'case')).toEqual([]);
  expect(troubles).toEqual([]);
  await page.close();
});

interface Pane {
  readonly datasource: string;
  readonly queries: readonly { readonly query: string }[];
  readonly range: { readonly from: string; readonly to: string };
}

/** The bar of a feature begins in the middle, and goes to that side and to no other. */
async function isOnSide(page: Page, feature: string, side: 'left' | 'right'): Promise<void> {
  const row = page.getByRole('row', { name: feature });
  const line = await row.locator('td > div').boundingBox();
  const bar = await row.locator('td > div > div').boundingBox();
  if (line === null || bar === null) throw new Error(`${feature} has no bar on screen`);
  const middle = line.x + line.width / 2;
  expect(bar.width).toBeGreaterThan(10);
  expect(Math.abs((side === 'right' ? bar.x : bar.x + bar.width) - middle)).toBeLessThan(1);
}

/** A long name is broken, not cut off. */
async function isWhole(page: Page, feature: string): Promise<void> {
  const name = page.getByRole('rowheader', { name: feature });
  expect(await name.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBeLessThanOrEqual(0);
}

it.each([
  ['vic', 'audit', 'Countersign auditor'],
  ['ann', 'inspections', 'Countersign auditor'],
  ['sam', 'batch/0199a0a0-0000-7000-8000-000000000000', 'Countersign reviewer'],
])('tells %s, who may not see %s, which role would let them', async (login, path, role) => {
  const { page, troubles } = await openAs(browser, stage, login, path);
  await page.getByText(`This page is for the role “${role}”`).waitFor();
  expect(await keepInBothThemes(page, `needs-${path.split('/')[0]}`)).toEqual([]);
  await pressByTab(page, page.getByRole('link', { name: 'To the review queue' }));
  await page.getByTestId('queue').waitFor();
  expect(troubles).toEqual([]);
  await page.close();
});

it('tells whoever may not decide that cases are not theirs to read', async () => {
  const id = await stage.decided('Not for everybody');
  const { page, troubles } = await openAs(browser, stage, 'sam', `review/${id}`);
  await page.getByText('You may look at the queue, and not at what is in its cases').waitFor();
  expect(troubles).toEqual([]);
  await page.close();
});

it('shows of a mail what a phishing decision hangs on: who gets the answer, where links lead, what is attached', async () => {
  const content = [
    'From: Your Bank <service@bank.example>',
    'Reply-To: collect@elsewhere.example',
    'To: Ann <ann@example.org>, ben@example.org',
    'Subject: Confirm your account',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=outer',
    '',
    '--outer',
    'Content-Type: multipart/alternative; boundary=edge',
    '',
    '--edge',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'Nothing to see.',
    '--edge',
    'Content-Type: text/html; charset=utf-8',
    '',
    '<p>Confirm at <a href="https://evil.example/login">www.bank.example</a> or <a href="https://bank.example/help">here</a></p>',
    '--edge--',
    '--outer',
    'Content-Type: application/pdf; name="invoice.pdf"',
    'Content-Disposition: attachment; filename="invoice.pdf"',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.alloc(3_000).toString('base64'),
    '--outer--',
    '',
  ].join('\r\n');
  const id = await serviceDecided(stage, 'A phishing mail', { content, mediaType: 'message/rfc822' });
  const { page, troubles } = await openAs(browser, stage, 'ann', `review/${id}`);
  await page.getByText('Matches its recorded hash').waitFor();
  expect(await fact(page, 'Reply to').textContent()).toBe('<collect@elsewhere.example>');
  expect(await fact(page, 'To').textContent()).toBe('Ann <ann@example.org>, <ben@example.org>');
  expect(await fact(page, 'Attached').textContent()).toBe('invoice.pdf (application/pdf, 3 kB)');
  expect(await page.getByTestId('links').locator('li').allTextContents()).toEqual([
    'www.bank.example → https://evil.example/login leads elsewhere than it says',
    'here → https://bank.example/help ',
  ]);
  // To be read, and not to be followed.
  expect(await page.getByTestId('links').locator('a').count()).toBe(0);
  await page.getByText('Nothing to see.').waitFor();
  await tabTo(page, page.getByRole('radio', { name: 'Plain text' }));
  await page.keyboard.press('ArrowRight');
  await page.getByTestId('input').getByText('Confirm at www.bank.example').waitFor();
  expect(await keepInBothThemes(page, 'input-phishing')).toEqual([]);
  // With the choice in focus, keys are keys.
  await page.keyboard.press('c');
  await page.getByTestId('decision-form').waitFor();
  await page.keyboard.press('u');
  expect(troubles).toEqual([]);
  await page.close();
});

it.each<{ name: string; input: Input; shows: readonly string[]; hides?: string }>([
  {
    name: 'a mail with a part of each kind',
    input: {
      content: mail(
        ['text/plain', 'The plain words'],
        ['text/html', '<p>The others</p><script>document.title = 1</script>'],
      ),
      mediaType: 'message/rfc822',
    },
    shows: ['Your pills', 'Aunt Ann <aunt@example.org>', 'The plain words'],
    hides: 'document.title',
  },
  {
    name: 'a mail of HTML alone',
    input: {
      content: mail([
        'text/html',
        '<p>Only here<img src="/nothing" onerror="document.title=2"></p><script>document.title = 1</script>',
      ]),
      mediaType: 'message/rfc822',
    },
    shows: ['Only here'],
    hides: 'document.title',
  },
  {
    name: 'JSON',
    input: { content: '{"from":{"name":"Ann"},"links":[1,2]}', mediaType: 'application/json' },
    shows: ['{\n  "from": {\n    "name": "Ann"\n  },\n  "links": [\n    1,\n    2\n  ]\n}'],
  },
])('shows $name, and runs nothing of it', async ({ name, input, shows, hides }) => {
  const id = await serviceDecided(stage, `An input of ${name}`, input);
  const { page, troubles } = await openAs(browser, stage, 'ann', `review/${id}`);
  await page.getByText('Matches its recorded hash').waitFor();
  const text = await page.getByTestId('input').textContent();
  for (const shown of shows) expect(text).toContain(shown);
  if (hides !== undefined) expect(text).not.toContain(hides);
  expect(await page.title()).toBe('Countersign');
  expect(await keepInBothThemes(page, `input-${name.replaceAll(' ', '-')}`)).toEqual([]);
  expect(troubles).toEqual([]);
  await page.close();
});
