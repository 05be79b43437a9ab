/** Whether decisions are made on data that is there and fresh: each source of the policy, by what decisions say of it. */
import { eventTypes } from '@countersign/contract';
import { lowerShare, thresholdsOf } from './budget.ts';
import type { Finding, Monitor } from './monitor.ts';
import {
  isConclusive,
  observeEvent,
  percent,
  recentRate,
  shownBy,
  startRateWatch,
  type RateRule,
  type RateWatch,
} from './rate-watch.ts';
import { oncePerRules } from './rules.ts';

export interface DataSourcesState {
  /** One for each source of the policy, in order: decisions that do not name it, and those made on data too old. */
  readonly sources: { readonly missing: RateWatch; readonly stale: RateWatch; newestMs: number | null }[];
}

/** A decision in a hundred without its data is put up with. */
const usual = 0.01;

export const dataSources: Monitor<DataSourcesState> = {
  per: 'version',
  hears: [eventTypes.aiDecision],
  rules: ({ sources, budget }) => [sources, budget],
  start: ({ rules }) => {
    const rule = ruleOf(rules);
    return {
      sources: rules.sources.map(() => ({
        missing: startRateWatch(rule),
        stale: startRateWatch(rule),
        newestMs: null,
      })),
    };
  },

  observe: (state, { event }, { rules, nowMs }) => {
    if (event.type !== eventTypes.aiDecision || rules.sources.length === 0) return false;
    const rule = ruleOf(rules);
    let moved = false;
    rules.sources.forEach(({ name, freshMs }, i) => {
      const watch = state.sources[i];
      if (watch === undefined) return;
      const said = event.data.provenance?.sources?.find((source) => source.name === name);
      moved = observeEvent(watch.missing, said === undefined, nowMs, rule) || moved;
      const freshAt = Date.parse(said?.fresh_at ?? '');
      if (!Number.isNaN(freshAt)) watch.newestMs = Math.max(watch.newestMs ?? freshAt, freshAt);
      if (freshMs === null || said === undefined) return;
      // What does not say how fresh it is cannot be relied on to be.
      const stale = !(Date.parse(event.time) - freshAt <= freshMs);
      moved = observeEvent(watch.stale, stale, nowMs, rule) || moved;
    });
    return moved;
  },

  signals: (state, { rules }) => {
    const rule = ruleOf(rules);
    return rules.sources.flatMap(({ name, freshMs }, i) => {
      const watch = state.sources[i];
      if (watch === undefined) return [];
      const more = {
        fresh_within_ms: freshMs,
        newest: watch.newestMs === null ? null : new Date(watch.newestMs).toISOString(),
      };
      const missing = found(`${name}: availability`, watch.missing, rule, 'did not name it', more);
      return freshMs === null
        ? [missing]
        : [missing, found(`${name}: freshness`, watch.stale, rule, 'were made on data that was too old', more)];
    });
  },
};

function found(
  subject: string,
  watch: RateWatch,
  rule: RateRule,
  happened: string,
  more: Record<string, unknown>,
): Finding {
  const conclusive = isConclusive(watch, rule);
  const summary = conclusive
    ? `${percent(recentRate(watch))} of the last ${watch.recent.length} decisions ${happened}.`
    : `Too early to tell: ${watch.recent.length} of ${rule.minimum} decisions are in.`;
  const value = watch.seen === 0 ? null : recentRate(watch);
  return { subject, tier: watch.tier, conclusive, value, summary, evidence: { ...shownBy(watch, rule), ...more } };
}

const ruleOf = oncePerRules((rules): RateRule => {
  return {
    baseline: usual,
    learnFrom: 0,
    minimum: 20,
    lift: 0.1,
    thresholds: thresholdsOf(rules, lowerShare),
    highest: 'action_required' as const,
    horizonMs: rules.budget.perMs,
  };
});
