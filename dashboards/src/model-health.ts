/** Whether a model still is what it was: drift, calibration, errors, and its versions side by side. */
import { colors, noneIsGood, steps, tierMapping } from './colors.ts';
import { build } from './dashboard.ts';
import { reliability } from './distributions.ts';
import { even, heading, row } from './grid.ts';
import { toApp, toDashboard } from './links.ts';
import { versionsTable } from './model-versions.ts';
import { band, lines, stat, timeline } from './panels.ts';
import { count, highest, max, min, only, orZero, queries, where } from './queries.ts';

const narrowedBy = ['workflow', 'model', 'model_version'] as const;
const { gauge } = queries(narrowedBy);
// Two models may call a version the same.
const version = ['workflow', 'model', 'model_version'] as const;
const byVersion = '{{workflow}} {{model}} {{model_version}}';

const acting = stat({
  title: 'Monitors alerting',
  shows: 'Monitors of a version that stand at action required or incident.',
  normal: 'None.',
  otherwise: 'See which below, then read the alert in Response: it has the evidence.',
  unit: 'short',
  query: orZero(count(only(gauge('countersign_signal_tier'), '>=', 2))),
  thresholds: noneIsGood(colors.warning),
  links: [toApp('Response', 'response')],
});
const inconclusive = stat({
  title: 'Not enough data',
  shows: 'Monitors that do not have enough data yet to say anything. That is neither healthy nor an alert.',
  normal: 'A few after a release, fewer from day to day.',
  otherwise: 'Report outcomes, or lower what the policy asks for before a monitor speaks.',
  unit: 'short',
  query: orZero(count(only(gauge('countersign_signal_conclusive'), '==', 0))),
});
const drift = stat({
  title: 'Worst input drift',
  shows: 'Population stability index of the feature that moved most.',
  normal: 'Below 0.1. Up to 0.25 something moves.',
  otherwise: 'Find the feature below, and ask where it comes from before you retrain: often a pipeline broke.',
  unit: 'short',
  decimals: 2,
  query: max(gauge('countersign_input_drift_psi')),
  thresholds: steps(colors.good, [0.1, colors.warning], [0.25, colors.bad]),
});
const miscalibrated = stat({
  title: 'Calibration error',
  shows:
    'What of the calibration error a perfectly calibrated model would not show, of the version that does worst and has outcomes enough.',
  normal: 'Below 2 %.',
  otherwise:
    'Its confidence says too much or too little, so thresholds on it are wrong: recalibrate, or raise the threshold.',
  unit: 'percentunit',
  decimals: 1,
  query: max(
    where(
      gauge('countersign_calibration_error_beyond_chance_ratio'),
      version,
      only(gauge('countersign_signal_conclusive', { monitor: 'calibration' }), '==', 1),
    ),
  ),
  thresholds: steps(colors.good, [0.02, colors.warning], [0.05, colors.bad]),
});
const accuracy = stat({
  title: 'Lowest accuracy',
  shows: 'Share of decisions with an outcome that were right, of the version that does worst, from 100 outcomes on.',
  normal: 'What the model had in its evaluation.',
  otherwise: 'Compare the versions below. If one is surely worse, roll it back in Response.',
  unit: 'percentunit',
  decimals: 1,
  query: min(
    where(gauge('countersign_accuracy_ratio'), version, only(gauge('countersign_calibration_outcomes'), '>=', 100)),
  ),
});
const fairness = stat({
  title: 'Widest group gap',
  shows: 'Widest gap of errors or overrides between a group of a segment and the rest.',
  normal: 'Below 5 points.',
  otherwise: 'Look at the segment below, and have its cases audited: Periodic audits draws a sample.',
  unit: 'percentunit',
  decimals: 1,
  query: max(gauge('countersign_fairness_gap_ratio')),
  thresholds: steps(colors.good, [0.05, colors.warning], [0.1, colors.bad]),
  links: [toApp('Periodic audits', 'inspections')],
});

