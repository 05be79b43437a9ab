/**
 * All monitors over all scopes, at one index of the log. Fed with committed records in order, and with nothing else: the
 * policies in force and the references are records too. So anyone who folds the same records sees the same signals move.
 */
import { setImmediate as aTurn } from 'node:timers/promises';
import {
  allModels,
  eventTypes,
  type AlertTier,
  type ModelStep,
  type ReferenceStep,
  type Signal,
} from '@countersign/contract';
import type { LedgerReader, LedgerRecord } from '../ledger/index.ts';
import type { Policies } from '../policies/index.ts';
import { attributeAnew, attributionOf, versionBefore } from './causes.ts';
import type { Finding, Scope } from './monitor.ts';
import { PoliciesInForce, type PoliciesState } from './policies-in-force.ts';
import { References, type ReferencesState } from './references.ts';
import { trustIn } from './reviewers.ts';
import { ScopeFold, type MonitorName, type Move, type ScopeState } from './scope-fold.ts';
import { ScopeMap } from './scope-map.ts';
import { keep, startUnmatched, take, waitsFor, type UnmatchedState } from './unmatched.ts';

/** Raise it when a fold changes its meaning: states that were saved are then folded anew. */
const foldVersion = 4;
/** A version that has decided nothing for so long, while another has, is out of use: what stood of it ends. */
const idleMs = 86_400_000;
/** Model versions that are watched at once; the one that has been silent longest makes room. */
const mostVersions = 1_000;

/** A signal that has another tier than before, and the record that made it so. */
export interface Movement {
  readonly signal: Signal;
  readonly previousTier: AlertTier | null;
  readonly logIndex: number;
}

export interface MonitorSnapshot {
  readonly nextIndex: number;
  readonly madeUnder: string;
  readonly state: {
    readonly policies: PoliciesState;
    readonly references: ReferencesState;
    readonly unmatched: UnmatchedState;
    readonly scopes: readonly ScopeState[];
    readonly nowMs: number;
  };
}

export interface MonitorsOptions {
  /** What holds where the ledger says nothing of a workflow. */
  readonly policies: Policies;
  readonly snapshot?: MonitorSnapshot | null;
  /** Policies to try: they hold whatever the ledger says. */
  readonly tried?: Policies;
}

export class Monitors {
  private readonly folds = new ScopeMap<ScopeFold>();
  private readonly policies: PoliciesInForce;
  private readonly references: References;
  private readonly unmatched: UnmatchedState;
  /** Records before this one are in. */
  nextIndex: number;
  /** The folds mean something else than those of the snapshot, so everything is folded anew. */
  readonly isFoldedAnew: boolean;
  private lastRecordedAt = '';
  private nowMs = 0;

  constructor({ policies, snapshot, tried = new Map() }: MonitorsOptions) {
    const usable = snapshot?.madeUnder === madeUnder ? snapshot : null;
    this.isFoldedAnew = usable === null && snapshot !== null && snapshot !== undefined;
    this.nextIndex = usable?.nextIndex ?? 0;
    this.policies = new PoliciesInForce(usable?.state.policies ?? [], policies, tried);
    this.references = new References(usable?.state.references ?? []);
    this.unmatched = usable?.state.unmatched ?? startUnmatched();
    this.nowMs = usable?.state.nowMs ?? 0;
    for (const state of usable?.state.scopes ?? []) this.open(state.scope, state);
  }

  /** Reads what the log has beyond what is in, and says what moved. */
  async catchUp(log: LedgerReader, end = Number.POSITIVE_INFINITY): Promise<Movement[]> {
    const moved: Movement[] = [];
    // What retention has dropped cannot be folded any more.
    this.nextIndex = Math.max(this.nextIndex, await log.firstKept());
    while (this.nextIndex < end) {
      const records = await log.readFrom(this.nextIndex, Math.min(1_000, end - this.nextIndex));
      if (records.length === 0) break;
      moved.push(...this.observe(records));
    }
    return moved;
  }

