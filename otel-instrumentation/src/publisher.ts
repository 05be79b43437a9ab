/**
 * Events on their way to JetStream: queued at once, sent in order and in batches in the background, each until it is
 * acknowledged. Memory is bounded, by events and by bytes; what comes when it is full is dropped and counted, never waited
 * for.
 */
import { jetstream, type JetStreamClient } from '@nats-io/jetstream';
import { Objm, type ObjectStore } from '@nats-io/obj';
import type { NatsConnection } from '@nats-io/transport-node';
import { buckets, eventSubject, largestEventBytes, type EventKind, type ServiceEvent } from '@countersign/contract';

export interface Outgoing {
  readonly kind: EventKind;
  readonly workflow: string;
  /** Made when it is sent. It gives the same each time, and is nobody's to change. */
  readonly event: () => ServiceEvent;
  /** Input to send along, under its hash. */
  readonly snapshot: { readonly hash: string; readonly content: Uint8Array } | null;
  /** About how many it holds, with the snapshot. */
  readonly bytes: number;
}

export type DropReason = 'queue_full' | 'too_large' | 'not_json' | 'shutdown';

export interface PublisherOptions {
  /** Most events held at once. */
  readonly queueLimit: number;
  readonly onSent: (count: number) => void;
  readonly onDropped: (reason: DropReason, count: number) => void;
  readonly onTrouble: (error: unknown) => void;
}

interface Queued {
  readonly outgoing: Outgoing;
  /** Written when it is first sent: serialising costs more than all else that a decision does. */
  written: Written | null;
}

interface Written {
  readonly id: string;
  readonly subject: string;
  readonly body: Buffer;
}

const batchSize = 256;
/** Of events and snapshots together. */
const mostBytes = 64 * 1_048_576;
const retryMs = 1_000;
const ackTimeoutMs = 5_000;

export class Publisher {
  private readonly options: PublisherOptions;
  private readonly connection: Promise<NatsConnection>;
  private readonly queue: Queued[] = [];
  private queuedBytes = 0;
  private sending: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;
  private stopped = false;
  private stream: JetStreamClient | null = null;
  private store: ObjectStore | null = null;

  constructor(connection: Promise<NatsConnection>, options: PublisherOptions) {
    this.connection = connection;
    this.options = options;
  }

  /** Takes an event, or drops and counts it. Never throws, never waits. */
  enqueue(outgoing: Outgoing): void {
    const { queueLimit, onDropped } = this.options;
    if (this.stopped) return onDropped('shutdown', 1);
    if (this.queue.length >= queueLimit || this.queuedBytes >= mostBytes) return onDropped('queue_full', 1);
    this.queue.push({ outgoing, written: null });
    this.queuedBytes += outgoing.bytes;
    this.schedule(0);
  }

  /** Events that are not acknowledged yet. */
  get pending(): number {
    return this.queue.length;
  }

  /** One timer or one send at a time; a later wish does not shorten a wait after a failure. */
  private schedule(delayMs: number): void {
    if (this.sending !== null || this.timer !== null) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.sending = this.sendAll().finally(() => {
        this.sending = null;
        if (this.queue.length > 0) this.schedule(this.stopped ? 50 : retryMs);
      });
    }, delayMs);
    // Recording decisions must not keep a finished program alive.
    this.timer.unref();
  }

  /** Until the queue is empty or something fails. */
  private async sendAll(): Promise<void> {
    while (this.queue.length > 0) {
      const batch = this.writeBatch();
      try {
        const sent = await this.sendBatch(batch);
        this.options.onSent(sent);
        this.take(sent);
        if (sent < batch.length) return;
      } catch (error) {
        this.options.onTrouble(error);
        return;
      }
    }
  }

  /** The first of the queue, written. What cannot be is dropped. */
  private writeBatch(): (Written & Pick<Outgoing, 'snapshot'>)[] {
    const batch: (Written & Pick<Outgoing, 'snapshot'>)[] = [];
    while (batch.length < batchSize) {
      const next = this.queue[batch.length];
      if (next === undefined) break;
      next.written ??= this.write(next.outgoing);
      if (next.written !== null) batch.push({ ...next.written, snapshot: next.outgoing.snapshot });
      else this.queue.splice(batch.length, 1).forEach((lost) => (this.queuedBytes -= lost.outgoing.bytes));
    }
    return batch;
  }

  private write({ kind, workflow, event }: Outgoing): Written | null {
    const { onDropped, onTrouble } = this.options;
    try {
      const made = event();
      const body = Buffer.from(JSON.stringify(made), 'utf8');
      if (body.length <= largestEventBytes) return { id: made.id, subject: eventSubject(workflow, kind), body };
      onDropped('too_large', 1);
    } catch (error) {
      // A cycle or a bigint in what the service handed over.
      onTrouble(error);
      onDropped('not_json', 1);
    }
    return null;
  }

  private take(count: number): void {
    for (const { outgoing } of this.queue.splice(0, count)) this.queuedBytes -= outgoing.bytes;
  }

  /**
   * How many of the batch, from its beginning, are acknowledged. What follows one that is not goes out again with it, in
   * order; the server knows the ids of those that it has.
   */
  private async sendBatch(batch: readonly (Written & Pick<Outgoing, 'snapshot'>)[]): Promise<number> {
    const stream = (this.stream ??= jetstream(await this.connection, { timeout: ackTimeoutMs }));
    // Inputs first, so that each is there when somebody looks at its decision.
    for (const { snapshot } of batch) if (snapshot !== null) await this.put(stream, snapshot);
    // Handed to the connection one after another, so that they arrive in order.
    const acknowledged = await Promise.allSettled(
      batch.map(({ subject, body, id }) => stream.publish(subject, body, { msgID: id })),
    );
    const failed = acknowledged.findIndex(({ status }) => status === 'rejected');
    const failure = acknowledged[failed];
    if (failure?.status === 'rejected') this.options.onTrouble(failure.reason);
    return failed < 0 ? batch.length : failed;
  }

  private async put(stream: JetStreamClient, { hash, content }: NonNullable<Outgoing['snapshot']>): Promise<void> {
    this.store ??= await new Objm(stream).open(buckets.snapshots);
    await this.store.putBlob({ name: hash }, content);
  }

  /** Resolves when nothing is pending, or after `timeoutMs`; whether all was sent. */
  async flush(timeoutMs: number): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    while (this.queue.length > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return this.queue.length === 0;
  }

  /** Takes nothing new and sends what it can in the time; the rest is dropped and counted. */
  async stop(timeoutMs: number): Promise<void> {
    this.stopped = true;
    if (!(await this.flush(timeoutMs))) this.options.onDropped('shutdown', this.queue.splice(0).length);
    if (this.timer !== null) clearTimeout(this.timer);
  }
}