const curve = reliability({
  title: 'Reliability curve',
  shows:
    'Of the decisions that a version was so sure of, how many were right; dashed, the 95 % interval. On the diagonal a model is as right as it says.',
  normal: 'The diagonal lies between the dashed lines.',
  otherwise: 'Below the diagonal it is too sure, above not sure enough. Choose one version at the top to see it alone.',
  forecast: max(gauge('countersign_calibration_forecast_ratio'), [...version, 'bin']),
  observed: max(gauge('countersign_calibration_observed_ratio'), [...version, 'bin']),
  lower: min(gauge('countersign_calibration_observed_ratio_bound', { bound: 'lower' }), [...version, 'bin']),
  upper: max(gauge('countersign_calibration_observed_ratio_bound', { bound: 'upper' }), [...version, 'bin']),
});
const slope = band({
  title: 'Calibration slope',
  shows: 'Slope of the calibration line of each version, with its 99 % interval.',
  normal: '1 lies in the interval.',
  otherwise: 'Below 1 the model is too sure at the ends, above 1 not sure enough. Recalibrate it.',
  unit: 'short',
  decimals: 2,
  series: [{ query: max(gauge('countersign_calibration_slope'), version), legend: byVersion }],
  lower: min(gauge('countersign_calibration_slope_bound', { bound: 'lower' })),
  upper: max(gauge('countersign_calibration_slope_bound', { bound: 'upper' })),
  interval: '99 % interval',
  compares: ['lastNotNull'],
});
const error = lines({
  title: 'Calibration error and Brier score',
  shows: 'Expected calibration error in bins of equal mass, and the mean squared difference of confidence and outcome.',
  normal: 'Both low and steady.',
  otherwise: 'Brier up and calibration error not: the model separates worse. Both up: it is sure of what is wrong.',
  unit: 'short',
  decimals: 3,
  min: 0,
  series: [
    {
      query: max(gauge('countersign_calibration_error_ratio'), version),
      legend: `Calibration error ${byVersion}`,
      color: colors.ai,
    },
    {
      query: max(gauge('countersign_brier_score'), version),
      legend: `Brier score ${byVersion}`,
      color: colors.neutral,
    },
  ],
  compares: ['lastNotNull'],
});

const inputs = band({
  title: 'Drift of inputs',
  shows:
    'Population stability index of the features that moved most, against the reference. The dashed lines are 0.1 and 0.25; the band is the 95 % interval of the highest.',
  normal: 'Below 0.1.',
  otherwise: 'A jump at one time is a pipeline or a release, a slope is the world. Only then retrain.',
  unit: 'short',
  decimals: 2,
  min: 0,
  series: [{ query: highest(8, max(gauge('countersign_input_drift_psi'), ['feature'])), legend: '{{feature}}' }],
  lower: max(gauge('countersign_input_drift_psi_bound', { bound: 'lower' })),
  upper: max(gauge('countersign_input_drift_psi_bound', { bound: 'upper' })),
  interval: '95 % interval',
  thresholds: steps('transparent', [0.1, colors.warning], [0.25, colors.bad]),
  compares: ['lastNotNull', 'max'],
});
const answers = band({
  title: 'Drift of answers',
  shows:
    'Population stability index of label, confidence and value, against the reference; the band is the 95 % interval of the highest.',
  normal: 'Below 0.1.',
  otherwise: 'With inputs moved too, it follows them. With inputs as they were, the model itself answers otherwise.',
  unit: 'short',
  decimals: 2,
  min: 0,
  series: [{ query: highest(8, max(gauge('countersign_prediction_drift_psi'), ['feature'])), legend: '{{feature}}' }],
  lower: max(gauge('countersign_prediction_drift_psi_bound', { bound: 'lower' })),
  upper: max(gauge('countersign_prediction_drift_psi_bound', { bound: 'upper' })),
  interval: '95 % interval',
  thresholds: steps('transparent', [0.1, colors.warning], [0.25, colors.bad]),
  compares: ['lastNotNull', 'max'],
});
const segments = lines({
  title: 'Gaps between groups',
  shows: 'Widest gap between a group of a segment and the rest.',
  normal: 'Below 5 points, and no segment that stands out.',
  otherwise: 'Let people decide the cases of that group until it is known why, and put it into the next evaluation.',
  unit: 'percentunit',
  min: 0,
  series: [{ query: max(gauge('countersign_fairness_gap_ratio'), ['segment']), legend: '{{segment}}' }],
  compares: ['lastNotNull', 'max'],
});

