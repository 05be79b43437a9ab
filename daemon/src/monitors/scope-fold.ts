/** All monitors of one scope: their states, what stands, and how a record moves it. */
import { alertTiers, eventTypes, type AlertTier, type Policy, type Reference } from '@countersign/contract';
import type { LedgerRecord } from '../ledger/index.ts';
import { accuracy } from './accuracy.ts';
import { business } from './business.ts';
import { calibration } from './calibration.ts';
import { conceptDrift } from './concept-drift.ts';
import { dataSources } from './data-sources.ts';
import { eventCounts } from './event-counts.ts';
import { fairness } from './fairness.ts';
import { inputDrift } from './input-drift.ts';
import { latency } from './latency.ts';
import type { Context, Finding, Monitor, Scope } from './monitor.ts';
import { overrideRate } from './override-rate.ts';
import { predictionDrift } from './prediction-drift.ts';
import { reviewers } from './reviewers.ts';
import type { Rules } from './rules.ts';
import { sla } from './sla.ts';
import { ruled } from './thresholds.ts';

/** Adding a monitor is a file beside this one and its name here. */
export const monitors = {
  input_drift: inputDrift,
  prediction_drift: predictionDrift,
  concept_drift: conceptDrift,
  calibration,
  accuracy,
  override_rate: overrideRate,
  event_counts: eventCounts,
  latency,
  data_sources: dataSources,
  business,
  fairness,
  reviewers,
  sla,
} as const;
export type MonitorName = keyof typeof monitors;
/** Of all that alerts can be of: the monitors, what is worked out from several of them, and what a person has stopped. */
export const monitorNames: readonly string[] = [...Object.keys(monitors), 'attribution', 'stopped_by_hand'];
export type States = { -readonly [K in MonitorName]?: ReturnType<(typeof monitors)[K]['start']> };

const namesPer = (per: 'version' | 'workflow') =>
  (Object.keys(monitors) as MonitorName[]).filter((name) => monitors[name].per === per);
const names = { version: namesPer('version'), workflow: namesPer('workflow') };
const untyped = monitors as unknown as Readonly<Record<MonitorName, Monitor<unknown>>>;

/** What a monitor says that is another tier than before. */
export interface Move {
  readonly monitor: string;
  readonly finding: Finding;
  readonly previous: AlertTier | null;
}

export interface ScopeState {
  readonly scope: Scope;
  readonly states: States;
  /** The tiers that stand, by monitor and subject. */
  readonly standing: Record<string, AlertTier>;
  /** The version was taken out of use: it moves nothing any more. */
  ended: boolean;
  /** When it last decided: ms. */
  usedMs: number;
  /** When the thresholds of a monitor were last looked at: ms. */
  readonly lookedMs: Record<string, number>;
}

interface Running {
  readonly name: MonitorName;
  readonly monitor: Monitor<unknown>;
  state: unknown;
}

/** Working a signal out may take long: a threshold is looked at no more often. */
const lookEveryMs = 1_000;

type MutableContext = { -readonly [K in keyof Context]: Context[K] };

export class ScopeFold {
  readonly per: 'version' | 'workflow';
  readonly state: ScopeState;
  private readonly context: MutableContext;
  private readonly running: Running[] = [];
  /** Those that are given events of a type. */
  private readonly byType = new Map<string, Running[]>();

  constructor(per: 'version' | 'workflow', state: ScopeState, context: Context) {
    this.per = per;
    this.state = state;
    this.context = { ...context };
    for (const name of names[per]) {
      const monitor = untyped[name];
      const states = state.states as Record<string, unknown>;
      states[name] ??= monitor.start(this.context);
      this.running.push({ name, monitor, state: states[name] });
    }
    for (const type of Object.values(eventTypes)) {
      this.byType.set(
        type,
        this.running.filter(({ monitor }) => monitor.hears.includes(type)),
      );
    }
  }

  get rules(): Rules {
    return this.context.rules;
  }

  observe(record: LedgerRecord, nowMs: number, reference: Reference | null, settles: boolean): Move[] {
    this.context.nowMs = nowMs;
    this.context.reference = reference;
    let moves: Move[] | null = null;
    for (const { name, monitor, state } of this.byType.get(record.event.type) ?? []) {
      const mayHaveMoved = monitor.observe(state, record, this.context);
      if (!this.isDue(name, nowMs) && !mayHaveMoved) continue;
      const moved = this.compare(name, this.ruledSignals(name, monitor, state), settles);
      if (moved.length > 0) moves = [...(moves ?? []), ...moved];
    }
    return moves ?? [];
  }

