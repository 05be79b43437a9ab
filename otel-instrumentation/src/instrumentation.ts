/** What a service holds once it has started: connection, queue and guard behind the functions of this package. */
import { context, trace, type Attributes, type Tracer } from '@opentelemetry/api';
import type { NatsConnection } from '@nats-io/transport-node';
import {
  eventTypes,
  type CompensationEvent,
  type CompensationOrder,
  type CompensationReport,
  type DecisionAction,
  type EventKind,
  type HumanDecisionEvent,
  type Model,
  type Output,
  type OutcomeEvent,
  type ServiceEvent,
  type Verdict,
} from '@countersign/contract';
import { carryOut, publishStep, type CompensationHandlers, type UndoableStep } from './compensations.ts';
import { Backlog, keepForNext, usualDirectory, type Place } from './backlog.ts';
import { leaseClock } from './clock.ts';
import { connectWhenPossible, type Reach } from './connection.ts';
import type { ContentRules } from './content-rules.ts';
import { connectionOptions } from './nats-login.ts';
import { makeDecider, type Decider, type DeciderOptions, type Loop } from './decider.ts';
import type { Deciding, DecisionHandle, DecisionOptions, Ended } from './decision.ts';
import { followAuthority, Guard, type GuardVerdict, type Question } from './guard.ts';
import { errorTypeOf, failedStatus } from './failure.ts';
import { emitEvaluation, startHumanSpan } from './human-step.ts';
import { newId } from './ids.ts';
import { readHashKey } from './input-hash.ts';
import { Inputs } from './inputs.ts';
import { Publisher, type DropReason, type Outgoing } from './publisher.ts';
import { parseRef, spanContextOf, traceparentOf, type DecisionRef } from './ref.ts';
import { aiDecisionEvent, usualBytes, type EndedDecision } from './decision-event.ts';
import { Meters } from './meters.ts';
import { scope } from './scope.ts';
import { attribute } from './semconv.ts';
import { begin, startDecision, takeDecision, type Begun, type StartedDecision, type Taking } from './taking.ts';
import { redactedText, toldText } from './texts.ts';
import { oncePerSecondEach, type Trouble } from './trouble.ts';
import { followVerdicts, type FollowedVerdicts, type VerdictHandler } from './verdicts.ts';

export interface StartOptions {
  /** Who sends, as CloudEvents' source. */
  readonly source: string;
  /** `nats://host:port`. By default NATS_URL. */
  readonly natsUrl?: string;
  /** By default NATS_USER and NATS_PASSWORD. */
  readonly user?: string;
  readonly password?: string;
  /** Most events held in memory. By default 40,000. */
  readonly queueLimit?: number;
  /**
   * Where events wait while NATS is away, and how many bytes of them (256 MiB); `false` to keep them in memory alone. By
   * default a directory of this user below COUNTERSIGN_SPOOL or the temporary directory. Inputs that are captured wait there
   * too, readable to this user only.
   */
  readonly spool?: false | { readonly directory?: string; readonly mostBytes?: number };
  /**
   * Hashes of inputs that are not captured are HMACs with this key, of at least 32 bytes, so that nobody without it can tell
   * by a hash what an input was. By default COUNTERSIGN_HASH_KEY, or what the file COUNTERSIGN_HASH_KEY_FILE holds.
   */
  readonly hashKey?: string | Uint8Array;
  /** Told of what went wrong in the background, of each kind at most once a second. By default console.warn. */
  readonly onTrouble?: (message: string) => void;
}

export interface HumanDecisionOptions {
  readonly reviewer: string;
  readonly action: DecisionAction;
  readonly justification: string;
  /** What it should have been, when the action is modify. */
  readonly output?: Output;
  readonly reasonCode?: string;
  /** How long the person looked at the case, and how long it waited before. */
  readonly reviewMs?: number;
  readonly queueMs?: number;
}

export class Instrumentation implements Deciding, Loop {
  readonly source: string;
  readonly inputs: Inputs;
  private readonly connection: Promise<NatsConnection>;
  private readonly publisher: Publisher;
  private readonly lasting: Lasting;
  private readonly guard: Guard;
  private readonly followed: FollowedVerdicts[] = [];
  private readonly ending = new AbortController();
  readonly trouble: Trouble;
  private readonly tracer: Tracer = trace.getTracer(scope.name, scope.version);
  private readonly meters = new Meters(() => this.pending);
  private readonly taking: Taking;
  private isEnding = false;
  private isFollowing = false;
  private isWatching = false;
  private readonly reach: Reach = { isUp: false, isMade: false };
  private readonly heir: () => Instrumentation | null;
  private readonly deciders = new Set<string>();
  /** Workflows whose verdicts somebody hears. */
  private readonly following = new Set<string>();
  private readonly handlers = new Map<string, CompensationHandlers>();
  /** Resolves when the guard follows what the daemon distributes; until a document is in, it answers `human`. */
  readonly ready: Promise<void>;

