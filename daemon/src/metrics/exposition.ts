/**
 * Metrics as text: in Prometheus' format, or, for those who ask for it, in OpenMetrics, which alone has exemplars.
 * Source: Prometheus exposition formats; OpenMetrics 1.0, which names a counter without the `_total` of its samples.
 */
import { Counter, Registry, type OpenMetricsContentType } from 'prom-client';

export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

/** Where metrics are registered: one for OpenMetrics, since prom-client has exemplars in no other. */
export function openRegistry(): Registry<OpenMetricsContentType> {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  return registry;
}

/** The same metrics in both formats. Those that are registered later are in neither. */
export class Formats {
  private readonly text = new Registry();
  private readonly open = openRegistry();

  constructor(registry: Registry<OpenMetricsContentType>) {
    for (const { name } of registry.getMetricsAsArray()) {
      const metric = registry.getSingleMetric(name);
      if (metric === undefined) continue;
      this.text.registerMetric(metric);
      // The same counter under another name: prom-client renames what it writes in OpenMetrics for good.
      const renamed = { value: name.replace(/_total$/, ''), writable: true };
      const isCounter = metric instanceof Counter;
      this.open.registerMetric(isCounter ? (Object.create(metric, { name: renamed }) as typeof metric) : metric);
    }
  }

  /** `accept` is the header of the request. */
  async expose(accept = ''): Promise<Exposition> {
    const registry = accept.includes('application/openmetrics-text') ? this.open : this.text;
    return { contentType: registry.contentType, text: await registry.metrics() };
  }
}
