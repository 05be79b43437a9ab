/**
 * PromQL over the contract's metrics. A query of a metric that there is not, of a label that it has not, or a rate of
 * what is no counter does not compile. A vector knows the labels of its series, so that legends can be held to them.
 */
import { metrics as own, processMetrics, type Metric } from '@countersign/contract';

const metrics = { ...own, ...processMetrics };
type MetricName = keyof typeof metrics;

type OfType<T extends Metric['type']> = {
  [M in MetricName]: (typeof metrics)[M]['type'] extends T ? M : never;
}[MetricName];
type LabelOf<M extends MetricName> = (typeof metrics)[M]['labels'][number];

/** A value, or one of several. */
type Match = string | readonly string[];
type Matchers<M extends MetricName> = { readonly [L in LabelOf<M>]?: Match | { readonly not: Match } };

export interface Vector<Label extends string> {
  readonly expr: string;
  readonly labels: readonly Label[];
}

/**
 * Time that a counter is looked at: what Grafana finds right for a line, one step of the picture so that counts add up, or all
 * that is shown.
 */
export type Window = '$__rate_interval' | '$__interval' | '$__range' | '1h';

/** Variables that narrow queries by the label of the same name. */
export type Narrowing = 'workflow' | 'model' | 'model_version';

/** Queries that the variables of a dashboard narrow. */
export function queries(variables: readonly Narrowing[]) {
  const select = (metric: MetricName, matchers: Matchers<MetricName>, suffix = ''): string => {
    const known = labelsOf(metric);
    const chosen = Object.entries(matchers).map(([label, match]) => matcher(label, match));
    const narrowed = variables.filter((name) => known.includes(name)).map((name) => `${name}=~"$${name}"`);
    // Every process of Node has these.
    const ofDaemon = Object.hasOwn(processMetrics, metric) ? ['job="countersign"'] : [];
    const all = [...ofDaemon, ...narrowed, ...chosen].join(', ');
    return `${metric}${suffix}${all && `{${all}}`}`;
  };
  return {
    gauge: <M extends OfType<'gauge'>>(metric: M, matchers: Matchers<M> = {}): Vector<LabelOf<M>> => ({
      expr: select(metric, matchers),
      labels: labelsOf(metric),
    }),
    /** How fast a gauge moves, a second. */
    slope: <M extends OfType<'gauge'>>(metric: M, matchers: Matchers<M> = {}): Vector<LabelOf<M>> => ({
      expr: `deriv(${select(metric, matchers)}[$__rate_interval])`,
      labels: labelsOf(metric),
    }),
    rate: <M extends OfType<'counter'>>(metric: M, matchers: Matchers<M> = {}): Vector<LabelOf<M>> => ({
      expr: `rate(${select(metric, matchers)}[$__rate_interval])`,
      labels: labelsOf(metric),
    }),
    increase: <M extends OfType<'counter'>>(
      metric: M,
      over: Window,
      matchers: Matchers<M> = {},
    ): Vector<LabelOf<M>> => ({
      expr: `increase(${select(metric, matchers)}[${over}])`,
      labels: labelsOf(metric),
    }),
    /** Observations in each bucket of a histogram, cumulative. */
    buckets: <M extends OfType<'histogram'>>(
      metric: M,
      over: Window = '$__rate_interval',
      matchers: Matchers<M> = {},
    ): Vector<LabelOf<M> | 'le'> => ({
      expr: `increase(${select(metric, matchers, '_bucket')}[${over}])`,
      labels: [...labelsOf(metric), 'le'],
    }),
    /** Observations of a histogram that are at most one of its bounds. */
    within: <M extends OfType<'histogram'>>(
      metric: M,
      most: number,
      over: Window,
      matchers: Matchers<M> = {},
    ): Vector<LabelOf<M>> => {
      // Prometheus 3 writes the bound of a bucket as 7200.0, those before as it stands in the text.
      const bucket = select(metric, matchers, '_bucket').replace(/\}?$/, '');
      const bound = `${bucket}${bucket.includes('{') ? ', ' : '{'}le=~"${most}(\\\\.0)?"}`;
      return { expr: `increase(${bound}[${over}])`, labels: labelsOf(metric) };
    },
    /**
     * Share of the time shown in which a gauge of 0 and 1 was 1, in the best of its series by these labels. Where nobody measured
     * what there was within a week, it counts as 0.
     */
    heldShare: <M extends OfType<'gauge'>, B extends LabelOf<M>>(metric: M, by: readonly B[]): Vector<B> => {
      const of = `max by (${by.join(', ')})`;
      const selected = select(metric, {});
      return {
        expr: `avg_over_time((${of} (${selected}) or 0 * ${of} (last_over_time(${selected}[7d])))[$__range:$__interval])`,
        labels: by,
      };
    },
    /** Observations of a histogram: how many, or their sum in its unit. */
    observed: <M extends OfType<'histogram'>>(
      metric: M,
      what: 'count' | 'sum',
      over: Window = '$__rate_interval',
      matchers: Matchers<M> = {},
    ): Vector<LabelOf<M>> => ({
      expr: `increase(${select(metric, matchers, `_${what}`)}[${over}])`,
      labels: labelsOf(metric),
    }),
  };
}

