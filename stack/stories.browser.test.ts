/** The product as a person meets it: the whole stack of `npm start`, real mail, and a real browser. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { trace } from '@opentelemetry/api';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import * as countersign from '@countersign/otel-instrumentation';
import type { AlertStep, AuditPage, AuditProof, ResponseOverview } from '@countersign/contract';
import { fromBase64 } from '@countersign/contract/note';
import { become, beFromNowOn, keepPictures, launchBrowser, openPage, screenshots, seriousProblems } from './browser.ts';
import { makeReachableDirectory } from './postgres.ts';
import { freePort } from './process.ts';
import { isOfNothing, panelQueries, ruleSelectors } from './asked-queries.ts';
import { writeState } from '../demo/src/state.ts';
import { askPrometheus, findPrometheus, hasAnswered, startMeasuring, type Prometheus } from './prometheus.ts';
import { jumps, recordShifts } from './layout-shift.ts';
import { startStack, writeNote, type Stack } from './stack.ts';
import { toolsDirectory } from './test-servers.ts';
import { eventually } from './test-loop.ts';

const directory = makeReachableDirectory(join(tmpdir(), 'countersign-story-'));
const app = '/a/countersign-decisions-app';
/** In the second round through the corpus, where a damaged model is wrong about every other message. */
const spoiled = 2_631 + 1_300;
let stack: Stack;
let browser: Browser;
let prometheus: Prometheus;

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true });
  // Faster than life, so that the story takes a minute and not ten.
  stack = await startStack({
    directory,
    demo: true,
    demoArguments: ['--rate', '8', '--pace', '0.3', '--leave', '10'],
    appPort: await freePort(),
    httpPort: await freePort(),
    otlpPort: null,
    step: (_name, work) => work(),
  });
  writeNote(directory, stack);
  const rules = ['recording', 'model', 'human', 'platform', 'slo'];
  prometheus = await startMeasuring(
    findPrometheus(toolsDirectory),
    join(directory, 'prometheus'),
    new URL(stack.daemonUrl).host,
    rules.map((name) => join(import.meta.dirname, `../alert-rules/prometheus/${name}.yaml`)),
  );
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await prometheus?.stop();
  await stack?.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** What a person of the host gets from the API. */
async function ask<T>(login: string, path: string): Promise<T> {
  const response = await fetch(`${stack.appUrl}/api/plugin-proxy/countersign-decisions-app/${path}`, {
    headers: { cookie: `countersign_user=${login}` },
  });
  expect([response.status, path]).toEqual([200, path]);
  return (await response.json()) as T;
}

/** Some cases want to be judged before the AI's answer is shown. */
async function reachForm(page: Page): Promise<Locator> {
  const form = page.getByTestId('decision-form');
  const first = page.getByRole('group', { name: 'What it is' });
  await form.or(first).first().waitFor();
  if (await first.isVisible()) {
    await page.keyboard.press('1');
    await page.keyboard.press('Control+Enter');
  }
  await form.waitFor();
  return form;
}

const keep = keepPictures;

it('a reviewer rejects a real message, and an auditor proves it', async () => {
  const { page, troubles } = await openPage(browser, `${stack.appUrl}${app}/review`);
  await page.getByTestId('queue-item').first().waitFor();
  await keep(page, 'review-queue');

  // By keyboard alone: claim the most urgent case, read it, reject it, and say why.
  await page.keyboard.press('n');
  const form = await reachForm(page);
  await page.getByText('Matches its recorded hash').waitFor();
  const task = await page.locator('[data-testid=queue-item][aria-current=true]').getAttribute('data-task');
  expect(task).toMatch(/^1\.(easy-ham|hard-ham|spam)-/);
  await keep(page, 'review-case');
  expect(await page.getByTestId('submit').isDisabled()).toBe(true);
  await page.keyboard.press('r');
  await page.keyboard.type('I read it all, and the label is wrong');
  await keep(page, 'review-decision');
  await page.keyboard.press('Control+Enter');
  await page.getByTestId('undo').waitFor();
  // The next case is there at once, claimed, with an empty form.
  await page.waitForFunction((before) => {
    const current = document.querySelector('[data-testid=queue-item][aria-current=true]');
    return current !== null && current.getAttribute('data-task') !== before;
  }, task);
  await reachForm(page);
  expect(await form.locator('textarea').inputValue()).toBe('');

  // It is recorded when it cannot be undone any more.
  await page.getByTestId('undo').waitFor({ state: 'detached' });
  await eventually('the record', async () => {
    const { records } = await ask<AuditPage>('cleo', `v1/audit/records?task=${task}&actor=human`);
    return records[0];
  });
  await become(page, 'cleo');
  await page.getByRole('link', { name: 'Audit', exact: true }).click();
  await page.getByLabel('Task').fill(task ?? '');
  await page.getByLabel('Task').press('Enter');
  const row = page.getByTestId('records').locator('tr', { hasText: 'I read it all, and the label is wrong' });
  await row.waitFor();
  expect(await row.textContent()).toContain('Ann');
  await keep(page, 'audit');
  await row.getByRole('button').press('Enter');
  await page.locator('[data-testid=proof][data-verified=true]').waitFor();
  await page.getByText('The human decision carries a good signature of its own.').waitFor();
  await keep(page, 'audit-proof');
  expect(troubles).toEqual([]);
  await page.close();
});

