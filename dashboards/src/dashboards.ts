/** All dashboards, and the text of their files. */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { business } from './business.ts';
import { countersignItself } from './countersign-itself.ts';
import { fleet } from './fleet.ts';
import { humanOversight } from './human-oversight.ts';
import { incidentsAndBreakers } from './incidents-and-breakers.ts';
import { modelHealth } from './model-health.ts';
import { workflow } from './workflow.ts';

/** By the name of the file, in the order in which one looks at them. */
export const dashboards: Readonly<Record<string, Dashboard>> = {
  fleet,
  workflow,
  'model-health': modelHealth,
  'human-oversight': humanOversight,
  'incidents-and-breakers': incidentsAndBreakers,
  business,
  'countersign-itself': countersignItself,
};

export const textOf = (dashboard: Dashboard) => `${JSON.stringify(dashboard, null, 2)}\n`;
