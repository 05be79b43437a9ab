/** What records say of the decisions they answer, as several monitors read them. */
import { eventTypes, type HumanDecisionEvent, type OutcomeEvent } from '@countersign/contract';
import type { AboutDecision, LedgerRecord } from '../ledger/index.ts';

/** A person's word on a case that the AI's answer was sent to, the first that settles it. */
export interface Review {
  readonly event: HumanDecisionEvent;
  readonly about: AboutDecision;
  readonly overridden: boolean;
}

/**
 * Null for a record that is no review: one of no known decision, one that is not the first answer, an undo, and a
 * complaint, by somebody whom nobody had asked. People complain about what is wrong, so that says nothing about a rate.
 */
export function reviewOf({ event, about, firstAnswer }: LedgerRecord): Review | null {
  if (event.type !== eventTypes.humanDecision || about === null || !firstAnswer) return null;
  const asked = about.route === 'human' || event.data.lease_epoch !== undefined;
  if (!asked || event.data.action === 'rollback' || event.data.gold !== undefined) return null;
  return { event, about, overridden: event.data.action !== 'accept' };
}

/** Whether a person says unasked that an automatic decision was wrong. */
export function isComplaint({ event, about }: LedgerRecord): boolean {
  if (event.type !== eventTypes.humanDecision || about?.route !== 'auto' || event.data.lease_epoch !== undefined)
    return false;
  return event.data.action === 'reject' || event.data.action === 'modify' || event.data.action === 'rollback';
}

/** Ground truth of a known decision, the first word of it. */
export interface Truth {
  readonly event: OutcomeEvent;
  readonly about: AboutDecision;
  readonly label: string;
  readonly right: boolean;
}

/** Null for a record that is no outcome, not the first, or of a decision that is not known or gave no label. */
export function truthOf({ event, about, firstAnswer }: LedgerRecord): Truth | null {
  if (event.type !== eventTypes.outcome || about === null || about.label === null || !firstAnswer) return null;
  return { event, about, label: event.data.label, right: about.label === event.data.label };
}

/** Said by whom all that is known of it is that it is not what the model says; and labels that the policy does not have. */
export const anotherLabel = '(another)';

/** One of the policy's labels, or another: names are anybody's, and must not be without number. */
export const knownLabel = (label: string, labels: readonly string[]): string =>
  labels.includes(label) ? label : anotherLabel;

/** What a person said the answer is; null when they passed the case on, took a decision back, or there was no answer. */
export function labelSaid(
  { data }: HumanDecisionEvent,
  about: AboutDecision,
  labels: readonly string[],
): string | null {
  if (about.label === null) return null;
  if (data.action === 'accept') return knownLabel(about.label, labels);
  if (data.action === 'modify') return knownLabel(data.output?.label ?? anotherLabel, labels);
  if (data.action !== 'reject') return null;
  // To reject one of two is to say the other.
  const others = labels.filter((label) => label !== about.label);
  return (labels.length === 2 ? others[0] : undefined) ?? anotherLabel;
}
