/** What a service holds once it has started: connection, queue and guard behind the functions of this package. */
import { trace, type Attributes, type Tracer } from '@opentelemetry/api';
import type { NatsConnection } from '@nats-io/transport-node';
import {
  eventTypes,
  type CompensationEvent,
  type CompensationOrder,
  type CompensationReport,
  type EventKind,
  type Model,
  type ServiceEvent,
} from '@countersign/contract';
import { AuthorityFollower } from './authority.ts';
import { Backlog, keepForNext, type Place } from './backlog.ts';
import { leaseClock } from './clock.ts';
import { carryOut, publishStep, registration, type CompensationHandlers, type UndoableStep } from './compensations.ts';
import { connectWhenPossible, unreached, type Reach } from './connection.ts';
import type { ContentRules } from './content-rules.ts';
import { makeDecider, type Decider, type DeciderOptions, type Loop } from './decider.ts';
import { aiDecisionEvent, usualBytes, type EndedDecision } from './decision-event.ts';
import type { Deciding, DecisionHandle, DecisionOptions, Ended } from './decision.ts';
import { envelopeOf } from './envelope.ts';
import { Guard, type GuardVerdict, type Question } from './guard.ts';
import {
  outcomeEvent,
  recordedHumanDecision,
  type HumanDecisionOptions,
  type Outcome,
  type Recording,
} from './human-records.ts';
import { readHashKey } from './input-hash.ts';
import { Inputs } from './inputs.ts';
import { Meters } from './meters.ts';
import { connectionOptions } from './nats-login.ts';
import { Publisher, type DropReason, type Outgoing } from './publisher.ts';
import { parseRef, type DecisionRef } from './ref.ts';
import { scope } from './scope.ts';
import { attribute } from './semconv.ts';
import { ServiceVerdicts } from './service-verdicts.ts';
import { placeOf, usualQueueLimit, type StartOptions } from './start-options.ts';
import { begin, startDecision, takeDecision, type Begun, type StartedDecision, type Taking } from './taking.ts';
import { oncePerSecondEach, type Trouble } from './trouble.ts';
import type { VerdictHandler } from './verdicts.ts';

export class Instrumentation implements Deciding, Loop {
  readonly source: string;
  readonly inputs: Inputs;
  readonly trouble: Trouble;
  private readonly connection: Promise<NatsConnection>;
  private readonly reach: Reach = { ...unreached };
  private readonly publisher: Publisher;
  private readonly lasting: Lasting;
  private readonly guard: Guard;
  private readonly authority: AuthorityFollower;
  private readonly heard: ServiceVerdicts;
  private readonly tracer: Tracer = trace.getTracer(scope.name, scope.version);
  private readonly meters = new Meters(() => this.pending);
  readonly taking: Taking;
  private readonly recording: Recording;
  private readonly ending = new AbortController();
  private isEnding = false;
  private readonly heir: () => Instrumentation | null;
  private readonly deciders = new Set<string>();
  private readonly handlers = new Map<string, CompensationHandlers>();
  /** Resolves when NATS was reached and the guard follows, or that has failed for the first time. */
  readonly tried: Promise<void>;