  /** `heir` takes what ends after this did. What lasts is taken over from one `before`. */
  constructor(options: StartOptions, heir: () => Instrumentation | null, before: Instrumentation | null) {
    this.heir = heir;
    this.lasting = before?.lasting ?? { guard: new Guard(leaseClock(() => performance.now(), Date.now)), dropped: 0 };
    this.guard = this.lasting.guard;
    this.source = options.source;
    this.trouble = oncePerSecondEach(options.onTrouble ?? ((message) => console.warn(message)));
    this.taking = {
      tracer: this.tracer,
      deciding: this,
      onEnded: (ended, about) => this.finish(ended, about),
      onTrouble: this.trouble,
    };
    this.inputs = new Inputs(readHashKey(options.hashKey, process.env), this.trouble, (why) =>
      this.meters.withheld(why),
    );
    const reached = connectionOptions(options, process.env);
    const natsUrl = String(reached.servers);
    this.connection = connectWhenPossible(
      { ...reached, name: options.source },
      this.ending.signal,
      this.trouble,
      this.reach,
    );
    this.connection.catch(() => undefined);
    this.publisher = new Publisher(this.connection, {
      queueLimit: options.queueLimit ?? 40_000,
      reach: this.reach,
      backlog: this.openBacklog(options, natsUrl),
      keep: options.spool === false ? null : (events) => keepForNext(spoolOf(options, natsUrl), events),
      onSent: (count) => this.meters.sent(count),
      onSpooled: (count) => this.meters.spooled(count),
      onDropped: (reason, count) => {
        this.drop(reason, count);
        this.trouble(
          () => `decision events are dropped: ${reason}; ${this.dropped} since the start`,
          `dropped ${reason}`,
        );
      },
      onInputLost: (why) => {
        this.meters.withheld('not_stored');
        this.trouble(
          `an input cannot be stored, and its decision goes without it: ${String(why)}`,
          'an input cannot be stored',
        );
      },
      onTrouble: this.trouble,
    });
    this.ready = new Promise((resolve, reject) => {
      this.follow(resolve).catch(reject);
    });
    this.ready.catch(() => undefined);
  }

