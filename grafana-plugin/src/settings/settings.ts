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

const aroundMs = 3_600_000;

/**
 * Where the trace of a decision is shown in Grafana, about the time when it was taken, for a store of traces looks nowhere
 * else; null when nobody has said which data source has them.
 */
export function tracePath(traceId: string, decidedAt: string, { tracesUid }: Settings): string | null {
  if (tracesUid === undefined || tracesUid === '') return null;
  const query = { refId: 'A', datasource: { uid: tracesUid }, queryType: 'traceql', query: traceId };
  const at = Date.parse(decidedAt);
  const range = { from: String(at - aroundMs), to: String(at + aroundMs) };
  const panes = { countersign: { datasource: tracesUid, queries: [query], range } };
  const params = new URLSearchParams({ schemaVersion: '1', panes: JSON.stringify(panes) });
  return `${config.appSubUrl}/explore?${params.toString()}`;
}
