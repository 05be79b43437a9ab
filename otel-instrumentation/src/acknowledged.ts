/**
 * Messages on their way into a stream, each with the acknowledgement that JetStream sends for it (NATS ADR-1, "PubAck"). The client's
 * own `publish` waits for each by itself, with a timer, an error and three promises: for a batch, one of each is enough.
 */
import { createInbox, errors, headers, type Msg, type NatsConnection } from '@nats-io/transport-node';

export interface Message {
  /** By which the server knows it again. */
  readonly id: string;
  readonly subject: string;
  readonly body: Uint8Array;
}

/** Of each message, in order: null when it is in the stream, or why it is not known to be. */
export type Answers = readonly (Error | null)[];

interface Waiting {
  /** The number of the first of them. */
  readonly from: number;
  readonly messages: readonly Message[];
  readonly answers: (Error | null | undefined)[];
  left: number;
  /** Why no more answers are waited for; null when all are in. */
  readonly done: (why: Error | null) => void;
}

export class Acknowledged {
  private readonly connection: NatsConnection;
  private readonly inbox: string;
  private readonly timeoutMs: number;
  private isListening = false;
  private next = 0;
  private waiting: Waiting | null = null;

  /** Replies come below `inboxPrefix`, where the connection may listen. */
  constructor(connection: NatsConnection, inboxPrefix: string | undefined, timeoutMs: number) {
    this.connection = connection;
    this.timeoutMs = timeoutMs;
    this.inbox = createInbox(inboxPrefix);
    this.watch().catch((error: unknown) => this.waiting?.done(new Error(String(error), { cause: error })));
  }

  /** Resolves when each is answered, or the time is over, or the connection is lost. One batch at a time. */
  async publish(messages: readonly Message[]): Promise<Answers> {
    const { promise, resolve } = Promise.withResolvers<Error | null>();
    const from = this.next;
    this.next += messages.length;
    const answers = messages.map((): Error | null | undefined => undefined);
    this.waiting = { from, messages, answers, left: messages.length, done: resolve };
    const timer = setTimeout(() => resolve(new errors.TimeoutError()), this.timeoutMs);
    try {
      if (messages.length === 0) return [];
      this.listen();
      for (const [i, { id, subject, body }] of messages.entries()) {
        const about = headers();
        about.set('Nats-Msg-Id', id);
        this.connection.publish(subject, body, { headers: about, reply: `${this.inbox}.${from + i}` });
      }
      const why = await promise;
      return answers.map((answer) => (answer === undefined ? why : answer));
    } finally {
      clearTimeout(timer);
      this.waiting = null;
    }
  }

  private listen(): void {
    if (this.isListening) return;
    this.isListening = true;
    this.connection.subscribe(`${this.inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.settle(Number(message.subject.slice(this.inbox.length + 1)), refusalIn(message));
        else this.deaf(error);
      },
    });
  }

  /** It may not listen there, so that nothing would be answered. It may another time. */
  private deaf(error: Error): void {
    this.isListening = false;
    this.waiting?.done(error);
  }

  /** What is answered late, or twice, is not waited for any more. */
  private settle(number: number, answer: Error | null): void {
    const { waiting } = this;
    const i = number - (waiting?.from ?? 0);
    if (waiting === null || !(i >= 0 && i < waiting.answers.length) || waiting.answers[i] !== undefined) return;
    waiting.answers[i] = answer;
    waiting.left -= 1;
    if (waiting.left === 0) waiting.done(null);
  }

  /** What is under way when the connection is lost may have arrived, or not: it is sent again. */
  private async watch(): Promise<void> {
    for await (const status of this.connection.status()) {
      if (status.type === 'disconnect')
        this.waiting?.done(new errors.ConnectionError('the connection to NATS is lost'));
      if (status.type === 'error' && status.error instanceof errors.PermissionViolationError)
        this.forbidden(status.error);
    }
  }

  private forbidden(error: InstanceType<typeof errors.PermissionViolationError>): void {
    const { waiting } = this;
    if (waiting === null || error.operation !== 'publish') return;
    for (const [i, { subject }] of waiting.messages.entries()) {
      if (subject === error.subject) this.settle(waiting.from + i, error);
    }
  }
}

/** Null when the stream has it. */
function refusalIn(message: Msg): Error | null {
  if (message.data.length === 0) return new Error('there is no stream for it; the daemon makes them when it runs');
  try {
    const { error, stream } = message.json<{ error?: { description?: unknown }; stream?: unknown }>();
    if (error !== undefined) return new Error(String(error.description));
    return typeof stream === 'string' && stream !== ''
      ? null
      : new Error(`it answered ${message.string().slice(0, 200)}`);
  } catch (error) {
    return new Error('its answer cannot be read', { cause: error });
  }
}
