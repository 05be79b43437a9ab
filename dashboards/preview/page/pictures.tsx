/** Draws what is in a panel: by Grafana's own components where its libraries have them, else by a plain sketch. */
import {
  cacheFieldDisplayNames,
  dateTime,
  getDisplayProcessor,
  type DataFrame,
  type GrafanaTheme2,
} from '@grafana/data';
import {
  BigValue,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  TimeSeries,
  type VizLegendOptions,
} from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import type { Time } from './answers';
import { HeatmapSketch, TimelineSketch, XySketch } from './sketches';

export interface Picture {
  readonly kind: string;
  readonly frames: DataFrame[];
  readonly options: { readonly legend?: VizLegendOptions; readonly sortBy?: { displayName: string; desc: boolean }[] };
  readonly width: number;
  readonly height: number;
  readonly time: Time;
  readonly theme: GrafanaTheme2;
}

export function Picture(picture: Picture) {
  const { kind, frames, options, width, height, time, theme } = picture;
  const isEmpty = !frames.some(({ length }) => length > 0);
  if (isEmpty && kind !== 'stat') return <p>No data</p>;
  switch (kind) {
    case 'stat': {
      const field = frames[0]?.fields[1];
      const value = field === undefined ? { text: 'No data', numeric: NaN } : shown(field, theme);
      return (
        <BigValue
          theme={theme}
          width={width}
          height={height}
          value={value}
          colorMode={BigValueColorMode.Value}
          graphMode={BigValueGraphMode.None}
          textMode={BigValueTextMode.Value}
        />
      );
    }
    case 'timeseries': {
      const [from, to] = [dateTime(time.from * 1_000), dateTime(time.to * 1_000)];
      return (
        <TimeSeries
          frames={frames}
          width={width}
          height={height}
          timeZone="utc"
          timeRange={{ from, to, raw: { from, to } }}
          legend={options.legend ?? { showLegend: false, displayMode: 'list' as never, placement: 'bottom', calcs: [] }}
        />
      );
    }
    case 'table': {
      cacheFieldDisplayNames(frames);
      const [frame] = frames;
      return frame === undefined ? null : (
        <TableNG
          data={frame}
          width={width}
          height={height}
          initialSortBy={options.sortBy ?? []}
          enableVirtualization={false}
        />
      );
    }
    case 'state-timeline':
      return <TimelineSketch {...picture} />;
    case 'heatmap':
      return <HeatmapSketch {...picture} />;
    case 'xychart':
      return <XySketch {...picture} />;
    default:
      throw new TypeError(`Nobody has drawn a ${kind} yet`);
  }
}

export function shown(field: DataFrame['fields'][number], theme: GrafanaTheme2) {
  const display = field.display ?? getDisplayProcessor({ field, theme, timeZone: 'utc' });
  return display(field.values.at(-1));
}
