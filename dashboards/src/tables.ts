/** Tables: one row for each combination of labels, one column for each query, asked for as it is now. */
import { PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import {
  TableCellDisplayMode,
  TableCellHeight,
  TableSortByFieldStateBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import type { ThresholdsConfig, ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { byThreshold, noState } from './colors.ts';
import { saying, target, type Says, type Unit } from './panels.ts';
import type { Vector } from './queries.ts';

export interface Column<L extends string> {
  readonly title: string;
  readonly query: Vector<L>;
  readonly unit: Unit;
  readonly decimals?: number;
  readonly width?: number;
  /** Colours the number. */
  readonly thresholds?: ThresholdsConfig;
  readonly mappings?: ValueMapping[];
  /** Where a click leads; `${__data.fields["Title"]}` is another column of the row. */
  readonly link?: { readonly title: string; readonly url: string };
}

export interface Table<L extends string> extends Omit<Says, 'unit'> {
  /** The columns that say what a row is of. */
  readonly rowsOf: Readonly<
    Record<L, { readonly title: string; readonly width?: number; readonly link?: Column<L>['link'] }>
  >;
  /** A label of one metric more, as a column of words. */
  readonly fact?: {
    readonly label: string;
    readonly title: string;
    readonly width: number;
    readonly query: Vector<string>;
  };
  readonly columns: readonly Column<L>[];
  readonly sortBy: { readonly title: string; readonly descending: boolean };
}

interface Property {
  readonly id: string;
  readonly value: unknown;
}

export function table<L extends string>({ rowsOf, fact, columns, sortBy, ...says }: Table<L>) {
  const labels = Object.keys(rowsOf) as L[];
  const facts = fact === undefined ? [] : [fact];
  const isAlone = columns.length + facts.length === 1;
  const valueName = (nth: number) => (isAlone ? 'Value' : `Value #${String.fromCharCode(65 + nth)}`);
  const named: readonly (readonly [name: string, title: string])[] = [
    ...labels.map((label) => [label, rowsOf[label].title] as const),
    ...facts.map(({ label, title }) => [label, title] as const),
    ...columns.map(({ title }, nth) => [valueName(nth), title] as const),
  ];
  const panel = saying(new TableBuilder(), { ...says, unit: 'short' })
    .colorScheme(byThreshold())
    .thresholds(noState())
    .cellHeight(TableCellHeight.Sm)
    .filterable(false)
    .sortBy([new TableSortByFieldStateBuilder().displayName(sortBy.title).desc(sortBy.descending)])
    .noValue('–')
    .transformations([
      { id: 'merge', options: {} },
      {
        id: 'organize',
        options: {
          excludeByName: { Time: true, ...Object.fromEntries(facts.map(() => [valueName(columns.length), true])) },
          indexByName: Object.fromEntries(named.map(([name], index) => [name, index])),
          renameByName: Object.fromEntries(named),
        },
      },
    ]);
  columns.forEach(({ query }, nth) => {
    if (query.labels.toSorted().join() !== labels.toSorted().join())
      throw new TypeError(`Rows are of ${labels.join()}, but ${query.expr} has ${query.labels.join()}`);
    panel.withTarget(target(nth, query).instant().format(PromQueryFormat.Table));
  });
  for (const { query, title, width } of facts) {
    panel.withTarget(target(columns.length, query).instant().format(PromQueryFormat.Table));
    panel.overrideByName(title, sized(width));
  }
  for (const label of labels) {
    const { title, width, link } = rowsOf[label];
    panel.overrideByName(title, [...sized(width), ...linked(link)]);
  }
  for (const { title, unit, decimals, width, thresholds, mappings, link } of columns) {
    const coloured = thresholds !== undefined || mappings !== undefined;
    panel.overrideByName(title, [
      { id: 'unit', value: unit },
      ...(decimals === undefined ? [] : [{ id: 'decimals', value: decimals }]),
      ...(coloured ? [{ id: 'custom.cellOptions', value: { type: TableCellDisplayMode.ColorText } }] : []),
      ...(thresholds === undefined ? [] : [{ id: 'thresholds', value: thresholds }]),
      ...(mappings === undefined ? [] : [{ id: 'mappings', value: mappings }]),
      ...sized(width),
      ...linked(link),
    ]);
  }
  return panel;
}

const sized = (width: number | undefined): Property[] =>
  width === undefined ? [] : [{ id: 'custom.width', value: width }];
const linked = (link: Column<string>['link']): Property[] =>
  link === undefined ? [] : [{ id: 'links', value: [link] }];