const known = band({
  title: 'Accuracy, by outcomes',
  shows: 'Share of decisions that were right, of those whose outcome is known, with its 95 % interval.',
  normal: 'What the model had in its evaluation, and steady.',
  otherwise: 'When the interval of the new version lies below that of the one before, roll it back in Response.',
  unit: 'percentunit',
  max: 1,
  series: [{ query: max(gauge('countersign_accuracy_ratio'), version), legend: byVersion }],
  lower: min(gauge('countersign_accuracy_ratio_bound', { bound: 'lower' })),
  upper: max(gauge('countersign_accuracy_ratio_bound', { bound: 'upper' })),
  interval: '95 % interval',
  compares: ['lastNotNull', 'mean'],
  links: [toApp('Response', 'response')],
});
const estimated = band({
  title: 'Accuracy, estimated',
  shows:
    'Share of the newest decisions that is estimated to be right from calibrated confidence, before outcomes are known.',
  normal: 'Like the accuracy by outcomes beside it.',
  otherwise: 'It falls first. It trusts calibration: if that is broken too, wait for outcomes before you act on it.',
  unit: 'percentunit',
  max: 1,
  series: [{ query: max(gauge('countersign_accuracy_estimate_ratio'), version), legend: byVersion }],
  lower: min(gauge('countersign_accuracy_estimate_ratio_bound', { bound: 'lower' })),
  upper: max(gauge('countersign_accuracy_estimate_ratio_bound', { bound: 'upper' })),
  interval: '95 % interval',
  compares: ['lastNotNull', 'mean'],
});
const evidence = lines({
  title: 'Evidence against each monitor',
  shows: 'Highest e-value of each monitor, logarithmic, and the e-values at which it reaches a tier (dashed grey).',
  normal: 'It wanders near 1 and falls back.',
  otherwise: 'A steady climb is real: it needs no second look, since looking often costs nothing here.',
  unit: 'short',
  logarithmic: true,
  series: [
    { query: max(gauge('countersign_signal_evidence'), ['monitor']), legend: '{{monitor}}' },
    {
      query: min(gauge('countersign_signal_evidence_threshold', { tier: ['action_required', 'incident'] }), [
        'monitor',
        'tier',
      ]),
      legend: '{{monitor}} reaches {{tier}}',
      color: colors.neutral,
      dashed: true,
    },
  ],
  compares: ['lastNotNull', 'max'],
});
const tiers = timeline({
  title: 'What the monitors say',
  shows: 'The highest tier that each monitor has reached for any version that is selected.',
  normal: 'None.',
  otherwise: 'Begin with the monitor that moved first: the others often follow it.',
  unit: 'none',
  query: max(gauge('countersign_signal_tier'), ['monitor']),
  legend: '{{monitor}}',
  mappings: tierMapping,
  links: [toApp('Response', 'response'), toDashboard('Incidents and breakers', 'incidents')],
});

export const modelHealth = build({
  name: 'modelHealth',
  title: 'Countersign / Model health',
  description: 'Whether a model still is what it was: drift, calibration, errors, and its versions side by side.',
  narrowedBy,
  from: 'now-7d',
  refresh: '5m',
  rows: [
    even(4, acting, inconclusive, drift, miscalibrated, accuracy, fairness),
    row(7, [24, versionsTable(narrowedBy)]),
    even(10, tiers, evidence),
    heading('Is it as right as it says?'),
    even(10, curve, slope),
    // Its legend has a long name twice.
    row(9, [24, error]),
    heading('Has what it sees changed?'),
    even(10, inputs, answers, segments),
    heading('Is it right?'),
    even(9, known, estimated),
  ],
});
