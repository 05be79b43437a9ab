/** Applies what a dashboard says of its fields, by Grafana's own code: units, names, colours, overrides, transformations. */
import {
  applyFieldOverrides,
  Registry,
  standardTransformers,
  standardTransformersRegistry,
  transformDataFrame,
  type DataFrame,
  type DataTransformerConfig,
  type FieldConfigPropertyItem,
  type FieldConfigSource,
  type GrafanaTheme2,
} from '@grafana/data';
import { firstValueFrom } from 'rxjs';

const transformers = new Map(
  Object.values(standardTransformers).map((transformation) => [transformation.id, transformation]),
);
standardTransformersRegistry.setInit(() =>
  [...transformers.values()].map((transformation) => ({
    id: transformation.id,
    name: transformation.name,
    transformation,
    editor: () => null,
    imageDark: '',
    imageLight: '',
  })),
);

/** Grafana keeps this one outside of its libraries: a frame for each value of a field, which becomes a label. */
const partition = 'partitionByValues';

export async function transform(frames: DataFrame[], transformations: DataTransformerConfig[]): Promise<DataFrame[]> {
  let done = frames;
  for (const transformation of transformations) {
    const [by] = transformation.id === partition ? (transformation.options as { fields: string[] }).fields : [];
    done =
      by === undefined
        ? await firstValueFrom(transformDataFrame([transformation], done))
        : done.flatMap((frame) => partitioned(frame, by));
  }
  return done;
}

function partitioned(frame: DataFrame, by: string): DataFrame[] {
  const keys = (frame.fields.find(({ name }) => name === by)?.values ?? []) as string[];
  return [...new Set(keys)].map((key) => ({
    ...frame,
    length: keys.filter((it) => it === key).length,
    fields: frame.fields
      .filter(({ name }) => name !== by)
      .map((field) => ({
        ...field,
        state: null,
        labels: { [by]: key },
        values: field.values.filter((_, i) => keys[i] === key) as unknown[],
      })),
  }));
}

const standard = [
  'displayName',
  'unit',
  'decimals',
  'min',
  'max',
  'noValue',
  'color',
  'thresholds',
  'mappings',
  'links',
];

/** Of the properties that occur: any of them may be set, and means what it says. */
function registryOf({ defaults, overrides }: FieldConfigSource) {
  const custom = new Set([
    ...Object.keys(drawingDefaults),
    ...Object.keys((defaults.custom ?? {}) as object),
    ...overrides.flatMap(({ properties }) =>
      properties.flatMap(({ id }) => (id.startsWith('custom.') ? [id.slice('custom.'.length)] : [])),
    ),
  ]);
  const item = (id: string, path: string, isCustom: boolean) =>
    ({
      id,
      path,
      isCustom,
      name: id,
      process: (value: unknown) => value,
      shouldApply: () => true,
      override: () => null,
      editor: () => null,
      settings: {},
    }) as unknown as FieldConfigPropertyItem;
  return new Registry<FieldConfigPropertyItem>(() => [
    ...standard.map((id) => item(id, id, false)),
    ...[...custom].map((path) => item(`custom.${path}`, path, true)),
  ]);
}

/** What the kinds of panels in Grafana take where a dashboard says nothing. */
const drawingDefaults = {
  drawStyle: 'line',
  lineInterpolation: 'linear',
  lineWidth: 1,
  fillOpacity: 0,
  gradientMode: 'none',
  showPoints: 'auto',
  pointSize: 5,
  axisPlacement: 'auto',
  axisLabel: '',
  axisColorMode: 'text',
  axisBorderShow: false,
  axisCenteredZero: false,
  barAlignment: 0,
  barWidthFactor: 0.6,
  scaleDistribution: { type: 'linear' },
  stacking: { mode: 'none', group: 'A' },
  thresholdsStyle: { mode: 'off' },
  hideFrom: { legend: false, tooltip: false, viz: false },
  spanNulls: false,
  insertNulls: false,
  cellOptions: { type: 'auto' },
  align: 'auto',
  inspect: false,
} as const;

export const applied = (data: DataFrame[], config: FieldConfigSource, theme: GrafanaTheme2): DataFrame[] =>
  applyFieldOverrides({
    data,
    fieldConfig: {
      ...config,
      defaults: { ...config.defaults, custom: { ...drawingDefaults, ...(config.defaults.custom as object) } },
    },
    fieldConfigRegistry: registryOf(config),
    replaceVariables: (text) => text,
    theme,
    timeZone: 'utc',
  });
