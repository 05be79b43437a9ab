/** The versions of models side by side, each with the way to its records. */
import { colors, steps, tierMapping } from './colors.ts';
import { appPage } from './links.ts';
import { max, queries, sum, times, type Narrowing } from './queries.ts';
import { table } from './tables.ts';

const rowsOf = ['workflow', 'model', 'model_version'] as const;

export function versionsTable(variables: readonly Narrowing[]) {
  const { gauge, increase } = queries(variables);
  const share = { unit: 'percentunit', decimals: 1, width: 100 } as const;
  return table({
    title: 'Versions side by side',
    shows:
      'Each version with what outcomes, people and monitors say of it. A click on a version opens its records in Audit.',
    normal: 'The newest version is no worse than the one before, within the intervals below.',
    otherwise: 'Compare errors and overrides of two versions over the same time. Roll the worse one back in Response.',
    rowsOf: {
      workflow: { title: 'Workflow', width: 170 },
      model: { title: 'Model' },
      model_version: {
        title: 'Version',
        width: 105,
        link: {
          title: 'Records in Audit',
          url: appPage(
            'audit',
            'workflow=${__data.fields.Workflow:percentencode}&model_version=${__data.fields.Version:percentencode}',
          ),
        },
      },
    },
    fact: {
      label: 'autonomy',
      title: 'Autonomy',
      width: 100,
      query: max(gauge('countersign_model_version_info'), [...rowsOf, 'autonomy']),
    },
    columns: [
      {
        title: 'First seen',
        query: times(max(gauge('countersign_model_first_seen_timestamp_seconds'), rowsOf), 1_000),
        unit: 'dateTimeAsIso',
        width: 155,
      },
      {
        title: 'Signal',
        // Of the workflow as a whole, and so of no version, are those of people and queues.
        query: max(gauge('countersign_signal_tier', { model: { not: '*' } }), rowsOf),
        unit: 'none',
        width: 115,
        mappings: tierMapping,
      },
      {
        title: 'Decisions',
        query: sum(increase('countersign_decisions_total', '$__range', { actor: 'ai' }), rowsOf),
        unit: 'short',
        decimals: 1,
        width: 95,
      },
      { title: 'Right', query: max(gauge('countersign_accuracy_ratio'), rowsOf), ...share, width: 80 },
      { title: 'Wrong lately', query: max(gauge('countersign_error_ratio'), rowsOf), ...share, width: 110 },
      { title: 'Overridden', query: max(gauge('countersign_override_ratio'), rowsOf), ...share },
      {
        title: 'Miscalibrated',
        query: max(gauge('countersign_calibration_error_beyond_chance_ratio'), rowsOf),
        ...share,
        width: 110,
        thresholds: steps(colors.good, [0.02, colors.warning], [0.05, colors.bad]).build(),
      },
      { title: 'Outcomes', query: max(gauge('countersign_calibration_outcomes'), rowsOf), unit: 'short', width: 95 },
    ],
    sortBy: { title: 'First seen', descending: true },
  });
}
