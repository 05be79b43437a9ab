/** The cheat sheet behind `?`: of the page that shows it. */
import { css } from '@emotion/css';
import { Modal, useStyles2 } from '@grafana/ui';
import { t } from './i18n';

/** A row: the keys, and what they do. */
export type Sheet = readonly (readonly [keys: string, does: string])[];

interface KeyHelpProps {
  readonly sheet: Sheet;
  readonly onClose: () => void;
}

export function KeyHelp({ sheet, onClose }: KeyHelpProps) {
  const styles = useStyles2(getStyles);
  return (
    <Modal title={t('parts.keys.title', 'Keys')} isOpen onDismiss={onClose}>
      <table className={styles}>
        <tbody>
          {[...sheet, ['?', t('parts.keys.help', 'This sheet')] as const].map(([keys, does]) => (
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
