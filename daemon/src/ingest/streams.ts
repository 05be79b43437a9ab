/** The streams that the daemon needs, made or brought up to date at start. */
import {
  AckPolicy,
  DiscardPolicy,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { streams, subjectsOf, verdictConsumer, verdictSubject } from '@countersign/contract';

const nanos = (ms: number) => ms * 1_000_000;
const streamNotFound = 10_059;
export const ingestConsumer = 'ingest';

export async function ensureStreams(
  connection: NatsConnection,
  replicas: number,
  workflows: readonly string[],
): Promise<JetStreamManager> {
  const manager = await jetstreamManager(connection);
  const day = 86_400_000;
  const base = {
    storage: StorageType.File,
    num_replicas: replicas,
    duplicate_window: nanos(120_000),
    // Full means that publishers are refused and keep their events; nothing old is thrown away for new.
    discard: DiscardPolicy.New,
  };
  // The ledger is the long memory; an acknowledged event need not stay here.
  await ensure(manager, {
    ...base,
    name: streams.events,
    subjects: [subjectsOf.events],
    retention: RetentionPolicy.Workqueue,
  });
  await ensure(manager, { ...base, name: streams.verdicts, subjects: [subjectsOf.verdicts], max_age: nanos(30 * day) });
  await ensure(manager, { ...base, name: streams.dead, subjects: [subjectsOf.dead], max_age: nanos(90 * day) });
  await manager.consumers.add(streams.events, {
    durable_name: ingestConsumer,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(30_000),
    max_ack_pending: 10_000,
  });
  for (const workflow of workflows) {
    await manager.consumers.add(streams.verdicts, {
      durable_name: verdictConsumer(workflow),
      filter_subject: verdictSubject(workflow),
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(30_000),
    });
  }
  return manager;
}

async function ensure(manager: JetStreamManager, config: Partial<StreamConfig> & { name: string }): Promise<void> {
  try {
    await manager.streams.info(config.name);
    await manager.streams.update(config.name, config);
  } catch (error) {
    if ((error as { code?: number }).code !== streamNotFound) throw error;
    await manager.streams.add(config);
  }
}
