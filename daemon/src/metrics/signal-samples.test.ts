/** What the monitors find comes out under the name, the labels and the value that dashboards and rules go by. */
import { describe, expect, it } from 'vitest';
import type { Signal } from '@countersign/contract';
import { Metrics } from './index.ts';
import { signalGauges, signalSamples } from './signal-samples.ts';

const version = 'workflow="w",model="m",model_version="1"';
const signal = (monitor: string, change: Partial<Signal>): Signal => ({
  monitor,
  workflow_id: 'w',
  model_name: 'm',
  model_version: '1',
  subject: null,
  tier: null,
  conclusive: true,
  value: null,
  summary: '',
  evidence: {},
  ...change,
});

async function linesOf(...signals: Signal[]): Promise<string[]> {
  const metrics = new Metrics(() => new Date(0));
  for (const set of signalSamples(signals)) set(metrics);
  const { text } = await metrics.expose(undefined);
  return text.split('\n').filter((line) => signalGauges.some((name) => line.startsWith(`${name}{`)));
}

/** A quarter of 16: Wilson's interval is 0.1018 to 0.4950. */
const quarter = { value: 0.25, evidence: { recent_rate: 0.25, recent_events: 16 } };
const psi = { feature: 'amount', psi: 0.3, psi_lower: 0.2, psi_upper: 0.4 };

const cases: readonly (readonly [what: string, signal: Signal, lines: readonly RegExp[]])[] = [
  [
    'drift of inputs, with its interval',
    signal('input_drift', { evidence: { features: [psi, { ...psi, feature: 'region', psi_lower: null }] } }),
    [
      new RegExp(`^countersign_input_drift_psi{${version},feature="amount"} 0.3$`),
      new RegExp(`^countersign_input_drift_psi{${version},feature="region"} 0.3$`),
      new RegExp(`^countersign_input_drift_psi_bound{${version},feature="amount",bound="lower"} 0.2$`),
      new RegExp(`^countersign_input_drift_psi_bound{${version},feature="amount",bound="upper"} 0.4$`),
    ],
  ],
  [
    'drift of answers, with its interval',
    signal('prediction_drift', { evidence: { features: [psi] } }),
    [
      new RegExp(`^countersign_prediction_drift_psi{${version},feature="amount"} 0.3$`),
      new RegExp(`^countersign_prediction_drift_psi_bound{${version},feature="amount",bound="lower"} 0.2$`),
      new RegExp(`^countersign_prediction_drift_psi_bound{${version},feature="amount",bound="upper"} 0.4$`),
    ],
  ],
  [
    'calibration, its line and its curve',
    signal('calibration', {
      evidence: {
        outcomes: 40,
        expected_calibration_error: { equal_mass: 0.05, beyond_chance: -0.01 },
        brier: { score: 0.12 },
        slope: 0.9,
        slope_interval: [0.7, 1.1],
        curve: [{ count: 16, forecast: 0.3, rate: 0.25 }],
      },
    }),
    [
      new RegExp(`^countersign_calibration_outcomes{${version}} 40$`),
      new RegExp(`^countersign_calibration_error_ratio{${version}} 0.05$`),
      new RegExp(`^countersign_calibration_error_beyond_chance_ratio{${version}} 0$`),
      new RegExp(`^countersign_brier_score{${version}} 0.12$`),
      new RegExp(`^countersign_calibration_slope{${version}} 0.9$`),
      new RegExp(`^countersign_calibration_slope_bound{${version},bound="lower"} 0.7$`),
      new RegExp(`^countersign_calibration_slope_bound{${version},bound="upper"} 1.1$`),
      new RegExp(`^countersign_calibration_forecast_ratio{${version},bin="01"} 0.3$`),
      new RegExp(`^countersign_calibration_observed_ratio{${version},bin="01"} 0.25$`),
      new RegExp(`^countersign_calibration_observed_ratio_bound{${version},bin="01",bound="lower"} 0.101\\d+$`),
      new RegExp(`^countersign_calibration_observed_ratio_bound{${version},bin="01",bound="upper"} 0.49\\d+$`),
    ],
  ],
  [
    'accuracy by outcomes',
    signal('accuracy', { value: 0.9, evidence: { accuracy_interval: [0.8, 0.95] } }),
    [
      new RegExp(`^countersign_accuracy_ratio{${version}} 0.9$`),
      new RegExp(`^countersign_accuracy_ratio_bound{${version},bound="lower"} 0.8$`),
      new RegExp(`^countersign_accuracy_ratio_bound{${version},bound="upper"} 0.95$`),
    ],
  ],
  [
    'accuracy as it is estimated',
    signal('accuracy', { subject: 'estimate', value: 0.85, evidence: { lower: 0.7, upper: 0.9 } }),
    [
      new RegExp(`^countersign_accuracy_estimate_ratio{${version}} 0.85$`),
      new RegExp(`^countersign_accuracy_estimate_ratio_bound{${version},bound="lower"} 0.7$`),
      new RegExp(`^countersign_accuracy_estimate_ratio_bound{${version},bound="upper"} 0.9$`),
    ],
  ],
  [
    'overrides',
    signal('override_rate', quarter),
    [
      new RegExp(`^countersign_override_ratio{${version}} 0.25$`),
      new RegExp(`^countersign_override_ratio_bound{${version},bound="lower"} 0.101\\d+$`),
      new RegExp(`^countersign_override_ratio_bound{${version},bound="upper"} 0.49\\d+$`),
    ],
  ],
  [
    'errors by outcomes',
    signal('concept_drift', { ...quarter, subject: 'outcomes' }),
    [
      new RegExp(`^countersign_error_ratio{${version}} 0.25$`),
      new RegExp(`^countersign_error_ratio_bound{${version},bound="lower"} 0.101\\d+$`),
      new RegExp(`^countersign_error_ratio_bound{${version},bound="upper"} 0.49\\d+$`),
    ],
  ],
  [
    'gaps between groups',
    signal('fairness', { subject: 'region', value: 0.07 }),
    [new RegExp(`^countersign_fairness_gap_ratio{${version},segment="region"} 0.07$`)],
  ],
  [
    'what is missing of a source',
    signal('data_sources', { subject: 'credit: bureau: availability', value: 0.02 }),
    [new RegExp(`^countersign_data_source_missing_ratio{${version},source="credit: bureau"} 0.02$`)],
  ],
  [
    'what is stale of a source',
    signal('data_sources', { subject: 'inbox: freshness', value: 0.5 }),
    [new RegExp(`^countersign_data_source_stale_ratio{${version},source="inbox"} 0.5$`)],
  ],
  [
    'how far reviewers agree',
    signal('reviewers', { value: 0.8, evidence: { lower: 0.6, upper: 0.9 } }),
    [
      /^countersign_reviewer_agreement{workflow="w"} 0.8$/,
      /^countersign_reviewer_agreement_bound{workflow="w",bound="lower"} 0.6$/,
      /^countersign_reviewer_agreement_bound{workflow="w",bound="upper"} 0.9$/,
      /^countersign_reviewers{workflow="w",standing="reliable"} 0$/,
      /^countersign_reviewers{workflow="w",standing="doubtful"} 0$/,
      /^countersign_reviewers{workflow="w",standing="unknown"} 0$/,
    ],
  ],
  [
    'the service level, of which what is late is measured',
    signal('sla', quarter),
    [
      /^countersign_sla_met_ratio{workflow="w"} 0.25$/,
      /^countersign_sla_met_ratio_bound{workflow="w",bound="lower"} 0.50\d+$/,
      /^countersign_sla_met_ratio_bound{workflow="w",bound="upper"} 0.898\d+$/,
    ],
  ],
  [
    'cases that will be late',
    signal('sla', { subject: 'forecast', value: 4 }),
    [/^countersign_sla_forecast_late_cases{workflow="w"} 4$/],
  ],
];

