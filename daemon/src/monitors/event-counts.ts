/** Plain counts: so many of something in so much time, as the policy's alerts say. Three false positives in an hour. */
import { eventTypes, type AlertTier, type CountRule } from '@countersign/contract';
import type { LedgerRecord } from '../ledger/index.ts';
import { dueAt, priorityOf } from '../policies/index.ts';
import { isComplaint, reviewOf } from './answers.ts';
import type { Context, Finding, Monitor } from './monitor.ts';
import type { Rules } from './rules.ts';

/** Of each rule: when what it counts happened last (ms), oldest first, to which decisions, and whether it stands. */
export type EventCountsState = { readonly times: number[]; readonly decisions: string[]; standing: boolean }[];

/** More than any rule asks for. */
const mostKept = 1_000;

type Counting = Rules['counts'][number];

export const eventCounts: Monitor<EventCountsState> = {
  per: 'version',
  hears: [eventTypes.aiDecision, eventTypes.humanDecision, eventTypes.outcome, eventTypes.breaker],
  rules: ({ counts, positiveLabel }) => [counts, positiveLabel],

  start: ({ rules }) => rules.counts.map(() => ({ times: [], decisions: [], standing: false })),

  observe: (state, record, context) => {
    // Authority was given back on the evidence of canaries: what was counted before is settled.
    if (record.event.type === eventTypes.breaker && record.event.data.to === 'closed') {
      for (const counted of state) Object.assign(counted, { times: [], decisions: [], standing: false });
      return state.length > 0;
    }
    let moved = false;
    context.rules.counts.forEach((rule, i) => {
      const counted = state[i];
      if (counted !== undefined && count(counted, rule, record, context)) moved = true;
    });
    return moved;
  },

  signals: (state, { rules }) =>
    rules.counts.flatMap((rule, i) => {
      const counted = state[i];
      return counted === undefined ? [] : [found(counted, rule)];
    }),
};

/** True when the rule has begun or ceased to hold. */
function count(counted: EventCountsState[number], rule: Counting, record: LedgerRecord, context: Context): boolean {
  const { nowMs } = context;
  const { times, decisions } = counted;
  const decision = record.about?.decisionId ?? '';
  // However many people complain of it, it is one decision.
  if (concerns(rule, record) && isCounted(rule.of, record, context) && !decisions.includes(decision)) {
    times.push(nowMs);
    decisions.push(decision);
  }
  while (times.length > mostKept || (times[0] ?? nowMs) <= nowMs - rule.withinMs) {
    times.shift();
    decisions.shift();
  }
  const standing = times.length >= rule.atLeast;
  const moved = standing !== counted.standing;
  counted.standing = standing;
  return moved;
}

function concerns({ riskTiers, confidenceBelow, route }: Counting, { about }: LedgerRecord): boolean {
  if (about === null) return false;
  if (riskTiers !== null && !riskTiers.includes(about.riskTier)) return false;
  if (confidenceBelow !== null && about.confidence >= confidenceBelow) return false;
  return route === null || about.route === route;
}

function isCounted(of: CountRule['of'], record: LedgerRecord, { policy, rules, nowMs }: Context): boolean {
  const { event, about } = record;
  if (of === 'decision') return event.type === eventTypes.aiDecision;
  if (of === 'complaint') return isComplaint(record);
  const review = reviewOf(record);
  if (of === 'late_review') {
    if (review === null || about === null) return false;
    return nowMs > dueAt(policy, priorityOf(policy, about.riskTier), Date.parse(about.decidedAt));
  }
  if (of === 'override') return review?.overridden === true;
  return (review?.overridden === true || isComplaint(record)) && about?.label === rules.positiveLabel;
}

const names = {
  decision: 'decisions',
  override: 'overrides',
  false_positive: 'false positives',
  complaint: 'complaints',
  late_review: 'late reviews',
} as const satisfies Record<CountRule['of'], string>;

function found({ times, standing }: EventCountsState[number], rule: Counting): Finding {
  const { name, of, atLeast, withinMs } = rule;
  const tier: AlertTier | null = standing ? rule.tier : null;
  return {
    subject: name,
    tier,
    conclusive: true,
    value: times.length,
    summary: `${times.length} ${names[of]}${filterText(rule)} within ${spanText(withinMs)}; ${atLeast} are an alert.`,
    evidence: {
      count: times.length,
      at_least: atLeast,
      within_ms: withinMs,
      since: times[0] === undefined ? null : new Date(times[0]).toISOString(),
    },
  };
}

function filterText({ riskTiers, confidenceBelow, route }: Counting): string {
  const filters = [
    ...(riskTiers === null ? [] : [`of ${riskTiers.join(' or ')} risk`]),
    ...(confidenceBelow === null ? [] : [`with confidence below ${confidenceBelow}`]),
    ...(route === null ? [] : [route === 'auto' ? 'that the AI took alone' : 'that people took']),
  ];
  return filters.length === 0 ? '' : ` ${filters.join(', ')}`;
}

function spanText(ms: number): string {
  if (ms % 3_600_000 === 0) return ms === 3_600_000 ? 'an hour' : `${ms / 3_600_000} hours`;
  return ms < 60_000 ? `${ms / 1_000} seconds` : `${Math.round(ms / 60_000)} minutes`;
}
