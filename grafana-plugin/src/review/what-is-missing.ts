/** What a decision still needs before it can be recorded, and what happens when it is, in words. */
import type { DecisionAction, ReviewCase } from '@countersign/contract';
import { isEqual } from 'lodash';
import { t } from '../parts/i18n';
import { words } from '../parts/words';
import type { Draft } from './draft';
import { answerProblem, valueOf } from './edited-answer';

/** Null when it can be recorded. */
export function missingIn(
  { action, justification, label, value }: Draft,
  { rules, answer }: ReviewCase,
): string | null {
  if (action === null) return t('review.missing.action', 'Choose an action first.');
  if (action === 'modify') {
    const given = answer?.output;
    if (label === null && rules.labels.length > 0) {
      return t('review.missing.label', 'Choose what it should have been.');
    }
    if (answerProblem(value, given?.value, rules.output) !== null) {
      return t('review.missing.answer', 'Correct the answer first.');
    }
    const isSameLabel = rules.labels.length === 0 || label === given?.label;
    if ((value === null || isEqual(valueOf(value, given?.value), given?.value)) && isSameLabel) {
      return t('review.missing.change', 'Change the label or the answer, or accept it.');
    }
  }
  if (rules.justification_required.includes(action) && justification.trim() === '') return reasonWanted(action);
  return null;
}

const reasonWanted = words<DecisionAction>({
  accept: () => t('review.missing.why-accept', 'The policy wants a reason to accept.'),
  reject: () => t('review.missing.why-reject', 'The policy wants a reason to reject.'),
  modify: () => t('review.missing.why-modify', 'The policy wants a reason to modify.'),
  escalate: () => t('review.missing.why-escalate', 'The policy wants a reason to escalate.'),
  rollback: () => t('review.missing.why-rollback', 'The policy wants a reason to roll back.'),
});

export const afterwards = (undoMs: number): string =>
  undoMs === 0
    ? t('review.form.at-once', 'It is recorded at once, and the next case opens.')
    : t('review.form.undoable', 'The next case opens. For {{seconds}} s it can be undone, then it is recorded.', {
        seconds: Math.round(undoMs / 1_000),
      });