it('an auditor finds records by their words, checks an input, and takes an export along that verifies', async () => {
  const { page, troubles } = await openPage(browser, `${stack.appUrl}${app}/audit`, 'cleo');
  await page.getByTestId('records').waitFor();
  await page.getByLabel('Words of the justification').fill('SURE ham');
  await page.keyboard.press('Enter');
  await page.waitForURL(/text=SURE\+ham/);
  await page.waitForFunction(() => {
    const rows = [...document.querySelectorAll('[data-testid=records] tbody tr')];
    return rows.length > 0 && rows.every((row) => row.textContent.includes('sure that it is ham'));
  });
  await keep(page, 'audit-search');

  const record = page.getByTestId('records').locator('tr', { hasText: 'spam-logit' }).first();
  await record.getByRole('button').press('Enter');
  await page.getByRole('button', { name: 'Fetch it and check its hash' }).press('Enter');
  await page.getByText('Matches its recorded hash').waitFor();
  await keep(page, 'audit-input');
  await page.keyboard.press('Escape');

  for (const [name, format] of [
    ['Export', 'jsonl'],
    ['CSV', 'csv'],
  ] as const) {
    const downloading = page.waitForEvent('download');
    await page.getByRole('link', { name, exact: true }).click();
    const path = join(directory, `export.${format}`);
    await (await downloading).saveAs(path);
    const verified = spawnSync(process.execPath, [join(import.meta.dirname, '../daemon/dist/cli.js'), 'verify', path], {
      encoding: 'utf8',
    });
    expect(verified.stdout).toMatch(/^Nothing is wrong: \d+ records?, 1 checkpoint/);
    expect(verified.status).toBe(0);
  }
  expect(troubles).toEqual([]);
  await page.close();
});

it('a draft survives a reload, and typing does not press keys', async () => {
  const { page } = await openPage(browser, `${stack.appUrl}${app}/review`);
  await page.getByTestId('queue-item').first().waitFor();
  await page.keyboard.press('n');
  await reachForm(page);
  await page.keyboard.press('e');
  await page.keyboard.type('jar mean ?');
  const url = page.url();
  await page.reload();
  await page.getByTestId('claim').or(page.getByTestId('decision-form')).waitFor();
  if (await page.getByTestId('claim').isVisible()) await page.keyboard.press('c');
  await page.getByTestId('decision-form').waitFor();
  expect(page.url()).toBe(url);
  expect(await page.getByTestId('decision-form').locator('textarea').inputValue()).toBe('jar mean ?');
  expect(await page.getByRole('button', { name: /^Escalate/ }).getAttribute('aria-pressed')).toBe('true');
  await page.close();
});

