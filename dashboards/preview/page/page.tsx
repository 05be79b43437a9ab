/** A dashboard as Grafana lays it out: the grid, its headings and panels, with what a real Prometheus answers. */
import './boot';
import {
  createTheme,
  ThemeContext,
  type DataFrame,
  type DataTransformerConfig,
  type FieldConfigSource,
} from '@grafana/data';
import { GlobalStyles, IconButton, PanelChrome, PortalContainer } from '@grafana/ui';
import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { answer, type Target, type Time } from './answers';
import { applied, transform } from './fields';
import { Picture } from './pictures';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: Target[];
  readonly interval?: string;
  readonly links?: readonly object[];
  readonly transformations?: DataTransformerConfig[];
  readonly fieldConfig?: FieldConfigSource;
  readonly options?: Picture['options'];
}
interface Dashboard {
  readonly title: string;
  readonly description: string;
  readonly panels: readonly Panel[];
}

/** Of Grafana's grid, in pixels. */
const [cellHeight, gap, padding] = [30, 8, 16];
const columns = 24;
const theme = createTheme({ colors: { mode: 'dark' } });

function Grid({ dashboard, time }: { readonly dashboard: Dashboard; readonly time: Time }) {
  const cellWidth = (window.innerWidth - 2 * padding - gap * (columns - 1)) / columns;
  const rows = Math.max(...dashboard.panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  return (
    <main style={{ padding }}>
      <h1 style={{ fontSize: 20 }}>{dashboard.title}</h1>
      <p style={{ color: theme.colors.text.secondary }}>{dashboard.description}</p>
      <div style={{ position: 'relative', height: rows * (cellHeight + gap) }}>
        {dashboard.panels.map((panel) => {
          const { x, y, w, h } = panel.gridPos;
          const box = {
            left: x * (cellWidth + gap),
            top: y * (cellHeight + gap),
            width: w * cellWidth + (w - 1) * gap,
            height: h * cellHeight + (h - 1) * gap,
          };
          return (
            <section key={panel.id} data-panel={panel.title} style={{ position: 'absolute', ...box }}>
              {panel.type === 'row' ? (
                <h2 style={{ fontSize: 18, margin: 0, lineHeight: `${cellHeight}px` }}>{panel.title}</h2>
              ) : (
                <Shown panel={panel} time={time} width={box.width} height={box.height} />
              )}
            </section>
          );
        })}
      </div>
    </main>
  );
}

async function framesOf({ targets = [], interval, transformations = [], fieldConfig }: Panel, time: Time) {
  const answers = await answer(targets, time, interval);
  const unanswered = targets.filter(({ refId }) => !answers.some((frame) => frame.refId === refId && frame.length > 0));
  // The story has samples of every metric: a query without an answer asks for what there never is.
  if (unanswered.length > 0) throw new Error(`Nothing answers ${unanswered.map(({ expr }) => expr).join()}`);
  return applied(await transform(answers, transformations), fieldConfig ?? { defaults: {}, overrides: [] }, theme);
}

interface ShownProps {
  readonly panel: Panel;
  readonly time: Time;
  readonly width: number;
  readonly height: number;
}

function Shown({ panel, time, width, height }: ShownProps) {
  const [frames, setFrames] = useState<DataFrame[]>();
  const { type, links = [], options = {} } = panel;
  useEffect(() => {
    // On the page's own console, where the test looks.
    framesOf(panel, time).then(setFrames, (error: unknown) => {
      console.error(`${panel.title}: ${String(error)}`);
      setFrames([]);
    });
  }, [panel, time]);
  return (
    <PanelChrome
      title={panel.title}
      description={panel.description ?? ''}
      titleItems={links.length > 0 && <IconButton name="external-link-alt" aria-label="Links" size="md" />}
      width={width}
      height={height}
    >
      {(innerWidth, innerHeight) =>
        frames === undefined ? (
          <i data-loading />
        ) : (
          <Picture
            kind={type}
            frames={frames}
            options={options}
            width={innerWidth}
            height={innerHeight}
            time={time}
            theme={theme}
          />
        )
      }
    </PanelChrome>
  );
}

const query = new URLSearchParams(window.location.search);
const time = { from: Number(query.get('from')), to: Number(query.get('to')) };
const dashboard = (await (await fetch(`/json/${query.get('dashboard')}.json`)).json()) as Dashboard;
createRoot(document.querySelector('#root') ?? document.body).render(
  <ThemeContext.Provider value={theme}>
    <GlobalStyles />
    <Grid dashboard={dashboard} time={time} />
    <PortalContainer />
  </ThemeContext.Provider>,
);
