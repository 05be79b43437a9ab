/** The kinds of panels, and what each of them has to say of itself: what it shows, what is normal, what to do otherwise. */
import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  ScaleDistribution,
  ScaleDistributionConfigBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import type {
  DashboardLinkBuilder,
  ThresholdsConfigBuilder,
  ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as StateTimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { byThreshold, byValue, colors, fixed, noState } from './colors.ts';
import type { Vector } from './queries.ts';
import { prometheus } from './variables.ts';

/** Grafana's names of the units that occur. The currency sign stands for whatever currency it is. */
export type Unit = 'short' | 's' | 'percentunit' | 'bytes' | 'none' | 'cps' | 'cpm' | 'dateTimeAsIso' | 'currency:¤';

export interface Says {
  readonly title: string;
  readonly shows: string;
  readonly normal: string;
  readonly otherwise: string;
  readonly unit: Unit;
  readonly decimals?: number;
  readonly links?: readonly DashboardLinkBuilder[];
}

interface Sayable {
  title(title: string): this;
  description(description: string): this;
  unit(unit: string): this;
  decimals(decimals: number): this;
  links(links: DashboardLinkBuilder[]): this;
  datasource(datasource: typeof prometheus): this;
}

export function saying<P extends Sayable>(
  panel: P,
  { title, shows, normal, otherwise, unit, decimals, links }: Says,
): P {
  panel
    .title(title)
    .description(`${shows}\n\n**Normal:** ${normal}\n\n**Otherwise:** ${otherwise}`)
    .unit(unit)
    .datasource(prometheus)
    .links([...(links ?? [])]);
  return decimals === undefined ? panel : panel.decimals(decimals);
}

/** Of a query: its letter, its PromQL, and the name of its series in which `{{label}}` is one that the series have. */
export function target(nth: number, { expr, labels }: Vector<string>, legend = ''): DataqueryBuilder {
  for (const [, label = ''] of legend.matchAll(/\{\{(\w+)\}\}/g)) {
    if (!labels.includes(label)) throw new TypeError(`A legend names ${label}, but ${expr} has ${labels.join(', ')}`);
  }
  return new DataqueryBuilder()
    .refId(String.fromCharCode(65 + nth))
    .expr(expr)
    .legendFormat(legend);
}

export interface Stat extends Says {
  readonly query: Vector<never>;
  readonly thresholds?: ThresholdsConfigBuilder;
  readonly mappings?: ValueMapping[];
}

/** One number, as it is now: asked for at one instant, so that an old value never stands for one that is gone. */
export const stat = ({ query, thresholds = noState(), mappings = [], ...says }: Stat) =>
  saying(new StatBuilder(), says)
    .withTarget(target(0, query).instant())
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .graphMode(BigValueGraphMode.None)
    .colorMode(BigValueColorMode.Value)
    .textMode(BigValueTextMode.Value)
    .orientation(VizOrientation.Auto)
    .colorScheme(byThreshold())
    .thresholds(thresholds)
    .mappings(mappings)
    .noValue('No data');

export interface Series {
  readonly query: Vector<string>;
  readonly legend: string;
  /** When absent, series go from blue to purple by their last value: names that are not known here have no colour. */
  readonly color?: string;
  readonly dashed?: boolean;
}

export interface TimeSeries extends Says {
  readonly series: readonly Series[];
  /** Below 0 and above 1 there is no share. */
  readonly min?: number;
  readonly max?: number;
  readonly thresholds?: ThresholdsConfigBuilder;
  readonly logarithmic?: boolean;
  readonly exemplars?: boolean;
  /** What the legend compares series by. */
  readonly compares?: readonly ('lastNotNull' | 'max' | 'mean' | 'sum')[];
}

const legend = (compares: readonly string[]) => {
  const options = new VizLegendOptionsBuilder()
    .showLegend(true)
    .placement(LegendPlacement.Bottom)
    .calcs([...compares]);
  return compares.length > 0
    ? options.displayMode(LegendDisplayMode.Table)
    : options.displayMode(LegendDisplayMode.List);
};
// oxlint-disable-next-line unicorn/no-array-sort -- no array: the builder's own.
const tooltip = () => new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending);

