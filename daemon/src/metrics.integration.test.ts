/** What the daemon tells Prometheus: counted from what is recorded, measured from what is, and absent when it is not known. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { jetstream } from '@nats-io/jetstream';
import { eventSubject, eventTypes, mostSeries, type EventKind } from '@countersign/contract';
import { findPrometheus } from '../../stack/prometheus.ts';
import { eventually, passwords, repository, startTestLoop, type TestLoop } from '../../stack/test-loop.ts';
import { readConfig } from './config.ts';
import { newUuid } from './ledger/index.ts';
import { startDaemon, type Daemon } from './main.ts';

let loop: TestLoop;
let daemon: Daemon;
let service: NatsConnection;
const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const workflow = 'mail-moderation';
const model = { name: 'spam-logit', version: '1.0.0', hash: `sha256:${'1'.repeat(64)}` };
const labels = `workflow="${workflow}",model="spam-logit",model_version="1.0.0"`;

beforeAll(async () => {
  loop = await startTestLoop(inject('postgresUrl'), inject('natsServer'));
  daemon = await startDaemon(readConfig(loop.env()));
  service = await connect({
    servers: loop.nats.url,
    user: 'service',
    pass: passwords.service,
    inboxPrefix: '_INBOX_service',
  });
});

afterAll(async () => {
  await service.close();
  await daemon.stop();
  await loop.stop();
});

const metricsOf = async (accept = 'text/plain') => {
  const response = await fetch(`${daemon.address}/metrics`, { headers: { accept } });
  expect(response.status).toBe(200);
  return response.text();
};
const valueOf = (text: string, series: string): number | null => {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length + 1));
};

async function publish(kind: EventKind, type: string, data: Record<string, unknown>): Promise<void> {
  const now = new Date();
  const event = {
    specversion: '1.0',
    id: newUuid(now),
    source: 'metrics-test',
    type,
    subject: data['task_id'],
    time: now.toISOString(),
    traceparent,
    data: { workflow_id: workflow, ...data },
  };
  await jetstream(service).publish(eventSubject(workflow, kind), JSON.stringify(event));
}

const decision = (task_id: string, change: Record<string, unknown> = {}) => ({
  task_id,
  decision_id: newUuid(new Date()),
  model,
  input_snapshot: { hash: `sha256:${'2'.repeat(64)}`, uri: 'mail:1' },
  output: { label: 'spam' },
  confidence: 0.97,
  risk_tier: 'medium',
  reversible: true,
  action: 'accept',
  justification: 'because',
  route: 'human',
  route_reason: 'low_confidence',
  breaker_epoch: 0,
  latency_ms: 150,
  ...change,
});

it('counts what is recorded, with exemplars that lead to its trace', async () => {
  const decided = decision('metrics-1');
  await publish('decision_ai', eventTypes.aiDecision, decided);
  await eventually('the decision is counted', async () => {
    const n = valueOf(await metricsOf(), `countersign_decision_latency_seconds_count{${labels}}`);
    return n === 1 ? n : null;
  });
  const text = await metricsOf();
  expect(valueOf(text, `countersign_decisions_total{${labels},actor="ai",action="accept",route="human"}`)).toBe(1);
  expect(valueOf(text, `countersign_decision_latency_seconds_bucket{le="0.2",${labels}}`)).toBe(1);
  expect(valueOf(text, `countersign_decision_latency_seconds_bucket{le="0.1",${labels}}`)).toBe(0);
  expect(valueOf(text, `countersign_review_queue_cases{workflow="${workflow}",state="waiting"}`)).toBe(1);
  expect(await metricsOf('application/openmetrics-text')).toMatch(
    new RegExp(`countersign_decision_latency_seconds_bucket\\{le="0.2",.*\\} 1 # \\{trace_id="${'a'.repeat(32)}"`),
  );

  await publish('decision_human', eventTypes.humanDecision, {
    task_id: 'metrics-1',
    decision_id: newUuid(new Date()),
    reviews: decided.decision_id,
    reviewer: 'ann',
    action: 'reject',
    justification: 'it is wanted',
    review_ms: 2_000,
  });
  await publish('outcome', eventTypes.outcome, {
    task_id: 'metrics-1',
    decision_id: decided.decision_id,
    label: 'ham',
    cost: 250,
    revenue: -40,
  });
  await eventually('the outcome is counted', async () => {
    const n = valueOf(await metricsOf(), `countersign_outcomes_total{${labels},result="wrong"}`);
    return n === 1 ? n : null;
  });
  const after = await metricsOf();
  const reviews = `countersign_reviews_total{workflow="${workflow}",priority="P2",action="reject",certainty="sure",result="in_time"}`;
  expect(valueOf(after, reviews)).toBe(1);
  expect(valueOf(after, `countersign_review_turnaround_seconds_count{workflow="${workflow}",priority="P2"}`)).toBe(1);
  const money = (kind: string) =>
    valueOf(after, `countersign_outcome_money_minor_units_total{${labels},kind="${kind}"}`);
  expect([money('cost'), money('loss'), money('saving')]).toEqual([250, 40, 0]);
  expect(valueOf(after, `countersign_accuracy_ratio{${labels}}`)).toBe(0);
  expect(valueOf(after, `countersign_accuracy_ratio_bound{${labels},bound="upper"}`)).toBeGreaterThan(0.5);
  expect(valueOf(after, `countersign_review_queue_cases{workflow="${workflow}",state="waiting"}`)).toBe(0);
  expect(after).not.toContain('"ann"');
});

it('says of every workflow that has a policy how its authority and its incidents stand, although nothing happened', async () => {
  const text = await metricsOf();
  const state = (of: string) =>
    valueOf(text, `countersign_breaker_state{workflow="${workflow}",model="spam-logit",risk_tier="all",state="${of}"}`);
  expect([state('closed'), state('open')]).toEqual([1, 0]);
  expect(valueOf(text, `countersign_alerts{workflow="${workflow}",tier="incident"}`)).toBe(0);
  expect(valueOf(text, `countersign_incidents{workflow="${workflow}",state="open"}`)).toBe(0);
  expect(valueOf(text, `countersign_intake_stopped{workflow="${workflow}"}`)).toBe(0);
  expect(valueOf(text, `countersign_model_version_info{${labels},autonomy="uncontrolled"}`)).toBe(1);
  expect(valueOf(text, 'countersign_dependency_up{dependency="postgresql"}')).toBe(1);
  expect(valueOf(text, 'countersign_dependency_up{dependency="nats"}')).toBe(1);
});

it('does not grow with what services call their models', async () => {
  const most = 250;
  for (let i = 0; i < most; i++) {
    await publish(
      'decision_ai',
      eventTypes.aiDecision,
      decision(`flood-${i}`, { model: { ...model, version: `${i}` } }),
    );
  }
  const folded = 'countersign_series_folded_total{metric="countersign_decision_latency_seconds"}';
  // One version was there before.
  await eventually('all versions are counted', async () =>
    valueOf(await metricsOf(), folded) === most + 1 - mostSeries ? true : null,
  );
  const text = await metricsOf();
  expect(text.match(/^countersign_decision_latency_seconds_count/gm)).toHaveLength(mostSeries + 1);
  expect(text.match(/^countersign_signal_tier\{.*monitor="latency"/gm)?.length).toBeLessThanOrEqual(mostSeries + 1);
});

it('is what promtool has nothing to say against', async () => {
  const promtool = join(findPrometheus(join(repository, '.countersign/tools')), 'promtool');
  const { status, stderr, stdout } = spawnSync(promtool, ['check', 'metrics'], {
    input: await metricsOf(),
    encoding: 'utf8',
  });
  expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' });
});

it('goes on telling when NATS is away, and leaves out what it does not know', async () => {
  await loop.nats.stop();
  const text = await eventually('the metrics say that NATS is away', async () => {
    const now = await metricsOf();
    return valueOf(now, 'countersign_dependency_up{dependency="nats"}') === 0 ? now : null;
  });
  expect(valueOf(text, 'countersign_ingest_lag_messages')).toBeNull();
  expect(valueOf(text, 'countersign_measure_failures_total{part="streams"}')).toBeGreaterThan(0);
  expect(valueOf(text, 'countersign_dependency_up{dependency="postgresql"}')).toBe(1);
  expect(valueOf(text, 'countersign_ledger_records{log="main"}')).toBeGreaterThan(30);
});