describe('a monitor is measured', () => {
  it.each(cases)('by %s', async (_what, found, wanted) => {
    const lines = (await linesOf(found)).filter((line) => !line.startsWith('countersign_signal_'));
    for (const line of wanted) expect(lines).toContainEqual(expect.stringMatching(line));
    expect(lines).toHaveLength(wanted.length);
  });

  it('by all of its gauges', async () => {
    const said = await linesOf(
      ...cases.map(([, found]) => found),
      signal('latency', { evidence: { e_value: 2, thresholds: { info: 10, action_required: 100, incident: 1_000 } } }),
    );
    expect(signalGauges.filter((name) => !said.some((line) => line.startsWith(`${name}{`)))).toEqual([]);
  });
});

it('says the worst tier and the highest evidence of a monitor, and what would be a tier', async () => {
  const thresholds = { info: 10, action_required: 100, incident: 1_000 };
  const lines = await linesOf(
    signal('override_rate', { tier: 'info', conclusive: false, evidence: { e_value: 20, thresholds } }),
    signal('override_rate', { subject: 'confidence up to 0.7', tier: 'incident', evidence: { e_value: 5_000 } }),
  );
  const labels = `${version},monitor="override_rate"`;
  expect(lines).toEqual(
    expect.arrayContaining([
      `countersign_signal_tier{${labels}} 3`,
      `countersign_signal_conclusive{${labels}} 1`,
      `countersign_signal_evidence{${labels}} 5000`,
      `countersign_signal_evidence_threshold{${labels},tier="info"} 10`,
      `countersign_signal_evidence_threshold{${labels},tier="action_required"} 100`,
      `countersign_signal_evidence_threshold{${labels},tier="incident"} 1000`,
    ]),
  );
});

it('says nothing of what is not known', async () => {
  const lines = await linesOf(
    signal('accuracy', { conclusive: false }),
    signal('override_rate', { conclusive: false, evidence: { recent_rate: 0.5, recent_events: 2 } }),
    signal('calibration', { conclusive: false, evidence: { outcomes: 0 } }),
  );
  const known = lines.filter((line) => !line.startsWith('countersign_signal_'));
  expect(known).toEqual([`countersign_calibration_outcomes{${version}} 0`]);
});

it('counts reviewers by how they stand, and names none', async () => {
  const person = (subject: string, change: Partial<Signal>) => signal('reviewers', { subject, ...change });
  const lines = await linesOf(
    person('user:1', { tier: 'info' }),
    person('user:2', {}),
    person('user:3', {}),
    person('user:4', { conclusive: false }),
  );
  expect(lines).toEqual(
    expect.arrayContaining([
      'countersign_reviewers{workflow="w",standing="doubtful"} 1',
      'countersign_reviewers{workflow="w",standing="reliable"} 2',
      'countersign_reviewers{workflow="w",standing="unknown"} 1',
    ]),
  );
  expect(lines.join('\n')).not.toContain('user:');
});
