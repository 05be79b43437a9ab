/** The app's addresses, and what a person may do in it. */
import { locationUtil } from '@grafana/data';
import { config } from '@grafana/runtime';

export const pluginId = 'countersign-decisions-app';
export const base = `/a/${pluginId}`;

export const routes = {
  review: (decisionId?: string) => `${base}/review${decisionId ? `/${decisionId}` : ''}`,
  batch: (decisionId: string) => `${base}/batch/${decisionId}`,
  inspections: () => `${base}/inspections`,
  inspection: (id: string) => `${base}/inspections/${id}`,
  loop: () => `${base}/loop`,
  response: () => `${base}/response`,
  audit: (filter: Record<string, string> = {}) => {
    const query = new URLSearchParams(filter).toString();
    return `${base}/audit${query ? `?${query}` : ''}`;
  },
};

/** Where a plain link leads: Grafana may be below a path of its own. */
export const hrefOf = (route: string): string => locationUtil.assureBaseUrl(route);

export type Permission = 'read' | 'decide' | 'audit' | 'operate' | 'approve';

/** What Grafana let this person do. Only for what is shown: the daemon's own check does not depend on it. */
export const may = (permission: Permission): boolean =>
  config.bootData.user.permissions?.[`${pluginId}:${permission}`] === true;
