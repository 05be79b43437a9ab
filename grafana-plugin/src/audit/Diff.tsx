/** What changed from one output to the next, field by field. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { t } from '../parts/i18n';
import { changesBetween } from './changes';

export function Diff({ before, after }: { before: unknown; after: unknown }) {
  const styles = useStyles2(getStyles);
  const changes = changesBetween(before, after);
  if (changes.length === 0) return null;
  return (
    <table className={styles.table} data-testid="diff" aria-label={t('audit.diff.label', 'What changed of the output')}>
      <tbody>
        {changes.map(({ field, was, is }) => (
          <tr key={field}>
            <th scope="row">{field}</th>
            <td>
              <del>{was}</del>
            </td>
            <td>
              <ins>{is}</ins>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  table: css({
    margin: theme.spacing(0.5, 0),
    'th, td': { padding: theme.spacing(0.25, 1), fontWeight: 'normal', overflowWrap: 'anywhere' },
    th: { color: theme.colors.text.secondary },
    del: { background: theme.colors.error.transparent },
    ins: { background: theme.colors.success.transparent, textDecoration: 'none' },
  }),
});
