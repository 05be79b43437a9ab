/** What spoke for the AI's answer and what spoke against it, side by side from the middle, as a picture. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { Relevance as RelevanceData } from '@countersign/contract';
import { useStyles2 } from '@grafana/ui';
import { t, Trans } from '../parts/i18n';

interface RelevanceProps {
  readonly items: readonly RelevanceData[];
  /** Weights are the log-odds of the first of these. */
  readonly scores: Record<string, number> | undefined;
  readonly label: string | null;
}

export function Relevance({ items, scores, label }: RelevanceProps) {
  const styles = useStyles2(getStyles);
  if (items.length === 0) {
    return (
      <p className={styles.none}>{t('review.relevance.none', 'The service sent no relevance for this decision.')}</p>
    );
  }
  const largest = Math.max(...items.map(({ weight }) => Math.abs(weight)), Number.MIN_VALUE);
  const [towards = label, away] = Object.keys(scores ?? {});
  return (
    <table className={styles.table}>
      <caption className={styles.caption}>
        {away === undefined ? (
          <Trans i18nKey="review.relevance.against" values={{ towards }}>
            Weight of each feature: to the right for <em>{'{{towards}}'}</em>, to the left against it
          </Trans>
        ) : (
          <Trans i18nKey="review.relevance.between" values={{ towards, away }}>
            Weight of each feature: to the right for <em>{'{{towards}}'}</em>, to the left for <em>{'{{away}}'}</em>
          </Trans>
        )}
      </caption>
      <tbody>
        {items.map(({ feature, value, weight }) => (
          <tr key={feature}>
            <th scope="row">
              {feature}
              {value !== null && <span className={styles.value}> = {String(value)}</span>}
            </th>
            <td aria-hidden="true">
              <div className={styles.bar}>
                <div
                  className={weight >= 0 ? styles.positive : styles.negative}
                  style={{
                    width: `${(Math.abs(weight) / largest) * 50}%`,
                    ...(weight >= 0 ? { left: '50%' } : { right: '50%' }),
                  }}
                />
              </div>
            </td>
            <td className={styles.weight}>{weight > 0 ? `+${weight.toFixed(2)}` : weight.toFixed(2)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  table: css({
    width: '100%',
    tableLayout: 'fixed',
    'th, td': { padding: theme.spacing(0.25, 0.5), fontWeight: 'normal' },
    th: { width: '30%', textAlign: 'right', overflowWrap: 'anywhere' },
  }),
  caption: css({
    captionSide: 'bottom',
    fontSize: theme.typography.bodySmall.fontSize,
    color: theme.colors.text.secondary,
    paddingTop: theme.spacing(0.5),
  }),
  value: css({ color: theme.colors.text.secondary }),
  bar: css({
    position: 'relative',
    height: 12,
    background: `linear-gradient(${theme.colors.border.medium}, ${theme.colors.border.medium}) center / 1px 100% no-repeat`,
  }),
  positive: css({
    position: 'absolute',
    top: 0,
    bottom: 0,
    background: theme.visualization.getColorByName('orange'),
    borderRadius: 2,
  }),
  negative: css({
    position: 'absolute',
    top: 0,
    bottom: 0,
    background: theme.visualization.getColorByName('blue'),
    borderRadius: 2,
  }),
  weight: css({
    width: 60,
    textAlign: 'right',
    fontVariantNumeric: 'tabular-nums',
    color: theme.colors.text.secondary,
  }),
  none: css({ color: theme.colors.text.secondary }),
});
