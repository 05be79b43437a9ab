/**
 * Events on their way to JetStream: queued at once, sent in order and in batches in the background, each until it is
 * acknowledged. While NATS is away they go to disk, and from there they are sent first. Memory and disk are bounded; what
 * comes when both are full is dropped and counted, never waited for.
 */
import type { NatsConnection } from '@nats-io/transport-node';
import {
  AiDecisionEvent,
  CompensationEvent,
  eventProblem,
  eventSubject,
  HumanDecisionEvent,
  largestEventBytes,
  OutcomeEvent,
  type EventKind,
  type ServiceEvent,
} from '@countersign/contract';
import { Acknowledged } from './acknowledged.ts';
import type { Backlog } from './backlog.ts';
import type { Reach } from './connection.ts';
import { withoutInput } from './decision-event.ts';
import { InputStore } from './input-store.ts';
import type { SpooledEvent, StoredInput } from './spool-record.ts';

export interface Outgoing {
  readonly kind: EventKind;
  readonly workflow: string;
  /** Made when it is sent. It gives the same each time, and is nobody's to change. */
  readonly event: () => ServiceEvent;
  /** Input to send along, under its hash. */
  readonly snapshot: StoredInput | null;
  /** About how many it holds, with the snapshot. */
  readonly bytes: number;
}

export type DropReason = 'queue_full' | 'too_large' | 'not_json' | 'shutdown';

export interface PublisherOptions {
  /** Most events held in memory at once. */
  readonly queueLimit: number;
  readonly reach: Reach;
  /** Below which the connection may listen for replies; NATS's own when left out. */
  readonly inboxPrefix?: string | undefined;
  /** Null where nothing is to be written to disk. */
  readonly backlog: Promise<Backlog | null>;
  /** Writes what is left for the next process, at once; how many there was room for. May throw. Null as `backlog` is. */
  readonly keep: ((events: readonly SpooledEvent[]) => number) | null;
  readonly onSent: (count: number) => void;
  readonly onSpooled: (count: number) => void;
  readonly onDropped: (reason: DropReason, count: number) => void;
  /** An input was given up: NATS does not take it, and its decision is not to wait for that. */
  readonly onInputLost: (why: unknown) => void;
  readonly onTrouble: (error: unknown) => void;
}

interface Queued {
  readonly outgoing: Outgoing;
  /** Written when it is first sent: serialising costs more than all else that a decision does. */
  written: SpooledEvent | null;
  readonly onSettled: (isDurable: boolean) => void;
}

const ignore = (): void => undefined;
const nothing: ReadonlySet<string> = new Set();
/** Of events that are sent together, each waiting for its own acknowledgement; and bytes of them. */
const [batchSize, batchBytes] = [2_048, 4 * 1_048_576];
/** Of events that go to disk together, and bytes of them. */
const [spillSize, spillBytes] = [8_192, 8 * 1_048_576];
/** Longer than that at a time, what is written keeps a service from its own work: unless it is lost otherwise. */
const [longestWriteMs, longestWriteBehindMs] = [5, 50];
/** So many a second are looked at for what the daemon is going to refuse: it takes long, and who sends such things does so again. */
const mostLooks = 10;
const schemas = {
  decision_ai: AiDecisionEvent,
  decision_human: HumanDecisionEvent,
  outcome: OutcomeEvent,
  compensation: CompensationEvent,
} as const satisfies Record<EventKind, unknown>;
/** What the id of an event takes in the headers of its message, and more. */
const headerBytes = 256;
/** Of events and snapshots together. */
const mostBytes = 64 * 1_048_576;
const retryMs = 1_000;
/** Soon enough that little is lost with a process that is killed while NATS is away. */
const awayRetryMs = 50;
/** NATS answers sooner than this, or is away though nobody has said so: a frozen server ends no connection. */
const answersWithinMs = 500;
const ackTimeoutMs = 5_000;
const takeOverEveryMs = 180_000;
const lastWordMs = 500;
/** For so long NATS may be away at the end of a process, as when both are started anew. */
const awayStopMs = 1_000;

export class Publisher {
  private readonly options: PublisherOptions;
  private readonly connection: Promise<NatsConnection>;
  private readonly queue: Queued[] = [];
  private queuedBytes = 0;
  private backlog: Backlog | null = null;
  private sending: Promise<void> | null = null;
  private spilling: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;
  private readonly looking: NodeJS.Timeout;
  private stopped = false;
  private isGivenUp = false;
  /** The last attempt failed. */
  private failing = false;
  /** By the clock of `performance`. */
  private askAgainAt = 0;
  private looksSince = Number.NEGATIVE_INFINITY;
  private looks = 0;
  private acknowledged: Acknowledged | null = null;
  private readonly inputs: InputStore;