  /** Whether these follow on what is in. They do not when a commit's answer was lost on the way. */
  follows(records: readonly LedgerRecord[]): boolean {
    return (records[0]?.index ?? this.nextIndex) <= this.nextIndex;
  }

  /** Folds records in, and says what moved. Records that are in already are passed over; a gap is a bug and throws. */
  observe(records: readonly LedgerRecord[]): Movement[] {
    const moved: Movement[] = [];
    for (const record of records) {
      if (record.index < this.nextIndex) continue;
      if (record.index > this.nextIndex) throw new Error(`record ${record.index} came when ${this.nextIndex} was next`);
      this.nextIndex += 1;
      if (record.recordedAt !== this.lastRecordedAt) {
        this.lastRecordedAt = record.recordedAt;
        this.nowMs = Date.parse(record.recordedAt);
      }
      this.fold(record, moved);
    }
    return moved;
  }

  private fold(record: LedgerRecord, moved: Movement[]): void {
    const { event } = record;
    const workflowId = event.data.workflow_id;
    if (this.policies.observe(record)) this.policyChanged(workflowId, record.index, moved);
    const inForce = this.policies.of(workflowId);
    if (inForce === null) return;
    switch (event.type) {
      case eventTypes.reference:
        if (this.references.observe(record, inForce.rules.referenceFirst) === 'changed') {
          this.referenceChanged(event.data, record.index, moved);
        }
        return;
      case eventTypes.breaker:
        for (const fold of this.foldsOf(workflowId)) {
          if (fold.state.scope.modelName === event.data.model_name) this.into(fold, record, moved);
        }
        return;
      case eventTypes.model:
        if (event.data.change === 'rolled_back') this.versionEnded(event.data, record.index, moved);
        return;
      case eventTypes.aiDecision:
      case eventTypes.humanDecision:
      case eventTypes.outcome:
        this.foldAnswer(record, inForce.rules.referenceFirst, moved);
        return;
      default:
        return;
    }
  }

  private foldAnswer(record: LedgerRecord, referenceFirst: number, moved: Movement[]): void {
    const waiting = waitsFor(record);
    if (waiting !== null) {
      keep(this.unmatched, waiting, record);
      return;
    }
    const { about } = record;
    if (about === null) return;
    const workflowId = record.event.data.workflow_id;
    const counted = this.references.observe(record, referenceFirst) === 'counted';
    const { name, version } = about.model;
    const people = this.foldOf({ workflowId, modelName: allModels, modelVersion: allModels });
    const model = this.foldOf({ workflowId, modelName: name, modelVersion: version });
    if (record.event.type === eventTypes.aiDecision && model !== null) this.used(model, record.index, moved);
    if (people !== null) this.into(people, record, moved);
    if (model !== null) this.into(model, record, moved, counted);
    if (record.event.type !== eventTypes.aiDecision || this.unmatched.count === 0) return;
    for (const answer of take(this.unmatched, record))
      this.foldAnswer({ ...answer, index: record.index }, referenceFirst, moved);
  }

  /** A version decides; those of its model that have long not done so are out of use. */
  private used(fold: ScopeFold, logIndex: number, moved: Movement[]): void {
    const { state } = fold;
    const isNewMinute = Math.floor(state.usedMs / 60_000) !== Math.floor(this.nowMs / 60_000);
    state.usedMs = this.nowMs;
    if (!isNewMinute) return;
    const { workflowId, modelName, modelVersion } = state.scope;
    for (const other of this.foldsOf(workflowId)) {
      const { scope, usedMs, standing } = other.state;
      if (scope.modelName !== modelName || scope.modelVersion === modelVersion) continue;
      if (usedMs > this.nowMs - idleMs || Object.keys(standing).length === 0) continue;
      const moves = other.retire(`Version ${scope.modelVersion} has decided nothing for a day; ${modelVersion} has.`);
      moved.push(...moves.map((move) => movementOf(scope, move, logIndex)));
    }
  }

