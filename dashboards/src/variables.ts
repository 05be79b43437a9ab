/** What a person chooses at the top of a dashboard. */
import type { MetricName } from '@countersign/contract';
import {
  CustomVariableBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Narrowing } from './queries.ts';

/** Where every query goes. */
export const prometheus = { type: 'prometheus', uid: '${datasource}' } as const;

export const datasource = () => new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus');

/** Needed by links to traces alone. */
export const traces = () =>
  new DatasourceVariableBuilder('traces')
    .label('Traces')
    .description('Where the links to traces go. A Tempo data source; without one the links lead nowhere.')
    .type('tempo');

/** The metric whose series say which values there are, and what narrows them in turn. */
const values = {
  // Which has a series for every workflow, also when nothing was decided yet.
  workflow: { label: 'Workflow', of: 'countersign_review_queue_cases', selector: '' },
  model: { label: 'Model', of: 'countersign_model_version_info', selector: '{workflow=~"$workflow"}' },
  model_version: {
    label: 'Version',
    of: 'countersign_model_version_info',
    selector: '{workflow=~"$workflow", model=~"$model"}',
  },
} as const satisfies Record<Narrowing, { label: string; of: MetricName; selector: string }>;

export function narrowing(name: Narrowing) {
  const { label, of, selector } = values[name];
  const query = `label_values(${of}${selector}, ${name})`;
  return (
    new QueryVariableBuilder(name)
      .label(label)
      .datasource(prometheus)
      .query({ qryType: 1, query, refId: 'PrometheusVariableQueryEditor-VariableQuery' })
      .definition(query)
      .refresh(VariableRefresh.OnTimeRangeChanged)
      // oxlint-disable-next-line unicorn/no-array-sort -- no array: the builder's own.
      .sort(VariableSort.NaturalAsc)
      .multi(true)
      .includeAll(true)
      .allValue('.*')
      .current({ selected: true, text: ['All'], value: ['$__all'] })
  );
}

/** Metrics have money in the smallest unit of the currency, and not all currencies have cents. */
export const minorUnits = () =>
  new CustomVariableBuilder('minor_units')
    .label('Minor units')
    .description('How many of the smallest unit one unit of the currency has: 100 cents, 1 yen, 1000 fils.')
    .values('100, 1, 1000')
    .options(['100', '1', '1000'].map((value) => ({ selected: value === '100', text: value, value })))
    .current({ selected: true, text: '100', value: '100' });
