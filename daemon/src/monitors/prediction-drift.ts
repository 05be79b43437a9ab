/** Whether the model answers as it did in its reference: its labels, its confidence, and its value where it gives one. */
import { eventTypes, type AiDecision } from '@countersign/contract';
import { driftFinding, observeValues, startDrift, type DriftState } from './drift.ts';
import type { FeatureValue } from './feature-bins.ts';
import { driftRule } from './input-drift.ts';
import type { Monitor } from './monitor.ts';

export const predictionDrift: Monitor<DriftState> = {
  per: 'version',
  hears: [eventTypes.aiDecision],
  rules: ({ predictionDrift: own, budget }) => [own, budget],
  start: startDrift,
  observe: (state, { event }, { reference, rules, nowMs }) => {
    if (event.type !== eventTypes.aiDecision || reference === null) return false;
    const values = predictionsOf(event.data);
    return observeValues(state, reference.predictions, values, nowMs, driftRule(rules, rules.predictionDrift));
  },
  signals: (state, { reference, rules }) => [
    driftFinding(state, reference?.predictions ?? null, 'answers', driftRule(rules, rules.predictionDrift)),
  ],
};

/** What a decision answers, as features. */
export const predictionsOf = ({
  output,
  confidence,
}: Pick<AiDecision, 'output' | 'confidence'>): Record<'label' | 'confidence' | 'value', FeatureValue> => ({
  label: output.label,
  confidence,
  value: typeof output.value === 'number' ? output.value : null,
});