  private async openBacklog(options: StartOptions, natsUrl: string): Promise<Backlog | null> {
    if (options.spool === false) return null;
    try {
      return await Backlog.open({
        ...spoolOf(options, natsUrl),
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

  /** Tries until the daemon has made the bucket; and begins anew whenever nothing is heard any more. */
  private async follow(isReady: () => void): Promise<void> {
    const connection = await this.connection;
    while (!connection.isClosed()) {
      try {
        const following = await followAuthority(connection, this.guard, this.trouble);
        isReady();
        this.isWatching = true;
        const look = setInterval(() => this.guard.isSilent && following.stop(), silenceLookMs).unref();
        await following.ended.finally(() => clearInterval(look));
        this.isWatching = false;
        if (connection.isClosed() || this.isEnding) return;
        this.trouble('no authority was heard of for longer than its lease; asking anew');
      } catch (error) {
        this.trouble(error);
      }
      await new Promise((resolve) => setTimeout(resolve, 1_000).unref());
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
    if (this.following.has(workflow)) {
      throw new Error(`the verdicts of ${workflow} are followed already: a decider follows them itself.`);
    }
    this.deciders.add(workflow);
    return makeDecider(this, options);
  }

  /** Where to what is done now belongs: the service may go on after this has ended. */
  private get atWork(): Instrumentation {
    return this.isEnding ? (this.heir() ?? this) : this;
  }

  private finish(ended: Ended, { workflow, task }: DecisionOptions): void {
    if (ended.is === 'event') {
      this.atWork.publisher.enqueue(ended.outgoing);
      return;
    }
    this.drop(ended.is, 1);
    const which = () => `a decision on ${workflow}/${task}`;
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
    const ref = this.refOf(of, kept);
    if (ref === null) return null;
    const { reviewer, action, output, reasonCode, reviewMs, queueMs } = options;
    const rules = this.privacyOf(ref.workflow_id);
    const justification = redactedText(options.justification, rules.redactText);
    const reviewed = spanContextOf(ref);
    const span = startHumanSpan(this.tracer, ref.workflow_id, reviewed);
    const decisionId = newId();
    span.setAttributes({
      [attribute.id]: decisionId,
      [attribute.workflowId]: ref.workflow_id,
      [attribute.taskId]: ref.task_id,
      [attribute.actorType]: 'human',
      [attribute.action]: action,
      [attribute.reviewsId]: ref.decision_id,
      [attribute.reviewerId]: reviewer,
      [attribute.reasonCode]: reasonCode,
      [attribute.outputLabel]: output?.label ?? undefined,
      [attribute.reviewDuration]: inSeconds(reviewMs),
      [attribute.queueDuration]: inSeconds(queueMs),
    });
    try {
      emitEvaluation(reviewed, action, toldText(options.justification, rules));
    } catch (error) {
      // Whatever becomes of the word on it: the decision goes on record.
      this.trouble(error);
    }
    if (reviewMs !== undefined) {
      this.meters.reviewed(reviewMs, { [attribute.workflowId]: ref.workflow_id, [attribute.action]: action });
    }
    const { traceparent } = traceparentOf(span.spanContext());
    span.end();
    const event: HumanDecisionEvent = {
      ...this.envelope(ref),
      type: eventTypes.humanDecision,
      ...(traceparent === null ? {} : { traceparent }),
      data: {
        workflow_id: ref.workflow_id,
        task_id: ref.task_id,
        decision_id: decisionId,
        reviews: ref.decision_id,
        reviewer,
        action,
        justification,
        ...(output === undefined ? {} : { output }),
        ...(reasonCode === undefined ? {} : { reason_code: reasonCode }),
        ...(reviewMs === undefined ? {} : { review_ms: reviewMs }),
        ...(queueMs === undefined ? {} : { queue_ms: queueMs }),
      },
    };
    return this.send('decision_human', event) ? event.id : null;
  }

  /** The id of the event; null for what is no ref, or one of another workflow than `of`. */
  recordOutcome(
    of: string | null,
    kept: DecisionRef | string,
    { label, cost }: { label: string; cost?: number },
  ): string | null {
    const ref = this.refOf(of, kept);
    if (ref === null) return null;
    const { workflow_id, task_id, decision_id } = ref;
    const event: OutcomeEvent = {
      ...this.envelope(ref),
      type: eventTypes.outcome,
      data: { workflow_id, task_id, decision_id, label, ...(cost === undefined ? {} : { cost }) },
    };
    return this.send('outcome', event) ? event.id : null;
  }

  private refOf(workflow: string | null, kept: unknown): DecisionRef | null {
    try {
      return parseRef(kept, workflow);
    } catch (error) {
      this.drop('wrong_ref', 1);
      this.trouble(error);
      return null;
    }
  }

  /** Whether it was taken. */
  private send(kind: EventKind, event: ServiceEvent): boolean {
    // Written down at once: what the service handed over it may change.
    let body: string;
    try {
      body = JSON.stringify(event);
    } catch (error) {
      this.drop('not_json', 1);
      this.trouble(error);
      return false;
    }
    const again = () => JSON.parse(body) as ServiceEvent;
    const { workflow_id } = event.data;
    return this.publisher.enqueue({ kind, workflow: workflow_id, event: again, snapshot: null, bytes: body.length });
  }

  private envelope({ task_id }: Pick<DecisionRef, 'task_id'>) {
    return {
      specversion: '1.0' as const,
      id: newId(),
      source: this.source,
      subject: task_id,
      time: new Date().toISOString(),
      datacontenttype: 'application/json' as const,
    };
  }

  async verdicts(workflow: string, handler: VerdictHandler): Promise<() => Promise<void>> {
    if (this.following.has(workflow)) {
      // Two that follow share one consumer: each would hear of some.
      throw new Error(`the verdicts of ${workflow} are followed already. Follow them once, or by a decider.`);
    }
    this.following.add(workflow);
    this.isFollowing = true;
    const onOrder = (order: CompensationOrder) => this.compensate(order);
    const onVerdict = (verdict: Verdict) => this.hear(verdict, handler);
    try {
      const connection = await this.connectionForLong();
      // It ended first.
      if (connection === null) return async () => undefined;
      const followed = await followVerdicts(connection, workflow, onVerdict, onOrder, this.trouble);
      this.followed.push(followed);
      let isStopped = false;
      return async () => {
        await followed.stop();
        if (isStopped) return;
        isStopped = true;
        this.following.delete(workflow);
        this.followed.splice(this.followed.indexOf(followed) >>> 0, 1);
      };
    } catch (error) {
      this.following.delete(workflow);
      // It ended before there was anything to follow.
      if (this.isEnding) return async () => undefined;
      throw error;
    }
  }

  /** Keeps the program alive until NATS is there; null when this was ended before. */
  private async connectionForLong(): Promise<NatsConnection | null> {
    const alive = setInterval(() => undefined, longMs);
    try {
      return await this.connection;
    } catch {
      return null;
    } finally {
      clearInterval(alive);
    }
  }

  /** A verdict is the human step of its decision: a span about what the service makes of it, and its evaluation when that is done. */
  private async hear(verdict: Verdict, handler: VerdictHandler): Promise<void> {
    const { workflow_id, task_id, decision_id, action, reviewer, output, justification } = verdict;
    const rules = this.privacyOf(workflow_id);
    const reviewed = spanContextOf({ traceparent: verdict.traceparent ?? null, tracestate: null });
    const span = startHumanSpan(this.tracer, workflow_id, reviewed);
    span.setAttributes({
      [attribute.id]: verdict.human_decision_id ?? verdict.verdict_id,
      [attribute.workflowId]: workflow_id,
      [attribute.taskId]: task_id,
      [attribute.actorType]: 'human',
      [attribute.action]: action,
      [attribute.reviewsId]: decision_id,
      [attribute.reviewerId]: reviewer,
      [attribute.outputLabel]: output.label ?? undefined,
    });
    try {
      await context.with(trace.setSpan(context.active(), span), () => handler(verdict));
    } catch (error) {
      span.setAttribute(attribute.errorType, errorTypeOf(error));
      span.setStatus(failedStatus(error, rules));
      throw error;
    } finally {
      span.end();
    }
    try {
      emitEvaluation(reviewed, action, toldText(justification, rules));
    } catch (error) {
      // It is dealt with, whatever becomes of the word on it.
      this.trouble(error);
    }
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
    const report: CompensationReport = {
      workflow_id: ref.workflow_id,
      task_id: ref.task_id,
      decision_id: ref.decision_id,
      compensation_id: newId(),
      model: { name: model.name, version: model.version },
      sequence,
      action: step.action,
      ...(step.payload === undefined ? {} : { payload: step.payload }),
      state: 'registered',
    };
    await this.atWork.report(report);
    return report.compensation_id;
  }

  report(step: CompensationReport): Promise<void> {
    return publishStep(this.connection, this.compensationEvent(step));
  }

  private compensationEvent(data: CompensationReport): CompensationEvent {
    return { ...this.envelope(data), type: eventTypes.compensation, data };
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
    return this.following.size > 0;
  }

  /** By what it keeps the process alive: the connection, whether up or mended, and the guard that watches have a timer each. */
  get holds(): { readonly timers: number; readonly sockets: number } {
    const { isMade, isUp } = this.reach;
    return { timers: Number(isMade) + Number(this.isWatching), sockets: Number(isUp) };
  }

  /** Nothing is left to do now. */
  get isSettled(): boolean {
    return this.publisher.isSettled;
  }

  /** The service said what is to be done about verdicts and rollbacks, and would not be called by another. */
  get hasHandlers(): boolean {
    return this.handlers.size > 0 || this.isFollowing;
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

  async shutdown(timeoutMs: number): Promise<void> {
    this.isEnding = true;
    const deadline = performance.now() + timeoutMs;
    const followed = this.followed.splice(0);
    await inTime(Promise.all(followed.map(({ stop }) => stop())), timeoutMs);
    // A handler that hangs is left alone, and what it has in hand to another.
    for (const { leave } of followed) leave();
    await this.publisher.stop(Math.max(deadline - performance.now(), 0));
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

const inSeconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1_000);

/** What outlives an end after which it starts by itself again. */
interface Lasting {
  readonly guard: Guard;
  dropped: number;
}

/** What waits longer to be durable is not waited for: the AI does not act on it. */
const recordMs = 5_000;
const silenceLookMs = 1_000;
/** A timer that is there to be there. */
const longMs = 86_400_000;
/** After the time is over, for what is on its way. */
const drainMs = 1_000;
const usualSpoolBytes = 256 * 1_048_576;

function spoolOf({ source, spool }: StartOptions, natsUrl: string): Place {
  const { directory = usualDirectory(source, natsUrl), mostBytes = usualSpoolBytes } =
    spool === false ? {} : (spool ?? {});
  return { directory, mostBytes };
}

/** Whatever comes of it, for so long at most. */
async function inTime(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
}
