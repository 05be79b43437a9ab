/** Whether the model's inputs are still like those of its reference: the features that decisions carry. */
import { eventTypes } from '@countersign/contract';
import { lowerShare, thresholdsOf } from './budget.ts';
import { driftFinding, observeValues, startDrift, type DriftRule, type DriftState } from './drift.ts';
import type { Monitor } from './monitor.ts';
import type { Rules } from './rules.ts';

export const inputDrift: Monitor<DriftState> = {
  per: 'version',
  hears: [eventTypes.aiDecision],
  rules: ({ inputDrift: own, budget }) => [own, budget],
  start: startDrift,
  observe: (state, { event }, { reference, rules, nowMs }) => {
    if (event.type !== eventTypes.aiDecision || reference === null) return false;
    return observeValues(state, reference.inputs, event.data.features ?? {}, nowMs, ruleOf(rules));
  },
  signals: (state, { reference, rules }) => [driftFinding(state, reference?.inputs ?? null, 'inputs', ruleOf(rules))],
};

const ruleOf = (rules: Rules): DriftRule => driftRule(rules, rules.inputDrift);

const made = new WeakMap<Rules['inputDrift'], DriftRule>();

/** The same object for the same rules: it is asked for with each decision. */
export function driftRule(rules: Rules, own: Rules['inputDrift']): DriftRule {
  const known = made.get(own);
  if (known !== undefined) return known;
  const { window, info, action_required: actionRequired } = own;
  const rule = {
    window,
    info,
    actionRequired,
    thresholds: thresholdsOf(rules, lowerShare),
    horizonMs: rules.budget.perMs,
  };
  made.set(own, rule);
  return rule;
}
