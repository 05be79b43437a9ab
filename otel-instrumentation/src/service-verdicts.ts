/** Verdicts as a service hears them: each in a span of its own, and of each workflow by one handler in the process. */
import { context, trace, type Tracer } from '@opentelemetry/api';
import type { NatsConnection } from '@nats-io/transport-node';
import type { CompensationOrder, Verdict } from '@countersign/contract';
import type { ContentRules } from './content-rules.ts';
import { errorTypeOf, failedStatus } from './failure.ts';
import { emitEvaluation, startHumanSpan } from './human-step.ts';
import { spanContextOf } from './ref.ts';
import { attribute } from './semconv.ts';
import { toldText } from './texts.ts';
import type { Trouble } from './trouble.ts';
import { followVerdicts, type FollowedVerdicts, type VerdictHandler } from './verdicts.ts';

export interface Hearing {
  readonly connection: Promise<NatsConnection>;
  readonly tracer: Tracer;
  readonly privacyOf: (workflow: string) => ContentRules;
  readonly onOrder: (order: CompensationOrder) => Promise<void>;
  readonly trouble: Trouble;
}

/** A timer that is there to be there. */
const longMs = 86_400_000;

export class ServiceVerdicts {
  private readonly hearing: Hearing;
  private readonly followed: FollowedVerdicts[] = [];
  /** Workflows whose verdicts somebody hears. */
  private readonly following = new Set<string>();
  private isEnding = false;
  private wasAsked = false;

  constructor(hearing: Hearing) {
    this.hearing = hearing;
  }

  isFollowing(workflow: string): boolean {
    return this.following.has(workflow);
  }

  /** Somebody waits for some. */
  get isFollowed(): boolean {
    return this.following.size > 0;
  }

  /** Somebody does, or did. */
  get wasFollowed(): boolean {
    return this.wasAsked;
  }

  /** Resolves, when connected or ended, to what stops it. Throws when they are followed already. */
  async follow(workflow: string, handler: VerdictHandler): Promise<() => Promise<void>> {
    if (this.following.has(workflow)) {
      // Two that follow share one consumer: each would hear of some.
      throw new Error(`the verdicts of ${workflow} are followed already. Follow them once, or by a decider.`);
    }
    this.following.add(workflow);
    this.wasAsked = true;
    const { onOrder, trouble } = this.hearing;
    const onVerdict = (verdict: Verdict) => this.hear(verdict, handler);
    try {
      const connection = await this.connectionForLong();
      // It ended first.
      if (connection === null) return async () => undefined;
      const followed = await followVerdicts(connection, workflow, onVerdict, onOrder, trouble);
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
      return await this.hearing.connection;
    } catch {
      return null;
    } finally {
      clearInterval(alive);
    }
  }

  /** A verdict is the human step of its decision: a span about what the service makes of it, and its evaluation when that is done. */
  private async hear(verdict: Verdict, handler: VerdictHandler): Promise<void> {
    const { workflow_id, task_id, decision_id, action, reviewer, output, justification } = verdict;
    const { tracer, privacyOf, trouble } = this.hearing;
    const rules = privacyOf(workflow_id);
    const reviewed = spanContextOf({ traceparent: verdict.traceparent ?? null, tracestate: null });
    const span = startHumanSpan(tracer, workflow_id, reviewed);
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
      trouble(error);
    }
  }

  /** Resolves when what is in hand is dealt with. */
  async stop(): Promise<void> {
    this.isEnding = true;
    await Promise.all(this.followed.map(({ stop }) => stop()));
  }

  /** Gives back what is in hand still: a handler that hangs is left alone, and its verdict to another. */
  leave(): void {
    for (const { leave } of this.followed.splice(0)) leave();
  }
}