  /** `heir` takes what ends after this did. What lasts is taken over from one `before`. */
  constructor(options: StartOptions, heir: () => Instrumentation | null, before: Instrumentation | null) {
    this.heir = heir;
    this.lasting = before?.lasting ?? { guard: new Guard(leaseClock(() => performance.now(), Date.now)), dropped: 0 };
    this.guard = this.lasting.guard;
    this.source = options.source;
    const trouble = oncePerSecondEach(options.onTrouble ?? ((message) => console.warn(message)));
    this.trouble = trouble;
    const { source, tracer, meters } = this;
    const privacyOf = (workflow: string) => this.privacyOf(workflow);
    this.taking = {
      tracer,
      deciding: this,
      onEnded: (ended, about) => this.finish(ended, about),
      onTrouble: trouble,
    };
    this.recording = { source, tracer, meters, privacyOf, trouble };
    this.inputs = new Inputs(readHashKey(options.hashKey, process.env), trouble, (why) => meters.withheld(why));
    const reached = connectionOptions(options, process.env);
    const hasFailed = Promise.withResolvers<void>();
    const onUnreached = (error: unknown) => {
      hasFailed.resolve();
      trouble(error);
    };
    const login = { ...reached, name: source };
    const connection = connectWhenPossible(login, this.ending.signal, onUnreached, this.reach);
    connection.catch(() => undefined);
    this.connection = connection;
    this.publisher = this.makePublisher(options, reached);
    this.authority = new AuthorityFollower(connection, this.guard, trouble);
    this.tried = Promise.race([this.authority.tried, hasFailed.promise]);
    const onOrder = (order: CompensationOrder) => this.compensate(order);
    this.heard = new ServiceVerdicts({ connection, tracer, privacyOf, onOrder, trouble });
  }

  /** Resolves when the guard follows what the daemon distributes; until a document is in, it answers `human`. */
  get ready(): Promise<void> {
    return this.authority.ready;
  }

  private makePublisher(options: StartOptions, { servers, inboxPrefix }: Reached): Publisher {
    const { trouble, meters, reach } = this;
    const { queueLimit = usualQueueLimit } = options;
    const place = placeOf(options, String(servers));
    return new Publisher(this.connection, {
      queueLimit,
      reach,
      inboxPrefix,
      backlog: this.openBacklog(place),
      keep: place === null ? null : (events) => keepForNext(place, events),
      onSent: (count) => meters.sent(count),
      onSpooled: (count) => meters.spooled(count),
      onDropped: (reason, count) => {
        this.drop(reason, count);
        trouble(() => `decision events are dropped: ${reason}; ${this.dropped} since the start`, `dropped ${reason}`);
      },
      onInputLost: (why) => {
        meters.withheld('not_stored');
        trouble(
          `an input cannot be stored, and its decision goes without it: ${String(why)}`,
          'an input cannot be stored',
        );
      },
      onTrouble: trouble,
    });
  }

  private async openBacklog(place: Place | null): Promise<Backlog | null> {
    if (place === null) return null;
    try {
      return await Backlog.open({
        ...place,
        onLost: (count) => {
          this.drop('damaged', count);
          this.trouble(`${count} ${count === 1 ? 'event' : 'events'} that waited on disk cannot be read and are lost`);
        },
        onTrouble: this.trouble,
        monotonicMs: () => performance.now(),
      });
    } catch (error) {
      this.trouble(error);
      return null;
    }
  }

  ask(question: Question): GuardVerdict {
    const verdict = this.answerTo(question);
    this.meters.asked(question.workflow, verdict);
    return verdict;
  }

  /** What cannot be asked like that, a person decides: the service is not failed for it. */
  private answerTo(question: Question): GuardVerdict {
    try {
      return this.guard.ask(question);
    } catch (error) {
      this.trouble(error);
      return { route: 'human', reason: 'authority_lost', epoch: 0, useVersion: null };
    }
  }

  measured(ms: number, about: Attributes): void {
    this.meters.decided(ms, about);
  }

  privacyOf(workflow: string): ContentRules {
    return this.guard.privacyOf(workflow);
  }

  decision<T>(options: DecisionOptions, work: (decision: DecisionHandle) => T): T {
    return takeDecision(this.taking, options, work);
  }

  startDecision(options: DecisionOptions): StartedDecision {
    return startDecision(this.taking, options);
  }

  begin(options: DecisionOptions): Begun {
    return begin(this.taking, options);
  }

  record(outgoing: Outgoing): Promise<boolean> | null {
    let settle: (isDurable: boolean) => void = () => undefined;
    const settled = new Promise<boolean>((resolve) => (settle = resolve));
    if (!this.publisher.enqueue(outgoing, settle)) return null;
    const timer = setTimeout(() => settle(false), recordMs);
    return settled.finally(() => clearTimeout(timer));
  }

