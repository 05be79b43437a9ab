/** Registers the contract's table of metrics with prom-client. */
import { metrics as table, type Metric, type MetricName } from '@countersign/contract';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

type OfType<T extends Metric['type']> = {
  [K in MetricName]: (typeof table)[K]['type'] extends T ? K : never;
}[MetricName];
type LabelsOf<K extends MetricName> = Record<(typeof table)[K]['labels'][number], string>;

export class Metrics {
  readonly registry = new Registry();
  private readonly counters = new Map<string, Counter>();
  private readonly gauges = new Map<string, Gauge>();
  private readonly histograms = new Map<string, Histogram>();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    for (const [name, { type, help, labels, ...rest }] of Object.entries<Metric>(table)) {
      const config = { name, help, labelNames: [...labels], registers: [this.registry] };
      if (type === 'counter') this.counters.set(name, new Counter(config));
      else if (type === 'gauge') this.gauges.set(name, new Gauge(config));
      else
        this.histograms.set(
          name,
          new Histogram({ ...config, ...(rest.buckets ? { buckets: [...rest.buckets] } : {}) }),
        );
    }
  }

  count<K extends OfType<'counter'>>(name: K, labels: LabelsOf<K>, by = 1): void {
    this.counters.get(name)?.inc(labels, by);
  }

  set<K extends OfType<'gauge'>>(name: K, labels: LabelsOf<K>, value: number): void {
    this.gauges.get(name)?.set(labels, value);
  }

  /** Forgets every series of a gauge, before it is set anew from what is true now. */
  clear(name: OfType<'gauge'>): void {
    this.gauges.get(name)?.reset();
  }

  observe<K extends OfType<'histogram'>>(name: K, labels: LabelsOf<K>, value: number): void {
    this.histograms.get(name)?.observe(labels, value);
  }
}
