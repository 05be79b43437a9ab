/**
 * Simulated reviewers: they go through the same door as the person in the browser, claim what they decide, take their
 * time, and are wrong now and then. Some cases are left for the person.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Claim, Decided, DecideRequest, Queue, QueueItem, ReviewCase } from '@countersign/contract';
import type { Label } from './model.ts';

export interface ReviewersOptions {
  /** Of the page that hosts the app. */
  readonly appUrl: string;
  readonly names: readonly string[];
  /** Share of their decisions that are wrong. */
  readonly errorRate: number;
  /** Mean time that one of them takes for a case, in ms. */
  readonly paceMs: number;
  /** How many waiting cases they leave for the person in the browser. */
  readonly leave: number;
  readonly truthOf: (task: string) => Label | null;
  readonly random: () => number;
  readonly newId: () => string;
  readonly onTrouble: (error: unknown) => void;
}

export function startReviewers(options: ReviewersOptions): () => Promise<void> {
  const ending = new AbortController();
  const working = options.names.map((name) => work(name, options, ending.signal));
  return async () => {
    ending.abort();
    await Promise.all(working);
  };
}

async function work(name: string, options: ReviewersOptions, ended: AbortSignal): Promise<void> {
  const call = caller(options.appUrl, name, ended);
  while (!ended.aborted) {
    try {
      const item = await pick(call, options);
      if (item === null) await pause(1_000, ended);
      else await review(call, item, options, ended);
    } catch (error) {
      if (!ended.aborted) options.onTrouble(error);
      await pause(2_000, ended);
    }
  }
}

/** The most urgent case that nobody holds, that they know the truth of, and that is not left for the person. */
async function pick(call: Call, { leave, truthOf, random }: ReviewersOptions): Promise<QueueItem | null> {
  const queue = await call<Queue>('GET', 'v1/reviews/queue?limit=200');
  const waiting = queue?.items.filter((item) => item.state === 'waiting' && truthOf(item.task_id) !== null) ?? [];
  // The newest are left, so that none waits past its time; canaries hold authority up and are never left.
  const taken = waiting.filter((item, i) => i < waiting.length - leave || item.reason === 'canary');
  return taken[Math.floor(random() * Math.min(taken.length, 5))] ?? null;
}

async function review(call: Call, item: QueueItem, options: ReviewersOptions, ended: AbortSignal): Promise<void> {
  const path = `v1/reviews/cases/${item.decision_id}`;
  const claim = await call<Claim>('POST', `${path}/claim`, {});
  const opened = claim === null ? null : await call<ReviewCase>('GET', `v1/evidence/cases/${item.decision_id}`);
  if (claim === null || opened === null) return;
  const thinking = options.paceMs * (0.5 + options.random());
  await pause(thinking, ended);
  const truth = options.truthOf(item.task_id);
  if (ended.aborted || truth === null) {
    // The lease would run out by itself; this is only quicker.
    if (!ended.aborted) await call('POST', `${path}/release`, {});
    return;
  }
  const label = options.random() < options.errorRate ? other(truth) : truth;
  let shown = item.label;
  if (shown === null) {
    // What the AI says is shown to whoever has spoken first.
    await call('POST', `${path}/commit`, { label, lease_epoch: claim.lease.epoch });
    shown = (await call<ReviewCase>('GET', `v1/evidence/cases/${item.decision_id}`))?.answer?.output.label ?? null;
  }
  const request: DecideRequest = {
    ...(label === shown
      ? { action: 'accept', justification: '' }
      : { action: 'modify', justification: `reads like ${label}`, output: { label } }),
    lease_epoch: claim.lease.epoch,
    case_version: claim.item.version,
    evidence_hash: opened.evidence_hash,
    idempotency_key: options.newId(),
    review_ms: Math.round(thinking),
  };
  await call<Decided>('POST', `${path}/decide`, request);
}

type Call = <T>(method: 'GET' | 'POST', path: string, body?: unknown) => Promise<T | null>;

/** Null when somebody else was first, which is nothing to worry about. */
function caller(appUrl: string, name: string, ended: AbortSignal): Call {
  return async <T>(method: string, path: string, body?: unknown) => {
    const response = await fetch(`${appUrl}/api/plugin-proxy/countersign-decisions-app/${path}`, {
      method,
      headers: { 'content-type': 'application/json', cookie: `countersign_user=${name}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.any([ended, AbortSignal.timeout(10_000)]),
    });
    if (response.status === 404 || response.status === 409) return null;
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  };
}

const other = (label: Label): Label => (label === 'spam' ? 'ham' : 'spam');

const pause = (ms: number, ended: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal: ended }).catch(() => undefined);
