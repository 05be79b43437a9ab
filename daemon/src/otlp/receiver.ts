/** Spans on their way to JetStream: each decision among them is published as a service would, and waited for. */
import type { JetStreamClient } from '@nats-io/jetstream';
import { read, type Reading } from './events.ts';
import type { Promoting } from './promotion.ts';
import type { Span } from './span.ts';

/** Spans that will never be taken as they are. */
export interface Rejections {
  readonly count: number;
  /** Of the first few: which span, what is wrong with it, and what to do. Empty when there is none. */
  readonly message: string;
}

export type SpanResult = 'sent' | 'rejected' | 'passed_over';

export interface ReceiverOptions {
  readonly stream: JetStreamClient;
  /** Whether NATS is connected now: while it is not, its client would keep in memory what is published, each time that it comes again. */
  readonly isConnected: () => boolean;
  readonly promoting: Promoting;
  readonly now: () => Date;
  readonly onSpans: (result: SpanResult, count: number) => void;
  /** Not every exporter tells its service. */
  readonly onRejected: (rejections: Rejections) => void;
}

type Found = Extract<Reading, { is: 'event' }>;

/** JetStream has not acknowledged all of it: the same request has to come again, and changes nothing then. */
export class NotAcknowledged extends Error {
  override readonly name = 'NotAcknowledged';
}

/** Published at once, in order. */
const batchSize = 256;
/** Below the 10 s that exporters wait for an answer. */
const ackTimeoutMs = 4_000;
const mostProblems = 5;

export class Receiver {
  private readonly options: ReceiverOptions;

  constructor(options: ReceiverOptions) {
    this.options = options;
  }

  /** Resolves when every decision among the spans is durable. */
  async receive(spans: readonly Span[]): Promise<Rejections> {
    const { promoting, now, onSpans, onRejected } = this.options;
    const at = now();
    const events: Found[] = [];
    const problems: string[] = [];
    for (const span of spans) {
      const reading = read(span, promoting, at);
      if (reading.is === 'event') events.push(reading);
      else if (reading.is === 'rejected') problems.push(reading.problem);
    }
    await this.publish(events);
    onSpans('sent', events.length);
    onSpans('rejected', problems.length);
    onSpans('passed_over', spans.length - events.length - problems.length);
    const rejections = { count: problems.length, message: summary(problems) };
    if (rejections.count > 0) onRejected(rejections);
    return rejections;
  }

  private async publish(events: readonly Found[]): Promise<void> {
    if (events.length > 0 && !this.options.isConnected()) throw new NotAcknowledged('NATS is not connected');
    for (let start = 0; start < events.length; start += batchSize) {
      const acknowledged = await Promise.allSettled(
        events
          .slice(start, start + batchSize)
          .map(({ subject, body, id }) =>
            this.options.stream.publish(subject, body, { msgID: id, timeout: ackTimeoutMs }),
          ),
      );
      const failure = acknowledged.find(({ status }) => status === 'rejected');
      if (failure?.status === 'rejected') {
        throw new NotAcknowledged(`NATS did not take an event: ${String(failure.reason)}`, { cause: failure.reason });
      }
    }
  }
}

function summary(problems: readonly string[]): string {
  const more = problems.length - mostProblems;
  return [...problems.slice(0, mostProblems), ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}