  /** Folds a record into a scope; `counted` when it went into the reference, with which it must not be compared. */
  private into(fold: ScopeFold, record: LedgerRecord, moved: Movement[], counted = false): void {
    const { scope } = fold.state;
    // What is about people is compared with nothing.
    const isCompared = fold.per === 'version' && !counted;
    const reference = isCompared ? this.references.of(scope.workflowId, scope.modelName, scope.modelVersion) : null;
    const settles = record.event.type === eventTypes.breaker && record.event.data.to === 'closed';
    const moves = fold.observe(record, this.nowMs, reference, settles);
    if (moves.length > 0) this.say(fold, moves, record.index, moved);
  }

  /** Moves of a scope, and what they say of the cause. */
  private say(fold: ScopeFold, moves: readonly Move[], logIndex: number, moved: Movement[]): void {
    if (fold.state.ended) return;
    moved.push(...moves.map((move) => movementOf(fold.state.scope, move, logIndex)));
    const people = this.peopleOf(fold.state.scope.workflowId);
    for (const { scope, move } of attributeAnew(fold, this.foldsOf(fold.state.scope.workflowId), people)) {
      moved.push(movementOf(scope, move, logIndex));
    }
  }

  private policyChanged(workflowId: string, logIndex: number, moved: Movement[]): void {
    const inForce = this.policies.of(workflowId);
    if (inForce === null) return;
    for (const fold of this.foldsOf(workflowId)) {
      this.say(fold, fold.changePolicy(inForce.policy, inForce.rules), logIndex, moved);
    }
  }

  private referenceChanged(
    { workflow_id, model, reference: said }: ReferenceStep,
    logIndex: number,
    moved: Movement[],
  ): void {
    for (const fold of this.foldsOf(workflow_id)) {
      const { scope } = fold.state;
      if (scope.modelName !== model.name || (model.version !== null && scope.modelVersion !== model.version)) continue;
      const reference = this.references.of(workflow_id, scope.modelName, scope.modelVersion);
      // One of its own holds, whatever the others are compared with.
      if (reference === null || reference !== said) continue;
      this.say(fold, fold.changeReference(reference), logIndex, moved);
    }
  }

  private versionEnded({ workflow_id, model }: ModelStep, logIndex: number, moved: Movement[]): void {
    const scope = { workflowId: workflow_id, modelName: model.name, modelVersion: model.version ?? '' };
    const fold = this.folds.get(scope);
    if (fold === undefined || fold.state.ended) return;
    const ended = fold.end(() => true, `Version ${model.version} was rolled back.`);
    moved.push(...ended.map((move) => movementOf(fold.state.scope, move, logIndex)));
    fold.state.ended = true;
  }

  private attribution(fold: ScopeFold): Finding {
    const { workflowId } = fold.state.scope;
    return attributionOf(fold, versionBefore(fold, this.foldsOf(workflowId)), this.peopleOf(workflowId));
  }

  /** The fold of what is about people and queues; null before the first decision. */
  private peopleOf(workflowId: string): ScopeFold | null {
    return this.folds.get({ workflowId, modelName: allModels, modelVersion: allModels }) ?? null;
  }

  private foldsOf(workflowId: string): ScopeFold[] {
    return this.folds.of(workflowId);
  }

  /** The fold of a scope, begun when there is none; null for a workflow without a policy. */
  private foldOf(scope: Scope): ScopeFold | null {
    return (
      this.folds.get(scope) ??
      this.open(scope, { scope, states: {}, standing: {}, ended: false, usedMs: this.nowMs, lookedMs: {} })
    );
  }

