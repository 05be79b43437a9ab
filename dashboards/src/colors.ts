/** What a colour means, the same on every dashboard. Green, yellow and red are states, and nothing else has them. */
import {
  FieldColorBuilder,
  FieldColorModeId,
  FieldColorSeriesByMode,
  MappingType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';

export const colors = {
  good: 'green',
  warning: 'yellow',
  bad: 'red',
  worst: 'dark-red',
  /** Neither good nor bad, or not known. */
  neutral: '#8e97a8',
  ai: 'purple',
  people: 'blue',
} as const;

export const fixed = (color: string) => new FieldColorBuilder().mode(FieldColorModeId.Fixed).fixedColor(color);
/** From blue to purple: the only scheme of Grafana's that has no colour of a state. */
export const byValue = () =>
  new FieldColorBuilder().mode(FieldColorModeId.ContinuousBlPu).seriesBy(FieldColorSeriesByMode.Last);
export const byThreshold = () => new FieldColorBuilder().mode(FieldColorModeId.Thresholds);

type Step = readonly [from: number, color: string];

/** The first colour is of everything below the first step. */
export const steps = (below: string, ...above: readonly Step[]) =>
  new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([{ value: null, color: below }, ...above.map(([value, color]) => ({ value, color }))]);

/** No step at all: a number that is a matter of size. */
export const noState = () => steps(colors.neutral);
/** Good at 0, and of this colour from 1. */
export const noneIsGood = (color: string) => steps(colors.good, [1, color]);

const mapping = (values: readonly (readonly [value: number, text: string, color: string])[]): ValueMapping[] => [
  {
    type: MappingType.ValueToText,
    options: Object.fromEntries(values.map(([value, text, color], index) => [value, { text, color, index }])),
  },
];

export const tierMapping = mapping([
  [0, 'None', colors.good],
  [1, 'Info', colors.neutral],
  [2, 'Action required', colors.warning],
  [3, 'Incident', colors.bad],
]);
/** The states of a breaker in the order of `breakerState()`. */
export const breakerMapping = mapping([
  [0, 'Closed', colors.good],
  [1, 'Half open', colors.warning],
  [2, 'Open', colors.bad],
  [3, 'Forced open', colors.worst],
]);
export const upMapping = mapping([
  [0, 'Down', colors.bad],
  [1, 'Up', colors.good],
]);
export const stoppedMapping = mapping([
  [0, 'Open', colors.good],
  [1, 'Stopped', colors.bad],
]);
