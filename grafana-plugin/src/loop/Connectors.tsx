/** The lines of the picture, behind its boxes. Only for the eye: each box says in words where it leads to. */
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { useId } from 'react';
import { t } from '../parts/i18n';
import { words } from '../parts/words';
import type { Connector, Frame, Point } from './layout';
import { linkKinds, type Tone } from './structure';

const tones: readonly Tone[] = ['case', 'alone', 'people', 'learnt'];

export function Connectors({ connectors, frame }: { connectors: readonly Connector[]; frame: Frame }) {
  const styles = useStyles2(getStyles);
  const id = useId();
  return (
    <svg className={styles.lines} viewBox={`0 0 ${frame.width} ${frame.height}`} aria-hidden="true">
      <defs>
        {tones.map((tone) => (
          <Head key={tone} id={`${id}${tone}`} className={styles[tone]} />
        ))}
      </defs>
      {tones.map((tone) => (
        <g key={tone} className={styles[tone]}>
          {connectors
            .filter(({ link }) => linkKinds[link.kind].tone === tone)
            .map(({ link: { kind, from, to, flows }, points }) => (
              <path
                key={`${kind} ${from} ${to}`}
                className={cx(styles.line, !flows && styles.stopped)}
                d={pathOf(points)}
                markerEnd={`url(#${id}${tone})`}
                data-link={kind}
                data-from={from}
                data-to={to}
                data-flows={flows}
              />
            ))}
        </g>
      ))}
    </svg>
  );
}

function Head({ id, className }: { id: string; className: string }) {
  return (
    <marker
      id={id}
      className={className}
      viewBox="0 0 8 8"
      refX={7.5}
      refY={4}
      markerWidth={8}
      markerHeight={8}
      markerUnits="userSpaceOnUse"
      orient="auto"
    >
      <path d="M0,0.5 L8,4 L0,7.5 Z" fill="currentColor" />
    </marker>
  );
}

const toneText = words<Tone>({
  case: () => t('loop.tone.case', 'the way of a case'),
  alone: () => t('loop.tone.alone', 'the AI acts alone'),
  people: () => t('loop.tone.people', 'people decide'),
  learnt: () => t('loop.tone.learnt', 'what is learnt from it'),
});

/** Which line is which. */
export function Legend() {
  const styles = useStyles2(getStyles);
  return (
    <ul className={styles.legend} aria-hidden="true">
      {tones.map((tone) => (
        <li key={tone}>
          <Sample className={cx(styles.line, styles[tone])} />
          {toneText(tone)}
        </li>
      ))}
      <li>
        <Sample className={cx(styles.line, styles.case, styles.stopped)} />
        {t('loop.tone.stopped', 'not as the breakers stand now')}
      </li>
    </ul>
  );
}

function Sample({ className }: { className: string }) {
  return (
    <svg width={28} height={8}>
      <path className={className} d="M0,4 H28" />
    </svg>
  );
}

/** With its corners rounded, as far as its legs are long enough; on whole pixels, so that lines in one place look like one. */
function pathOf(exact: readonly Point[]): string {
  const points = exact.map(({ x, y }) => ({ x: Math.round(x), y: Math.round(y) }));
  return points
    .map((at, i) => {
      const [before, after] = [points[i - 1], points[i + 1]];
      if (before === undefined) return `M${at.x},${at.y}`;
      if (after === undefined) return `L${at.x},${at.y}`;
      const [from, to] = [towards(at, before), towards(at, after)];
      return `L${from.x},${from.y} Q${at.x},${at.y} ${to.x},${to.y}`;
    })
    .join(' ');
}

function towards(at: Point, other: Point): Point {
  const length = Math.hypot(other.x - at.x, other.y - at.y);
  const share = length === 0 ? 0 : Math.min(roundness, length / 2) / length;
  return { x: at.x + (other.x - at.x) * share, y: at.y + (other.y - at.y) * share };
}
const roundness = 8;

const getStyles = (theme: GrafanaTheme2) => ({
  lines: css({ position: 'absolute', inset: 0, width: '100%', height: '100%', pointerEvents: 'none' }),
  line: css({ fill: 'none', stroke: 'currentColor', strokeWidth: 1.5 }),
  stopped: css({ strokeDasharray: '2 4' }),
  // Unlike secondary text not transparent: where lines share a trunk they would be brighter.
  case: css({ color: theme.colors.emphasize(theme.colors.background.primary, 0.55) }),
  alone: css({ color: theme.colors.success.text }),
  people: css({ color: theme.colors.primary.text }),
  learnt: css({ color: theme.colors.warning.text }),
  legend: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(0.5, 2),
    margin: theme.spacing(1, 0),
    padding: 0,
    listStyle: 'none',
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
    li: { display: 'flex', alignItems: 'center', gap: theme.spacing(0.75) },
  }),
});
