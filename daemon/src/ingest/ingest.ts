/**
 * From JetStream into the ledger: read, validate, append with all that follows, then acknowledge. What arrives during one
 * transaction makes up the next batch. Acknowledged means durable; a crash before it replays, and replays change nothing.
 */
import { jetstream, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { streams } from '@countersign/contract';
import {
  FencedError,
  newEntry,
  type Entry,
  type Ledger,
  type LedgerRecord,
  type LedgerTransaction,
} from '../ledger/index.ts';
import type { DeadLetters } from './dead-letters.ts';
import { decode } from './decode.ts';
import { ingestConsumer } from './streams.ts';

export interface IngestOptions {
  readonly connection: NatsConnection;
  readonly ledger: Ledger;
  readonly deadLetters: DeadLetters;
  readonly now: () => Date;
  /** Runs in the transaction that appends the records. */
  readonly onAppend: (tx: LedgerTransaction, records: readonly LedgerRecord[]) => Promise<void>;
  readonly onDuplicates: (count: number) => void;
  /** A batch failed and is tried again. */
  readonly onRetry: (error: unknown) => void;
  /** Ingest has ended for good. */
  readonly onFatal: (error: unknown) => void;
}

/** A transaction of these takes about 100 ms. */
const batchSize = 4_096;
const batchBytes = 16 * 1_048_576;
/** Messages that are asked for ahead; the client asks for more as these are taken up. */
const mostAhead = 256;
const retryMs = 500;
const handOverMs = 1_000;

interface Waiting {
  readonly message: JsMsg;
  readonly entry: Entry;
}

export class Ingest {
  private readonly options: IngestOptions;
  private readonly messages: ConsumerMessages;
  private readonly arrived: JsMsg[] = [];
  private working: Promise<void> = Promise.resolve();
  /** Called when a batch was taken from `arrived`. */
  private onRoom: () => void = () => undefined;
  private busy = false;
  private stopping = false;

  private constructor(options: IngestOptions, messages: ConsumerMessages) {
    this.options = options;
    this.messages = messages;
  }

  static async start(options: IngestOptions): Promise<Ingest> {
    const consumer = await jetstream(options.connection).consumers.get(streams.events, ingestConsumer);
    // A limit in messages: with one in bytes the client stops asking for more, for half a minute, whenever a request ends
    // by it while nothing waits. Of the largest events these are 256 MiB.
    const ingest = new Ingest(options, await consumer.consume({ max_messages: mostAhead }));
    void ingest.collect();
    return ingest;
  }

  private async collect(): Promise<void> {
    try {
      for await (const message of this.messages) {
        this.arrived.push(message);
        this.work();
        // Leave the rest with the client while a batch is under way.
        while (this.arrived.length >= batchSize && !this.stopping) {
          await new Promise<void>((resolve) => (this.onRoom = resolve));
        }
      }
    } catch (error) {
      if (!this.stopping) this.options.onFatal(error);
    }
  }

  private work(): void {
    if (this.busy || this.stopping) return;
    this.busy = true;
    this.working = this.drain().finally(() => {
      this.busy = false;
      // One may have arrived after the last look and before this.
      if (this.arrived.length > 0) this.work();
    });
    this.working.catch((error: unknown) => {
      this.options.onFatal(error);
      void this.stop();
    });
  }

  /** One batch is decoded while the one before it is recorded. */
  private async drain(): Promise<void> {
    let recording: Promise<void> = Promise.resolve();
    while (this.arrived.length > 0 && !this.stopping) {
      const waiting = await this.decode(this.nextBatch());
      await recording;
      recording = this.record(waiting);
      // Awaited above or below; until then it may fail unheard.
      recording.catch(() => undefined);
    }
    await recording;
  }

  private nextBatch(): JsMsg[] {
    let bytes = 0;
    const over = this.arrived.findIndex((message) => (bytes += message.data.length) > batchBytes);
    const batch = this.arrived.splice(0, Math.min(batchSize, over < 0 ? batchSize : Math.max(1, over)));
    this.onRoom();
    return batch;
  }

  private async decode(messages: readonly JsMsg[]): Promise<Waiting[]> {
    const now = this.options.now();
    const waiting: Waiting[] = [];
    for (const [i, message] of messages.entries()) {
      const bytes = Buffer.from(message.data);
      const decoded = decode(bytes, now);
      if (decoded.is === 'event') waiting.push({ message, entry: newEntry(decoded.event, bytes, message.seq) });
      else await this.bury(message, decoded.reason, decoded.detail);
      // The transaction under way must not wait for us.
      if (i % 128 === 127) await new Promise((resolve) => setImmediate(resolve));
    }
    return waiting;
  }

  /** Appends a batch, trying until it is committed or ingest stops. */
  private async record(waiting: readonly Waiting[]): Promise<void> {
    if (waiting.length === 0) return;
    const { ledger, onAppend, onDuplicates, onRetry } = this.options;
    while (!this.stopping) {
      try {
        const answers = await ledger.write(async (tx) => {
          const appended = await tx.append(waiting.map(({ entry }) => entry));
          await onAppend(
            tx,
            appended.flatMap((a) => (a.is === 'appended' ? [a.record] : [])),
          );
          return appended;
        });
        onDuplicates(answers.filter((a) => a.is === 'known').length);
        for (const [i, { message, entry }] of waiting.entries()) {
          if (answers[i]?.is === 'conflict') {
            await this.bury(
              message,
              'duplicate_id',
              `id ${entry.event.id} belongs to another event. Give each event its own.`,
            );
          } else {
            message.ack();
          }
        }
        return;
      } catch (error) {
        if (error instanceof FencedError) {
          // Soon to the daemon that owns the log now, once we have stopped asking for more.
          for (const { message } of waiting) message.nak(handOverMs);
          throw error;
        }
        onRetry(error);
        if (isOfTheEvents(error)) return this.recordOneByOne(waiting, error);
        // Still ours: the server must not hand these to anyone while we wait.
        for (const { message } of waiting) message.working();
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
    for (const { message } of waiting) message.nak();
  }

  /** Something in the batch cannot be recorded, now or ever: the others must not suffer for it. */
  private async recordOneByOne(waiting: readonly Waiting[], error: unknown): Promise<void> {
    const [only, ...others] = waiting;
    if (only !== undefined && others.length === 0) return this.bury(only.message, 'refused_by_store', String(error));
    for (const one of waiting) await this.record([one]);
  }

  private async bury(
    message: JsMsg,
    reason: Parameters<DeadLetters['keep']>[0]['reason'],
    detail: string,
  ): Promise<void> {
    try {
      const { subject, seq, data } = message;
      await this.options.deadLetters.keep({ reason, detail, subject, streamSequence: seq, bytes: data });
      message.ack();
    } catch (error) {
      // Not acknowledged: it comes again.
      this.options.onRetry(error);
    }
  }

  /** Takes nothing new, finishes the batch under way. What is left goes back to the server. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.onRoom();
    await this.messages.close();
    await this.working.catch(() => undefined);
    for (const message of this.arrived.splice(0)) message.nak();
  }
}

/**
 * Whether the fault lies in the events themselves, so that trying again is of no use: SQLSTATE classes of bad data and of
 * limits. Everything else passes, or has to be mended by somebody; until then nothing is given up.
 */
function isOfTheEvents(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^(22|54)/.test(code);
}