const labelsOf = <M extends MetricName>(metric: M): readonly LabelOf<M>[] => metrics[metric].labels;

function matcher(label: string, match: Match | { readonly not: Match }): string {
  const [not, values] = typeof match === 'object' && 'not' in match ? ['!', match.not] : ['', match];
  return typeof values === 'string' ? `${label}${not}="${values}"` : `${label}${not || '='}~"${values.join('|')}"`;
}

type Aggregation = 'sum' | 'min' | 'max' | 'avg' | 'count';
const aggregate =
  (operation: Aggregation) =>
  <L extends string, B extends L = never>(vector: Vector<L>, by: readonly B[] = []): Vector<B> => ({
    expr: `${operation}${by.length > 0 ? ` by (${by.join(', ')})` : ''} (${vector.expr})`,
    labels: by,
  });
export const sum = aggregate('sum');
export const min = aggregate('min');
export const max = aggregate('max');
export const avg = aggregate('avg');
export const count = aggregate('count');

type WithoutLe<L extends string> = Exclude<L, 'le'>;
/** The value that a share `q` of the observations is below. */
export const quantile = <L extends string>(q: number, buckets: Vector<L | 'le'>): Vector<WithoutLe<L>> => ({
  expr: `histogram_quantile(${q}, ${buckets.expr})`,
  labels: buckets.labels.filter((label): label is L & WithoutLe<L> => label !== 'le'),
});

const arithmetic =
  (operation: '/' | '+' | '-') =>
  <L extends string>(left: Vector<L>, right: Vector<NoInfer<L>>): Vector<L> => {
    if (left.labels.toSorted().join() !== right.labels.toSorted().join())
      throw new TypeError(`${left.expr} has ${left.labels.join()}, ${right.expr} has ${right.labels.join()}`);
    return { expr: `(${left.expr} ${operation} ${right.expr})`, labels: left.labels };
  };
export const divide = arithmetic('/');
export const plus = arithmetic('+');
export const minus = arithmetic('-');

export const times = <L extends string>(vector: Vector<L>, factor: number): Vector<L> => ({
  ...vector,
  expr: `${vector.expr} * ${factor}`,
});

/** Where `left` has no series, that of `right`. */
export const orElse = <L extends string>(left: Vector<L>, right: Vector<NoInfer<L>>): Vector<L> => ({
  ...left,
  expr: `(${left.expr} or ${right.expr})`,
});

/** With one more label, made of others. */
export const joined = <L extends string, N extends string>(
  vector: Vector<L>,
  into: N,
  from: readonly NoInfer<L>[],
): Vector<L | N> => ({
  expr: `label_join(${vector.expr}, "${into}", " ", ${from.map((label) => `"${label}"`).join(', ')})`,
  labels: [...vector.labels, into],
});

/** Money as people write it: the variable says how many minor units one has. */
export const inMajorUnits = <L extends string>(vector: Vector<L>): Vector<L> => ({
  ...vector,
  expr: `${vector.expr} / $minor_units`,
});

/** Only series beyond a limit. */
export const only = <L extends string>(vector: Vector<L>, comparison: '>' | '>=' | '==', limit: number): Vector<L> => ({
  ...vector,
  // In brackets: a comparison binds less than what is done with it.
  expr: `((${vector.expr}) ${comparison} ${limit})`,
});

/** Only series beside which there is one of the same labels. */
export const where = <L extends string, B extends L>(
  vector: Vector<L>,
  by: readonly B[],
  condition: Vector<NoInfer<B> | string>,
): Vector<L> => ({ ...vector, expr: `(${vector.expr} and on (${by.join(', ')}) ${condition.expr})` });

export const highest = <L extends string>(most: number, vector: Vector<L>): Vector<L> => ({
  ...vector,
  expr: `topk(${most}, ${vector.expr})`,
});

/**
 * 0 where there is nothing to count, but only while the daemon is measured at all: silence is not health. Not for what is measured
 * when it is asked for and told of though it is 0: where that is missing nobody knows.
 */
export const orZero = (vector: Vector<never>): Vector<never> => ({
  ...vector,
  expr: `${vector.expr} or 0 * max(countersign_build_info)`,
});
