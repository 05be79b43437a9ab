/** Plain drawings of the kinds of panels that Grafana's libraries do not have: geometry, names and colours, no more. */
import { FieldType, getFieldDisplayName, type DataFrame, type Field, type GrafanaTheme2 } from '@grafana/data';
import type { ReactNode } from 'react';
import type { Picture } from './pictures';

const font = 12;
const legendHeight = 24;
/** With a name for each version, its legend takes more lines. */
const xyLegendHeight = 3 * legendHeight;
/** Of Grafana's state timeline: names of rows have at most this share of the width. */
const nameShare = 0.3;

const valueFields = ({ fields }: DataFrame): Field[] => fields.filter(({ type }) => type === FieldType.number);

/** In which state each series was, when. */
export function TimelineSketch({ frames, width, height, time, theme }: Picture) {
  const rows = frames.flatMap((frame) => valueFields(frame).map((field) => ({ frame, field })));
  const names = rows.map(({ frame, field }) => getFieldDisplayName(field, frame, frames));
  const left = Math.min(Math.max(...names.map((name) => name.length * 6.6)) + 10, width * nameShare);
  const rowHeight = (height - legendHeight) / rows.length;
  const x = (at: number) => left + ((at / 1_000 - time.from) / (time.to - time.from)) * (width - left);
  return (
    <Sketch width={width} height={height} theme={theme} legend={statesOf(rows.map(({ field }) => field))}>
      {rows.map(({ frame, field }, nth) => (
        <g key={names[nth]} transform={`translate(0, ${nth * rowHeight})`}>
          <text
            x={left - 8}
            y={rowHeight / 2 + 4}
            textAnchor="end"
            fill={theme.colors.text.secondary}
            data-name={names[nth]}
          >
            {names[nth]}
          </text>
          {stretches(frame.fields[0]?.values ?? [], field.values as number[]).map(({ from, to, value }) => {
            const { color, text } = field.display?.(value) ?? { color: 'grey', text: '' };
            const wide = x(to) - x(from);
            return (
              <g key={from} transform={`translate(${x(from)}, ${rowHeight * 0.1})`}>
                <rect width={wide} height={rowHeight * 0.8} fill={color ?? 'grey'} opacity={0.8} />
                {wide > text.length * 7 && (
                  <text x={wide / 2} y={rowHeight * 0.4 + 4} textAnchor="middle" fill="#111">
                    {text}
                  </text>
                )}
              </g>
            );
          })}
        </g>
      ))}
    </Sketch>
  );
}

const statesOf = (fields: readonly Field[]) => {
  const states = new Map<string, string>();
  for (const field of fields) {
    for (const value of new Set(field.values as number[])) {
      const { text, color = 'grey' } = field.display?.(value) ?? { text: '' };
      states.set(text, color);
    }
  }
  return [...states].map(([name, color]) => ({ name, color }));
};

function stretches(times: readonly number[], values: readonly number[]) {
  const all: { from: number; to: number; value: number }[] = [];
  values.forEach((value, nth) => {
    const at = times[nth] ?? 0;
    const last = all.at(-1);
    if (last !== undefined) last.to = at;
    if (last?.value !== value) all.push({ from: at, to: at, value });
  });
  return all;
}

/** Observations by bucket and time; the series come cumulative, as Prometheus has them. */
export function HeatmapSketch({ frames, width, height, theme }: Picture) {
  const bounds = frames
    .map((frame) => ({
      bound: frame.fields[1]?.labels?.['le'] ?? '',
      values: (frame.fields[1]?.values ?? []) as number[],
    }))
    .toSorted((a, b) => Number(a.bound.replace('+Inf', 'Infinity')) - Number(b.bound.replace('+Inf', 'Infinity')));
  const cells = bounds.map(({ values }, nth) =>
    values.map((value, i) => Math.max(0, value - (bounds[nth - 1]?.values[i] ?? 0))),
  );
  const most = Math.max(...cells.flat());
  const [left, rowHeight] = [60, (height - legendHeight) / bounds.length];
  const columnWidth = (width - left) / (cells[0]?.length ?? 1);
  const display = frames[0]?.fields[1]?.display;
  return (
    <Sketch
      width={width}
      height={height}
      theme={theme}
      legend={[{ name: `0 to ${most.toFixed(1)}`, color: 'rgb(140, 110, 220)' }]}
    >
      {cells.map((row, nth) => (
        <g key={bounds[nth]?.bound} transform={`translate(0, ${(bounds.length - 1 - nth) * rowHeight})`}>
          <text x={left - 6} y={rowHeight / 2 + 4} textAnchor="end" fill={theme.colors.text.secondary}>
            {bounds[nth]?.bound === '+Inf' ? '∞' : bound(display?.(Number(bounds[nth]?.bound)))}
          </text>
          {row.map((value, i) => (
            <rect
              key={i}
              x={left + i * columnWidth}
              width={columnWidth + 0.5}
              height={rowHeight}
              fill={`rgba(140, 110, 220, ${value / most})`}
            />
          ))}
        </g>
      ))}
    </Sketch>
  );
}
const bound = (value: { text: string; suffix?: string } | undefined) =>
  `${value?.text ?? ''}${value?.suffix?.trim() ?? ''}`;

