/** What an administrator has set, as Grafana keeps it for the app. */
import { usePluginContext } from '@grafana/data';
import { config } from '@grafana/runtime';

export interface Settings {
  /** Where the daemon is, as Grafana's server reaches it. */
  readonly daemonUrl?: string;
  /** The uid of the data source that has the traces. */
  readonly tracesUid?: string;
}

export const useSettings = (): Settings =>
  (usePluginContext()?.meta as { jsonData?: Settings } | undefined)?.jsonData ?? {};

/** Where a trace is shown in Grafana; null when nobody has said which data source has them. */
export function tracePath(traceId: string, { tracesUid }: Settings): string | null {
  if (tracesUid === undefined || tracesUid === '') return null;
  const query = { refId: 'A', datasource: { uid: tracesUid }, queryType: 'traceql', query: traceId };
  const panes = { countersign: { datasource: tracesUid, queries: [query], range: { from: 'now-24h', to: 'now' } } };
  const params = new URLSearchParams({ schemaVersion: '1', panes: JSON.stringify(panes) });
  return `${config.appSubUrl}/explore?${params.toString()}`;
}
