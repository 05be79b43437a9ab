/** What the keys of the pages for reviewers do. */
import { t } from '../parts/i18n';
import type { Sheet } from '../parts/KeyHelp';

export const reviewSheet = (): Sheet => [
  ['J, K', t('review.keys.move', 'Next case, previous case')],
  ['C', t('review.keys.claim', 'Claim the case on screen')],
  ['N', t('review.keys.next', 'Claim the most urgent case that waits')],
  ['U', t('review.keys.release', 'Release your claim')],
  ['H', t('review.keys.hand-over', 'Hand the case over to a colleague')],
  [
    t('review.keys.one-to-nine', '1 to 9'),
    t('review.keys.commit', 'Choose what it is, where the AI’s answer is shown afterwards'),
  ],
  ['A, R', t('review.keys.accept', 'Choose accept, choose reject')],
  ['M, E, B', t('review.keys.modify', 'Choose modify, escalate, roll back')],
  [t('review.keys.ctrl-enter', 'Ctrl + Enter'), t('review.keys.record', 'Record the decision, also while typing')],
  ['Z', t('review.keys.undo', 'Undo the last decision, while its time lasts')],
  ['X', t('review.keys.batch', 'Decide cases like this one at once')],
  ['I', t('review.keys.figures', 'How you decide')],
  [t('review.keys.escape', 'Esc'), t('review.keys.leave', 'Leave the text')],
];

export const batchSheet = (): Sheet => [
  ['O', t('review.keys.open-next', 'Open the next case of the sample')],
  ['L', t('review.keys.leave-out', 'Leave the case on screen out, or take it along again')],
  ['A, R', t('review.keys.all', 'Choose accept all, choose reject all')],
  [t('review.keys.ctrl-enter', 'Ctrl + Enter'), t('review.keys.record', 'Record the decision, also while typing')],
  ['Z', t('review.keys.undo-all', 'Undo what was decided at once, while its time lasts')],
  [t('review.keys.escape', 'Esc'), t('review.keys.leave', 'Leave the text')],
];