it.each(['dark', 'light'])('a screen reader finds its way, in the %s theme', async (theme) => {
  const { page } = await openPage(browser, `${stack.appUrl}${app}/review`);
  await page.evaluate((name) => window.localStorage.setItem('host.theme', name), theme);
  await page.reload();
  await page.getByTestId('queue-item').first().waitFor();
  await page.keyboard.press('n');
  await reachForm(page);
  await page.getByText('Matches its recorded hash').waitFor();
  await page.keyboard.press('m');
  expect(await seriousProblems(page)).toEqual([]);
  await keep(page, `review-${theme}`);
  await page.goto(`${stack.appUrl}${app}/response`);
  await page.getByTestId('breaker').waitFor();
  expect(await seriousProblems(page)).toEqual([]);
  await keep(page, `response-${theme}`);
  await beFromNowOn(page, 'cleo');
  await page.goto(`${stack.appUrl}${app}/audit`);
  await page.getByTestId('records').waitFor();
  expect(await seriousProblems(page)).toEqual([]);
  await page.getByTestId('records').getByRole('button').first().click();
  await page.locator('[data-testid=proof][data-verified=true]').waitFor();
  expect(await seriousProblems(page)).toEqual([]);
  await keep(page, `audit-${theme}`);
  await page.close();
});

it.each([1440, 375])('nothing jumps while a page loads, nor runs off a screen %i pixels wide', async (width) => {
  const page = await browser.newPage({ viewport: { width, height: 900 } });
  await page.goto(`${stack.appUrl}${app}/loop`);
  await become(page, 'ada');
  await page.addInitScript(recordShifts);
  // Long enough for people to see the page wait.
  await page.route('**/api/plugin-proxy/**', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    await route.continue();
  });
  const settled = async (name: string) => {
    await page.waitForTimeout(1_000);
    const beyond = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect([name, await jumps(page), beyond]).toEqual([name, [], 0]);
    await keep(page, `${name}-${width}`);
  };
  for (const [name, ready] of [
    ['review', '[data-testid=queue-item]'],
    ['response', '[data-testid=breaker]'],
    ['audit', '[data-testid=records] tbody tr'],
    ['inspections', 'h2'],
    ['loop', '[data-testid=loop]'],
  ] as const) {
    await page.goto(`${stack.appUrl}${app}/${name}`);
    await page.locator(ready).first().waitFor();
    await settled(name);
  }
  await page.goto(`${stack.appUrl}${app}/review`);
  await page.getByTestId('queue-item').first().waitFor();
  await page.keyboard.press('n');
  await reachForm(page);
  await page.getByText('Matches its recorded hash').waitFor();
  await settled('case');
  await page.close();
});