  decider<Result>(options: DeciderOptions<Result>): Decider<Result> {
    const { workflow } = options;
    // They would share its verdicts: each would hear of some.
    if (this.deciders.has(workflow)) {
      throw new Error(`${workflow} has a decider already. Make one for each workflow, when the service starts.`);
    }
    if (this.heard.isFollowing(workflow)) {
      throw new Error(`the verdicts of ${workflow} are followed already: a decider follows them itself.`);
    }
    this.deciders.add(workflow);
    return makeDecider(this, options);
  }

  /** Where to what is done now belongs: the service may go on after this has ended. */
  private get atWork(): Instrumentation {
    return this.isEnding ? (this.heir() ?? this) : this;
  }

  private finish(ended: Ended, options: DecisionOptions): void {
    if (ended.is === 'event') {
      this.atWork.publisher.enqueue(ended.outgoing);
      return;
    }
    this.drop(ended.is, 1);
    // What the service hands over may throw when it is looked at: then not into its own work, which is done.
    const which = () => `a decision on ${options.workflow}/${options.task}`;
    // Said in words only when it is said at all: some services do so with every decision.
    if (ended.is === 'no_output')
      return this.trouble(() => `${which()} ended without output(); nothing was recorded`, ended.is);
    this.trouble(ended.is === 'invalid' ? () => `${which()} cannot be recorded: ${String(ended.error)}` : ended.error);
  }

  private drop(reason: DropReason | 'no_output' | 'invalid' | 'wrong_ref' | 'damaged', count: number): void {
    this.lasting.dropped += count;
    this.meters.dropped(count, reason);
  }

  /** The id of the event; null for what is no ref, or one of another workflow than `of`. */
  humanDecision(of: string | null, kept: DecisionRef | string, options: HumanDecisionOptions): string | null {
    return this.sendOf(of, kept, 'decision_human', (ref) => recordedHumanDecision(this.recording, ref, options));
  }

  /** The id of the event; null for what is no ref, or one of another workflow than `of`. */
  recordOutcome(of: string | null, kept: DecisionRef | string, outcome: Outcome): string | null {
    return this.sendOf(of, kept, 'outcome', (ref) => outcomeEvent(this.source, ref, outcome));
  }

  /** Its id; null when there is nothing to send, or it was not taken. Never throws. */
  private sendOf(
    workflow: string | null,
    kept: unknown,
    kind: EventKind,
    eventOf: (ref: DecisionRef) => ServiceEvent,
  ): string | null {
    let wrong: 'wrong_ref' | 'invalid' = 'wrong_ref';
    try {
      const ref = parseRef(kept, workflow);
      wrong = 'invalid';
      return this.send(kind, eventOf(ref));
    } catch (error) {
      this.drop(wrong, 1);
      this.trouble(error);
      return null;
    }
  }

  /** Its id; null when it was not taken. */
  private send(kind: EventKind, event: ServiceEvent): string | null {
    // Written down at once: what the service handed over it may change.
    let body: string;
    try {
      body = JSON.stringify(event);
    } catch (error) {
      this.drop('not_json', 1);
      this.trouble(error);
      return null;
    }
    const again = () => JSON.parse(body) as ServiceEvent;
    const workflow = event.data.workflow_id;
    const isTaken = this.publisher.enqueue({ kind, workflow, event: again, snapshot: null, bytes: body.length });
    return isTaken ? event.id : null;
  }

  verdicts(workflow: string, handler: VerdictHandler): Promise<() => Promise<void>> {
    return this.heard.follow(workflow, handler);
  }

  /** What undoes the steps of a workflow, by name: others of it stay. Orders come with its verdicts. */
  compensations(workflow: string, handlers: CompensationHandlers): void {
    this.handlers.set(workflow, { ...this.handlers.get(workflow), ...handlers });
  }

  private async compensate(order: CompensationOrder): Promise<void> {
    this.reportInTurn(await carryOut(order, this.handlers.get(order.workflow_id) ?? {}));
  }

  reportInTurn(step: CompensationReport): void {
    this.send('compensation', this.compensationEvent(step));
  }

