/**
 * Six hours of three workflows, as samples of every metric of the contract: nothing measured, but all of it such as could
 * be, with one new version of a model that goes wrong. Always the same, so that pictures can be compared.
 */
import { metrics, processMetrics, type Metric } from '@countersign/contract';
import { labelValues, models, workflows } from './story-labels.ts';
import { counterRate, gaugeValue, isAbsent, typical } from './story-values.ts';

export type Labels = Readonly<Record<string, string>>;

/** When it ends, in seconds. */
export const storyEnd = Date.parse('2026-11-20T12:00:00Z') / 1_000;
export const storyStart = storyEnd - 6 * 3_600;
const step = 60;

/** In OpenMetrics text. */
export function storySamples(): string {
  const lines: string[] = [];
  for (const [name, metric] of Object.entries<Metric>({ ...metrics, ...processMetrics })) {
    // Every process has these: Prometheus says whose they are.
    const scraped = Object.hasOwn(processMetrics, name) ? { job: 'countersign' } : {};
    for (const labels of combinations(name, metric.labels)) {
      lines.push(...samplesOf(name, metric, { ...labels, ...scraped }));
    }
  }
  return `${lines.join('\n')}\n# EOF\n`;
}

/** Every combination of the values that the labels have, of which a model belongs to its workflow alone. */
function combinations(metric: string, names: readonly string[]): Labels[] {
  let all: Labels[] = [{}];
  for (const name of names)
    all = all.flatMap((labels) => valuesOf(metric, name, labels).map((value) => ({ ...labels, [name]: value })));
  return all.filter((labels) => !isAbsent(metric, labels));
}

function valuesOf(metric: string, label: string, { workflow = '', model = '' }: Labels): readonly string[] {
  if (label === 'workflow') return workflows;
  if (label === 'model') return models.filter((it) => it.workflow === workflow).map(({ name }) => name);
  if (label === 'model_version') return models.find(({ name }) => name === model)?.versions ?? [];
  return labelValues(metric, label);
}

function samplesOf(name: string, { type, unit, buckets = [] }: Metric, labels: Labels): string[] {
  if (type === 'gauge') {
    return times().flatMap((time, nth) => {
      const value = gaugeValue(name, labels, nth * step, time);
      return value === null ? [] : [sample(name, labels, value, time)];
    });
  }
  const rate = counterRate(name, labels);
  const totals = running((sinceStart) => rate(sinceStart) * step);
  if (type === 'counter') return totals.map(([total, time]) => sample(name, labels, total, time));
  const { median, spread } = typical(name, labels);
  const below = (bound: number) =>
    unit === 'ratio' && bound >= 1 ? 1 : 1 / (1 + Math.exp(-Math.log(bound / median) / spread));
  return [
    ...[...buckets, Infinity].flatMap((bound) =>
      totals.map(([total, time]) =>
        sample(
          `${name}_bucket`,
          { ...labels, le: bound === Infinity ? '+Inf' : String(bound) },
          total * below(bound),
          time,
        ),
      ),
    ),
    ...totals.map(([total, time]) => sample(`${name}_count`, labels, total, time)),
    ...totals.map(([total, time]) => sample(`${name}_sum`, labels, total * median * 1.2, time)),
  ];
}

const times = () => Array.from({ length: (storyEnd - storyStart) / step + 1 }, (_, nth) => storyStart + nth * step);

function running(added: (sinceStart: number) => number): [number, number][] {
  let total = 1_000;
  return times().map((time, nth) => [(total += added(nth * step)), time]);
}

const sample = (name: string, labels: Labels, value: number, time: number) =>
  `${name}{${Object.entries(labels)
    .map(([label, text]) => `${label}="${text}"`)
    .join(',')}} ${Number(value.toPrecision(8))} ${time}`;
