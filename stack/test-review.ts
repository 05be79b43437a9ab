/** What tests of the review pages do over and over: open a case as somebody, look at it, and decide it without a page. */
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import type {
  AuditPage,
  AuditProof,
  Claim,
  DecideRequest,
  Explanation,
  HumanDecisionEvent,
  ReviewCase,
} from '@countersign/contract';
import { decision, flush, start, type DecisionHandle, type DecisionOptions } from '@countersign/otel-instrumentation';
import { openPage, type OpenPage } from './browser.ts';
import { eventually, passwords } from './test-loop.ts';
import type { TestPage } from './test-page.ts';

/** A page of the app, opened by that person. */
export const openAs = (browser: Browser, stage: TestPage, login: string, path: string): Promise<OpenPage> =>
  openPage(browser, stage.url(path), login);

export async function caseOf(stage: TestPage, login: string, decisionId: string): Promise<ReviewCase> {
  const { status, body } = await stage.ask(login, `v1/evidence/cases/${decisionId}`);
  expect([status, decisionId]).toEqual([200, decisionId]);
  return body as ReviewCase;
}

/** Claims a case and decides it, as somebody does elsewhere. */
export async function decideAs(
  stage: TestPage,
  login: string,
  decisionId: string,
  change: Partial<DecideRequest>,
): Promise<void> {
  const { lease } = (await stage.ask(login, `v1/reviews/cases/${decisionId}/claim`, {})).body as Claim;
  const { item, evidence_hash } = await caseOf(stage, login, decisionId);
  const { status, body } = await stage.ask(login, `v1/reviews/cases/${decisionId}/decide`, {
    action: 'accept',
    justification: '',
    lease_epoch: lease.epoch,
    case_version: item.version,
    evidence_hash,
    idempotency_key: crypto.randomUUID(),
    review_ms: 5,
    ...change,
  });
  expect([status, body]).toMatchObject([200, { decision_id: decisionId }]);
}

/** Claims the case on screen. */
export async function claim(page: Page): Promise<void> {
  await page.getByTestId('claim').waitFor();
  await page.keyboard.press('c');
  await page.getByTestId('decision-form').waitFor();
}

/** What the ledger has of people's decisions on a task, oldest first, to the byte. */
export async function humanDecisions(stage: TestPage, task: string): Promise<HumanDecisionEvent['data'][]> {
  const { records } = (await stage.ask('cleo', `v1/audit/records?actor=human&task=${task}`)).body as AuditPage;
  const decided = records.filter(({ decision_action }) => decision_action !== null).toReversed();
  const proofs = decided.map(({ event_id }) => stage.ask('cleo', `v1/audit/records/${event_id}`));
  return (await Promise.all(proofs)).map(({ body }) => {
    const { entry } = body as AuditProof;
    return (JSON.parse(Buffer.from(entry, 'base64').toString('utf8')) as HumanDecisionEvent).data;
  });
}

/** The only one, as soon as it is there. */
export async function onRecord(stage: TestPage, task: string): Promise<HumanDecisionEvent['data']> {
  const found = await eventually(
    `the decision on ${task}`,
    async () => {
      const decisions = await humanDecisions(stage, task);
      return decisions.length > 0 ? decisions : null;
    },
    60_000,
  );
  expect(found).toHaveLength(1);
  return found[0] as HumanDecisionEvent['data'];
}

/** The instrumentation of the service whose decisions are reviewed. */
export const startService = (stage: TestPage): Promise<void> =>
  start({
    source: 'mail-service',
    natsUrl: stage.loop.nats.url,
    user: 'service',
    password: passwords.service,
    onTrouble: () => undefined,
  });

/** The service decides something of which its AI is not sure, and sends the input along. The decision_id, when it waits. */
export async function serviceDecided(
  stage: TestPage,
  title: string,
  input: DecisionOptions['input'],
  { explanation = {}, ...more }: Partial<DecisionOptions> & { explanation?: Explanation } = {},
): Promise<string> {
  const options: DecisionOptions = {
    workflow: 'mail-moderation',
    task: title.replaceAll(' ', '-'),
    title,
    model: { name: 'spam-logit', version: '1.0.0', hash: `sha256:${'0'.repeat(64)}` },
    riskTier: 'medium',
    reversible: true,
    input: { capture: true, ...input },
    ...more,
  };
  const { decision_id } = decision(options, (said: DecisionHandle) => {
    said.output({ label: 'spam', scores: { spam: 0.87, ham: 0.13 } }, 0.87);
    said.propose('accept', 'many links, and an unknown sender');
    said.explain(explanation);
    return said.ref();
  });
  await flush();
  await eventually('the case', async () => {
    const { status } = await stage.ask('ann', `v1/evidence/cases/${decision_id}`);
    return status === 200 ? true : null;
  });
  return decision_id;
}
