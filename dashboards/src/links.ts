/** The ways between the dashboards, into the app, and to traces. */
import { DashboardLinkBuilder, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard';

export const uids = {
  fleet: 'countersign-fleet',
  workflow: 'countersign-workflow',
  modelHealth: 'countersign-model-health',
  oversight: 'countersign-human-oversight',
  incidents: 'countersign-incidents-breakers',
  business: 'countersign-business',
  itself: 'countersign-itself',
} as const;
export type DashboardName = keyof typeof uids;

/** All of Countersign's, those of the app included. */
export const tag = 'countersign';

type AppPage = 'review' | 'response' | 'audit' | 'inspections' | 'loop';
export const appPage = (page: AppPage, query = '') => `/a/countersign-decisions-app/${page}${query && `?${query}`}`;

/** With what is chosen on this dashboard, or only the workflow that `workflow` stands for. */
export const dashboardUrl = (name: DashboardName, workflow = '') =>
  `/d/${uids[name]}?${workflow ? `var-workflow=${workflow}` : '${workflow:queryparam}'}&\${datasource:queryparam}&\${__url_time_range}`;

const link = (title: string) => new DashboardLinkBuilder(title).type(DashboardLinkType.Link).tooltip('');

export const toDashboard = (title: string, name: DashboardName) =>
  link(title).url(dashboardUrl(name)).icon('dashboard');
export const toApp = (title: string, page: AppPage, query?: string) =>
  link(title).url(appPage(page, query)).icon('external link');
export const toUrl = (title: string, url: string) => link(title).url(url);

/** The traces of decisions in the time shown, in Explore. */
export function toTraces(which: 'all' | 'of the workflow') {
  const condition = which === 'all' ? '!= nil' : '=~ "${workflow:pipe}"';
  const panes = {
    traces: {
      datasource: '${traces}',
      queries: [{ refId: 'A', queryType: 'traceql', query: `{ span.decision.workflow.id ${condition} }` }],
      range: { from: '${__from}', to: '${__to}' },
    },
  };
  // Variables are put in before the address is used, so they must not be encoded.
  const encoded = encodeURIComponent(JSON.stringify(panes)).replaceAll(/%24%7B(\w+)(%3A\w+)?%7D/g, (variable) =>
    decodeURIComponent(variable),
  );
  return link('Traces of decisions').url(`/explore?schemaVersion=1&panes=${encoded}`).icon('external link');
}

/** At the top of every dashboard. */
export const topLinks = () => [
  new DashboardLinkBuilder('Countersign')
    .type(DashboardLinkType.Dashboards)
    .tags([tag])
    .asDropdown(true)
    .includeVars(true)
    .keepTime(true)
    .icon('external link')
    .tooltip('The other dashboards'),
  toApp('Review', 'review').tooltip('Decide what waits'),
  toApp('Response', 'response').tooltip('Alerts, incidents and breakers'),
  toApp('Audit', 'audit').tooltip('What was decided, and the proof of it'),
];
