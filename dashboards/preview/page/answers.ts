/** Asks Prometheus what a panel asks for, and gives the answers the form that Grafana's Prometheus data source gives them. */
import { FieldType, toDataFrame, type DataFrame } from '@grafana/data';

export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat?: string;
  readonly format?: 'table' | 'heatmap' | 'time_series';
  readonly instant?: boolean;
}
/** In seconds. */
export interface Time {
  readonly from: number;
  readonly to: number;
}

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

/** Between samples. */
const scrapeSeconds = 60;

/** `shortestStep` is a panel's own, such as `5m`. */
export async function answer(targets: readonly Target[], time: Time, shortestStep = '1m'): Promise<DataFrame[]> {
  const answers = await Promise.all(
    targets.map(async (target) => ({ target, series: await ask(target, time, Number.parseInt(shortestStep) * 60) })),
  );
  return answers.flatMap(({ target, series }) =>
    target.format === 'table'
      ? [tableFrame(target, series, targets.length > 1)]
      : series.map((one) => seriesFrame(target, one)),
  );
}

async function ask({ expr, instant }: Target, { from, to }: Time, step: number): Promise<readonly Series[]> {
  const query = expr
    .replaceAll('$__rate_interval', `${Math.max(step + scrapeSeconds, 4 * scrapeSeconds)}s`)
    .replaceAll('$__interval', `${step}s`)
    .replaceAll('$__range', `${to - from}s`)
    .replaceAll('$minor_units', '100')
    .replaceAll(/\$(workflow|model_version|model)\b/g, '.*');
  const path =
    instant === true
      ? `/api/v1/query?${new URLSearchParams({ query, time: String(to) }).toString()}`
      : `/api/v1/query_range?${new URLSearchParams({ query, start: String(from), end: String(to), step: String(step) }).toString()}`;
  const body = (await (await fetch(path)).json()) as
    | { readonly status: 'success'; readonly data: { readonly result: readonly Series[] } }
    | { readonly status: 'error'; readonly error: string };
  if (body.status === 'error') throw new Error(`${body.error}: ${query}`);
  return body.data.result;
}

function seriesFrame({ refId, legendFormat = '' }: Target, { metric, value, values = value ? [value] : [] }: Series) {
  const named = legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? '');
  return toDataFrame({
    refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: values.map(([at]) => at * 1_000) },
      {
        name: 'Value',
        type: FieldType.number,
        labels: metric,
        config: named === '' ? {} : { displayNameFromDS: named },
        values: values.map(([, text]) => Number(text)),
      },
    ],
  });
}

function tableFrame({ refId }: Target, series: readonly Series[], isOneOfSeveral: boolean) {
  const labels = [...new Set(series.flatMap(({ metric }) => Object.keys(metric)))].toSorted();
  return toDataFrame({
    refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: series.map(({ value }) => (value?.[0] ?? 0) * 1_000) },
      ...labels.map((name) => ({ name, type: FieldType.string, values: series.map(({ metric }) => metric[name]) })),
      {
        name: isOneOfSeveral ? `Value #${refId}` : 'Value',
        type: FieldType.number,
        values: series.map(({ value }) => Number(value?.[1])),
      },
    ],
  });
}
