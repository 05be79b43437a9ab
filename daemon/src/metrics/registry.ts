/** Registers the contract's table of metrics with prom-client, and bounds their series. */
import { metrics as table, type Metric, type MetricName } from '@countersign/contract';
import { collectDefaultMetrics, Counter, Gauge, Histogram } from 'prom-client';
import { Formats, openRegistry, type Exposition } from './exposition.ts';
import { Series, type Labels } from './series.ts';

type OfType<T extends Metric['type']> = {
  [K in MetricName]: (typeof table)[K]['type'] extends T ? K : never;
}[MetricName];
export type LabelsOf<K extends MetricName> = Record<(typeof table)[K]['labels'][number], string>;
export type GaugeName = OfType<'gauge'>;

/** The span that a sample is about. Source: OpenMetrics 1.0, Exemplars. */
export type Exemplar = { readonly trace_id: string; readonly span_id: string };

const fold = {
  max: Math.max,
  min: Math.min,
  sum: (one: number, other: number) => one + other,
} as const;

export class Metrics {
  private readonly registry = openRegistry();
  private readonly formats: Formats;
  private readonly counters = new Map<string, Counter>();
  private readonly gauges = new Map<string, Gauge>();
  private readonly histograms = new Map<string, Histogram>();
  private readonly series = new Map<string, Series>();
  /** What gauges say of all that is beyond their caps, until they are set anew. */
  private readonly beyond = new Map<string, number>();

  constructor(now: () => Date) {
    collectDefaultMetrics({ register: this.registry });
    // Gauges with the name of a counter, which promtool refuses. `nodejs_active_handles` and the like say the same, by type.
    for (const what of ['handles', 'requests', 'resources']) {
      this.registry.removeSingleMetric(`nodejs_active_${what}_total`);
    }
    for (const [name, metric] of Object.entries<Metric>(table)) {
      const registered = this.register(name, metric);
      const series = new Series({
        labels: metric.labels,
        nowMs: () => now().getTime(),
        remove: (labels) => registered.remove(labels),
        onFolded: () => this.count('countersign_series_folded_total', { metric: name }),
      });
      this.series.set(name, series);
    }
    this.formats = new Formats(this.registry);
  }

  private register(name: string, { type, help, labels, buckets }: Metric): Counter | Gauge | Histogram {
    const config = { name, help, labelNames: [...labels], registers: [this.registry] };
    const of = <M>(metrics: Map<string, M>, metric: M) => {
      metrics.set(name, metric);
      return metric;
    };
    if (type === 'gauge') return of(this.gauges, new Gauge(config));
    if (type === 'counter') return of(this.counters, new Counter({ ...config, enableExemplars: true }));
    const bounds = buckets === undefined ? {} : { buckets: [...buckets] };
    return of(this.histograms, new Histogram({ ...config, ...bounds, enableExemplars: true }));
  }

  count<K extends OfType<'counter'>>(name: K, labels: LabelsOf<K>, value = 1, exemplar: Exemplar | null = null): void {
    const placed = { labels: this.place(name, labels), value };
    this.counters.get(name)?.inc(exemplar === null ? placed : { ...placed, exemplarLabels: exemplar });
  }

  observe<K extends OfType<'histogram'>>(
    name: K,
    labels: LabelsOf<K>,
    value: number,
    exemplar: Exemplar | null = null,
  ): void {
    const placed = { labels: this.place(name, labels), value };
    this.histograms.get(name)?.observe(exemplar === null ? placed : { ...placed, exemplarLabels: exemplar });
  }

  /** With no observation yet, so that the first is an increase. */
  startHistogram<K extends OfType<'histogram'>>(name: K, labels: LabelsOf<K>): void {
    this.histograms.get(name)?.zero(this.place(name, labels));
  }

  /** What is beyond the cap is folded as the table says, or left out: the last of many is no word on all of them. */
  set<K extends GaugeName>(name: K, labels: LabelsOf<K>, value: number): void {
    this.setFolded(name, labels, value);
  }

  private setFolded(name: MetricName, labels: Labels, value: number): void {
    const placed = this.place(name, labels);
    const gauge = this.gauges.get(name);
    if (placed === labels) return gauge?.set(labels, value);
    const { folds } = table[name] as Metric;
    if (folds === undefined) return;
    const key = `${name} ${JSON.stringify(placed)}`;
    const before = this.beyond.get(key);
    const after = before === undefined ? value : fold[folds](before, value);
    this.beyond.set(key, after);
    gauge?.set(placed, after);
  }

  /** Sets one end of the interval that a gauge has beside it. */
  setBound(name: GaugeName, labels: Labels, value: number): void {
    this.setFolded(`${name}_bound` as MetricName, labels, value);
  }

  /** Forgets every series of gauges, before they are set anew from what is true now. */
  clear(names: readonly GaugeName[]): void {
    for (const name of names) {
      const gauge = this.gauges.get(name);
      // One without labels would be 0 when reset, which is not what is meant by not known.
      if (table[name].labels.length === 0) gauge?.remove();
      else gauge?.reset();
      this.series.get(name)?.clear();
      for (const key of this.beyond.keys()) if (key.startsWith(`${name} `)) this.beyond.delete(key);
    }
  }

  private place(name: MetricName, labels: Labels): Labels {
    return this.series.get(name)?.place(labels) ?? labels;
  }

  /** All of it as text: OpenMetrics, with exemplars, for those who ask for it. */
  expose(accept: string | undefined): Promise<Exposition> {
    return this.formats.expose(accept);
  }
}
