/** What every dashboard has: its address, variables, links, marks and time. */
import {
  DashboardBuilder,
  DashboardCursorSync,
  type Dashboard,
  type DashboardLink,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { annotations } from './annotations.ts';
import { place, type Row } from './grid.ts';
import { tag, topLinks, uids, type DashboardName } from './links.ts';
import type { Narrowing } from './queries.ts';
import { datasource, narrowing } from './variables.ts';

export interface DashboardSource {
  readonly name: DashboardName;
  readonly title: string;
  readonly description: string;
  readonly narrowedBy: readonly Narrowing[];
  readonly variables?: readonly Parameters<DashboardBuilder['withVariable']>[0][];
  /** How far back it looks at first. */
  readonly from: 'now-6h' | 'now-24h' | 'now-7d' | 'now-30d';
  readonly refresh: '30s' | '1m' | '5m' | '15m';
  readonly rows: readonly Row[];
}

export function build({
  name,
  title,
  description,
  narrowedBy,
  variables = [],
  from,
  refresh,
  rows,
}: DashboardSource): Dashboard {
  const dashboard = new DashboardBuilder(title)
    .id(null)
    .uid(uids[name])
    .description(description)
    .tags([tag])
    .timezone('utc')
    .time({ from, to: 'now' })
    .refresh(refresh)
    .tooltip(DashboardCursorSync.Crosshair)
    .variables([datasource(), ...narrowedBy.map(narrowing), ...variables])
    .annotations(annotations(narrowedBy))
    .links(topLinks());
  place(dashboard, rows);
  return asShown(dashboard.build());
}

/** Grafana takes a panel without it for one of long ago, and changes its options. */
const pluginVersion = '12.3.0';

/** The builders put links and marks into a menu behind three dots, where Grafana shows no list of dashboards at all. */
function asShown({ links = [], annotations: { list = [], ...marks }, panels = [], ...rest }: Dashboard): Dashboard {
  return {
    ...rest,
    annotations: { ...marks, list: list.map(({ placement: _menu, ...mark }) => mark) },
    links: withoutPlace(links),
    panels: panels.map((panel) =>
      panel.type === 'row' || !('fieldConfig' in panel)
        ? panel
        : { ...panel, pluginVersion, ...(panel.links && { links: withoutPlace(panel.links) }) },
    ),
  };
}

const withoutPlace = (links: readonly DashboardLink[]): DashboardLink[] =>
  links.map(({ placement: _menu, ...link }) => link);