  constructor(connection: Promise<NatsConnection>, options: PublisherOptions) {
    this.connection = connection;
    this.options = options;
    this.inputs = new InputStore(options.reach, options.onInputLost);
    this.looking = setInterval(() => this.takeOver(), takeOverEveryMs).unref();
    options.backlog
      .then((backlog) => {
        this.backlog = backlog;
        // What was left behind goes out though nothing new comes.
        if (this.pending > 0) this.schedule(0);
        return backlog;
      })
      .catch(options.onTrouble);
  }

  /**
   * Takes an event, or drops and counts it; whether it was taken. Never throws, never waits. Of one that was taken, `onSettled`
   * hears whether it has become durable, acknowledged or on disk, or was given up.
   */
  enqueue(outgoing: Outgoing, onSettled: Queued['onSettled'] = ignore): boolean {
    const { queueLimit, onDropped } = this.options;
    const isFull = this.queue.length >= queueLimit || this.queuedBytes >= mostBytes;
    if (this.stopped || isFull) {
      onDropped(this.stopped ? 'shutdown' : 'queue_full', 1);
      return false;
    }
    this.queue.push({ outgoing, written: null, onSettled });
    this.queuedBytes += outgoing.bytes;
    this.schedule(0);
    return true;
  }

  /** Events that are not acknowledged yet, in memory and on disk. */
  get pending(): number {
    return this.queue.length + (this.backlog?.length ?? 0);
  }

  /** Nothing is left to do now: all is sent, or waits on disk until NATS is back, or takes it. */
  get isSettled(): boolean {
    return this.queue.length === 0 && this.sending === null && (this.spooled === 0 || this.isAway);
  }

  /** Of those, on disk. */
  get spooled(): number {
    return this.backlog?.length ?? 0;
  }

  private get isAway(): boolean {
    return this.failing || !this.options.reach.isUp;
  }

  /** More is decided than NATS takes: what is too much for memory waits on disk. */
  private get isBehind(): boolean {
    return this.queue.length > this.options.queueLimit / 2;
  }