  private open(scope: Scope, state: ScopeState): ScopeFold | null {
    const inForce = this.policies.of(scope.workflowId);
    if (inForce === null) return null;
    const { workflowId } = scope;
    const fold = new ScopeFold(scope.modelName === allModels ? 'workflow' : 'version', state, {
      ...inForce,
      reference: null,
      nowMs: this.nowMs,
      trustIn: (reviewer) => {
        const states = this.peopleOf(workflowId)?.state.states.reviewers;
        return states === undefined ? 1 : trustIn(states, reviewer);
      },
    });
    this.folds.set(scope, fold);
    if (this.folds.size > mostVersions) this.makeRoom(fold);
    return fold;
  }

  /** Drops the version that has been silent longest, and of which nothing stands. */
  private makeRoom(kept: ScopeFold): void {
    let oldest: ScopeFold | null = null;
    for (const fold of this.folds.all()) {
      const isFree = fold !== kept && fold.per === 'version' && Object.keys(fold.state.standing).length === 0;
      if (isFree && (oldest === null || fold.state.usedMs < oldest.state.usedMs)) oldest = fold;
    }
    if (oldest !== null) this.folds.delete(oldest.state.scope);
  }

  /** What every monitor, or one of them, says now. */
  signals(only?: MonitorName): Signal[] {
    return this.folds.all().flatMap((fold) => this.signalsOf(fold, only));
  }

  /**
   * What every monitor says now of workflows and of the versions in use, those that decided last first. Other work gets its turn
   * between one scope and the next.
   */
  async signalsInUse(): Promise<Signal[]> {
    const signals: Signal[] = [];
    for (const fold of inUse(this.folds.all(), this.nowMs)) {
      signals.push(...this.signalsOf(fold));
      await aTurn();
    }
    return signals;
  }

  private signalsOf(fold: ScopeFold, only?: MonitorName): Signal[] {
    const { scope } = fold.state;
    const reference = this.references.of(scope.workflowId, scope.modelName, scope.modelVersion);
    const said = fold
      .findings(reference, this.nowMs, only)
      .map(({ monitor, finding }) => signalOf(scope, monitor, finding));
    return fold.per === 'version' && only === undefined
      ? [...said, signalOf(scope, 'attribution', this.attribution(fold))]
      : said;
  }

  /** References that were taken from first decisions, and that the ledger does not have yet. */
  unrecordedReferences(): Omit<ReferenceStep, 'by'>[] {
    return this.references.unrecorded();
  }

  snapshot(): MonitorSnapshot {
    return {
      nextIndex: this.nextIndex,
      madeUnder,
      state: {
        policies: this.policies.toJSON(),
        references: this.references.toJSON(),
        unmatched: this.unmatched,
        scopes: this.folds.all().map(({ state }) => state),
        nowMs: this.nowMs,
      },
    };
  }
}

/** A version is in use until it is rolled back, or has decided nothing for a day while another of its model has. */
function inUse(folds: readonly ScopeFold[], nowMs: number): ScopeFold[] {
  const newestFirst = folds.toSorted((a, b) => b.state.usedMs - a.state.usedMs);
  const succeeded = new Set<string>();
  return newestFirst.filter(({ per, state: { scope, ended, usedMs } }) => {
    if (per === 'workflow') return true;
    if (ended) return false;
    const model = JSON.stringify([scope.workflowId, scope.modelName]);
    const isOut = succeeded.has(model) && usedMs <= nowMs - idleMs;
    succeeded.add(model);
    return !isOut;
  });
}

const madeUnder = `fold ${foldVersion}`;

const signalOf = (scope: Scope, monitor: string, finding: Finding): Signal => ({
  monitor,
  workflow_id: scope.workflowId,
  model_name: scope.modelName,
  model_version: scope.modelVersion,
  ...finding,
});

const movementOf = (scope: Scope, { monitor, finding, previous }: Move, logIndex: number): Movement => ({
  signal: signalOf(scope, monitor, finding),
  previousTier: previous,
  logIndex,
});