it('a damaged model is caught, stopped, rolled back, and trusted again', async () => {
  const { page, troubles } = await openPage(browser, `${stack.appUrl}${app}/response`);
  onTestFailed(async () => {
    await keep(page, 'failed');
    writeFileSync(join(screenshots, 'failed.json'), JSON.stringify(await ask('ben', 'v1/response'), null, 2));
  });
  await become(page, 'ben');
  const breaker = page.getByTestId('breaker');
  await breaker.and(page.locator('[data-state=closed]')).waitFor();

  // Which mail it spoils is not left to how fast this machine was until here: a damaged model sorts some of it well.
  writeState(join(directory, 'demo/state.json'), { arrived: spoiled });
  const degrade = spawnSync(process.execPath, [join(import.meta.dirname, 'demo.ts'), '--degrade'], {
    env: { ...process.env, COUNTERSIGN_STATE: directory },
    encoding: 'utf8',
  });
  expect([degrade.status, degrade.stderr]).toEqual([0, '']);

  // Overrides climb, the alert rises to an incident, and the breaker opens.
  await page.locator('[data-testid=alert][data-tier=incident]').first().waitFor({ timeout: 120_000 });
  await breaker.and(page.locator('[data-state=open]')).waitFor();
  await keep(page, 'response-open');
  // Outcomes may show it first, to another monitor.
  const overridesIn = (of: readonly AlertStep[]) =>
    of.filter(({ signal, subject }) => signal === 'override_rate' && subject === null);
  const steps = await eventually(
    'the overrides as an incident',
    async () => {
      const soFar = await alertSteps();
      return overridesIn(soFar).some(({ tier }) => tier === 'incident') ? soFar : null;
    },
    60_000,
  );
  expect(overridesIn(steps).map(({ tier }) => tier)).toEqual(['info', 'action_required', 'incident']);
  // Nobody has to work out whose fault it was: the inputs are as before, and so are the people.
  expect(steps.filter(({ signal }) => signal === 'attribution')).toMatchObject([{ subject: 'model', tier: 'info' }]);
  await page.locator('[data-testid=alert][data-tier=info]', { hasText: 'The model is the cause' }).first().waitFor();

  // Nobody acknowledges it, so it climbs: Slack, the pager, the telephone.
  const incident = page.locator('[data-testid=incident][data-state=open]');
  await incident.waitFor();
  await keep(page, 'incident-open');

  // The guard has heard: from here on no decision is taken alone.
  const before = await decisions();
  const after = await eventually(
    'more decisions by people',
    async () => {
      const counted = await decisions();
      return counted.human >= before.human + 10 ? counted : null;
    },
    30_000,
  );
  // A decision may have been on its way while the breaker opened.
  expect(after.auto - before.auto).toBeLessThanOrEqual(1);

  await incident.locator('[data-testid=tier][data-reached=true]').nth(2).waitFor({ timeout: 120_000 });
  await incident.getByText('executives-phone told').waitFor();
  const heard = readFileSync(join(directory, 'log/demo.log'), 'utf8');
  expect(heard).toMatch(/Slack shows: \[incident\] Mail moderation/);
  expect(heard).toMatch(/PagerDuty, trigger: \[incident\] Mail moderation/);
  expect(heard).toMatch(/the telephone rings: Countersign\. incident Mail moderation/);
  await keep(page, 'incident-climbed');
  await incident.getByRole('button', { name: 'Acknowledge' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill('I am on it');
  await page.getByRole('dialog').getByRole('button', { name: 'Acknowledge' }).click();
  await page.locator('[data-testid=incident][data-state=acknowledged]', { hasText: 'Ben has it.' }).waitFor();

  await page.getByRole('button', { name: 'Roll back' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill('People change half of what it says');
  await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
  await breaker.and(page.locator('[data-state=half_open]')).waitFor({ timeout: 30_000 });
  await page.getByTestId('canaries').waitFor();
  await keep(page, 'response-half-open');
  await breaker.and(page.locator('[data-state=closed]')).waitFor({ timeout: 180_000 });
  const ended = page.locator('[data-testid=alert][data-tier=resolved]', { hasText: '1.1.0' });
  await ended.first().waitFor();
  expect(await page.locator('[data-testid=alert]:not([data-tier=resolved])', { hasText: '1.1.0' }).count()).toBe(0);
  await keep(page, 'response-closed');

  // No alert of it stands; it is closed when what was learnt is written down.
  const resolved = page.locator('[data-testid=incident][data-state=resolved]');
  await resolved.getByRole('button', { name: 'Write the postmortem' }).click();
  const form = page.getByRole('dialog');
  expect(await form.getByRole('button', { name: 'Close the incident' }).isDisabled()).toBe(true);
  await form.getByPlaceholder('below the symptom').fill('Weights were lost on the way to the release');
  await form
    .getByPlaceholder('keeps it from happening')
    .fill('Rolled back; releases are compared with what was trained');
  await form.getByPlaceholder('find it the next time').fill('A release that differs from its training fails the build');
  await form.getByLabel('Model version').fill('1.1.0');
  await keep(page, 'postmortem');
  await form.getByRole('button', { name: 'Close the incident' }).click();
  await page.locator('[data-testid=incident][data-state=closed]').waitFor();
  const { models } = await ask<ResponseOverview>('ben', 'v1/response');
  expect(models.map(({ version, active }) => [version, active])).toEqual([
    ['1.1.0', false],
    ['1.0.0', true],
  ]);
  expect(troubles).toEqual([]);
  await page.close();
});

describe('a Prometheus that measured it all', () => {
  const emptyOf = async (asked: readonly { by: string; query: string }[]) => {
    const empty: string[] = [];
    for (const { by, query } of asked) {
      if (isOfNothing(query) || (await hasAnswered(prometheus, query, 15))) continue;
      empty.push(`${by}: ${query}`);
    }
    return empty;
  };

  it('has an answer to every query of every panel', async () => {
    const asked = panelQueries();
    expect(asked.length).toBeGreaterThan(150);
    expect(asked.filter(({ query }) => isOfNothing(query)).length).toBeLessThan(12);
    expect(await emptyOf(asked)).toEqual([]);
  });

  it('has what every rule looks at', async () => {
    expect(await emptyOf(ruleSelectors())).toEqual([]);
  });

  it('has evaluated every rule, and none in vain', async () => {
    const { data } = (await (await fetch(`${prometheus.url}/api/v1/rules`)).json()) as PrometheusRules;
    const rules = data.groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(60);
    expect(rules.filter(({ health, lastError }) => health !== 'ok' || lastError !== undefined)).toEqual([]);
  });

  it('leads from how long decisions take to the trace of one', async () => {
    trace.setGlobalTracerProvider(new TracerProvider());
    const { NATS_URL = '', NATS_USER = '', NATS_PASSWORD = '' } = stack.note.environment;
    await countersign.start({
      source: 'traced',
      natsUrl: NATS_URL,
      user: NATS_USER,
      password: NATS_PASSWORD,
      spool: false,
    });
    const { traceparent } = countersign.decision(
      {
        workflow: 'mail-moderation',
        task: 'traced-1',
        model: { name: 'spam-logit', version: '1.0.0', hash: `sha256:${'0'.repeat(64)}` },
        riskTier: 'medium',
        reversible: true,
        input: { content: 'what came in' },
      },
      (decision) => {
        decision.output({ label: 'ham' }, 0.5);
        decision.propose('accept', 'it is hard to tell');
        return decision.ref();
      },
    );
    expect(await countersign.flush(10_000)).toBe(true);
    const query = 'countersign_decision_latency_seconds_bucket{workflow="mail-moderation"}';
    const traceId = traceparent?.split('-')[1];
    await eventually(
      'its exemplar',
      async () => {
        const times = { start: String(Date.now() / 1_000 - 600), end: String(Date.now() / 1_000 + 60) };
        const asked = new URLSearchParams({ query, ...times }).toString();
        const answer = await fetch(`${prometheus.url}/api/v1/query_exemplars?${asked}`);
        const { data } = (await answer.json()) as { data: { exemplars: { labels: { trace_id?: string } }[] }[] };
        const found = data.flatMap(({ exemplars }) => exemplars).some(({ labels }) => labels.trace_id === traceId);
        return found ? true : null;
      },
      60_000,
    );
    await countersign.shutdown(1_000);
  });

  it('heard what went wrong, and that it was over', async () => {
    const fired = async (name: string) => {
      const query = `max_over_time(ALERTS{alertname="${name}",alertstate="firing"}[1h])`;
      return (await askPrometheus(prometheus, query)).length > 0;
    };
    // The tier below lasts for as little as two decisions, too short for an alert: what was raised is counted.
    const raised =
      'max_over_time(countersign_alerts_raised_total{monitor="override_rate",tier="action_required"}[1h]) > 0';
    expect(await askPrometheus(prometheus, raised)).not.toEqual([]);
    for (const name of ['CountersignOverridesIncident', 'CountersignBreakerOpen']) {
      expect([name, await fired(name)]).toEqual([name, true]);
    }
    const now = await askPrometheus(prometheus, 'ALERTS{alertstate="firing",tier="incident",team="model"}');
    expect(now).toEqual([]);
    for (const quiet of ['CountersignDown', 'CountersignDependencyDown', 'CountersignDeadLetters']) {
      expect([quiet, await fired(quiet)]).toEqual([quiet, false]);
    }
  });
});

interface PrometheusRules {
  readonly data: {
    readonly groups: readonly {
      readonly rules: readonly { readonly name: string; readonly health: string; readonly lastError?: string }[];
    }[];
  };
}

/** The tiers that alerts moved to, as the ledger has them, oldest first. */
async function alertSteps(): Promise<AlertStep[]> {
  const { records } = await ask<AuditPage>('cleo', 'v1/audit/records?type=countersign.alert.v1');
  const entries = await Promise.all(
    records.map(({ event_id }) => ask<AuditProof>('cleo', `v1/audit/records/${event_id}`)),
  );
  return entries.toReversed().map(({ entry }) => {
    const event = JSON.parse(Buffer.from(fromBase64(entry) ?? []).toString()) as { data: AlertStep };
    return event.data;
  });
}

/** AI decisions so far, by route. */
async function decisions(): Promise<{ auto: number; human: number }> {
  const text = await (await fetch(`${stack.daemonUrl}/metrics`)).text();
  const sum = (route: string) =>
    text
      .split('\n')
      .filter(
        (line) =>
          line.startsWith('countersign_decisions_total') &&
          line.includes('actor="ai"') &&
          line.includes(`route="${route}"`),
      )
      .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
  return { auto: sum('auto'), human: sum('human') };
}
