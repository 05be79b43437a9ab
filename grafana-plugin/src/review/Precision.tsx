/** The AI's confidence, and what it has been worth so far. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { Precision as PrecisionData } from '@countersign/contract';
import { useStyles2 } from '@grafana/ui';
import { percent } from '../parts/words';

/** With fewer, a share says nothing. */
const fewest = 10;

export function Precision({ confidence, precision }: { confidence: number; precision: PrecisionData | null }) {
  const styles = useStyles2(getStyles);
  return (
    <>
      <div className={styles.meter} role="img" aria-label={`Confidence ${percent(confidence)}`}>
        <div style={{ width: percent(confidence).replace(' ', '') }} />
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
  const range = `${Math.round(from * 100)}–${percent(to)}`;
  if (decided < fewest)
    return `${decided} of the ${fewest} decisions at ${range} are in that it takes to say what it means.`;
  return `Of ${decided} decisions at ${range}, people changed ${percent(changed / decided)}.`;
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
