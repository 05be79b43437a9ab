/** Takes spans over OTLP, when the configuration says so: what is a decision goes to JetStream, and from there on record. */
import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import { privacyRulesOf } from '@countersign/contract';
import type { Config } from './config.ts';
import type { Metrics } from './metrics/index.ts';
import { Receiver, startListener, type Listener } from './otlp/index.ts';
import { oncePerSecond } from './once-per-second.ts';
import type { Policies } from './policies/index.ts';

interface Parts {
  readonly config: Pick<Config, 'otlp' | 'hashKey'>;
  readonly nats: NatsConnection;
  readonly policies: Policies;
  readonly metrics: Metrics;
  readonly now: () => Date;
  readonly log: Logger;
  readonly trouble: (what: string) => (error: unknown) => void;
}

export async function openOtlp(parts: Parts): Promise<Listener | null> {
  const { config, nats, policies, metrics, now, log, trouble } = parts;
  if (config.otlp === null) return null;
  const rules = [...policies.values()].flatMap(({ policy: { workflow, promote = [] } }) =>
    promote.map((promotion) => ({ workflow, ...promotion })),
  );
  const receiver = new Receiver({
    stream: jetstream(nats),
    isConnected: () => nats.info !== undefined,
    promoting: {
      rules,
      hashKey: config.hashKey,
      hidesNames: (workflow) => privacyRulesOf(policies.get(workflow)?.policy.privacy ?? {}).text === 'redacted',
    },
    now,
    onRejected: oncePerSecond(({ count, message }: { count: number; message: string }, more: number) =>
      log.warn({ count, problem: message, more }, 'spans were rejected'),
    ),
    onSpans: (result, count) => metrics.count('countersign_otlp_spans_total', { result }, count),
  });
  return startListener({
    settings: config.otlp,
    receive: (spans) => receiver.receive(spans),
    onRequest: (status) => metrics.count('countersign_otlp_requests_total', { status: String(status) }),
    onError: trouble('spans were not taken and have to be sent again'),
  });
}
