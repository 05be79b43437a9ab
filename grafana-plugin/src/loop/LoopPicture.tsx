/**
 * One loop as a picture with swim lanes. Boxes and their words are plain HTML, lane by lane, each saying where it leads to;
 * the connectors are drawn behind them. With little room the lanes are one above the other.
 */
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { LoopMap } from '@countersign/contract';
import { useStyles2 } from '@grafana/ui';
import { useMemo, useState } from 'react';
import { t } from '../parts/i18n';
import { words } from '../parts/words';
import { BoxContent, titleOf } from './BoxContent';
import { Connectors, Legend } from './Connectors';
import { connect } from './layout';
import { bands, boxesOf, lanes, linksOf, type Box, type Lane, type Link } from './structure';
import { useFrame, type FrameMarks } from './use-frame';

const laneText = words<Lane>({
  data: () => t('loop.lane.data', 'Data'),
  ai: () => t('loop.lane.ai', 'AI'),
  policy: () => t('loop.lane.policy', 'Policy'),
  people: () => t('loop.lane.people', 'People'),
  harms: () => t('loop.lane.harms', 'Who bears it'),
});

export function LoopPicture({ map }: { map: LoopMap }) {
  const styles = useStyles2(getStyles);
  const [root, setRoot] = useState<HTMLElement | null>(null);
  const { boxes, links } = useMemo(() => ({ boxes: boxesOf(map), links: linksOf(map) }), [map]);
  const frame = useFrame(root);
  return (
    <section aria-label={map.title} data-testid="loop">
      <h2 className={styles.title}>{map.title}</h2>
      <p className={styles.quiet}>{t('loop.owner', '{{owner}} answers for it.', { owner: map.owner })}</p>
      <Legend />
      <div className={styles.room}>
        <div key={boxes.map(({ id }) => id).join(' ')} className={styles.picture} ref={setRoot}>
          {lanes.map((lane, column) => (
            <div key={lane} className={styles.lane}>
              <h3 className={styles.name}>{laneText(lane)}</h3>
              {bands.map((band) => (
                <Cell
                  key={band}
                  data-cell={`${column} ${band}`}
                  boxes={boxes.filter((box) => box.lane === lane && box.band === band)}
                  {...{ map, links, all: boxes }}
                />
              ))}
            </div>
          ))}
          {frame !== null && <Connectors connectors={connect(boxes, links, frame)} frame={frame} />}
        </div>
      </div>
    </section>
  );
}

interface CellProps extends Pick<FrameMarks, 'data-cell'> {
  readonly map: LoopMap;
  readonly boxes: readonly Box[];
  readonly all: readonly Box[];
  readonly links: readonly Link[];
}

function Cell({ map, boxes, all, links, ...marks }: CellProps) {
  const styles = useStyles2(getStyles);
  if (boxes.length === 0) return <div className={cx(styles.cell, styles.empty)} {...marks} />;
  return (
    <ul className={styles.cell} {...marks}>
      {boxes.map(({ id, content }) => (
        <li key={id} className={styles.box} data-box={id} data-is={content.is}>
          <strong>{titleOf(content)}</strong>
          <div className={styles.quiet}>
            <BoxContent map={map} content={content} />
          </div>
          <LeadsTo links={links.filter(({ from }) => from === id)} boxes={all} />
        </li>
      ))}
    </ul>
  );
}

function LeadsTo({ links, boxes }: { links: readonly Link[]; boxes: readonly Box[] }) {
  const styles = useStyles2(getStyles);
  const names = links.flatMap(({ to, flows }) => {
    const box = boxes.find(({ id }) => id === to);
    if (box === undefined) return [];
    const name = titleOf(box.content);
    return flows ? [name] : [t('loop.not-now', '{{name}} (not now)', { name })];
  });
  if (names.length === 0) return null;
  return <p className={styles.leadsTo}>{t('loop.leads-to', 'leads to: {{names}}', { names: names.join(', ') })}</p>;
}

/** The room that five lanes need. */
const wide = '@container (min-width: 700px)';

const getStyles = (theme: GrafanaTheme2) => ({
  title: css({ fontSize: theme.typography.h3.fontSize, marginTop: theme.spacing(2) }),
  quiet: css({ color: theme.colors.text.secondary, a: { color: theme.colors.text.link } }),
  room: css({ containerType: 'inline-size' }),
  picture: css({
    position: 'relative',
    '--gutter': 'clamp(28px, 5cqi, 64px)',
    [wide]: {
      display: 'grid',
      gridTemplateColumns: `repeat(${lanes.length}, minmax(0, 1fr))`,
      gridTemplateRows: `auto repeat(${bands.length}, auto)`,
      columnGap: theme.spacing(0.5),
    },
  }),
  lane: css({
    padding: theme.spacing(1.5),
    background: theme.colors.background.primary,
    [wide]: {
      display: 'grid',
      gridRow: '1 / -1',
      gridTemplateRows: 'subgrid',
      padding: theme.spacing(1.5, 0, 0),
      paddingInline: `calc((var(--gutter) - ${theme.spacing(0.5)}) / 2)`,
    },
    '&:not(:last-of-type)': { marginBottom: theme.spacing(0.5), [wide]: { marginBottom: 0 } },
  }),
  name: css({ fontSize: theme.typography.h5.fontSize, margin: theme.spacing(0, 0, 1.5) }),
  cell: css({
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(3),
    justifyContent: 'center',
    margin: 0,
    padding: 0,
    listStyle: 'none',
    '&:not(:last-child)': { marginBottom: theme.spacing(3) },
    // What passes other lanes does so beneath a band, and most of it beneath the last.
    [wide]: {
      '&:not(:last-child)': { marginBottom: theme.spacing(4) },
      '&:last-child': { marginBottom: theme.spacing(7) },
    },
  }),
  empty: css({ display: 'none', [wide]: { display: 'flex' } }),
  box: css({
    position: 'relative',
    zIndex: 1,
    padding: theme.spacing(1, 1.5),
    border: `1px solid ${theme.colors.border.medium}`,
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.secondary,
    overflowWrap: 'anywhere',
    fontSize: theme.typography.bodySmall.fontSize,
    strong: {
      display: 'block',
      fontSize: theme.typography.body.fontSize,
      fontWeight: theme.typography.fontWeightMedium,
    },
    'p, dl, dd': { margin: 0 },
    'p + p': { marginTop: theme.spacing(0.25) },
    '&[data-is=rule] strong::first-letter': { textTransform: 'uppercase' },
    dt: { marginTop: theme.spacing(0.75), color: theme.colors.text.primary, fontWeight: 'inherit' },
  }),
  leadsTo: css({
    color: theme.colors.text.secondary,
    fontStyle: 'italic',
    [wide]: {
      position: 'absolute',
      width: 1,
      height: 1,
      overflow: 'hidden',
      clipPath: 'inset(50%)',
      whiteSpace: 'nowrap',
    },
  }),
});
