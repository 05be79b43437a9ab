/** Pictures of how values are spread: heatmaps of histograms, and the reliability curve of a model. */
import {
  HeatmapColorOptionsBuilder,
  HeatmapColorMode,
  HeatmapTooltipBuilder,
  PanelBuilder as HeatmapBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap';
import {
  LegendDisplayMode,
  LegendPlacement,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as XyChartBuilder, SeriesMapping, XYShowMode } from '@grafana/grafana-foundation-sdk/xychart';
import { byValue, colors, fixed } from './colors.ts';
import { saying, shortestStep, target, type Says } from './panels.ts';
import { joined, max, sum, type Vector } from './queries.ts';

export interface Heatmap extends Says {
  readonly buckets: Vector<string>;
}

/** How many observations fell into each bucket of a histogram, when. */
export const heatmap = ({ buckets, ...says }: Heatmap) =>
  saying(new HeatmapBuilder(), says)
    .withTarget(
      target(0, sum(buckets, ['le']), '{{le}}')
        .range()
        .format(PromQueryFormat.Heatmap),
    )
    .interval(shortestStep)
    .color(new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme('Purples').steps(64))
    .yAxis(new YAxisConfigBuilder().unit(says.unit))
    .tooltip(new HeatmapTooltipBuilder().mode(TooltipDisplayMode.Single).yHistogram(true))
    .showLegend();

const notInLegend = [{ id: 'custom.hideFrom', value: { legend: true, tooltip: false, viz: false } }];

type OfBins = Vector<'workflow' | 'model' | 'model_version' | 'bin'>;
export interface Reliability extends Omit<Says, 'unit'> {
  readonly forecast: OfBins;
  readonly observed: OfBins;
  readonly lower: OfBins;
  readonly upper: OfBins;
}

/** Two models may call a version the same. */
const ofVersions = (vector: OfBins) =>
  max(joined(vector, 'version', ['workflow', 'model', 'model_version']), ['version', 'bin']);

/** What a model promised against what came true, a curve for each version. Forecast against itself is the diagonal. */
export function reliability({ forecast, observed, lower, upper, ...says }: Reliability) {
  const columns = [
    { name: 'Forecast', query: ofVersions(forecast) },
    { name: 'Observed', query: ofVersions(observed) },
    { name: 'Perfect', query: ofVersions(forecast) },
    { name: 'Lower end', query: ofVersions(lower) },
    { name: 'Upper end', query: ofVersions(upper) },
  ];
  const valueNames = columns.map((_, nth) => `Value #${String.fromCharCode(65 + nth)}`);
  const panel = saying(new XyChartBuilder(), { ...says, unit: 'percentunit' })
    .mapping(SeriesMapping.Auto)
    .show(XYShowMode.PointsAndLines)
    .pointSize({ fixed: 6 })
    .lineWidth(1)
    .min(0)
    .max(1)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Single))
    .colorScheme(byValue())
    .transformations([
      { id: 'merge', options: {} },
      { id: 'sortBy', options: { sort: [{ field: 'Value #A' }] } },
      {
        id: 'organize',
        options: {
          excludeByName: { Time: true, bin: true },
          indexByName: Object.fromEntries(['version', ...valueNames].map((name, index) => [name, index])),
        },
      },
      {
        id: 'partitionByValues',
        options: { fields: ['version'], keepFields: false, naming: { asLabels: true } },
      },
      // After they are apart, and so with their version: a column that was renamed before keeps its one name.
      ...columns.map(({ name }, nth) => ({
        id: 'renameByRegex',
        options: { regex: `^${valueNames[nth]} ?(.*)$`, renamePattern: `${name} $1` },
      })),
    ])
    .overrideByRegexp('/^Perfect/', [
      { id: 'color', value: fixed(colors.neutral).build() },
      { id: 'custom.show', value: XYShowMode.Lines },
      ...notInLegend,
    ])
    .overrideByRegexp('/^(Lower|Upper) end/', [
      { id: 'custom.show', value: XYShowMode.Lines },
      { id: 'custom.lineStyle', value: { fill: 'dash', dash: [4, 4] } },
      ...notInLegend,
    ])
    .overrideByRegexp('/^Forecast/', [{ id: 'custom.axisLabel', value: 'Forecast confidence' }])
    .overrideByRegexp('/^Observed/', [{ id: 'custom.axisLabel', value: 'Share that was right' }]);
  columns.forEach(({ query }, nth) => panel.withTarget(target(nth, query).instant().format(PromQueryFormat.Table)));
  return panel;
}