interface Custom {
  readonly show?: string;
  readonly lineStyle?: object;
  readonly hideFrom?: { readonly legend: boolean };
}

/** The first number of each frame across, all others up. */
export function XySketch({ frames, width, height, theme }: Picture) {
  const [left, bottom] = [44, 36];
  const series = frames.flatMap((frame) => {
    const [across, ...up] = valueFields(frame);
    return up.map((field) => ({ field, frame, xs: (across?.values ?? []) as number[] }));
  });
  const x = (value: number) => left + value * (width - left - 24);
  const y = (value: number) => 8 + (1 - value) * (height - xyLegendHeight - bottom - 8);
  const drawn = series.map(({ field, frame, xs }, nth) => {
    const name = getFieldDisplayName(field, frame, frames);
    const custom = field.config.custom as Custom;
    const isFixed = field.config.color?.mode === 'fixed';
    return {
      name,
      field,
      xs,
      custom,
      color: isFixed ? theme.colors.text.secondary : `hsl(${265 + nth * 5}, 60%, 70%)`,
    };
  });
  return (
    <Sketch
      width={width}
      height={height}
      theme={theme}
      legend={drawn.filter(({ custom }) => custom.hideFrom?.legend !== true)}
      legendIn={xyLegendHeight}
    >
      {[0, 0.25, 0.5, 0.75, 1].map((tick) => (
        <g key={tick} stroke={theme.colors.border.weak} fill={theme.colors.text.secondary}>
          <path d={`M${x(0)} ${y(tick)}H${x(1)}M${x(tick)} ${y(0)}V${y(1)}`} />
          <text x={left - 6} y={y(tick) + 4} textAnchor="end" stroke="none">{`${tick * 100}%`}</text>
          <text x={x(tick)} y={y(0) + 16} textAnchor="middle" stroke="none">{`${tick * 100}%`}</text>
        </g>
      ))}
      {drawn.map(({ name, field, xs, custom, color }) => (
        <g key={name} fill={color} stroke={color}>
          <polyline
            points={xs.map((at, i) => `${x(at)},${y(field.values[i] as number)}`).join(' ')}
            fill="none"
            strokeDasharray={custom.lineStyle === undefined ? undefined : '4 4'}
          />
          {custom.show !== 'lines' &&
            xs.map((at, i) => <circle key={i} cx={x(at)} cy={y(field.values[i] as number)} r={3} />)}
        </g>
      ))}
    </Sketch>
  );
}

interface SketchProps {
  readonly width: number;
  readonly height: number;
  readonly theme: GrafanaTheme2;
  readonly legend: readonly { readonly name: string; readonly color: string }[];
  readonly legendIn?: number;
  readonly children: ReactNode;
}

function Sketch({ width, height, theme, legend, legendIn = legendHeight, children }: SketchProps) {
  return (
    <div style={{ width, height, overflow: 'hidden' }}>
      <svg width={width} height={height - legendIn} fontSize={font} style={{ display: 'block' }}>
        {children}
      </svg>
      <div
        data-legend
        style={{
          height: legendIn,
          display: 'flex',
          flexWrap: 'wrap',
          alignContent: 'start',
          columnGap: 12,
          fontSize: font,
          overflow: 'hidden',
        }}
      >
        {legend.map(({ name, color }) => (
          <span key={name} style={{ color: theme.colors.text.primary, whiteSpace: 'nowrap' }}>
            <b style={{ color }}>▬</b> {name}
          </span>
        ))}
      </div>
    </div>
  );
}
