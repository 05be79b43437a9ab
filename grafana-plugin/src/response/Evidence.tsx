/** The figures behind an alert or a breaker's move, as the monitors gave them: folded, for whoever wants to know. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { t } from '../parts/i18n';

export function Evidence({ evidence }: { evidence: Readonly<Record<string, unknown>> }) {
  const styles = useStyles2(getStyles);
  const figures = Object.entries(evidence);
  if (figures.length === 0) return null;
  return (
    <details className={styles} data-testid="evidence">
      <summary>{t('response.evidence', 'Evidence')}</summary>
      <dl>
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{figureText(value)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

/** Four digits say what there is to say; what is more than a number or a word is shown as JSON. */
function figureText(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : value.toPrecision(4);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const getStyles = (theme: GrafanaTheme2) =>
  css({
    width: '100%',
    summary: { color: theme.colors.text.secondary, width: 'fit-content' },
    dl: { margin: theme.spacing(0.5, 0) },
    'dl > div': { display: 'flex', gap: theme.spacing(2) },
    dt: { width: 180, flexShrink: 0, fontWeight: 'normal', color: theme.colors.text.secondary },
    dd: { margin: 0, overflowWrap: 'anywhere', fontFamily: theme.typography.fontFamilyMonospace },
  });