  /** One timer or one send at a time. */
  private schedule(delayMs: number): void {
    if (this.sending !== null || this.timer !== null || this.isGivenUp) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.sending = this.sendAll()
        .catch(this.options.onTrouble)
        .finally(() => {
          this.sending = null;
          if (this.pending > 0) this.schedule(awayRetryMs);
        });
    }, delayMs);
    // Recording decisions must not keep a finished program alive.
    this.timer.unref();
  }

  /** Until all is sent or something fails. What is new waits behind what waits on disk. */
  private async sendAll(): Promise<void> {
    // What an earlier process left goes first.
    await this.options.backlog.catch(ignore);
    while (this.pending > 0) {
      // A disk that is full or gone does not keep what can be sent from being sent.
      if (this.isAway || this.isBehind || this.spooled > 0) await this.spill().catch(this.options.onTrouble);
      // Until it is asked again, what is new goes to disk.
      if (!this.options.reach.isUp || (!this.stopped && performance.now() < this.askAgainAt)) return;
      const disk = this.spooled > 0 ? this.backlog : null;
      try {
        const batch = disk === null ? this.writeBatch() : await disk.first(batchSize);
        const refused = new Set<string>();
        const sending = this.sendBatch(batch, refused);
        if (disk === null) await this.writeAhead(batch.length, sending);
        const sent = await this.spillingUntil(sending);
        // Nobody waits for this answer any more: what it was about waits on disk, and its ids are known.
        if (this.isGivenUp) return;
        // It may have gone to disk while there was no answer: it was the first to go there.
        const onDisk = disk === null ? Math.min(sent, this.spooled) : sent;
        if (onDisk > 0) await this.backlog?.release(onDisk);
        this.take(sent - onDisk, refused);
        this.options.onSent(sent - refused.size);
        this.failing = sent < batch.length;
        if (this.failing) return this.waitABit();
      } catch (error) {
        this.failing = true;
        this.waitABit();
        this.options.onTrouble(error);
        return;
      }
    }
  }

  /** Processes beside this one may be gone by now: what they have left is sent too. */
  private takeOver(): void {
    if (this.sending !== null || this.stopped || this.backlog === null) return;
    this.sending = this.backlog
      .takeOver()
      .catch(this.options.onTrouble)
      .finally(() => {
        this.sending = null;
        if (this.pending > 0) this.schedule(0);
      });
  }

  private waitABit(): void {
    this.askAgainAt = performance.now() + retryMs;
  }

  /** What `answer` is. As long as there is none nothing is in memory alone: the process may be killed any moment. */
  private async spillingUntil<T>(answer: Promise<T>): Promise<T> {
    const asked = performance.now();
    const answered = answer.then(
      () => true,
      () => true,
    );
    const aMoment = () => new Promise<false>((resolve) => setTimeout(() => resolve(false), awayRetryMs).unref());
    while (!(await Promise.race([answered, aMoment()])) && !this.isGivenUp) {
      const isLate = performance.now() - asked > answersWithinMs || this.isAway;
      if (isLate) await this.spill().catch(this.options.onTrouble);
    }
    return answer;
  }

  /** All that is in memory goes to disk, as far as there is room. Once at a time, whoever wants it. */
  private spill(): Promise<void> {
    this.spilling ??= this.spillAll().finally(() => (this.spilling = null));
    return this.spilling;
  }

  private async spillAll(): Promise<void> {
    while (this.backlog !== null && this.queue.length > 0) {
      const forMs = this.isBehind ? longestWriteBehindMs : longestWriteMs;
      const batch = this.writeBatch(0, { most: spillSize, mostBytes: spillBytes, forMs });
      const taken = await this.backlog.append(batch);
      this.take(taken);
      this.options.onSpooled(taken);
      // What came meanwhile waits for the next time, so that something is sent as well.
      if (taken < batch.length || !(this.isAway || this.isBehind || this.stopped)) return;
    }
  }

  /** What is sent next is written while NATS is at work on what is sent now. */
  private async writeAhead(from: number, sending: Promise<unknown>): Promise<void> {
    const answer = { isIn: false };
    const answered = () => (answer.isIn = true);
    sending.then(answered, answered);
    for (let written = -1; !answer.isIn && !this.isGivenUp;) {
      const { length } = this.writeBatch(from);
      if (length === written) return;
      written = length;
      // The service's own work comes first.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Some of the queue, from one on, written. What cannot be is dropped. */
  private writeBatch(
    from = 0,
    { most, mostBytes: bytesLeft, forMs } = { most: batchSize, mostBytes: batchBytes, forMs: longestWriteMs },
  ): SpooledEvent[] {
    const batch: SpooledEvent[] = [];
    const until = performance.now() + forMs;
    let bytes = 0;
    while (batch.length < most && bytes < bytesLeft) {
      const next = this.queue[from + batch.length];
      if (next === undefined) break;
      const isNew = next.written === null;
      next.written ??= this.write(next.outgoing);
      if (next.written === null) {
        this.settle(this.queue.splice(from + batch.length, 1), false);
      } else {
        batch.push(next.written);
        bytes += next.outgoing.bytes;
      }
      if (isNew && performance.now() > until) break;
    }
    return batch;
  }

  private write({ kind, workflow, event, snapshot }: Outgoing): SpooledEvent | null {
    const { onDropped, onTrouble } = this.options;
    try {
      const made = event();
      const problem = this.isLookedAt() ? eventProblem(schemas[kind], made) : null;
      // It is sent all the same: the daemon keeps it, with the reason.
      if (problem !== null) onTrouble(`the daemon is going to refuse an event about "${made.subject}": ${problem}`);
      const body = Buffer.from(JSON.stringify(made), 'utf8');
      if (body.length <= largestEventBytes) {
        return { id: made.id, subject: eventSubject(workflow, kind), body, snapshot };
      }
      onDropped('too_large', 1);
    } catch (error) {
      // A cycle or a bigint in what the service handed over.
      onTrouble(error);
      onDropped('not_json', 1);
    }
    return null;
  }

  private isLookedAt(): boolean {
    const now = performance.now();
    if (now - this.looksSince >= 1_000) [this.looksSince, this.looks] = [now, 0];
    this.looks += 1;
    return this.looks <= mostLooks;
  }

  /** The first so many are durable, but for those that are refused for good. */
  private take(count: number, refused: ReadonlySet<string> = nothing): void {
    for (const one of this.queue.splice(0, count)) {
      this.settle([one], one.written === null || !refused.has(one.written.id));
    }
  }

  private settle(gone: readonly Queued[], isDurable: boolean): void {
    for (const { outgoing, onSettled } of gone) {
      this.queuedBytes -= outgoing.bytes;
      onSettled(isDurable);
    }
  }

  /**
   * How many of the batch, from its beginning, are acknowledged, or will never be: the ids of those go to `refused`. What follows
   * one that is not goes out again with it, in order; the server knows the ids of those that it has.
   */
  private async sendBatch(batch: readonly SpooledEvent[], refused: Set<string>): Promise<number> {
    const connection = await this.connection;
    this.acknowledged ??= new Acknowledged(connection, this.options.inboxPrefix, ackTimeoutMs);
    const room = (connection.info?.max_payload ?? largestEventBytes) - headerBytes;
    // Inputs first, so that each is there when somebody looks at its decision.
    const ready: SpooledEvent[] = [];
    for (const event of batch) ready.push(await this.withInput(connection, event));
    const isTooLarge = ({ body }: SpooledEvent) => body.length > room;
    const sent = ready.filter((event) => !isTooLarge(event));
    const answers = await this.acknowledged.publish(sent);
    const why = answers.find((answer) => answer !== null);
    const failed = why === undefined ? undefined : sent[answers.indexOf(why)];
    const count = failed === undefined ? ready.length : ready.indexOf(failed);
    for (const event of ready.slice(0, count).filter(isTooLarge)) {
      refused.add(event.id);
      this.tooLarge(event.body, room);
    }
    if (why) this.options.onTrouble(new Error(`NATS did not take an event: ${why.message}`, { cause: why }));
    return count;
  }

  /** As it is true: without one that NATS does not take. */
  private async withInput(connection: NatsConnection, event: SpooledEvent): Promise<SpooledEvent> {
    if (event.snapshot === null || (await this.inputs.put(connection, event.snapshot))) return event;
    return { ...event, body: withoutInput(event.body, event.snapshot.bareHash) };
  }

  /** What NATS will never take must not hold up what is behind it. */
  private tooLarge(body: Buffer, room: number): void {
    this.options.onDropped('too_large', 1);
    this.options.onTrouble(`an event has ${body.length} bytes, and NATS takes ${room}. Raise its max_payload.`);
  }

  /** Resolves when nothing is pending, or after `timeoutMs`; whether all was sent. */
  async flush(timeoutMs: number): Promise<boolean> {
    // Only then is it known what an earlier process has left.
    await this.options.backlog.catch(ignore);
    return this.until(() => this.pending === 0, timeoutMs, false);
  }

  /** The process stays for it, unless it is aside. */
  private async until(isDone: () => boolean, timeoutMs: number, isAside: boolean): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    while (!isDone() && performance.now() < deadline) {
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, 10);
        if (isAside) timer.unref();
      });
    }
    return isDone();
  }

  /** For the end of the process, which waits for nothing. What is sent already may be sent again, under the same id. */
  keepOnDisk(): void {
    this.keepQueue();
    this.backlog?.leave();
  }

  private keepQueue(): void {
    if (this.queue.length === 0 || this.options.keep === null) return;
    const events: SpooledEvent[] = [];
    while (this.queue.length > 0) {
      const batch = this.writeBatch();
      events.push(...batch);
      this.take(batch.length);
    }
    let kept = 0;
    try {
      kept = this.options.keep(events);
    } catch (error) {
      this.options.onTrouble(error);
    }
    if (kept < events.length) this.options.onDropped('shutdown', events.length - kept);
  }

  /** Takes nothing new and sends what it can in the time; the rest waits on disk, or is dropped and counted. */
  async stop(timeoutMs: number, isAside = false): Promise<void> {
    this.stopped = true;
    clearInterval(this.looking);
    await this.options.backlog.catch(() => null);
    // What other processes have left is safe where it is; and what is on disk is not waited for long where nobody takes it.
    const onDisk = () => this.backlog?.ownLength ?? 0;
    const isSent = () => this.queue.length + onDisk() === 0;
    const { reach } = this.options;
    // Not while it is being reached for the first time: that is about to be over.
    const isKept = () => this.queue.length === 0 && this.isAway && (reach.isMade || reach.hasFailed);
    await this.until(isSent, Math.min(timeoutMs, awayStopMs), isAside);
    await this.until(() => isSent() || isKept(), timeoutMs - awayStopMs, isAside);
    if (this.timer !== null) clearTimeout(this.timer);
    // What has no answer by now waits on disk: its ids are known.
    await Promise.race([this.sending, new Promise((resolve) => setTimeout(resolve, lastWordMs).unref())]);
    this.isGivenUp = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.spill().catch(this.options.onTrouble);
    if (this.queue.length > 0) this.options.onDropped('shutdown', this.queue.length);
    this.settle(this.queue.splice(0), false);
    await this.backlog?.close();
  }
}
