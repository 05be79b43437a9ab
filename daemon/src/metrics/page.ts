/** The page docs/metrics.md, from the contract's table. */
import {
  metrics as table,
  mostSeries,
  openLabels,
  otherSeries,
  processMetrics,
  type Metric,
} from '@countersign/contract';

const row = ([name, { type, unit, labels, help, buckets }]: [string, Metric]): string => {
  const bounds = buckets === undefined ? '' : ` Buckets: ${buckets.join(', ')}.`;
  return `| \`${name}\` | ${type} | ${unit ?? ''} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help}${bounds} |`;
};

export const metricsPage = (): string => `# Metrics

What the daemon says at \`/metrics\`. Printed by \`countersign metrics\` from \`contract/src/metrics.ts\`, the one table that the
daemon registers, the dashboards draw and the alert rules ask.

- A gauge that is absent is not known: too little data, or a part that was not measured in time, which
  \`countersign_measure_failures_total\` counts. It is never an old value, but for what the monitors
  find: that is worked out beside other work, and what took a second is told again for nine.
- Who asks with \`Accept: application/openmetrics-text\`, as Prometheus does, is given exemplars: the trace of a decision, when it
  was sampled. Prometheus keeps them with \`--enable-feature=exemplar-storage\`.
- ${[...openLabels].map((label) => `\`${label}\``).join(', ')} are values that services choose. Of each metric ${mostSeries} combinations of
  them have series of their own; what is beyond is counted with \`${otherSeries}\` for each of them, and
  \`countersign_series_folded_total\` says how often. A combination that was silent for a day makes room.
- No metric names a person. How many reviewers stand how is here; who they are is in the app, for those who may know.
- Counters begin at 0 when the daemon starts. The last are prom-client's, as are all that begin with \`process_\` and \`nodejs_\`.

| metric | type | unit | labels | what it says |
| ------ | ---- | ---- | ------ | ------------ |
${Object.entries<Metric>({ ...table, ...processMetrics })
  .map(row)
  .join('\n')}
`;
