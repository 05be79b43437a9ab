/** Takes a reference from decisions, one after another, and freezes it. */
import type { AiDecision, Reference, ReferenceSource } from '@countersign/contract';
import { addToSample, freeze, keyOf, nameOf, startSample, type FeatureSample } from './feature-sample.ts';
import { predictionsOf } from './prediction-drift.ts';

export interface ReferenceBuilder {
  decisions: number;
  /** By `keyOf` their names. */
  readonly inputs: Record<string, FeatureSample>;
  readonly predictions: Record<string, FeatureSample>;
}

/** Of what a reference is taken: a decision, or a row of a validation set. */
export type Referenced = Pick<AiDecision, 'output' | 'confidence' | 'features'>;

/** Features beyond it are not compared: a decision may carry 500, and each costs memory in every model version. */
const mostFeatures = 100;

export const startBuilder = (): ReferenceBuilder => ({ decisions: 0, inputs: {}, predictions: {} });

export function addDecision(builder: ReferenceBuilder, decision: Referenced): void {
  builder.decisions += 1;
  for (const [name, value] of Object.entries(decision.features ?? {})) {
    const key = keyOf(name);
    if (builder.inputs[key] === undefined && Object.keys(builder.inputs).length >= mostFeatures) continue;
    addToSample((builder.inputs[key] ??= startSample()), value);
  }
  for (const [name, value] of Object.entries(predictionsOf(decision))) {
    addToSample((builder.predictions[keyOf(name)] ??= startSample()), value);
  }
}

export function build({ decisions, inputs, predictions }: ReferenceBuilder, source: ReferenceSource): Reference {
  const frozen = (samples: Record<string, FeatureSample>) =>
    Object.fromEntries(
      Object.entries(samples)
        .filter(([, { numbers, distinct }]) => numbers.length + distinct > 0)
        .map(([key, sample]) => [nameOf(key), freeze(sample, decisions)]),
    );
  return { source, decisions, inputs: frozen(inputs), predictions: frozen(predictions) };
}
