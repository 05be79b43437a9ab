/** The text of an input, as text. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { t } from '../parts/i18n';

export function InputText({ text }: { text: string }) {
  const styles = useStyles2(getStyles);
  return (
    <pre className={styles} role="region" aria-label={t('review.input.text', 'Text of the input')} tabIndex={0}>
      {text.trim() === '' ? t('review.input.no-text', '(no text)') : text}
    </pre>
  );
}

const getStyles = (theme: GrafanaTheme2) =>
  css({
    maxHeight: 380,
    overflow: 'auto',
    whiteSpace: 'pre-wrap',
    // Grafana's own breaks words anywhere.
    wordBreak: 'normal',
    overflowWrap: 'anywhere',
    fontFamily: theme.typography.fontFamily,
    fontSize: theme.typography.body.fontSize,
    background: theme.colors.background.secondary,
    border: 'none',
    padding: theme.spacing(1.5),
    margin: 0,
  });
