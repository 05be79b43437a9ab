/** Calibration as gauges: its error, its line, and the reliability curve with an interval for each bin. */
import { wilsonInterval, type CalibrationBin } from '../statistics/index.ts';
import { intervalFrom, sample, samplesWithin, type Sample } from './samples.ts';

type Version = { readonly workflow: string; readonly model: string; readonly model_version: string };

interface Calibration {
  readonly outcomes?: number;
  readonly expected_calibration_error?: { readonly equal_mass: number; readonly beyond_chance: number };
  readonly brier?: { readonly score: number } | null;
  readonly slope?: number | null;
  readonly slope_interval?: readonly [number, number] | null;
  readonly curve?: readonly CalibrationBin[];
}

/** `evidence` is that of the monitor of calibration. */
export function calibrationSamples(evidence: Record<string, unknown>, version: Version): Sample[] {
  const {
    outcomes,
    expected_calibration_error: error,
    brier,
    slope,
    slope_interval,
    curve = [],
  } = evidence as Calibration;
  return [
    ...sample('countersign_calibration_outcomes', version, outcomes),
    ...(outcomes === 0
      ? []
      : [
          ...sample('countersign_calibration_error_ratio', version, error?.equal_mass),
          ...sample(
            'countersign_calibration_error_beyond_chance_ratio',
            version,
            Math.max(error?.beyond_chance ?? 0, 0),
          ),
          ...sample('countersign_brier_score', version, brier?.score),
        ]),
    ...samplesWithin('countersign_calibration_slope', version, slope, intervalFrom(slope_interval)),
    ...curve.flatMap(({ count, forecast, rate }, i) => {
      // Two digits, so that they sort.
      const labels = { ...version, bin: String(i + 1).padStart(2, '0') };
      return [
        ...sample('countersign_calibration_forecast_ratio', labels, forecast),
        ...samplesWithin(
          'countersign_calibration_observed_ratio',
          labels,
          rate,
          wilsonInterval(Math.round(rate * count), count),
        ),
      ];
    }),
  ];
}
