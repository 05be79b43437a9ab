/** When what fits was recorded, as bars. Drawing over them narrows the time; so do arrows, Shift and Enter. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { AuditHistogram } from '@countersign/contract';
import { Button, useStyles2 } from '@grafana/ui';
import { useState, type PointerEvent } from 'react';
import { t } from '../parts/i18n';
import { useBrush } from './use-brush';

interface HistogramProps {
  readonly histogram: AuditHistogram;
  /** ISO 8601; null for all time. */
  readonly onTime: (from: string | null, to: string | null) => void;
  readonly isNarrowed: boolean;
}

const height = 64;
const captionHeight = 28;

/** Where the bars will be. */
export function HistogramPlace() {
  const styles = useStyles2(getStyles);
  return <div className={styles.place} />;
}

export function Histogram({ histogram, onTime, isNarrowed }: HistogramProps) {
  const styles = useStyles2(getStyles);
  const { from, to, counts, exact } = histogram;
  const [start, end] = [Date.parse(from), Date.parse(to)];
  const highest = Math.max(1, ...counts);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const [drawn, setDrawn] = useState<readonly [from: number, to: number] | null>(null);
  const edge = (bar: number) => start + (bar / counts.length) * (end - start);
  const isoAt = (bar: number) => new Date(edge(bar)).toISOString();
  const { marked, onKeyDown, clear } = useBrush(counts.length, (first, last) => onTime(isoAt(first), isoAt(last + 1)));
  const [first, last] = marked === null ? [0, -1] : [marked.anchor, marked.head].toSorted((a, b) => a - b);
  /** From 0 to 1. */
  const placeOf = (event: PointerEvent<SVGSVGElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - left) / width));
  };
  const at = (place: number) => new Date(start + place * (end - start)).toISOString();
  const finish = () => {
    if (drawn === null) return;
    const [low, high] = [Math.min(...drawn), Math.max(...drawn)];
    setDrawn(null);
    if (high - low > 0.005) onTime(at(low), at(high));
  };
  const label = t('audit.histogram.label', '', {
    count: total,
    total: exact ? total : `~${total}`,
    from: new Date(start).toLocaleString(),
    to: new Date(end).toLocaleString(),
    defaultValue_one: '{{total}} record from {{from}} to {{to}}',
    defaultValue_other: '{{total}} records from {{from}} to {{to}}',
  });
  const said =
    marked === null
      ? label
      : t('audit.histogram.marked', '{{count}} from {{from}} to {{to}}: Enter narrows the time to it', {
          count: counts.slice(first, (last ?? 0) + 1).reduce((sum, count) => sum + count, 0),
          from: new Date(edge(first ?? 0)).toLocaleString(),
          to: new Date(edge((last ?? 0) + 1)).toLocaleString(),
        });
  return (
    <figure className={styles.figure} data-testid="histogram" data-total={total}>
      <svg
        viewBox={`0 0 ${counts.length} ${height}`}
        preserveAspectRatio="none"
        className={styles.bars}
        role="slider"
        aria-label={t(
          'audit.histogram.name',
          'Time: arrows go along it, with Shift they take more, Enter narrows to it',
        )}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, counts.length - 1)}
        aria-valuenow={marked?.head ?? 0}
        aria-valuetext={said}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onBlur={clear}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrawn([placeOf(event), placeOf(event)]);
        }}
        onPointerMove={(event) => drawn !== null && setDrawn([drawn[0], placeOf(event)])}
        onPointerUp={finish}
        onPointerCancel={() => setDrawn(null)}
      >
        {counts.map((count, i) => {
          const tall = (count / highest) * height;
          return <rect key={i} x={i + 0.08} width={0.84} y={height - tall} height={tall} className={styles.bar} />;
        })}
        {marked !== null && (
          <rect x={first} width={(last ?? 0) - (first ?? 0) + 1} y={0} height={height} className={styles.drawn} />
        )}
        {drawn !== null && (
          <rect
            x={Math.min(...drawn) * counts.length}
            width={Math.abs(drawn[1] - drawn[0]) * counts.length}
            y={0}
            height={height}
            className={styles.drawn}
          />
        )}
      </svg>
      <figcaption className={styles.caption}>
        <span aria-live="polite">{said}</span>
        {isNarrowed && (
          <Button size="sm" fill="text" onClick={() => onTime(null, null)}>
            {t('audit.histogram.all-time', 'All time')}
          </Button>
        )}
      </figcaption>
    </figure>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  figure: css({ margin: theme.spacing(0, 0, 2) }),
  place: css({ height: height + captionHeight, marginBottom: theme.spacing(2) }),
  bars: css({
    display: 'block',
    width: '100%',
    height,
    cursor: 'crosshair',
    touchAction: 'pan-y',
    borderBottom: `1px solid ${theme.colors.border.medium}`,
  }),
  bar: css({ fill: theme.visualization.getColorByName('blue') }),
  drawn: css({ fill: theme.colors.text.primary, opacity: 0.2 }),
  caption: css({
    display: 'flex',
    alignItems: 'center',
    minHeight: captionHeight,
    gap: theme.spacing(1),
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
  }),
});
