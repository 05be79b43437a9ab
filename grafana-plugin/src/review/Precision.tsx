/** The AI's confidence, and what it has been worth so far. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { Precision as PrecisionData } from '@countersign/contract';
import { useStyles2 } from '@grafana/ui';
import { t } from '../parts/i18n';
import { percent } from '../parts/words';

/** With fewer, a share says nothing. */
const fewest = 10;

export function Precision({ confidence, precision }: { confidence: number; precision: PrecisionData | null }) {
  const styles = useStyles2(getStyles);
  return (
    <>
      <div
        className={styles.meter}
        role="img"
        aria-label={t('review.precision.confidence', 'Confidence {{percent}}', { percent: percent(confidence) })}
      >
        <div style={{ width: `${Math.round(confidence * 100)}%` }} />
      </div>
      {precision !== null && (
        <p className={styles.meaning} data-testid="precision">
          {meaning(precision)}
        </p>
      )}
    </>
  );
}

function meaning({ from, to, decided, changed }: PrecisionData): string {
  const range = t('review.precision.range', '{{from}}–{{to}}', { from: Math.round(from * 100), to: percent(to) });
  if (decided < fewest) {
    return t('review.precision.too-few', '', {
      count: decided,
      fewest,
      range,
      defaultValue_one: 'What {{range}} means is not known yet: it takes {{fewest}} decisions, and {{count}} is in.',
      defaultValue_other: 'What {{range}} means is not known yet: it takes {{fewest}} decisions, and {{count}} are in.',
    });
  }
  return t('review.precision.meaning', '', {
    count: decided,
    range,
    changed: percent(changed / decided),
    defaultValue_one: 'Of {{count}} decision at {{range}}, people changed {{changed}}.',
    defaultValue_other: 'Of {{count}} decisions at {{range}}, people changed {{changed}}.',
  });
}

const getStyles = (theme: GrafanaTheme2) => ({
  meter: css({
    height: 6,
    background: theme.colors.background.secondary,
    borderRadius: 3,
    margin: theme.spacing(0.5, 0),
    '> div': { height: '100%', background: theme.colors.text.secondary, borderRadius: 3 },
  }),
  meaning: css({ color: theme.colors.text.secondary, margin: theme.spacing(0.5, 0) }),
});
