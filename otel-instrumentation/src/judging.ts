/**
 * What comes before a decider acts: the AI judges; what it said has to be an event that the daemon takes, and something to be
 * done; how to undo it is made durable; and the guard is asked as late as can be, because all of this takes its time.
 */
import { context } from '@opentelemetry/api';
import { AiDecisionEvent, eventProblem, type Output } from '@countersign/contract';
import { reviewReason } from './decision-event.ts';
import type { DecisionHandle, Ended, OpenDecision } from './decision.ts';
import type { GuardVerdict } from './guard.ts';
import { newId } from './ids.ts';
import type { Outgoing } from './publisher.ts';
import type { Begun } from './taking.ts';

/** Nothing was done, and nobody is asked: what was decided cannot be put on record. The message says what to change. */
export class NotRecordedError extends Error {
  override readonly name = 'NotRecordedError';
  readonly reason: 'no_output' | 'not_json' | 'invalid_event' | 'not_taken';

  constructor(reason: NotRecordedError['reason'], task: string, problem: string) {
    super(`the decision on "${task}" was not carried out, and is not on record: ${problem}`);
    this.reason = reason;
  }
}

export interface Judged {
  readonly verdict: GuardVerdict;
  readonly output: Pick<Output, 'label' | 'value'>;
  readonly event: AiDecisionEvent;
  readonly outgoing: Outgoing;
}

/** Ends the decision. Throws what `judge` throws, and for what cannot be put on record; then the decision has failed. */
export async function judgeAndAsk(
  { open, within }: Begun,
  judge: (decision: DecisionHandle) => void | Promise<void>,
  registerStep: () => Promise<void>,
  onTrouble: (error: unknown) => void,
): Promise<Judged> {
  try {
    await context.with(within, judge, undefined, open);
    let verdict = authorityOf(open);
    recordable(open.draft(), open);
    if (verdict.route === 'auto') {
      try {
        await registerStep();
        verdict = authorityOf(open);
      } catch (error) {
        // What may not be undone later is not done: a person decides then.
        onTrouble(error);
        verdict = open.withhold('authority_lost');
      }
    }
    return { verdict, ...recordable(open.end(), open) };
  } catch (error) {
    open.failed(error);
    throw error;
  }
}

/** The guard's answer now. What the AI does not propose to accept is not for it to carry out: a person decides. */
export function authorityOf(open: OpenDecision): GuardVerdict {
  const verdict = open.askAgain();
  return verdict.route === 'auto' && open.action !== 'accept' ? open.withhold('escalated') : verdict;
}

/** The same decision once more, under an id of its own, for a person: the first is on record as done, and was not. */
export function forPerson({ event, outgoing }: Judged, verdict: GuardVerdict): { decisionId: string; again: Outgoing } {
  const decisionId = newId();
  const { reason, epoch } = verdict;
  const left = {
    decision_id: decisionId,
    route: 'human',
    route_reason: reviewReason(reason),
    breaker_epoch: epoch,
  } as const;
  const same: AiDecisionEvent = { ...event, id: newId(), data: { ...event.data, ...left } };
  return { decisionId, again: { ...outgoing, event: () => same } };
}

function recordable(ended: Ended, { said, options }: OpenDecision): Omit<Judged, 'verdict'> {
  const refuse = (reason: NotRecordedError['reason'], problem: string) =>
    new NotRecordedError(reason, options.task, problem);
  if (ended.is === 'no_output' || said === null) {
    throw refuse('no_output', '`judge` said no output. Call decision.output(output, confidence) in it.');
  }
  if (ended.is === 'not_json' || ended.is === 'invalid') {
    throw refuse('not_json', `${String(ended.error)}. Use what JSON has; a bigint can be a text.`);
  }
  const event = ended.outgoing.event() as AiDecisionEvent;
  const problem = eventProblem(AiDecisionEvent, event);
  if (problem !== null) throw refuse('invalid_event', problem);
  const { label, value } = said;
  const output = { label, ...(value === undefined ? {} : { value }) };
  return { output, event, outgoing: { ...ended.outgoing, event: () => event } };
}
