/** The cheat sheet behind `?`. */
import { css } from '@emotion/css';
import { Modal, useStyles2 } from '@grafana/ui';
import { t } from '../parts/i18n';

const sheet = (): readonly (readonly [keys: string, does: string])[] => [
  ['J, K', t('review.keys.move', 'Next case, previous case')],
  ['C', t('review.keys.claim', 'Claim the case on screen')],
  ['N', t('review.keys.next', 'Claim the most urgent case that waits')],
  ['U', t('review.keys.release', 'Release your claim')],
  ['H', t('review.keys.hand-over', 'Hand the case over to a colleague')],
  [
    t('review.keys.one-to-nine', '1 to 9'),
    t('review.keys.commit', 'Say what it is, where the AI’s answer is shown afterwards'),
  ],
  ['A, R', t('review.keys.accept', 'Choose accept, choose reject')],
  ['M, E, B', t('review.keys.modify', 'Choose modify, escalate, roll back')],
  [t('review.keys.ctrl-enter', 'Ctrl + Enter'), t('review.keys.record', 'Record the decision, also while typing')],
  ['Z', t('review.keys.undo', 'Undo the last decision, while its time lasts')],
  ['X', t('review.keys.batch', 'Decide cases like this one at once')],
  ['I', t('review.keys.figures', 'How you decide')],
  [t('review.keys.escape', 'Esc'), t('review.keys.leave', 'Leave the text')],
  ['?', t('review.keys.help', 'This sheet')],
];

export function KeyHelp({ onClose }: { onClose: () => void }) {
  const styles = useStyles2(getStyles);
  return (
    <Modal title={t('review.keys.title', 'Keys')} isOpen onDismiss={onClose}>
      <table className={styles}>
        <tbody>
          {sheet().map(([keys, does]) => (
            <tr key={keys}>
              <th scope="row">
                <kbd>{keys}</kbd>
              </th>
              <td>{does}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Modal>
  );
}

const getStyles = () => css({ 'th, td': { padding: '4px 12px 4px 0', textAlign: 'left' } });
