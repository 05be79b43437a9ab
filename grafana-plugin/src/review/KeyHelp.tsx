/** The cheat sheet behind `?`. */
import { css } from '@emotion/css';
import { Modal, useStyles2 } from '@grafana/ui';

const sheet: readonly (readonly [keys: string, does: string])[] = [
  ['J, K', 'Next case, previous case'],
  ['C', 'Claim the case on screen'],
  ['N', 'Claim the most urgent case that waits'],
  ['U', 'Release your claim'],
  ['A, R', 'Choose accept, choose reject'],
  ['M, E, B', 'Choose modify, escalate, roll back'],
  ['Ctrl + Enter', 'Record the decision, also while typing'],
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