  /** Whether the thresholds of a monitor have to be looked at: a value may pass them where no tier of its own moves. */
  private isDue(name: MonitorName, nowMs: number): boolean {
    if (!this.context.rules.thresholds.some(({ signal }) => signal === name)) return false;
    const { lookedMs } = this.state;
    // Also after a clock that was ahead has been set right.
    if (Math.abs(nowMs - (lookedMs[name] ?? Number.NEGATIVE_INFINITY)) < lookEveryMs) return false;
    lookedMs[name] = nowMs;
    return true;
  }

  private ruledSignals(name: MonitorName, monitor: Monitor<unknown>, state: unknown): Finding[] {
    const thresholds = this.context.rules.thresholds.filter(({ signal }) => signal === name);
    const findings = monitor.signals(state, this.context);
    if (thresholds.length === 0) return findings;
    return findings.map((finding) => ruled(finding, thresholds, this.tierOf(name, finding.subject)));
  }

  /** Starts afresh those monitors whose rules a new policy changes, and ends what they had found. */
  changePolicy(policy: Policy, rules: Rules): Move[] {
    const before = this.context.rules;
    Object.assign(this.context, { policy, rules });
    const changed = names[this.per].filter(
      (name) => JSON.stringify(rulesFor(name, before)) !== JSON.stringify(rulesFor(name, rules)),
    );
    return this.restart(changed, 'The policy changed, and with it what is watched.');
  }

  /** Starts afresh what compares with the reference. */
  changeReference(reference: Reference | null): Move[] {
    this.context.reference = reference;
    const comparing: MonitorName[] = ['input_drift', 'prediction_drift'];
    return this.restart(
      comparing.filter((name) => names[this.per].includes(name)),
      'There is another reference from here on.',
    );
  }

  /** Ends all that stands, and starts afresh what it stood on: should the version be used again, that is another time. */
  retire(why: string): Move[] {
    const standing = names[this.per].filter((name) => this.highestOf(name) !== null);
    return [...this.restart(standing, why), ...this.end(() => true, why)];
  }

  private restart(which: readonly MonitorName[], why: string): Move[] {
    return which.flatMap((name) => {
      const fresh = untyped[name].start(this.context);
      (this.state.states as Record<string, unknown>)[name] = fresh;
      for (const running of this.running) if (running.name === name) running.state = fresh;
      return this.end((monitor) => monitor === name, why);
    });
  }

  /** Ends what stands, for a reason outside the monitors. */
  end(which: (monitor: string) => boolean, why: string): Move[] {
    return Object.entries(this.state.standing).flatMap(([key, tier]): Move[] => {
      const [monitor, subject] = JSON.parse(key) as [string, string | null];
      if (!which(monitor)) return [];
      delete this.state.standing[key];
      const finding = { subject, tier: null, conclusive: true, value: null, summary: why, evidence: {} };
      return [{ monitor, finding, previous: tier }];
    });
  }

  /**
   * What has moved: an alert only climbs while it stands, and ends when the finding is clear. One without enough data
   * moves nothing, unless what stood was settled by people.
   */
  compare(monitor: string, findings: readonly Finding[], settles: boolean): Move[] {
    const { standing } = this.state;
    return findings.flatMap((finding): Move[] => {
      const key = JSON.stringify([monitor, finding.subject]);
      const previous = standing[key] ?? null;
      const { tier } = finding;
      if (tier === null && (previous === null || !(finding.conclusive || settles))) return [];
      if (tier !== null && previous !== null && rank(tier) <= rank(previous)) return [];
      if (tier === null) delete standing[key];
      else standing[key] = tier;
      return [{ monitor, finding, previous }];
    });
  }

  tierOf(monitor: MonitorName | 'attribution', subject: string | null): AlertTier | null {
    return this.state.standing[JSON.stringify([monitor, subject])] ?? null;
  }

  /** The most urgent tier of a monitor, whatever the subject. */
  highestOf(monitor: MonitorName): AlertTier | null {
    const prefix = `[${JSON.stringify(monitor)},`;
    const tiers = Object.entries(this.state.standing).flatMap(([key, tier]) => (key.startsWith(prefix) ? [tier] : []));
    return alertTiers.findLast((tier) => tiers.includes(tier)) ?? null;
  }

  /** What every monitor, or one of them, says now. */
  findings(
    reference: Reference | null,
    nowMs: number,
    only: MonitorName | undefined,
  ): { readonly monitor: MonitorName; readonly finding: Finding }[] {
    Object.assign(this.context, { reference, nowMs });
    return this.running.flatMap(({ name, monitor, state }) =>
      only === undefined || only === name
        ? this.ruledSignals(name, monitor, state).map((finding) => ({ monitor: name, finding }))
        : [],
    );
  }
}

const rulesFor = (name: MonitorName, rules: Rules) => [
  untyped[name].rules(rules),
  rules.thresholds.filter(({ signal }) => signal === name),
];

const rank = (tier: AlertTier) => alertTiers.indexOf(tier);