  /** Says how a step is undone. Resolves when that is durable, and not before: only then may the step be taken. */
  async register(ref: DecisionRef, model: Model, sequence: number, step: UndoableStep): Promise<string> {
    const report = registration(ref, model, sequence, step);
    await this.atWork.report(report);
    return report.compensation_id;
  }

  report(step: CompensationReport): Promise<void> {
    return publishStep(this.connection, this.compensationEvent(step));
  }

  private compensationEvent(data: CompensationReport): CompensationEvent {
    return { ...envelopeOf(this.source, data.task_id), type: eventTypes.compensation, data };
  }

  /** A decision that this package was not told of, but by its span. */
  recordPromoted(ended: Omit<EndedDecision, 'source' | 'redactText'>): void {
    this.measured(ended.latencyMs, {
      [attribute.workflowId]: ended.workflow,
      [attribute.actorType]: 'ai',
      [attribute.route]: ended.answer.route,
      [attribute.action]: ended.action,
    });
    const { redactText } = this.privacyOf(ended.workflow);
    const whole = { ...ended, source: this.source, redactText };
    const event = () => aiDecisionEvent(whole);
    this.publisher.enqueue({ kind: 'decision_ai', workflow: ended.workflow, event, snapshot: null, bytes: usualBytes });
  }

  /** Somebody waits for verdicts. */
  get isFollowed(): boolean {
    return this.heard.isFollowed;
  }

  /**
   * By what it may keep the process alive: the connection, whether up or mended, and the guard that watches have a timer each; one socket,
   * which may be connecting.
   */
  get holds(): { readonly timers: number; readonly sockets: number; readonly connecting: number } {
    const { isMade, isMaking, isUp } = this.reach;
    const isThere = Number(isMade || isMaking);
    return {
      timers: isThere + Number(this.authority.isWatching),
      sockets: isThere,
      connecting: isUp ? 0 : isThere,
    };
  }

  /** Nothing is left to do now. */
  get isSettled(): boolean {
    return this.publisher.isSettled;
  }

  /** The service said what is to be done about verdicts and rollbacks, and would not be called by another. */
  get hasHandlers(): boolean {
    return this.handlers.size > 0 || this.heard.wasFollowed;
  }

  /** At the end of the process: what is in memory is written to disk before it returns. */
  keepOnDisk(): void {
    this.publisher.keepOnDisk();
  }

  get dropped(): number {
    return this.lasting.dropped;
  }

  get spooled(): number {
    return this.publisher.spooled;
  }

  get pending(): number {
    return this.publisher.pending;
  }

  flush(timeoutMs: number): Promise<boolean> {
    return this.publisher.flush(timeoutMs);
  }

  /** Aside, when another goes on: the process does not stay for it. */
  async shutdown(wantedMs: number, isAside = false): Promise<void> {
    const timeoutMs = Math.min(wantedMs, longestTimerMs);
    this.isEnding = true;
    const deadline = performance.now() + timeoutMs;
    this.authority.end();
    await inTime(this.heard.stop(), timeoutMs);
    this.heard.leave();
    await this.publisher.stop(Math.max(deadline - performance.now(), 0), isAside);
    // One that never came about is given up.
    this.ending.abort();
    const connection = await this.connection.catch(() => null);
    if (connection !== null) {
      await inTime(connection.drain().catch(this.trouble), Math.max(deadline - performance.now(), drainMs));
      await connection.close();
    }
    this.meters.end();
  }
}

type Reached = ReturnType<typeof connectionOptions>;

/** What outlives an end after which it starts by itself again. */
interface Lasting {
  readonly guard: Guard;
  dropped: number;
}

/** What waits longer to be durable is not waited for: the AI does not act on it. */
const recordMs = 5_000;
/** What is longer, Node takes for nothing. */
const longestTimerMs = 2 ** 31 - 1;
/** After the time is over, for what is on its way. */
const drainMs = 1_000;

/** Whatever comes of it, for so long at most. */
async function inTime(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
}
