/**
 * All monitors over all scopes, at one index of the log. Fed with committed records in order; where it stands is saved
 * from time to time, so that a start reads only what came since.
 */
import { eventTypes, type Signal } from '@countersign/contract';
import type { LedgerReader, LedgerRecord } from '../ledger/index.ts';
import type { Policies } from '../policies/index.ts';
import type { Monitor, Scope } from './monitor.ts';
import { overrideRate } from './override-rate.ts';

/** Adding a monitor is a file beside this one and its name here. */
const monitors = { override_rate: overrideRate } as const;
/** Raise it when a fold changes its meaning: states that were saved are then folded anew. */
const foldVersion = 1;
type States = { -readonly [K in keyof typeof monitors]?: ReturnType<(typeof monitors)[K]['start']> };

export interface MonitorSnapshot {
  readonly nextIndex: number;
  /** The folds and policies it was made under: under others the same records mean something else. */
  readonly madeUnder: string;
  readonly scopes: readonly { readonly scope: Scope; readonly states: States }[];
}

export class Monitors {
  private readonly folded = new Map<string, { readonly scope: Scope; readonly states: States }>();
  private readonly policies: Policies;
  /** Records before this one are in. */
  nextIndex: number;

  constructor(policies: Policies, snapshot: MonitorSnapshot | null) {
    this.policies = policies;
    const usable = snapshot?.madeUnder === madeUnder(policies) ? snapshot : null;
    this.nextIndex = usable?.nextIndex ?? 0;
    for (const { scope, states } of usable?.scopes ?? []) this.folded.set(keyOf(scope), { scope, states });
  }

  /** Reads what the log has beyond what is in, and returns the scopes that it touched. */
  async catchUp(log: LedgerReader): Promise<Scope[]> {
    const touched: Scope[] = [];
    // What retention has dropped cannot be folded any more.
    this.nextIndex = Math.max(this.nextIndex, await log.firstKept());
    for (;;) {
      const records = await log.readFrom(this.nextIndex, 1_000);
      if (records.length === 0) return touched;
      touched.push(...this.observe(records));
    }
  }

  /** Whether these follow on what is in. They do not when a commit's answer was lost on the way. */
  follows(records: readonly LedgerRecord[]): boolean {
    return (records[0]?.index ?? this.nextIndex) <= this.nextIndex;
  }

  /**
   * Folds records in, and returns the scopes that they touched. Records that are in already are passed over; a gap is a
   * bug and throws.
   */
  observe(records: readonly LedgerRecord[]): Scope[] {
    const touched = new Map<string, Scope>();
    for (const record of records) {
      if (record.index < this.nextIndex) continue;
      if (record.index > this.nextIndex) throw new Error(`record ${record.index} came when ${this.nextIndex} was next`);
      this.nextIndex += 1;
      for (const scope of this.scopesOf(record)) {
        if (this.fold(scope, record)) touched.set(keyOf(scope), scope);
      }
    }
    return [...touched.values()];
  }

  /** A record about a decision concerns its model version; one about a breaker, all versions of its model. */
  private scopesOf({ event, about }: LedgerRecord): Scope[] {
    const workflowId = event.data.workflow_id;
    if (about !== null) return [{ workflowId, modelName: about.model.name, modelVersion: about.model.version }];
    if (event.type !== eventTypes.breaker) return [];
    return this.scopes.filter((s) => s.workflowId === workflowId && s.modelName === event.data.model_name);
  }

  /** Whether any monitor's state changed. */
  private fold(scope: Scope, record: LedgerRecord): boolean {
    const policy = this.policies.get(scope.workflowId)?.policy;
    if (policy === undefined) return false;
    const key = keyOf(scope);
    const entry = this.folded.get(key) ?? { scope, states: {} };
    this.folded.set(key, entry);
    let changed = false;
    for (const name of monitorNames) {
      const monitor: Monitor<NonNullable<States[typeof name]>> = monitors[name];
      const before = entry.states[name] ?? monitor.start(policy);
      const after = monitor.observe(before, record, policy);
      entry.states[name] = after;
      changed ||= after !== before;
    }
    return changed;
  }

  /** What every monitor says, of one scope or of all. */
  signals(only?: Scope): Signal[] {
    const found =
      only === undefined ? [...this.folded.values()] : [this.folded.get(keyOf(only)) ?? { scope: only, states: {} }];
    return found.flatMap(({ scope, states }) => {
      const policy = this.policies.get(scope.workflowId)?.policy;
      if (policy === undefined) return [];
      return monitorNames.flatMap((name): Signal[] => {
        const state = states[name];
        if (state === undefined) return [];
        return [
          {
            monitor: name,
            workflow_id: scope.workflowId,
            model_name: scope.modelName,
            model_version: scope.modelVersion,
            ...monitors[name].signal(state, policy),
          },
        ];
      });
    });
  }

  /** Every workflow × model version that was seen. */
  get scopes(): Scope[] {
    return [...this.folded.values()].map(({ scope }) => scope);
  }

  snapshot(): MonitorSnapshot {
    return { nextIndex: this.nextIndex, madeUnder: madeUnder(this.policies), scopes: [...this.folded.values()] };
  }
}

const monitorNames = Object.keys(monitors) as (keyof typeof monitors)[];
const madeUnder = (policies: Policies) =>
  [foldVersion, ...monitorNames, ...[...policies.values()].map(({ hash }) => hash).toSorted()].join(' ');
const keyOf = ({ workflowId, modelName, modelVersion }: Scope) => JSON.stringify([workflowId, modelName, modelVersion]);
