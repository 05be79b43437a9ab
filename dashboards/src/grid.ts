/** Panels in rows of 24 columns. A row that is not full, or too full, is a mistake and says so. */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { RowBuilder, type DashboardBuilder, type GridPos, type Panel } from '@grafana/grafana-foundation-sdk/dashboard';

const columns = 24;

interface Placeable extends Builder<Panel> {
  gridPos(position: GridPos): this;
  id(id: number): this;
}

/** Either a heading, or panels of one height with their widths. */
export type Row =
  | { readonly heading: string }
  | { readonly height: number; readonly panels: readonly (readonly [width: number, panel: Placeable])[] };

export const heading = (title: string): Row => ({ heading: title });
export const row = (height: number, ...panels: readonly (readonly [width: number, panel: Placeable])[]): Row => ({
  height,
  panels,
});
/** Panels of one width. */
export const even = (height: number, ...panels: readonly Placeable[]): Row =>
  row(height, ...panels.map((panel) => [columns / panels.length, panel] as const));

export function place(dashboard: DashboardBuilder, rows: readonly Row[]): void {
  let y = 0;
  let id = 0;
  for (const each of rows) {
    if ('heading' in each) {
      dashboard.withRow(new RowBuilder(each.heading).id(++id).gridPos({ h: 1, w: columns, x: 0, y }));
      y += 1;
      continue;
    }
    let x = 0;
    for (const [w, panel] of each.panels) {
      dashboard.withPanel(panel.id(++id).gridPos({ h: each.height, w, x, y }));
      x += w;
    }
    if (x !== columns) throw new RangeError(`A row at ${y} has ${x} columns, and ${columns} fill it.`);
    y += each.height;
  }
}