/** Lines over time. */
export function lines({
  series,
  min,
  max,
  thresholds,
  logarithmic = false,
  exemplars = false,
  compares = [],
  ...says
}: TimeSeries) {
  const panel = saying(new TimeSeriesBuilder(), says)
    .legend(legend(compares))
    .tooltip(tooltip())
    .lineWidth(1)
    .fillOpacity(0)
    .showPoints(VisibilityMode.Auto)
    .colorScheme(byValue());
  series.forEach(({ query, legend: name, color, dashed = false }, nth) => {
    panel.withTarget(target(nth, query, name).range().exemplar(exemplars));
    const properties = {
      ...(color === undefined ? {} : { color: fixed(color).build() }),
      ...(dashed ? custom({ lineStyle: { fill: 'dash', dash: [6, 6] } }) : {}),
    };
    if (Object.keys(properties).length > 0) panel.withOverride(ofQuery(nth, properties));
  });
  if (min !== undefined) panel.min(min);
  if (max !== undefined) panel.max(max);
  if (logarithmic) panel.scaleDistribution(new ScaleDistributionConfigBuilder().type(ScaleDistribution.Log).log(10));
  if (thresholds !== undefined) {
    panel
      .thresholds(thresholds)
      .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  }
  return panel;
}

/** A step is at least this long: shorter ones have too few samples for an increase. */
export const shortestStep = '5m';

/** Counts in each step of time, on top of each other. Their queries look at one step, so that counts add up. */
export const bars = (options: TimeSeries) =>
  lines(options)
    .interval(shortestStep)
    .drawStyle(GraphDrawStyle.Bars)
    .lineWidth(0)
    .fillOpacity(80)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'))
    .showPoints(VisibilityMode.Never)
    .min(0);

/** Quantities on top of each other. */
export const areas = (options: TimeSeries) =>
  lines(options)
    .fillOpacity(30)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'))
    .showPoints(VisibilityMode.Never)
    .min(0);

export interface Band extends TimeSeries {
  /** The ends of the interval: over all that is selected, so that it is one band whatever is. */
  readonly lower: Vector<never>;
  readonly upper: Vector<never>;
  readonly interval: string;
}

/** Lines, and the interval of what they say. */
export function band({ lower, upper, interval, ...options }: Band) {
  const panel = lines(options);
  const [low, high] = [`${interval}, lower end`, `${interval}, upper end`];
  const first = options.series.length;
  const edge = { lineWidth: 0, showPoints: 'never', hideFrom: { legend: true, tooltip: false, viz: false } };
  return panel
    .withTarget(target(first, lower, low).range())
    .withTarget(target(first + 1, upper, high).range())
    .withOverride(ofQuery(first, { color: fixed(colors.neutral).build(), ...custom(edge) }))
    .withOverride(
      ofQuery(first + 1, {
        color: fixed(colors.neutral).build(),
        ...custom({ ...edge, fillBelowTo: low, fillOpacity: 18 }),
      }),
    );
}

export interface Timeline extends Says {
  readonly query: Vector<string>;
  readonly legend: string;
  readonly mappings: ValueMapping[];
}

/** In which state something was, when. */
export const timeline = ({ query, legend: name, mappings, ...says }: Timeline) =>
  saying(new StateTimelineBuilder(), says)
    .withTarget(target(0, query, name).range())
    .mappings(mappings)
    .colorScheme(byThreshold())
    .thresholds(noState())
    .mergeValues(true)
    .showValue(VisibilityMode.Auto)
    .rowHeight(0.8)
    .fillOpacity(80)
    .lineWidth(0)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    )
    .tooltip(tooltip());

/** Properties of the series of one query, by their ids: `custom.` before those of the kind of panel. */
const ofQuery = (nth: number, properties: Readonly<Record<string, unknown>>) => ({
  matcher: { id: 'byFrameRefID', options: String.fromCharCode(65 + nth) },
  properties: Object.entries(properties).map(([id, value]) => ({ id, value })),
});
const custom = (properties: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(properties).map(([id, value]) => [`custom.${id}`, value]));
