/** The cheat sheet behind `?`. */
import { css } from '@emotion/css';
import { Modal, useStyles2 } from '@grafana/ui';

const sheet: readonly (readonly [keys: string, does: string])[] = [
  ['J, K', 'Next case, previous case'],
  ['C', 'Claim the case on screen'],
  ['N', 'Claim the most urgent case that waits'],
  ['U', 'Release your claim'],
  ['H', 'Hand the case over to a colleague'],
  ['1 to 9', 'Say what it is, where the AI’s answer is shown afterwards'],
  ['A, R', 'Choose accept, choose reject'],
  ['M, E, B', 'Choose modify, escalate, roll back'],
  ['Ctrl + Enter', 'Record the decision, also while typing'],
  ['Z', 'Undo the last decision, while its time lasts'],
  ['X', 'Decide cases like this one at once'],
  ['I', 'How you decide'],
  ['Esc', 'Leave the text'],
  ['?', 'This sheet'],
];

export function KeyHelp({ onClose }: { onClose: () => void }) {
  const styles = useStyles2(getStyles);
  return (
    <Modal title="Keys" isOpen onDismiss={onClose}>
      <table className={styles}>
        <tbody>
          {sheet.map(([keys, does]) => (
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
